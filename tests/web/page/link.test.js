import assert from "node:assert/strict";
import { test } from "node:test";
import { createView, parseView, viewData, viewOf, viewText } from "../../../web/src/page/link.js";
import { fit } from "../../../web/src/map/geometry.js";
import { createState } from "../../../web/src/state.js";

const MODES = ["content", "holder"];
const START = { mode: "content", pageblock: null, past: null, extent: null };
const EXTENT = { shape: [8, 1], size: [4, 2.5], pageblock: 20, inside: [0.5, 0.25] };
const viewFrom = (text) => viewOf(parseView(text), MODES);

test("a view comes back from its text, and the one that everybody begins with needs none", () => {
  for (const view of [
    START,
    { mode: "holder", pageblock: 77, past: { tick: 120, index: null }, extent: EXTENT },
    { mode: "content", pageblock: 0, past: { tick: 0, index: 0 }, extent: null },
  ]) assert.deepEqual(viewFrom(viewText(viewData(view))), view);
  assert.equal(viewText(viewData(START)), "");
});

test("what somebody else has written into the address does no harm", () => {
  for (const text of ["", "{", "null", "[]", '{"v":2,"tick":5}', '{"v":1,"tick":-1,"mode":"x","pageblock":"7"}', '{"v":1,"tick":1.5}', '{"tick":5}']) {
    assert.deepEqual(viewFrom(text), START, text);
  }
  assert.deepEqual(viewFrom('{"v":1,"tick":5,"zoom":{"x":1}}').past, { tick: 5, index: null });
});

/** A zoom that has no maps yet. */
function fakeZoom() {
  const listeners = { lay: [], moved: [] };
  return {
    g: null,
    listeners,
    geometry() { return this.g; },
    onLay: (listener) => void listeners.lay.push(listener),
    onMoved: (listener) => void listeners.moved.push(listener),
  };
}

test("a view that is applied is the view that is read, and a pageblock waits for the first picture", () => {
  const state = createState();
  const view = createView(state, (moment) => state.past.set(moment), MODES, fakeZoom());
  view.apply({ v: 1, mode: "holder", tick: 5, index: 2, pageblock: 9 });
  assert.deepEqual(view.read(), { tick: 5, index: 2, mode: "holder", pageblock: 9 });
  assert.equal(state.pageblock.get(), null);
  state.frame.set(/** @type {any} */ ({ nr_pageblocks: 10 }));
  assert.equal(state.pageblock.get(), 9);
  view.apply({ v: 1 });
  assert.deepEqual(view.read(), { pageblock: 9 });
});

test("a link of a timeline that the session has left shows it beside", () => {
  const state = createState();
  const view = createView(state, (moment) => state.past.set(moment), MODES, fakeZoom());
  view.apply({ v: 1, tick: 5, timeline: 2 });
  const timelines = [{ id: 1 }, { id: 2 }];
  state.timelines.set(timelines);
  state.welcome.set({ timeline: 1, timelines });
  assert.equal(state.beside.get(), 2);
  assert.deepEqual(view.read(), { tick: 5, beside: 2, timeline: 1 });
  view.apply({ v: 1, tick: 5, timeline: 1 });
  assert.equal(state.beside.get(), null, "the session is on it");
  view.apply({ v: 1, tick: 5, timeline: 7 });
  assert.equal(state.beside.get(), null, "there is none of that number");
});

test("a window that is applied waits for the maps, outlives their shapes, and ends with a move of one's own", () => {
  const state = createState();
  const zoom = fakeZoom();
  const view = createView(state, () => {}, MODES, zoom);
  view.apply({ v: 1, zoom: EXTENT });
  assert.deepEqual(state.view.get(), { z: 1, x: 0, y: 0 });
  assert.deepEqual(view.read(), { zoom: EXTENT });
  for (const height of [100, 300]) {
    zoom.g = fit(64, 200, height, 1, 8);
    for (const listener of zoom.listeners.lay) listener();
    assert.ok(state.view.get().z > 1);
    assert.deepEqual(view.read(), { zoom: EXTENT });
  }
  let told = 0;
  view.watch(() => (told += 1));
  state.view.set({ z: 2, x: 0, y: 0 });
  assert.equal(told, 0, "a view that was applied is no gesture");
  for (const listener of zoom.listeners.moved) listener();
  assert.equal(told, 1);
  assert.deepEqual(view.read().zoom.size, [4, 4]);
});
