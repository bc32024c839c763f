/**
 * Looks at this machine as the server tells them, each only what is new, joined to one picture. Pure.
 */

/**
 * @typedef {object} Zone
 * @property {number} node
 * @property {string} zone
 * @property {number[]} counts free blocks by order
 * @property {number} free_pages
 * @property {number} free_blocks pieces of a pageblock's size
 * @property {number} unusable_index per mille
 * @property {number} fragmentation_index per mille; -1000: a request would succeed
 *
 * @typedef {object} Span
 * @property {number} node
 * @property {string} zone
 * @property {number} first index of its first pageblock
 * @property {number} end one past its last
 * @property {number} start_pfn of the first
 *
 * @typedef {object} Told the answer of GET /api/live, and of GET /api/live/past
 * @property {number} look
 * @property {number} kept its number in the history; -1: none is kept
 * @property {number} kept_first number of the oldest that is kept
 * @property {string} unkept why it is not kept; "" = it is, or none is to be
 * @property {number} at seconds of the machine's clock
 * @property {number} wall seconds since 1970
 * @property {number} cost share of one processor
 * @property {string} blind
 * @property {Zone[]} zones
 * @property {Record<string, number>} events
 * @property {number} nr_pageblocks
 * @property {Span[]} spans
 * @property {string} blocks
 * @property {string} ages
 * @property {string} planes
 * @property {{at: number, events: Record<string, number>}|null} [before] of a kept look: the one before it
 *
 * @typedef {object} Machine
 * @property {Told} told the last
 * @property {Record<string, Uint16Array>} planes pages by what they are, each pageblock
 * @property {Float64Array} seenAt seconds of the machine's clock; -Infinity: never
 */

const PLANES = ["free", "movable", "balloon", "unmovable"];

/** @param {string} text */
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;

/**
 * What is known after an answer.
 * @param {Machine|null} before
 * @param {Told} told
 * @returns {Machine}
 */
export function joined(before, told) {
  const nr = told.nr_pageblocks;
  const kept = before && before.seenAt.length === nr ? before : null;
  const planes = kept?.planes ?? Object.fromEntries([...PLANES, "pcp", "migratetype", "flags"].map((name) => [name, new Uint16Array(nr)]));
  const seenAt = kept?.seenAt ?? new Float64Array(nr).fill(-Infinity);
  const blocks = new Uint32Array(bytes(told.blocks));
  const ages = new Float32Array(bytes(told.ages));
  const values = new Uint16Array(bytes(told.planes));
  blocks.forEach((block, i) => {
    seenAt[block] = told.at - ages[i];
    PLANES.forEach((name, row) => (planes[name][block] = values[row * blocks.length + i]));
  });
  return { told, planes, seenAt };
}

/**
 * Events a second between two answers; those that did not happen are missing.
 * @param {Pick<Told, "at"|"events">} before
 * @param {Pick<Told, "at"|"events">} now
 */
export function ratesOf(before, now) {
  const seconds = now.at - before.at;
  /** @type {Record<string, number>} */
  const out = {};
  if (seconds <= 0) return out;
  for (const [name, count] of Object.entries(now.events)) {
    const risen = count - (before.events[name] ?? count);
    if (risen > 0) out[name] = risen / seconds;
  }
  return out;
}

/**
 * Answers as CSV, the columns of `fragscope watch --csv`.
 * @param {Told[]} looks
 */
export function csvOf(looks) {
  if (looks.length === 0) return "";
  const cells = looks.map((told) => ({
    seconds: told.at.toFixed(1),
    cost: told.cost.toFixed(4),
    ...Object.fromEntries(told.zones.flatMap((z) => [
      [`${z.node}.${z.zone}.free_pages`, z.free_pages], [`${z.node}.${z.zone}.free_blocks`, z.free_blocks],
      [`${z.node}.${z.zone}.unusable`, z.unusable_index], [`${z.node}.${z.zone}.fragmentation`, z.fragmentation_index],
      ...z.counts.map((n, order) => [`${z.node}.${z.zone}.order_${order}`, n]),
    ])),
    ...told.events,
  }));
  const heads = Object.keys(cells[0]);
  return [heads, ...cells.map((row) => heads.map((head) => /** @type {Record<string, unknown>} */ (row)[head] ?? ""))].map((line) => `${line.join(",")}\n`).join("");
}

/**
 * Points of a line over time: "x,y x,y …" in a box of 100 by 100, lowest value at the bottom; "" for fewer than two.
 * @param {{at: number, value: number}[]} points
 * @returns {{line: string, low: number, high: number}}
 */
export function lineOf(points) {
  const values = points.map(({ value }) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (points.length < 2) return { line: "", low, high };
  const [first, last] = [points[0].at, points[points.length - 1].at];
  const line = points.map(({ at, value }) => {
    const x = (100 * (at - first)) / (last - first || 1);
    const y = high > low ? 100 - (100 * (value - low)) / (high - low) : 50;
    return `${x.toFixed(2)},${y.toFixed(2)}`;
  });
  return { line: line.join(" "), low, high };
}
