/**
 * Colours as data. Chosen so that every pair within a mode can be told apart with any of the three colour-vision
 * deficiencies, with no red/green pair, and so that light always means free (tests/web/map/palette.test.js checks it).
 */

import { count } from "../lib/format.js";
import { pageblock } from "../lib/pageblock.js";

/**
 * @typedef {object} Entry
 * @property {string} name words beside the colour
 * @property {string} hex
 * @property {string} text one sentence for the legend
 *
 * @typedef {object} Mode
 * @property {string} key
 * @property {string} label
 * @property {string} text what a cell shows in this mode
 * @property {Entry[]} entries
 */

const FREE = "#d8e8f1";
const MOVABLE = "#4287c5";
export const BALLOON = "#ea8a0b";
export const UNMOVABLE = "#352f44";
const RESERVED = "#a6adb5";

/** @type {Mode} */
export const CONTENT = {
  key: "content",
  label: "Content",
  get text() { return `Each cell is one pageblock of ${pageblock.size} (${count(pageblock.pages)} pages), filled from the bottom by what its pages are.`; },
  entries: [
    { name: "free", hex: FREE, text: "not in use" },
    { name: "movable", hex: MOVABLE, text: "programs, page cache" },
    { name: "balloon", hex: BALLOON, text: "given to the host" },
    { name: "unmovable", hex: UNMOVABLE, text: "kernel, pinned" },
    { name: "reserved", hex: RESERVED, text: "never handed out" },
  ],
};

/** Free share: 9 steps from nothing free (dark) to all free (light). */
const RAMP = ["#352f44", "#3c4668", "#3f5f8d", "#4378aa", "#5a91c0", "#7daacd", "#9dc0d8", "#bbd5e5", "#d8e8f1"];

/** @type {Mode} */
export const FREE_SHARE = {
  key: "free",
  label: "Free share",
  get text() { return `Each cell is one pageblock of ${pageblock.size}; the lighter it is, the more of it is free.`; },
  entries: RAMP.map((hex, i) => ({
    name: i === 0 ? "0 % free" : i === RAMP.length - 1 ? "100 % free" : `${Math.round((100 * i) / (RAMP.length - 1))} %`,
    hex,
    text: "",
  })),
};

/** @type {Mode} */
export const MIGRATETYPE = {
  key: "migratetype",
  label: "Migratetype",
  text: "Each cell is one pageblock; its migratetype says what kind of page the allocator keeps it for.",
  entries: [
    { name: "UNMOVABLE", hex: UNMOVABLE, text: "for pages that stay where they are" },
    { name: "MOVABLE", hex: MOVABLE, text: "for pages that compaction may move" },
    { name: "RECLAIMABLE", hex: "#7fbf9f", text: "for caches that the kernel can shrink" },
    { name: "HIGHATOMIC", hex: "#f2dc52", text: "kept for urgent high-order requests" },
    { name: "CMA", hex: "#c9539b", text: "for contiguous device memory" },
    { name: "ISOLATE", hex: "#eef1f3", text: "closed to allocation for now" },
    { name: "BALLOON", hex: BALLOON, text: "type used by dedicated_block" },
  ],
};

/** By units.HOLDER_*: index = value on the wire. @type {Mode} */
export const HOLDER = {
  key: "holder",
  label: "What holds it",
  text: "Each cell is one pageblock; its colour says what keeps it from being free as a whole.",
  entries: [
    { name: "free", hex: FREE, text: "available as a whole, for huge pages" },
    { name: "movable only", hex: MOVABLE, text: "compaction can empty it" },
    { name: "held by balloon", hex: BALLOON, text: "movable except for balloon pages" },
    { name: "held by kernel", hex: UNMOVABLE, text: "nothing can empty it" },
    { name: "reserved", hex: RESERVED, text: "never handed out" },
    { name: "movable by the hook", hex: "#c9539b", text: "balloon pages that compaction moves" },
  ],
};

/** In the order of the buttons. @type {Mode[]} */
export const MODES = [CONTENT, FREE_SHARE, MIGRATETYPE, HOLDER];

/**
 * Kinds of pages, by units.STATE_*: a family has the colour of its pageblocks, letters tell its members apart where there is room.
 * @type {{name: string, short: string, hex: string}[]}
 */
export const PAGE_KINDS = [
  { name: "hole, no memory behind it", short: "hole", hex: "#c3c9cf" },
  { name: "reserved, never handed out", short: "resv", hex: RESERVED },
  { name: "free", short: "free", hex: FREE },
  { name: "free, in a per-CPU list", short: "pcp", hex: "#bcdcec" },
  { name: "free page held by a compactor as a target", short: "target", hex: "#8f86a8" },
  { name: "anonymous memory", short: "anon", hex: MOVABLE },
  { name: "page cache", short: "file", hex: "#6ba6da" },
  { name: "shared memory", short: "shmem", hex: "#2f6da5" },
  { name: "balloon page", short: "balloon", hex: BALLOON },
  { name: "slab", short: "slab", hex: UNMOVABLE },
  { name: "page table", short: "pgtable", hex: "#4a4260" },
  { name: "other kernel memory", short: "kernel", hex: "#2a2536" },
  { name: "unknown: the capture does not tell", short: "unknown", hex: "#57506a" },
  { name: "huge page of hugetlb", short: "hugetlb", hex: "#6b3f5e" },
  { name: "transparent huge page", short: "thp", hex: "#39669b" },
  { name: "hardware error", short: "poison", hex: "#7a1f2b" },
];

/** A page that the LRU path could move if nobody held a reference to it. */
export const PINNED = "#4b3f72";

/** A cell that changed in this tick glows in this colour for a moment. */
export const TOUCHED = "#fff3a1";

/** Lines of the charts and marks of the panels: colour on light and on dark paper, Plotly dash, and the same dash for SVG. */
export const DESIGN_LINES = [
  { hex: "#352f44", dark: "#b9b2cc", dash: "solid", svg: "" },
  { hex: "#1766a6", dark: "#6db2ee", dash: "dash", svg: "7 4" },
  { hex: "#b45d00", dark: "#f0a24e", dash: "dot", svg: "2 3" },
  { hex: "#a1307a", dark: "#e48cc4", dash: "dashdot", svg: "7 3 2 3" },
  { hex: "#00707a", dark: "#4fc3cd", dash: "longdash", svg: "11 4" },
  { hex: "#6b5b00", dark: "#d6c04a", dash: "longdashdot", svg: "11 3 2 3" },
  { hex: "#5b4bb7", dark: "#a99cf2", dash: "dash", svg: "5 5" },
  { hex: "#7a3b2e", dark: "#d99a8c", dash: "dot", svg: "1 4" },
];

/**
 * "#rrggbb" as the number that a little-endian Uint32Array over ImageData needs.
 * @param {string} hex
 */
export function packed(hex) {
  const n = parseInt(hex.slice(1), 16);
  return ((255 << 24) | ((n & 255) << 16) | (n & 0xff00) | (n >> 16)) >>> 0;
}

/**
 * A colour table of 256 entries: beyond the last entry its colour repeats.
 * @param {Entry[]} entries
 * @returns {Uint32Array}
 */
export function table(entries) {
  return Uint32Array.from({ length: 256 }, (_, i) => packed(entries[Math.min(i, entries.length - 1)].hex));
}

/**
 * Colour by free pages, 0 to 512.
 * @returns {Uint32Array} 513 entries
 */
export function freeTable() {
  const last = RAMP.length - 1;
  return Uint32Array.from({ length: 513 }, (_, pages) => {
    const at = (pages / 512) * last;
    const i = Math.min(last - 1, Math.floor(at));
    return mix(packed(RAMP[i]), packed(RAMP[i + 1]), Math.round((at - i) * 256));
  });
}

/**
 * Between two packed colours.
 * @param {number} a
 * @param {number} b
 * @param {number} t 0 = a, 256 = b
 */
export function mix(a, b, t) {
  const u = 256 - t;
  const rb = (((a & 0xff00ff) * u + (b & 0xff00ff) * t) >>> 8) & 0xff00ff;
  const g = ((((a >>> 8) & 0xff) * u + ((b >>> 8) & 0xff) * t) >>> 8) & 0xff;
  return (0xff000000 | rb | (g << 8)) >>> 0;
}
