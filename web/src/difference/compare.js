/**
 * Two states of the same memory, pageblock by pageblock: what is in both, in neither, only here, only there. Pure.
 */

/** @typedef {Record<string, import("../net/wire.js").Plane>} Planes */

export const NEITHER = 0;
export const BOTH = 1;
export const ONLY_HERE = 2;
export const ONLY_THERE = 3;

const HOLDER_FREE = 0;
const EMPTIED = [0, 1, 5]; // free, movable pages only, movable through the hook

/**
 * What is asked of every pageblock.
 * @type {{key: string, words: string, has: (planes: Planes, i: number) => boolean}[]}
 */
export const QUESTIONS = [
  { key: "free", words: "is wholly free", has: ({ flags }, i) => ((flags[i] >> 4) & 7) === HOLDER_FREE },
  { key: "emptied", words: "is free, or compaction could empty it", has: ({ flags }, i) => EMPTIED.includes((flags[i] >> 4) & 7) },
  { key: "balloon", words: "holds balloon pages", has: ({ balloon }, i) => balloon[i] > 0 },
  { key: "unmovable", words: "holds unmovable pages", has: ({ unmovable }, i) => unmovable[i] > 0 },
  { key: "movable", words: "holds movable pages", has: ({ movable }, i) => movable[i] > 0 },
];

/**
 * @typedef {object} Difference
 * @property {Uint8Array} classes NEITHER, BOTH, ONLY_HERE or ONLY_THERE of every pageblock
 * @property {[number, number, number, number]} counts pageblocks of each class
 */

/**
 * @param {Planes} here
 * @param {Planes} there
 * @param {string} question key of QUESTIONS
 * @returns {Difference|null} null: the two are not the same memory
 */
export function compare(here, there, question) {
  const nr = here.free.length;
  const asked = QUESTIONS.find(({ key }) => key === question);
  if (!asked || there.free.length !== nr) return null;
  const classes = new Uint8Array(nr);
  /** @type {Difference["counts"]} */
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < nr; i++) {
    const [a, b] = [asked.has(here, i), asked.has(there, i)];
    const found = a ? (b ? BOTH : ONLY_HERE) : b ? ONLY_THERE : NEITHER;
    classes[i] = found;
    counts[found] += 1;
  }
  return { classes, counts };
}

/**
 * The class of a cell of several pageblocks: a difference inside it shows, of two kinds the one with more pageblocks.
 * @param {Uint8Array} classes
 * @param {number} first
 * @param {number} nr pageblocks of the cell
 */
export function classOf(classes, first, nr) {
  const has = [0, 0, 0, 0];
  for (let i = first; i < Math.min(classes.length, first + nr); i++) has[classes[i]] += 1;
  if (has[ONLY_HERE] || has[ONLY_THERE]) return has[ONLY_HERE] >= has[ONLY_THERE] ? ONLY_HERE : ONLY_THERE;
  return has[BOTH] >= has[NEITHER] ? BOTH : NEITHER;
}
