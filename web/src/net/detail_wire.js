/**
 * Twin of server/wire/detail.py: frames of type 3, the pages of some pageblocks. Typed-array views on one ArrayBuffer.
 */

import { WireError } from "./wire.js";
import { pageblock } from "../lib/pageblock.js";

export const TYPE_DETAIL = 3;
const HEADER_BYTES = 32;

/** In wire order: bit n of the head says whether field n is there. */
const FIELDS = /** @type {const} */ ([["state", 1], ["order", 1], ["flags", 2], ["refcount", 1], ["mobility", 1]]);

/**
 * @typedef {object} Closeup
 * @property {number} epoch
 * @property {number} tick
 * @property {number} log_index
 * @property {boolean} past of an earlier moment
 * @property {Uint32Array} pageblocks
 * @property {Map<number, number>} at pageblock → its place in every field, in pages
 * @property {Map<number, Record<string, Uint8Array|Uint16Array>>} designs by place in welcome.designs: a value per page, pageblock by pageblock
 */

/** @param {ArrayBuffer} buffer */
export const isDetail = (buffer) => buffer.byteLength > HEADER_BYTES && new Uint8Array(buffer, 5, 1)[0] === TYPE_DETAIL;

/**
 * @param {ArrayBuffer} buffer
 * @returns {Closeup}
 */
export function decodeDetail(buffer) {
  const head = new DataView(buffer);
  const nrDesigns = head.getUint16(6, true);
  const nr = head.getUint32(HEADER_BYTES, true);
  const mask = head.getUint32(HEADER_BYTES + 4, true);
  const there = FIELDS.filter((_, bit) => mask & (1 << bit));
  const index = HEADER_BYTES + 8;
  const first = index + ((4 * nr + 7) & ~7);
  const each = 8 + there.reduce((sum, [, bytes]) => sum + bytes * pageblock.pages * nr, 0);
  if (first + nrDesigns * each !== buffer.byteLength) {
    throw new WireError(`a frame of pages has ${buffer.byteLength} bytes, its head says ${first + nrDesigns * each}`);
  }
  const pageblocks = new Uint32Array(buffer, index, nr);
  /** @type {Closeup["designs"]} */
  const designs = new Map();
  for (let d = 0, offset = first; d < nrDesigns; d++) {
    const design = head.getUint32(offset, true);
    offset += 8;
    /** @type {Record<string, Uint8Array|Uint16Array>} */
    const fields = {};
    for (const [name, bytes] of there) {
      fields[name] = bytes === 2 ? new Uint16Array(buffer, offset, pageblock.pages * nr) : new Uint8Array(buffer, offset, pageblock.pages * nr);
      offset += bytes * pageblock.pages * nr;
    }
    designs.set(design, fields);
  }
  return {
    epoch: head.getUint32(28, true),
    tick: Number(head.getBigUint64(16, true)),
    log_index: head.getUint32(12, true),
    past: false,
    pageblocks,
    at: new Map(Array.from(pageblocks, (block, i) => [block, i * pageblock.pages])),
    designs,
  };
}
