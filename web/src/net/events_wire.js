/**
 * Twin of server/wire/events.py: frames of type 4, what happened up to the picture that follows. Typed-array views on one ArrayBuffer.
 */

import { WireError } from "./wire.js";

export const TYPE_EVENTS = 4;
export const MOVED = 1;
export const TAKEN = 2;
export const GIVEN = 3;
export const FREE = 4;
export const USED = 5;
export const SCANNED = 6;
export const MET = 7;

const HEADER_BYTES = 32;
const KINDS = 3;
const KIND_BYTES = 16;
const ROW = 4; // numbers

/**
 * @typedef {object} Happened events of one kind, in order
 * @property {number} total
 * @property {number} pages
 * @property {number} every of so many one is in rows
 * @property {Int32Array} rows four numbers each: number among all, what | state << 8 | order << 16, pfn, pfn or -1
 *
 * @typedef {object} Between
 * @property {number} nr_pageblocks
 * @property {number} log_index
 * @property {number} tick of the picture that follows
 * @property {number} since tick of the picture before
 * @property {number} seq
 * @property {number} epoch
 * @property {number} lasts_ms until the next tick is due, 0 while paused
 * @property {[Happened, Happened, Happened][]} designs moves, balloon, places
 */

/** @param {ArrayBuffer} buffer */
export const isEvents = (buffer) => buffer.byteLength > HEADER_BYTES && new Uint8Array(buffer, 5, 1)[0] === TYPE_EVENTS;

/**
 * @param {ArrayBuffer} buffer
 * @returns {Between}
 */
export function decodeEvents(buffer) {
  const head = new DataView(buffer);
  let offset = HEADER_BYTES + 16;
  /** @param {number} bytes */
  const take = (bytes) => {
    const start = offset;
    if (start + bytes > buffer.byteLength) throw new WireError(`a frame of events ends after ${buffer.byteLength} bytes, its heads say ${start + bytes} or more`);
    offset = start + bytes;
    return start;
  };
  if (offset > buffer.byteLength) throw new WireError(`a frame of events has ${buffer.byteLength} bytes: its head alone has ${offset}`);
  /** @type {Between["designs"]} */
  const designs = [];
  for (let d = head.getUint16(6, true); d > 0; d--) {
    const heads = Array.from({ length: KINDS }, () => take(KIND_BYTES));
    designs.push(/** @type {[Happened, Happened, Happened]} */ (heads.map((at) => {
      const nr = head.getUint32(at + 12, true);
      return {
        total: head.getUint32(at, true), pages: head.getUint32(at + 4, true), every: head.getUint32(at + 8, true),
        rows: new Int32Array(buffer, take(nr * ROW * 4), nr * ROW),
      };
    })));
  }
  if (offset !== buffer.byteLength) throw new WireError(`a frame of events has ${buffer.byteLength} bytes, its heads say ${offset}`);
  return {
    nr_pageblocks: head.getUint32(8, true),
    log_index: head.getUint32(12, true),
    tick: Number(head.getBigUint64(16, true)),
    seq: head.getUint32(24, true),
    epoch: head.getUint32(28, true),
    since: Number(head.getBigUint64(HEADER_BYTES, true)),
    lasts_ms: head.getUint32(HEADER_BYTES + 8, true),
    designs,
  };
}
