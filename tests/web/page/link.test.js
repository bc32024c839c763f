import assert from "node:assert/strict";
import { test } from "node:test";
import { createView, parseView, viewData, viewOf, viewText } from "../../../web/src/page/link.js";
import { createState } from "../../../web/src/state.js";

const MODES = ["content", "holder"];
const START = { mode: "content", pageblock: null, past: null };
const viewFrom = (text) => viewOf(parseView(text), MODES);

test("a view comes back from its text, and the one that everybody begins with needs none", () => {
  for (const view of [
    START,
    { mode: "holder", pageblock: 77, past: { tick: 120, index: null } },
    { mode: "content", pageblock: 0, past: { tick: 0, index: 0 } },
  ]) assert.deepEqual(viewFrom(viewText(viewData(view))), view);
  assert.equal(viewText(viewData(START)), "");
});

test("what somebody else has written into the address does no harm", () => {
  for (const text of ["", "{", "null", "[]", '{"v":2,"tick":5}', '{"v":1,"tick":-1,"mode":"x","pageblock":"7"}', '{"v":1,"tick":1.5}', '{"tick":5}']) {
    assert.deepEqual(viewFrom(text), START, text);
  }
  assert.deepEqual(viewFrom('{"v":1,"tick":5,"zoom":{"x":1}}').past, { tick: 5, index: null });
});

test("a view that is applied is the view that is read, and a pageblock waits for the first picture", () => {
  const state = createState();
  const view = createView(state, (moment) => state.past.set(moment), MODES);
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
  const view = createView(state, (moment) => state.past.set(moment), MODES);
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
