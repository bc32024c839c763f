/**
 * A scene as SVG, or as pixels.
 */

const FONT = 'system-ui, "Segoe UI", "Liberation Sans", "DejaVu Sans", sans-serif';

/** @param {string} text */
const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

/** @param {import("./scene.js").Triangle} scanner */
const triangle = ({ x, y, size, up }) => {
  const rise = (up ? -1 : 1) * size * 0.425;
  return `M${x} ${y - rise}h${size}L${x + size / 2} ${y + rise}z`;
};

/**
 * Cells of one colour become one path: a map of ten thousand cells stays a small file.
 * @param {import("./scene.js").Scene} scene
 */
export function svgText({ width, height, title, things }) {
  /** @type {string[]} */
  const out = [];
  /** @type {Map<string, string[]>} */
  let paths = new Map();
  const flush = () => {
    for (const [fill, parts] of paths) out.push(`<path fill="${fill}" d="${parts.join("")}"/>`);
    paths = new Map();
  };
  let last = "";
  for (const thing of things) {
    if (thing.kind === "text") {
      if (last === "rect") flush();
      const { x, y, size, bold, fill, anchor, text } = thing;
      out.push(`<text x="${x}" y="${y}" font-size="${size}" fill="${fill}"${bold ? ' font-weight="700"' : ""}${anchor === "end" ? ' text-anchor="end"' : ""}>${escaped(text)}</text>`);
    } else if (thing.kind === "scanner") {
      flush();
      out.push(`<path d="${triangle(thing)}" fill="${thing.up ? thing.fill : "none"}" stroke="${thing.fill}" stroke-width="1.8" stroke-linejoin="round"/>`);
    } else {
      const { x, y, w, h, fill } = thing;
      // The paper and a frame lie below what comes next: they are not put together with it.
      if (w > 64 || w === 14) {
        flush();
        out.push(`<rect x="${x}" y="${y}" width="${w}" height="${h}" fill="${fill}"/>`);
      } else {
        const parts = paths.get(fill) ?? [];
        parts.push(`M${x} ${y}h${w}v${h}h-${w}z`);
        paths.set(fill, parts);
      }
    }
    last = thing.kind;
  }
  flush();
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${escaped(FONT)}" shape-rendering="crispEdges"><title>${escaped(title)}</title>\n${out.join("\n")}\n</svg>\n`;
}

/**
 * @param {import("./scene.js").Scene} scene
 * @param {number} scale device pixels per css pixel
 * @returns {Promise<Blob>} PNG
 */
export function pngBlob({ width, height, things }, scale) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(width * scale);
  canvas.height = Math.ceil(height * scale);
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.scale(scale, scale);
  for (const thing of things) {
    context.fillStyle = thing.fill;
    if (thing.kind === "scanner") {
      const path = new Path2D(triangle(thing));
      if (thing.up) context.fill(path);
      context.strokeStyle = thing.fill;
      context.lineWidth = 1.8;
      context.lineJoin = "round";
      context.stroke(path);
      continue;
    }
    if (thing.kind === "rect") {
      context.fillRect(thing.x, thing.y, thing.w, thing.h);
      continue;
    }
    context.font = `${thing.bold ? "700 " : ""}${thing.size}px ${FONT}`;
    context.textAlign = thing.anchor;
    context.fillText(thing.text, thing.x, thing.y);
  }
  return new Promise((done, failed) => canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("this browser makes no PNG of that size"))), "image/png"));
}
