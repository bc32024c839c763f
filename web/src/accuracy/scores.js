/**
 * What the published figures say, as text and numbers: the score against the recorded kernel, and the benchmark of 2012 beside its
 * published results. Pure; scripts/docs/fidelity.py and scripts/docs/highalloc.py describe the files' formats.
 */

/**
 * @typedef {{inside: number, total: number}} Count
 * @typedef {{kernel: number[], band: number, ours: number, inside: boolean, low: number, high: number}} Judged
 * @typedef {{ops: [string, number?][], designs: Record<string, Record<string, Judged>[]>} & Count} Scenario
 * @typedef {{summary: Record<string, any>, scenarios: Record<string, Scenario>}} Fidelity
 * @typedef {{profile: string, published: Record<string, Record<string, number[]>>,
 *   presets: Record<string, {seeds: number[], designs: Record<string, Record<string, number[]>>}>}} Highalloc
 */

/** Classes of the score in words, in the order of the table. @type {[string, string][]} */
export const CLASSES = [
  ["all", "all numbers"],
  ["blocks", "2 MiB pieces free"],
  ["blocks after compact", "… after a compaction"],
  ["huge", "huge pages handed out"],
  ["free", "free pages"],
  ["unusable", "unusable free index"],
  ["gained", "MiB gained by an inflation"],
  ["isolated", "pages isolated"],
  ["scanned", "pages scanned"],
  ["moved", "balloon pages moved"],
];
const WORDS = new Map(CLASSES);

/** Scores of the benchmark, in the order in which they were published. @type {[string, string][]} */
export const PASSES = [
  ["pass1", "first pass, under load"],
  ["pass2", "second pass, under load"],
  ["rested", "after a rest"],
];

/** @param {Count} count */
export const percent = ({ inside, total }) => (total ? `${((100 * inside) / total).toFixed(0)} %` : "none");

/** @param {Fidelity} figures */
export function fidelityText({ summary }) {
  const { all, ceiling, median_error, seeds } = summary;
  const kernel = ceiling ? ` Another run of the kernel itself would score ${percent(ceiling)}.` : "";
  return `${all.inside} of ${all.total} predicted numbers (${percent(all)}) are within the band of the kernel’s own runs.${kernel} ` +
    `The median error is ${(100 * median_error).toFixed(1)} %. Measured on the eight recorded guests${seeds ? `, over ${seeds.length} draws of what a capture does not say` : ""}.`;
}

/**
 * The predictions furthest outside their band.
 * @param {Fidelity} figures
 * @param {number} most
 * @returns {{where: string, what: string, kernel: string, ours: string, times: number}[]}
 */
export function worst({ scenarios }, most) {
  /** @type {{where: string, what: string, kernel: string, ours: string, times: number}[]} */
  const found = [];
  for (const [name, scenario] of Object.entries(scenarios)) {
    for (const [design, steps] of Object.entries(scenario.designs)) {
      steps.forEach((step, i) => {
        for (const [quantity, judged] of Object.entries(step)) {
          if (judged.inside) continue;
          const { kernel, ours, band } = judged;
          const mean = kernel.reduce((sum, n) => sum + n, 0) / kernel.length;
          found.push({
            where: `${name}, ${design}, step ${i + 1} (${(scenario.ops[i] ?? []).join(" ")})`,
            what: WORDS.get(quantity) ?? quantity,
            kernel: range(kernel), ours: text(ours), times: band ? Math.abs(ours - mean) / band : Infinity,
          });
        }
      });
    }
  }
  return found.sort((a, b) => b.times - a.times).slice(0, most);
}

/** @param {number} n */
const text = (n) => (Number.isInteger(n) ? n.toLocaleString("en-US") : n.toFixed(n < 10 ? 2 : 0));

/** @param {number[]} numbers */
export function range(numbers) {
  const [low, high] = [text(Math.min(...numbers)), text(Math.max(...numbers))];
  return low === high ? low : `${low} to ${high}`;
}

/**
 * @typedef {object} Strip one score of one design
 * @property {string} design
 * @property {string} pass
 * @property {string} words
 * @property {number[]} ours per cent, one per seed
 * @property {number|null} published per cent
 */

/**
 * @param {Highalloc} figures
 * @param {string} preset
 * @returns {Strip[]}
 */
export function strips({ presets, published }, preset) {
  const { designs } = presets[preset];
  return PASSES.flatMap(([pass, words], p) =>
    Object.entries(designs).filter(([, numbers]) => Array.isArray(numbers[pass])).map(([design, numbers]) =>
      ({ design, pass, words, ours: numbers[pass], published: published?.[preset]?.[design]?.[p] ?? null })));
}

/** @param {Strip} strip */
export function stripText({ ours, published }) {
  const mean = ours.reduce((sum, n) => sum + n, 0) / ours.length;
  const mine = `ours: ${mean.toFixed(0)} % on average, ${Math.min(...ours).toFixed(0)} to ${Math.max(...ours).toFixed(0)} over ${ours.length} seeds`;
  return published === null ? `${mine}; never published` : `${mine}; published: ${published} %, one run, variance unknown`;
}
