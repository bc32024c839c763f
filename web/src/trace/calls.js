/**
 * The calls that handled a page as lines, in order of time, with what changed from line to line. Pure.
 */

/** @typedef {import("./handled.js").Call} Call */

/** The columns beside the calls: the page's fields, then the counters. */
export const FIELDS = /** @type {const} */ (["refcount", "locked", "isolated", "on", "nr_isolated_anon", "nr_isolated_file", "balloon_isolated"]);

/**
 * @typedef {(typeof FIELDS)[number]} Field
 *
 * @typedef {object} Line one line of the table
 * @property {number} depth
 * @property {"call"|"open"|"close"} kind a call with no calls inside it, the start of one, or its end
 * @property {Call} call
 * @property {Record<Field, string>|null} state after it; null where nothing is known
 * @property {Partial<Record<Field, string>>} was fields that changed since the last line with a state: their old values
 */

/**
 * Calls as lines in order of time. A call with others inside it has one line for its start and one for its end, since its state
 * is that at its end.
 * @param {readonly Call[]} calls in the order they began, with their depth
 * @returns {Line[]}
 */
export function lines(calls) {
  /** @type {{depth: number, kind: Line["kind"], call: Call}[]} */
  const order = [];
  /** @type {Call[]} */
  const open = [];
  const close = (/** @type {number} */ depth) => {
    while (open.length && open[open.length - 1].depth >= depth) {
      const call = /** @type {Call} */ (open.pop());
      order.push({ depth: call.depth, kind: "close", call });
    }
  };
  calls.forEach((call, i) => {
    close(call.depth);
    const parent = i + 1 < calls.length && calls[i + 1].depth > call.depth;
    order.push({ depth: call.depth, kind: parent ? "open" : "call", call });
    if (parent) open.push(call);
  });
  close(0);
  /** @type {Record<Field, string>|null} */
  let before = null;
  return order.map(({ depth, kind, call }) => {
    const state = kind === "open" ? null : stateOf(call);
    /** @type {Partial<Record<Field, string>>} */
    const was = {};
    if (state) {
      if (before) for (const field of FIELDS) if (before[field] !== state[field]) was[field] = before[field];
      before = state;
    }
    return { depth, kind, call, state, was };
  });
}

/**
 * @param {Call} call
 * @returns {Record<Field, string>|null}
 */
function stateOf({ page, counters }) {
  if (!page || !counters) return null;
  return {
    refcount: String(page.refcount), locked: page.locked ? "yes" : "no", isolated: page.isolated ? "yes" : "no", on: page.on,
    nr_isolated_anon: String(counters.nr_isolated_anon), nr_isolated_file: String(counters.nr_isolated_file),
    balloon_isolated: String(counters.balloon_isolated),
  };
}

/** Heads of the columns. @type {Record<Field, {head: string, unit: string}>} */
export const HEADS = {
  refcount: { head: "refs", unit: "page" },
  locked: { head: "locked", unit: "page" },
  isolated: { head: "isolated", unit: "page" },
  on: { head: "on", unit: "page" },
  nr_isolated_anon: { head: "anon", unit: "counter" },
  nr_isolated_file: { head: "file", unit: "counter" },
  balloon_isolated: { head: "balloon", unit: "counter" },
};

/**
 * What changed in a line, in words: for narrow windows and screen readers.
 * @param {Line} line
 */
export const changesText = ({ was, state }) =>
  FIELDS.filter((field) => state && field in was).map((field) => `${LONG[field]}: ${was[field]} → ${state?.[field]}`).join("; ");

/** @type {Record<Field, string>} */
const LONG = {
  refcount: "references", locked: "locked", isolated: "isolated", on: "on", nr_isolated_anon: "NR_ISOLATED_ANON", nr_isolated_file: "NR_ISOLATED_FILE",
  balloon_isolated: "isolated balloon pages",
};

/** @param {Record<string, number>} args */
export const argsText = (args) => Object.entries(args).map(([name, value]) => `${name} ${value}`).join(", ");
