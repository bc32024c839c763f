/**
 * Repaints one map of N pageblocks by the page's own renderer and by a Plotly heatmap of the same size in the same page, with
 * a tenth of the cells changed each time, in turns; the driver (bench_paint.py) calls `measure`. Script time only: from the
 * call until it is done, Plotly's promise included; the browser's own painting comes on top for both.
 */

import { fit } from "/src/map/geometry.js";
import { Heatmap } from "/src/map/heatmap.js";
import { HOLDER, MODES } from "/src/map/palette.js";

/** Seeded, so that every run paints the same pictures. */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}

function makePlanes(nr, random) {
  const planes = { pcp: new Uint8Array(nr), largest: new Uint8Array(nr) };
  for (const name of ["free", "movable", "balloon", "unmovable"]) planes[name] = new Uint16Array(nr);
  planes.migratetype = Uint8Array.from({ length: nr }, () => Math.floor(random() * 4));
  planes.flags = new Uint8Array(nr);
  for (let i = 0; i < nr; i++) fill(planes, i, random);
  return planes;
}

function fill(planes, i, random) {
  const a = Math.floor(random() * 512);
  const b = Math.floor(random() * (512 - a));
  planes.movable[i] = a;
  planes.balloon[i] = b;
  planes.unmovable[i] = random() < 0.2 ? Math.min(9, 512 - a - b) : 0;
  planes.free[i] = 512 - a - b - planes.unmovable[i];
  planes.flags[i] = Math.floor(random() * 6) << 4;
}

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const nextPaint = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));

/**
 * @param {number} nr pageblocks
 * @param {number} rounds
 * @returns {Promise<Record<string, number>>} median milliseconds of script a repaint, by renderer
 */
window.measure = async (nr, rounds) => {
  const random = generator(nr);
  const planes = makePlanes(nr, random);
  const geometry = fit(nr, 640, 400, 1);
  const map = new Heatmap(document.getElementById("ours"));
  const z = () =>
    Array.from({ length: geometry.rows }, (_, row) => {
      const start = row * geometry.cols;
      return Array.from({ length: geometry.cols }, (_, col) => (planes.flags[start + col] ?? 0) >> 4);
    });
  const box = document.getElementById("plotly");
  const colorscale = HOLDER.entries.map((entry, i) => [i / (HOLDER.entries.length - 1), entry.hex]);
  await window.Plotly.newPlot(box, [{ type: "heatmap", z: z(), zmin: 0, zmax: 5, colorscale, showscale: false }], {
    margin: { l: 0, r: 0, t: 0, b: 0 },
  });
  /** @type {Record<string, number[]>} */
  const times = { plotly: [] };
  for (const { key } of MODES) times[key] = [];
  for (let round = 0; round < rounds; round++) {
    for (let n = nr / 10; n > 0; n--) fill(planes, Math.floor(random() * nr), random);
    for (const { key } of MODES) {
      map.setGeometry(geometry, key);
      map.paint(planes, 0);
      await nextPaint();
      const start = performance.now();
      // Ten, because the clock of the page has steps of 0.1 ms.
      for (let n = 0; n < 10; n++) map.paint(planes, 0);
      times[key].push((performance.now() - start) / 10);
    }
    const cells = z();
    await nextPaint();
    const start = performance.now();
    await window.Plotly.restyle(box, { z: [cells] });
    times.plotly.push(performance.now() - start);
  }
  return Object.fromEntries(Object.entries(times).map(([name, list]) => [name, median(list)]));
};
