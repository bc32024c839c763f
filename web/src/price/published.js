/**
 * Published figures, for scale. Pure.
 */

/**
 * @typedef {{key: string, words: string, unit: string, clean: number, patched: number, digits: number}} Measured
 * @typedef {{name: string, words: string, touched: number, untouched: number, returned: number}} Speed
 * @typedef {object} Published examples/price.json
 * @property {{who: string, when: string, source: string, setting: string, reading: string, rows: Measured[],
 *   per_page: {words: string, unit: string, time_ms: string, pages: string}}} overhead
 * @property {{words: string, source: string, note: string, unit: string, rows: Speed[]}} reclaim
 * @property {import("./estimate.js").Estimate & {words: string}} estimate
 */

/**
 * Time per page moved, from two rows of the measured table.
 * @param {Published["overhead"]} overhead
 * @returns {{clean: number, patched: number}} microseconds
 */
export function perPage({ rows, per_page }) {
  const find = (/** @type {string} */ key) => /** @type {Measured} */ (rows.find((row) => row.key === key));
  const [time, pages] = [find(per_page.time_ms), find(per_page.pages)];
  return { clean: (1000 * time.clean) / pages.clean, patched: (1000 * time.patched) / pages.patched };
}

/**
 * How much the patched kernel differs, in per cent.
 * @param {{clean: number, patched: number}} row
 */
export function changeText({ clean, patched }) {
  const change = 100 * (patched / clean - 1);
  return `${change < 0 ? "−" : "+"}${Math.abs(change).toFixed(1)} %`;
}

/** Both ends of the scale of speeds, GiB/s. */
export const SCALE = [0.1, 1000];

/**
 * Position of a speed on the logarithmic scale.
 * @param {number} speed GiB/s
 * @returns {number} per cent
 */
export function place(speed) {
  const [low, high] = SCALE.map(Math.log10);
  return Math.max(0, Math.min(100, (100 * (Math.log10(Math.max(speed, 1e-9)) - low)) / (high - low)));
}
