/**
 * Our estimate of the host's time, which the user may change and which is never added to anything measured. Pure.
 */

/** @typedef {{exit_us: number, page_us: number}} Estimate */

/**
 * How long the guest waited for its host, by the estimate.
 * @param {Estimate} estimate
 * @param {number} exits
 * @param {number} pfns
 * @returns {number} microseconds
 */
export const waited = ({ exit_us, page_us }, exits, pfns) => exits * exit_us + pfns * page_us;

/**
 * A duration with its unit.
 * @param {number} us
 */
export function timeText(us) {
  if (us < 1000) return `${+us.toFixed(us < 100 ? 1 : 0)} µs`;
  if (us < 1_000_000) return `${+(us / 1000).toPrecision(3)} ms`;
  return `${+(us / 1_000_000).toPrecision(3)} s`;
}

/**
 * What giving or moving one balloon page costs by the estimate, and the resulting speed.
 * @param {Estimate} estimate
 * @returns {{words: string, us: number, speed: number}[]} microseconds per page, GiB/s
 */
export function estimated({ exit_us, page_us }) {
  return /** @type {[string, number][]} */ ([
    ["inflating: one message for 256 pages", exit_us / 256 + page_us],
    ["moving in batches: two messages for 256 pages", 2 * (exit_us / 256 + page_us)],
    ["moving by the hook: two messages per page", 2 * (exit_us + page_us)],
  ]).map(([words, us]) => ({ words, us, speed: us ? 4096 / 2 ** 30 / (us / 1_000_000) : Infinity }));
}

/**
 * A number of microseconds that the user typed.
 * @param {string} text
 * @param {string} what
 * @returns {{value: number, error: null} | {value: null, error: string}}
 */
export function parseUs(text, what) {
  const value = Number(text.trim());
  if (text.trim() === "" || !Number.isFinite(value) || value < 0 || value > 100_000) {
    return { value: null, error: `${what} is ${text.trim().slice(0, 40) || "empty"}: a number of microseconds from 0 to 100,000 is needed.` };
  }
  return { value, error: null };
}
