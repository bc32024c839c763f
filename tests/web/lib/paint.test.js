import assert from "node:assert/strict";
import { test } from "node:test";
import { createPainter } from "../../../web/src/lib/paint.js";

/** A painter whose animation frames are run by hand. */
function byHand() {
  const queue = [];
  const painter = createPainter((callback) => queue.push(callback));
  return { painter, queue, run: () => queue.shift()(16) };
}

test("marked parts are painted once, DOM before canvases, then what comes after", () => {
  const { painter, queue, run } = byHand();
  const order = [];
  const canvas = painter.add("canvas", () => void order.push("canvas"));
  const dom = painter.add("dom", () => void order.push("dom"));
  painter.after(() => order.push("after"));
  canvas();
  dom();
  dom();
  assert.equal(queue.length, 1, "one animation frame, however many marks");
  run();
  assert.deepEqual(order, ["dom", "canvas", "after"]);
  assert.equal(queue.length, 0, "nothing is painted while nothing changes");
});

test("a DOM part that marks a canvas gets it into the same paint", () => {
  const { painter, queue, run } = byHand();
  const order = [];
  const canvas = painter.add("canvas", () => void order.push("canvas"));
  const dom = painter.add("dom", () => {
    order.push("dom");
    canvas();
  });
  dom();
  run();
  assert.deepEqual(order, ["dom", "canvas"]);
  assert.equal(queue.length, 0);
});

test("a part that glows on is painted again", () => {
  const { painter, queue, run } = byHand();
  let left = 3;
  const mark = painter.add("canvas", () => --left > 0);
  mark();
  while (queue.length) run();
  assert.equal(left, 0);
});

test("a part that fails is told and takes no other part with it", () => {
  const { painter, queue, run } = byHand();
  const order = [];
  const broken = painter.add("dom", () => {
    throw new Error("no room");
  });
  const dom = painter.add("dom", () => void order.push("dom"));
  const canvas = painter.add("canvas", () => void order.push("canvas"));
  broken();
  dom();
  canvas();
  assert.throws(run, /no room/);
  while (queue.length) run();
  assert.deepEqual(order, ["dom", "canvas"]);
  dom();
  run();
  assert.deepEqual(order, ["dom", "canvas", "dom"], "the page goes on painting");
});
