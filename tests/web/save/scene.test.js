import assert from "node:assert/strict";
import { test } from "node:test";
import { CONTENT, HOLDER } from "../../../web/src/map/palette.js";
import { differenceRows, freeListRows, logRows, mapRows, spreadRows, statRows } from "../../../web/src/save/map_rows.js";
import { svgText } from "../../../web/src/save/picture.js";
import { differenceScene, hexOf, sceneOf, wrapped } from "../../../web/src/save/scene.js";

const plane = (/** @type {number} */ nr, /** @type {number} */ value) => new Uint16Array(nr).fill(value);
const map = (/** @type {string} */ name, nr = 128) => ({
  name, note: "7 free 2 MiB blocks",
  planes: { free: plane(nr, 256), pcp: plane(nr, 0), movable: plane(nr, 128), balloon: plane(nr, 64), unmovable: plane(nr, 0), migratetype: plane(nr, 1), flags: plane(nr, 2 << 4) },
});

test("a picture has title, legend and all cells, layers from the bottom", () => {
  const scene = sceneOf([map("pinned"), map("lru_hook")], CONTENT, "A guest <1 GiB>", ["digest abc"]);
  const texts = scene.things.flatMap((thing) => (thing.kind === "text" ? [thing.text] : []));
  for (const said of ["A guest <1 GiB>", "digest abc", "pinned", "lru_hook", "balloon", "0 MiB", "7 free 2 MiB blocks"]) assert.ok(texts.includes(said), said);
  const fills = new Map();
  for (const thing of scene.things) if (thing.kind === "rect") fills.set(thing.fill, (fills.get(thing.fill) ?? 0) + 1);
  for (const entry of CONTENT.entries.filter(({ name }) => name !== "unmovable")) assert.equal(fills.get(entry.hex), 2 * 128 + 1, entry.name); // cells, and the legend's chip
  for (const thing of scene.things) if (thing.kind === "rect") assert.ok(thing.x >= 0 && thing.y >= 0 && thing.x + thing.w <= scene.width && thing.y + thing.h <= scene.height);
  const svg = svgText(scene);
  assert.match(svg, /A guest &lt;1 GiB>/);
  assert.ok(svg.length < 60_000);
});

test("a cell has one colour in the other modes, and stands for several where there are very many", () => {
  const scene = sceneOf([map("pinned", 65_536)], HOLDER, "large", []);
  const cells = scene.things.filter((thing) => thing.kind === "rect" && thing.fill === HOLDER.entries[2].hex);
  assert.ok(cells.length > 256 && cells.length < 17_000);
});

test("colours and lines of text", () => {
  assert.equal(hexOf(0xff0b8aea), "#ea8a0b");
  assert.deepEqual(wrapped("one two three", 7), ["one two", "three"]);
});

test("rows have what maps, lists, log and spread have", () => {
  const rows = mapRows([map("pinned", 2)]);
  assert.equal(rows.length, 3);
  assert.deepEqual(rows[2], ["pinned", 1, 2, 256, 0, 128, 64, 0, 64, "MOVABLE", "held by balloon"]);
  const log = logRows([{ index: 1, tick: 5, idle: true, command: { type: "compact" } }]);
  assert.deepEqual(log[1], [1, 5, "compact", "true", '{"type":"compact"}']);
  const at = Object.fromEntries(Array.from({ length: 11 }, (_, order) => [`nr_free_order_${order}`, order]));
  const frames = /** @type {any} */ ([{ stats: Array.from({ length: 11 }, (_, i) => i * 2), planes: {} }]);
  assert.deepEqual(freeListRows([{ key: "pinned" }], frames, at)[1], ["pinned", 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20]);
  assert.deepEqual(statRows([{ key: "pinned" }], ["a", "b"], frames), [["statistic", "pinned"], ["a", 0], ["b", 2]]);
  const spread = /** @type {any} */ ({ designs: { pinned: { free: { mean: 1.5, low: 1, high: 2 } } } });
  assert.deepEqual(spreadRows(spread)[1], ["pinned", "free", 1.5, 1, 2]);
});

test("scanners at work are in a saved picture: filled and up, hollow and down, beside their rows", () => {
  const at = { ...map("lru_hook"), scanners: { migrate: 512 * 8, free: 512 * 100 } };
  const scene = sceneOf([at, map("pinned")], HOLDER, "at work", []);
  const marks = scene.things.filter((thing) => thing.kind === "scanner");
  assert.equal(marks.length, 4, "two beside the map, two in the legend");
  assert.ok(marks[0].up && !marks[1].up && marks[0].y > marks[1].y && marks[0].x === marks[1].x);
  assert.equal(sceneOf([map("pinned")], HOLDER, "at rest", []).things.filter((thing) => thing.kind === "scanner").length, 0);
  assert.equal(svgText(scene).match(/fill="none"/g).length, 2);
});

test("a difference is a picture and a table", () => {
  const looks = ["#e3e9ee", "#6f7d8a", "#14568f", "#e8870a"].map((hex, i) => ({ hex, words: `class ${i}` }));
  const classes = Uint8Array.from({ length: 128 }, (_, i) => i % 4);
  const kept = { words: "is wholly free", names: /** @type {[string, string]} */ (["a, now", "b"]), classes, counts: [32, 32, 32, 32], looks, here: map("a").planes, there: map("b").planes };
  const { things, width, height } = differenceScene(kept, "Title", ["digest abc"]);
  const fills = new Map();
  for (const thing of things) if (thing.kind === "rect") fills.set(thing.fill, (fills.get(thing.fill) ?? 0) + 1);
  for (const { hex } of looks) assert.equal(fills.get(hex), 32 + 1, hex); // cells, and the legend's chip
  assert.ok(things.every((thing) => thing.x >= 0 && thing.x <= width && thing.y >= 0 && thing.y <= height));
  assert.ok(things.some((thing) => thing.kind === "text" && thing.text.startsWith("Here: a, now. There: b.")));
  const rows = differenceRows(kept);
  assert.equal(rows.length, 129);
  assert.deepEqual(rows[4], [3, 6, "class 3", 256, 128, 64, 0, 256, 128, 64, 0, "a, now", "b"]);
});
