/**
 * Our estimate of the host's time, which a person may change and which is never added to anything measured. Pure.
 */

/** @typedef {{exit_us: number, page_us: number}} Estimate */

/**
 * What the guest waited for its host, by the estimate.
 * @param {Estimate} estimate
 * @param {number} exits
 * @param {number} pfns
 * @returns {number} microseconds
 */
export const waited = ({ exit_us, page_us }, exits, pfns) => exits * exit_us + pfns * page_us;

/**
 * A duration in words.
 * @param {number} us
 */
export function timeText(us) {
  if (us < 1000) return `${+us.toFixed(us < 100 ? 1 : 0)} µs`;
  if (us < 1_000_000) return `${+(us / 1000).toPrecision(3)} ms`;
  return `${+(us / 1_000_000).toPrecision(3)} s`;
}

/**
 * What moving or giving one balloon page costs by the estimate, and what speed that is.
 * @param {Estimate} estimate
 * @returns {{words: string, us: number, speed: number}[]} microseconds a page, GiB/s
 */
export function estimated({ exit_us, page_us }) {
  return /** @type {[string, number][]} */ ([
    ["inflating: one message for 256 pages", exit_us / 256 + page_us],
    ["moving in batches: two messages for 256 pages", 2 * (exit_us / 256 + page_us)],
    ["moving by the hook: two messages for each page", 2 * (exit_us + page_us)],
  ]).map(([words, us]) => ({ words, us, speed: us ? 4096 / 2 ** 30 / (us / 1_000_000) : Infinity }));
}

/**
 * A number of microseconds typed by a person.
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
