/**
 * Where things lie in the picture of a question: one axis for all designs, a step line per round. Pure.
 */

export const WIDTH = 600;
export const LANE = 34; // height of a round's lane
const PAD = 12;

/**
 * The axis: from, to, in units of the quantity; it holds every answer that counts, the truth and the real runs.
 * @param {import("../net/protocol.js").QuizResults} results
 * @param {readonly number[]} values further ones that must be on it
 */
export function axisOf({ low, step, rounds }, values) {
  const parts = rounds[0]?.designs[0]?.counts.length ?? 1;
  const from = Math.min(low, ...values);
  const to = Math.max(low + parts * step, ...values.map((value) => value + 1));
  return { from, to };
}

/**
 * @param {{from: number, to: number}} axis
 * @param {number} value
 */
export const xOf = ({ from, to }, value) => PAD + ((value - from) / Math.max(to - from, 1)) * (WIDTH - 2 * PAD);

/**
 * The outline of how many ranges reach where, as an SVG path closed at the bottom of its lane.
 * @param {{from: number, to: number}} axis
 * @param {import("../net/protocol.js").QuizResults} results
 * @param {readonly number[]} counts
 * @param {number} most of all rounds and designs: full height
 * @param {number} bottom
 */
export function outline(axis, { low, step }, counts, most, bottom) {
  const y = (/** @type {number} */ n) => (bottom - (n / Math.max(most, 1)) * (LANE - 4)).toFixed(1);
  const x = (/** @type {number} */ part) => xOf(axis, low + part * step).toFixed(1);
  const steps = counts.map((n, i) => `V${y(n)}H${x(i + 1)}`).join("");
  return `M${x(0)} ${bottom}${steps}V${bottom}Z`;
}

/**
 * Round numbers to write below the axis, few enough for a phone.
 * @param {{from: number, to: number}} axis
 */
export function ticksOf({ from, to }) {
  const rough = Math.max((to - from) / 5, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough) ?? rough;
  const ticks = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) ticks.push(at);
  return ticks;
}
