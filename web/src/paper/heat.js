/**
 * Free memory by zone and order as a heatmap for Plotly. Pure.
 */

/**
 * @typedef {object} Heat
 * @property {string[]} rows names, first on top
 * @property {number[][]} counts free blocks per order; rows may differ in length
 * @property {number[][]} floors orders whose count is a floor, per row
 * @property {number} page_kib
 */

/** From little to all, on light and on dark paper: the stronger the colour, the more; nothing is the paper itself. */
export const RAMPS = { light: ["#dbe9f4", "#a9cbe6", "#6ba6da", "#2f6da5", "#103d6c"], dark: ["#27394a", "#335778", "#4378aa", "#7db7ee", "#c7e2fb"] };
export const RAMP_WORDS = ["0.01 % or less", "0.1 %", "1 %", "10 %", "all of it"];
const ROW_PX = 34;
const LEAST_SHARE = 1e-4;

/**
 * @param {Heat} heat
 * @param {Record<string, unknown>} axis
 * @param {string[]} ramp of RAMPS
 */
export function heatOf({ rows, counts, floors, page_kib }, axis, ramp) {
  const orders = Math.max(...counts.map((one) => one.length));
  const mib = (/** @type {number} */ n, /** @type {number} */ order) => (n * 2 ** order * page_kib) / 1024;
  const totals = counts.map((one) => one.reduce((sum, n, order) => sum + mib(n, order), 0));
  const cell = (/** @type {number} */ i, /** @type {number} */ order) => counts[i][order];
  const names = Array.from({ length: orders }, (_, order) => String(order));
  const map = (/** @type {(i: number, order: number, n: number) => unknown} */ make) =>
    rows.map((_, i) => names.map((_, order) => (cell(i, order) === undefined ? null : make(i, order, cell(i, order)))));
  const share = (/** @type {number} */ i, /** @type {number} */ order, /** @type {number} */ n) => (totals[i] ? mib(n, order) / totals[i] : 0);
  const mark = (/** @type {number} */ i, /** @type {number} */ order) => (floors[i].includes(order) ? "at least " : "");
  return {
    traces: [{
      type: "heatmap", x: names, y: rows, xgap: 2, ygap: 2, hoverongaps: false, showscale: false, colorscale: ramp.map((hex, i) => [i / (ramp.length - 1), hex]), zmin: Math.log10(LEAST_SHARE), zmax: 0,
      z: map((i, order, n) => (n ? Math.max(Math.log10(LEAST_SHARE), Math.log10(share(i, order, n))) : null)),
      text: map((i, order, n) => `<b>${rows[i]}, order ${order}</b><br>${mark(i, order)}${n.toLocaleString("en-US")} blocks, ${+mib(n, order).toFixed(2)} MiB<br>${(100 * share(i, order, n)).toFixed(2)} % of what is free here`),
      hovertemplate: "%{text}<extra></extra>",
    }],
    layout: {
      height: Math.max(190, 110 + ROW_PX * rows.length),
      xaxis: { ...axis, type: "category", showgrid: false, title: { text: `order (0 = ${page_kib} KiB)`, standoff: 4 } },
      yaxis: { ...axis, type: "category", showgrid: false, autorange: "reversed" },
    },
  };
}
