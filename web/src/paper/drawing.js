/**
 * How pictures of a report look: colours of the sheet in force, fonts, axes, and what their buttons do.
 */

import { DESIGN_LINES } from "../map/palette.js";

/** @param {string} name of tokens.css */
export function token(name) {
  document.body.style.outlineColor = `var(${name})`;
  const colour = getComputedStyle(document.body).outlineColor;
  document.body.style.outlineColor = "";
  return colour;
}

export const onDark = () => {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : !window.matchMedia("print").matches && window.matchMedia("(prefers-color-scheme: dark)").matches;
};

/** @param {number} i design */
export function lineOf(i) {
  const { hex, dark, dash } = DESIGN_LINES[i % DESIGN_LINES.length];
  return { color: onDark() ? dark : hex, dash };
}

/** What every picture has. */
export function layoutOf() {
  const [ink, rule, muted] = [token("--ink"), token("--rule"), token("--muted")];
  return {
    axis: { color: muted, gridcolor: rule, zerolinecolor: rule, linecolor: rule, automargin: true, fixedrange: false },
    base: {
      margin: { l: 8, r: 8, t: 8, b: 8 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: "system-ui, sans-serif", size: 12, color: ink },
      hoverlabel: { bgcolor: token("--card"), bordercolor: token("--edge"), font: { color: ink, family: "system-ui, sans-serif" }, align: "left" },
    },
  };
}

/**
 * Buttons of a picture: as PNG, as SVG, as it was.
 * @param {any} plotly
 * @param {string} filename
 */
export function configOf(plotly, filename) {
  const save = (/** @type {string} */ format) => (/** @type {any} */ box) => plotly.downloadImage(box, { format, filename, width: box.clientWidth, height: box.clientHeight, ...(format === "png" ? { scale: 2 } : {}) });
  return {
    responsive: true, displaylogo: false, scrollZoom: false,
    modeBarButtons: [[
      { name: "png", title: "Save as PNG", icon: plotly.Icons.camera, click: save("png") },
      { name: "svg", title: "Save as SVG", icon: plotly.Icons.disk, click: save("svg") },
      "zoom2d", "resetScale2d",
    ]],
  };
}
