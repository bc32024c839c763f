/**
 * Words of the map of winners: axes, numbers, what stands in the address. Pure.
 */

/**
 * @typedef {object} Standing of a design in a cell
 * @property {number|null} mean
 * @property {number|null} low
 * @property {number|null} high
 * @property {number} runs
 * @property {number} failed
 * @property {number} balloon pages at the end, mean
 * @property {boolean} smaller out of the contest
 */
/**
 * @typedef {object} Cell
 * @property {Record<string, string|number>} at
 * @property {"won"|"level"|"undecided"|"nothing"} state
 * @property {string[]} leaders
 * @property {number|null} margin
 * @property {number|null} half
 * @property {string|null} rival
 * @property {number} pairs
 * @property {Record<string, Standing>} designs
 * @property {string} mark
 * @property {string} words
 */
/**
 * @typedef {object} Winners
 * @property {{name: string, values: (string|number)[]}[]} axes
 * @property {{stat: string, better: "high"|"low", margin: number, margin_percent: number}} judge
 * @property {{key: string, letter: string}[]} designs
 * @property {string[]} pooled
 * @property {Cell[][]} cells
 */
/**
 * @typedef {object} Sweep
 * @property {string} name
 * @property {string} [error]
 * @property {string} title
 * @property {string} question
 * @property {string[]} axes
 * @property {Record<string, (string|number)[]>} values
 * @property {{key: string, letter: string}[]} designs
 * @property {number[]} seeds
 * @property {{stat: string, better: "high"|"low", margin: number, margin_percent: number}} judge
 * @property {number} runs
 * @property {boolean} this_engine
 * @property {number|null} checked runs of it, drawn at random, that came out the same under this engine
 * @property {string} text
 */

/** @type {Record<string, string>} */
const AXES = { guest: "guest", size_mib: "size of the guest, MiB", course: "what is done", profile: "kernel", family: "design, its toggles competing" };

/** What can decide: number, which end is better, words. @type {[string, "high"|"low", string][]} */
export const STATS = [
  ["huge_best", "high", "huge pages handed out"],
  ["free_blocks_all", "high", "free 2 MiB blocks"],
  ["thp_potential", "high", "blocks that could become free"],
  ["excess_blocks", "low", "blocks with balloon pages, too many"],
  ["host_exits", "low", "messages to the host"],
  ["pages_copied", "low", "pages copied"],
  ["compact_migrate_scanned", "low", "pages scanned by compaction"],
  ["balloon_repeats", "low", "balloon pages moved again"],
  ["offline_pages", "high", "pages taken offline"],
  ["clock_ms", "low", "simulated time, ms"],
];

/** @param {string} name */
export const axisWords = (name) => AXES[name] ?? name.replaceAll("_", " ");

/** @param {string} stat */
export const statWords = (stat) => STATS.find(([name]) => name === stat)?.[2] ?? stat.replaceAll("_", " ");

/** @param {string} stat @returns {"high"|"low"|undefined} */
export const betterOf = (stat) => STATS.find(([name]) => name === stat)?.[1];

/** @param {number|null} number */
export const short = (number) => (number === null ? "–" : (Math.round(number * 10) / 10).toLocaleString("en"));

/**
 * Axes that have more than one value: what can be across and down.
 * @param {Sweep} sweep
 */
export const varying = (sweep) => Object.keys(sweep.values).filter((name) => sweep.values[name].length > 1);

/**
 * A mark that fits into a cell: of a long list the first two, and how many more.
 * @param {Cell} cell
 */
export function briefMark(cell) {
  const [joint] = cell.mark.match(/[?=]/) ?? [""];
  const letters = cell.mark.split(joint || " ");
  return letters.length > 3 ? `${letters.slice(0, 2).join(joint)}${joint}+${letters.length - 2}` : cell.mark;
}

/**
 * Where a cell lies, in words.
 * @param {Cell} cell
 */
export const place = (cell) => Object.entries(cell.at).map(([name, value]) => `${axisWords(name)}: ${value}`).join("; ");

/**
 * A cell's words as a sentence. A design's name keeps its letters.
 * @param {Cell} cell
 */
export function sentence({ words, leaders }) {
  const named = leaders.some((key) => words.startsWith(key));
  return `${named ? words : words[0].toUpperCase() + words.slice(1)}.`;
}

/**
 * How large a sweep is, and what is known of the simulator that played it.
 * @param {Sweep} sweep
 */
export function facts(sweep) {
  const size = `${sweep.runs.toLocaleString("en")} runs, ${sweep.seeds.length} seeds.`;
  if (sweep.this_engine) return size;
  return sweep.checked
    ? `${size} Played by an earlier version of the simulator; ${sweep.checked} runs, drawn at random, came out the same under this one, to the byte.`
    : `${size} Played by another version of the simulator: a run made live may come to other numbers.`;
}

/**
 * What decides, in a sentence.
 * @param {Winners} map
 */
export function decidedBy(map) {
  const { stat, better, margin, margin_percent: share } = map.judge;
  const most = better === "high" ? "Most" : "Fewest";
  const pooled = map.pooled.length ? ` Pooled, as further pairs: ${map.pooled.map(axisWords).join(", ")}.` : "";
  return `${most} ${statWords(stat)}; a lead of ${margin}${share ? `, or ${share} %,` : ""} or less does not count. Hatched: the seeds do not decide it.${pooled}`;
}

/**
 * What a map is asked for with.
 * @param {{across: string, down: string, stat: string, fixed: Record<string, string>}} asked
 * @param {Sweep} sweep
 */
export function mapQuery(asked, sweep) {
  const query = new URLSearchParams({ across: asked.across, down: asked.down });
  if (asked.stat !== sweep.judge.stat) {
    query.set("stat", asked.stat);
    query.set("better", betterOf(asked.stat) ?? "high");
    query.set("margin", "0");
  }
  for (const [name, value] of Object.entries(asked.fixed)) query.set(`fix.${name}`, value);
  return query;
}

/**
 * Coordinates of one run of a cell: the cell's own, what is fixed, what was chosen among the pooled.
 * @param {Cell} cell
 * @param {Record<string, string>} fixed
 * @param {Record<string, string>} chosen seed and pooled axes
 */
export function runQuery(cell, fixed, chosen) {
  const at = { ...fixed, ...cell.at, ...chosen, first: [...cell.leaders, ...Object.keys(cell.designs)].join(",") };
  return new URLSearchParams(Object.entries(at).filter(([name]) => name !== "family").map(([name, value]) => [name, String(value)]));
}

/**
 * Markdown of what was found as paragraphs: headings, items, texts; `code` and **bold** become parts.
 * @param {string} text
 * @returns {{kind: "h3"|"li"|"p", parts: {kind: "text"|"code"|"b", text: string}[]}[]}
 */
export function paragraphs(text) {
  const blocks = text.split(/\n\s*\n|\n(?=[-#] )/).map((block) => block.trim().replace(/\s*\n\s*/g, " ")).filter(Boolean);
  return blocks.filter((block) => !block.startsWith("# ")).map((block) => {
    const kind = block.startsWith("#") ? "h3" : block.startsWith("- ") ? "li" : "p";
    const words = block.replace(/^(#+|-) /, "");
    const parts = words.split(/(`[^`]+`|\*\*[^*]+\*\*)/).filter(Boolean).map((part) => {
      if (part.startsWith("`")) return { kind: /** @type {const} */ ("code"), text: part.slice(1, -1) };
      if (part.startsWith("**")) return { kind: /** @type {const} */ ("b"), text: part.slice(2, -2).replaceAll("`", "") };
      return { kind: /** @type {const} */ ("text"), text: part };
    });
    return { kind, parts };
  });
}

/**
 * The next cell by an arrow key.
 * @param {string} key
 * @param {number} row
 * @param {number} column
 * @param {number} rows
 * @param {number} columns
 * @returns {[number, number]|null} null: no key of the map, or its edge
 */
export function step(key, row, column, rows, columns) {
  /** @type {Record<string, [number, number]>} */
  const moves = { ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1], Home: [row, 0], End: [row, columns - 1] };
  const next = moves[key];
  return next && next[0] >= 0 && next[0] < rows && next[1] >= 0 && next[1] < columns ? next : null;
}
