/**
 * What a playback file holds: a story (what a server would have said) and segments, a key frame and the deltas after it
 * each, in inert templates. A segment is decoded when one of its moments is wanted, so that a long file opens as fast as a
 * short one. A lesson has a recording for each guest that it loads. The twin of server/playback/recorder.py.
 */

import { atom } from "../lib/atom.js";
import { applyFrame, decodeFrame, TYPE_PAST, WireError } from "../net/wire.js";

const VERSION = 1;
const KEPT = 4; // segments, decoded
const HEADER_BYTES = 32;
const FIRST = "playback-"; // prefix of the templates of the first recording

/**
 * @typedef {import("../net/wire.js").Frame} Frame
 * @typedef {import("../timebar/moments.js").Moment} Moment
 *
 * @typedef {object} Story
 * @property {number} playback version
 * @property {import("../net/wire.js").Info} info
 * @property {import("../net/wire.js").Welcome} welcome
 * @property {import("../net/wire.js").Entry[]} log
 * @property {{log_version: number, engine: string, config: import("../net/wire.js").Welcome["config"], tick: number, log: import("../net/wire.js").Entry[]}} session whole, as it is imported again
 * @property {number} every one tick in so many was kept
 * @property {string} link address of a fragscope, "" = none
 * @property {string} [title] what it shows
 * @property {string} [text] a sentence more
 * @property {string} digest of the last state
 * @property {number} segment_frames
 * @property {number[]} ticks of every moment, each counted from the one before
 * @property {number[]} indices commands that each contains
 * @property {number[]} line_ticks
 * @property {{blocks: number[], unusable: number[]}[]} lines one each design
 *
 * @typedef {object} Tape
 * @property {Story} story
 * @property {number} length moments
 * @property {(place: number) => Moment & {index: number}} moment
 * @property {(moment: Moment) => number} placeOf the last moment that is not after it
 * @property {(place: number) => Promise<Frame>} at the whole picture; its planes are written to by the next one
 * @property {(place: number, visit: (frame: Frame) => void) => Promise<void>} upTo one picture, beside those shown
 * @property {(visit: (frame: Frame) => void) => Promise<void>} walk every picture in order
 */

/** A template that the browser may still be reading: its text is whole once another follows, or everything is there. @param {string} id */
async function whole(id) {
  const element = document.getElementById(id);
  if (document.readyState !== "loading" || element?.nextElementSibling instanceof HTMLTemplateElement) return element;
  await new Promise((done) => document.addEventListener("DOMContentLoaded", done, { once: true }));
  return document.getElementById(id);
}

/**
 * @param {string} id of a template
 * @param {boolean} [late] whether it stands behind what starts the page
 * @returns {Promise<Uint8Array<ArrayBuffer>|null>} null: there is none
 */
export async function packedBytes(id, late = false) {
  const element = late ? await whole(id) : document.getElementById(id);
  if (!(element instanceof HTMLTemplateElement)) return null;
  const packed = Uint8Array.from(atob(element.content.textContent ?? ""), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * Frames of a segment, each in a buffer of its own: their arrays begin at its multiples of eight.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {ArrayBuffer[]}
 */
export function framesOf(bytes) {
  const head = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames = [];
  for (let offset = 0; offset < bytes.byteLength;) {
    const length = head.getUint32(offset, true);
    const start = bytes.byteOffset + offset + 8;
    frames.push(bytes.buffer.slice(start, start + length));
    offset += 8 + length;
  }
  return frames;
}

/**
 * @param {readonly {tick: number, index: number}[]} moments in order
 * @param {Moment} wanted
 * @returns {number} the last that is not after it; the first if all are
 */
export function lastUpTo(moments, wanted) {
  const index = wanted.index ?? Infinity;
  let [low, high] = [0, moments.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const { tick, index: contained } = moments[middle];
    if (tick < wanted.tick || (tick === wanted.tick && contained <= index)) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

/**
 * The moment of a tape that a step leads to: where ticks were left out it must not end where it began.
 * @param {readonly {tick: number, index: number}[]} moments in order
 * @param {number} here place
 * @param {Moment} wanted
 * @returns {number} place
 */
export function towards(moments, here, wanted) {
  const place = lastUpTo(moments, wanted);
  const ahead = wanted.tick > moments[here].tick && moments[place].tick < wanted.tick;
  return ahead ? Math.min(place + 1, moments.length - 1) : place;
}

/**
 * A picture as a frame of the past, for whoever wants bytes.
 * @param {Frame} frame
 * @param {Pick<import("../net/wire.js").Welcome, "planes"|"stat_fields">} layout
 * @returns {ArrayBuffer}
 */
export function frameBytes(frame, layout) {
  /** @type {Uint8Array[]} */
  const parts = [];
  for (const { planes, stats } of frame.designs) {
    for (const [name] of layout.planes) parts.push(new Uint8Array(planes[name].buffer, planes[name].byteOffset, planes[name].byteLength));
    parts.push(new Uint8Array(BigInt64Array.from(stats, (value) => BigInt(value)).buffer));
  }
  const aligned = (/** @type {number} */ n) => (n + 7) & ~7;
  const bytes = new Uint8Array(HEADER_BYTES + parts.reduce((sum, part) => sum + aligned(part.byteLength), 0));
  const head = new DataView(bytes.buffer);
  bytes.set([0x46, 0x52, 0x53, 0x43, 1, TYPE_PAST]); // FRSC
  head.setUint16(6, frame.designs.length, true);
  head.setUint32(8, frame.nr_pageblocks, true);
  head.setUint32(12, frame.log_index, true);
  head.setBigUint64(16, BigInt(frame.tick), true);
  let offset = HEADER_BYTES;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += aligned(part.byteLength);
  }
  return bytes.buffer;
}

/**
 * @param {string} prefix of the templates
 * @returns {Promise<Tape>}
 */
async function read(prefix) {
  const bytes = await packedBytes(`${prefix}story`, prefix !== FIRST);
  if (!bytes) throw new Error("There is no recording in this file.");
  /** @type {Story} */
  const story = JSON.parse(new TextDecoder().decode(bytes));
  if (story.playback !== VERSION) throw new Error(`The recording in this file is of version ${story.playback}, its player knows ${VERSION}.`);
  let tick = 0;
  const moments = story.ticks.map((ticks, i) => ({ tick: (tick += ticks), index: story.indices[i] }));

  /** @type {Map<number, ArrayBuffer[]>} */
  const segments = new Map();
  /** @param {number} number */
  async function segment(number) {
    const known = segments.get(number);
    if (known) return known;
    const found = await packedBytes(`${prefix}${number}`, prefix !== FIRST || number > 0);
    if (!found) throw new WireError(`segment ${number} is not in this file`);
    const frames = framesOf(found);
    segments.set(number, frames);
    for (const old of segments.keys()) if (segments.size > KEPT) segments.delete(old);
    return frames;
  }

  /** Pictures one after the other; each writes into the planes of the one before. */
  function reader() {
    let place = -1;
    /** @type {Frame|null} */
    let frame = null;
    return async (/** @type {number} */ wanted) => {
      const number = Math.floor(wanted / story.segment_frames);
      const frames = await segment(number);
      const first = number * story.segment_frames;
      let from = place + 1;
      if (wanted < place || place < first) [from, frame] = [first, null];
      for (let i = from; i <= wanted; i++) {
        // A copy of the key frame: it is written to, and may be wanted again.
        const bytes = i === first ? frames[0].slice(0) : frames[i - first];
        frame = applyFrame(frame, decodeFrame(bytes, story.welcome));
        if (!frame) throw new WireError(`moment ${i} of this file does not follow the one before`);
      }
      place = wanted;
      return /** @type {Frame} */ (frame);
    };
  }
  const shown = reader();
  return {
    story,
    length: moments.length,
    moment: (place) => moments[place],
    placeOf: (moment) => lastUpTo(moments, moment),
    at: shown,
    upTo: async (place, visit) => visit(await reader()(place)),
    async walk(visit) {
      const next = reader();
      for (let i = 0; i < moments.length; i++) visit(await next(i));
    },
  };
}

/** Which recording of the file is shown. */
export const part = atom(0);

/** @type {Map<number, Promise<Tape>>} */
const tapes = new Map();

/** The recording that is shown; each is read once. */
export function openTape() {
  const number = part.get();
  const tape = tapes.get(number) ?? read(number ? `playback-part${number}-` : FIRST);
  tapes.set(number, tape);
  return tape;
}
