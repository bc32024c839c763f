/**
 * A canvas that lies over a map and reaches beyond it: a frame around a cell at the edge, or the triangle beside a row, must not be cut off.
 */

const THICK = 1.8; // marks for a room
const BLEED = 10; // css pixels: as far as the widest frame reaches beyond its cell
const BESIDE = 18; // css pixels: as far as a scanner's triangle reaches beyond the map

/**
 * How many times as thick as usual a line is.
 * @param {string} theme
 */
export const thickOf = (theme) => (theme === "projector" ? THICK : 1);

/**
 * Room to the right of a map for the scanners' triangles, which grow with the lines, css pixels.
 * @param {number} thick
 */
export const gutterOf = (thick) => Math.ceil(BESIDE * thick);

/**
 * Size and place the canvas, wipe it, and put the origin into the map's corner.
 * @param {HTMLCanvasElement} canvas in an element with the map's own box
 * @param {import("./geometry.js").Geometry} g
 * @param {number} thick
 * @returns {{c: CanvasRenderingContext2D, bleed: number, width: number, height: number}} device pixels: how far it reaches beyond the map, and the map's size
 */
export function layOver(canvas, g, thick) {
  const bleed = Math.round(BLEED * thick * g.dpr);
  const right = Math.round(gutterOf(thick) * g.dpr);
  const [width, height] = [Math.round(g.cols * g.cellW), Math.round(g.rows * g.cellH)];
  const [wide, high] = [width + bleed + right, height + 2 * bleed];
  const place = `${-bleed / g.dpr}px`;
  if (canvas.width !== wide || canvas.height !== high || canvas.style.left !== place) {
    canvas.width = wide;
    canvas.height = high;
    canvas.style.width = `${wide / g.dpr}px`;
    canvas.style.height = `${high / g.dpr}px`;
    canvas.style.left = canvas.style.top = place;
  }
  const c = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  c.setTransform(1, 0, 0, 1, 0, 0);
  c.clearRect(0, 0, wide, high);
  c.setTransform(1, 0, 0, 1, bleed, bleed);
  return { c, bleed, width, height };
}
