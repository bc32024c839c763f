/**
 * In place of the REST requests: what a recording can answer by itself is answered from its frames; the rest is refused.
 * What the page imports of net/rest.js has to be here: the bundler sees to it.
 */

import { recordedLesson } from "./recorded_lesson.js";
import { frameBytes, openTape } from "./tape.js";
import { pageblock as shape } from "../lib/pageblock.js";

const MOST_MARKS = 5000;

export class RestError extends Error {
  /**
   * @param {string} text
   * @param {number} status
   */
  constructor(text, status) {
    super(text);
    this.status = status;
  }
}

/** @returns {Promise<never>} */
const refused = async () => {
  throw new RestError("This is a recording: only a live session can tell that", 404);
};
export const getAnswers = refused;
export const getBecause = refused;
export const getFreeList = refused;
export const getObstacles = refused;
export const getPicture = refused;
export const getPreview = refused;
export const getPublished = refused;
export const getReasons = refused;
export const getRecorded = refused;
export const getScenarios = refused;
export const getSession = refused;
export const getSpread = refused;
export const getStart = refused;
export const getStory = refused;
export const importSession = refused;
export const postCode = refused;
export const postCopy = refused;
export const postQr = refused;
export const postReplay = refused;
export const postSpread = refused;
export const postTrace = refused;
export const postWish = refused;
export const getPaper = refused;
export const getPlayback = refused;
export const createSession = refused;
export const lessonRest = recordedLesson;

/**
 * The digest of the last state, which is the only one in the file.
 * @param {string} _session
 * @param {import("../timebar/moments.js").Moment|null} moment null: the end
 * @returns {Promise<{tick: number, digest: string}>}
 */
export async function getState(_session, moment) {
  const { story, length, moment: at } = await openTape();
  if (moment) throw new RestError("A recording has the digest of its end only: go there first", 404);
  return { tick: at(length - 1).tick, digest: story.digest };
}

/**
 * The picture of a moment, as a frame of the past.
 * @param {string} _session
 * @param {number} tick
 * @param {number|null} index
 * @returns {Promise<ArrayBuffer>}
 */
export async function getMoment(_session, tick, index) {
  const tape = await openTape();
  const wanted = tape.placeOf({ tick, index });
  /** @type {ArrayBuffer|null} */
  let bytes = null;
  await tape.upTo(wanted, (frame) => (bytes = frameBytes(frame, tape.story.welcome)));
  return /** @type {ArrayBuffer} */ (/** @type {unknown} */ (bytes));
}

/**
 * What is noted of one design at each moment, as far as the recording has moments.
 * @param {string} design key
 * @param {(frame: import("../net/wire.js").Frame, place: number) => void} visit told the place of the design
 */
async function notes(design, visit) {
  const tape = await openTape();
  const place = tape.story.welcome.designs.findIndex(({ key }) => key === design);
  await tape.walk((frame) => visit(frame, place));
  return tape;
}

/**
 * Ticks at which a pageblock of a design came free.
 * @param {string} _session
 * @param {string} design
 * @returns {Promise<{emptied: number[], tick: number}>}
 */
export async function getMoments(_session, design) {
  /** @type {number[]} */
  const emptied = [];
  /** @type {Uint8Array|null} */
  let before = null;
  const tape = await notes(design, (frame, place) => {
    const { free } = frame.designs[place].planes;
    const now = Uint8Array.from(free, (pages) => Number(pages === shape.pages));
    const then = before;
    if (then && now.some((whole, i) => whole && !then[i]) && emptied.at(-1) !== frame.tick) emptied.push(frame.tick);
    before = now;
  });
  return { emptied: emptied.slice(-MOST_MARKS), tick: tape.moment(tape.length - 1).tick };
}

/**
 * When something was true.
 * @param {string} _session
 * @param {Record<string, string>} asked what, design, pageblock
 * @returns {Promise<import("../net/rest.js").Found>}
 */
export async function getFound(_session, { what, design, pageblock }) {
  const block = Number(pageblock);
  const { story } = await openTape();
  const blocks = story.welcome.stat_fields.indexOf("free_blocks_all");
  /** @type {Record<string, [string, (frame: import("../net/wire.js").DesignFrame) => boolean]>} */
  const predicates = {
    no_free_block: [`${design} has no free 2 MiB block`, ({ stats }) => stats[blocks] === 0],
    balloon_in_block: [`pageblock ${block} of ${design} holds a balloon page`, ({ planes }) => planes.balloon[block] > 0],
    block_free: [`pageblock ${block} of ${design} is free as a whole`, ({ planes }) => planes.free[block] === shape.pages],
  };
  const [words, holds] = predicates[what];
  /** @type {[number, number][]} */
  const stretches = [];
  /** @type {Map<number, boolean>} the last state of a tick counts */
  const truths = new Map();
  const tape = await notes(design, (frame, place) => void truths.set(frame.tick, holds(frame.designs[place])));
  const end = tape.moment(tape.length - 1).tick;
  let since = -1;
  for (const [tick, is] of truths) {
    if (is && since < 0) since = tick;
    if (!is && since >= 0) {
      stretches.push([since, tick - 1]);
      since = -1;
    }
  }
  if (since >= 0) stretches.push([since, end]);
  return { words, first: stretches[0]?.[0] ?? null, last: stretches.at(-1)?.[1] ?? null, total: stretches.length, stretches, tick: end };
}
