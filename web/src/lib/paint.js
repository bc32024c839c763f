/**
 * The only requestAnimationFrame of the page: whatever changed since the last paint is painted once,
 * DOM first, then canvases. Nothing is painted if nothing changed.
 */

/**
 * @typedef {(now: number) => boolean|void} Part paints one part; true = paint me again next time (something is still glowing)
 *
 * @typedef {object} Painter
 * @property {(phase: "dom"|"canvas", part: Part) => () => void} add returns the part's "mark me dirty"
 * @property {(part: () => void) => void} after called after each paint
 */

/**
 * @param {(callback: (now: number) => void) => unknown} [request]
 * @returns {Painter}
 */
export function createPainter(request = (callback) => requestAnimationFrame(callback)) {
  /** @type {{dom: Set<Part>, canvas: Set<Part>}} */
  const dirty = { dom: new Set(), canvas: new Set() };
  /** @type {(() => void)[]} */
  const afterwards = [];
  let asked = false;

  const ask = () => {
    if (asked) return;
    asked = true;
    request(paint);
  };

  /** A part that fails is reported as any error is, and does not keep the others from being painted. @param {number} now */
  function paint(now) {
    try {
      for (const phase of /** @type {const} */ (["dom", "canvas"])) {
        for (const part of [...dirty[phase]]) {
          dirty[phase].delete(part);
          if (part(now) === true) dirty[phase].add(part);
        }
      }
      for (const part of afterwards) part();
    } finally {
      asked = false;
      if (dirty.dom.size + dirty.canvas.size > 0) ask();
    }
  }

  return {
    add(phase, part) {
      return () => {
        dirty[phase].add(part);
        ask();
      };
    },
    after: (part) => void afterwards.push(part),
  };
}
