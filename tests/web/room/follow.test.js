import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { createView } from "../../../web/src/page/link.js";
import { createFollow } from "../../../web/src/room/follow.js";
import { createState } from "../../../web/src/state.js";

const ROOM = { type: "class", you: "viewer 1", driver: "presenter", driving: false, following: false, asking: false, over: false, moment: null, people: null };
const PRESENTER = { ...ROOM, you: "presenter", driving: true, people: { following: 1, lagging: 0, detached: 0, asking: [], nr_asking: 0 } };

/** @type {any[]} */
let told;
let state, view, follow, moved, clock;
/** @type {(() => void)[]} */
let timers;

/** Until every timer has run out. */
function later() {
  clock += 1000;
  for (const timer of timers.splice(0)) timer();
}

function begin(wanted = true, role = "viewer") {
  told = [];
  state = createState();
  state.role.set(role);
  state.welcome.set(/** @type {any} */ ({}));
  const look = (moment) => state.past.set(moment);
  moved = () => {};
  const zoom = { geometry: () => null, onLay: () => {}, onMoved: (listener) => { moved = listener; } };
  view = createView(state, look, ["content", "free", "holder"], zoom);
  follow = createFollow(state, view, { tell: (message) => { told.push(message); return true; }, look }, wanted);
}

beforeEach(() => {
  globalThis.document = /** @type {any} */ ({ getElementById: () => null });
  timers = [];
  clock = 0;
  globalThis.window = /** @type {any} */ ({ setTimeout: (act) => timers.push(act) });
  globalThis.performance = /** @type {any} */ ({ now: () => clock });
});

test("a viewer follows by itself, again after a lost connection, and not with a link of its own view", () => {
  begin();
  state.classroom.set(ROOM);
  state.classroom.set(null);
  state.classroom.set({ ...ROOM, you: "viewer 5" });
  assert.deepEqual(told, [{ type: "follow", on: true }, { type: "follow", on: true }]);
  begin(false);
  state.classroom.set(ROOM);
  assert.deepEqual(told, []);
});

test("what the driver shows is shown, and that is no gesture of one's own", () => {
  begin();
  state.classroom.set(ROOM);
  state.classroom.set({ ...ROOM, following: true });
  state.shown.set({ v: 1, mode: "free", tick: 7 });
  assert.equal(state.mode.get(), "free");
  assert.deepEqual(state.past.get(), { tick: 7, index: null });
  assert.equal(state.classroom.get().following, true);
  state.past.set(null); // the session starts over: nobody's gesture
  assert.equal(state.classroom.get().following, true);
  assert.equal(told.length, 1);
});

test("a gesture detaches at once, and what was on its way is not shown any more", () => {
  begin();
  state.classroom.set({ ...ROOM, following: true });
  state.mode.set("holder");
  assert.deepEqual(told.at(-1), { type: "follow", on: false });
  state.shown.set({ v: 1, mode: "free" });
  assert.equal(state.mode.get(), "holder");
  state.classroom.set({ ...ROOM, moment: 40 });
  follow.look({ tick: 60, index: null });
  assert.deepEqual(state.past.get(), { tick: 40, index: null });
  assert.match(state.notices.get()[0].text, /tick 40/);
  follow.attach(true);
  state.classroom.set({ ...ROOM, following: true });
  state.shown.set({ v: 1, mode: "free" });
  assert.equal(state.mode.get(), "free");
});

test("a driver shows what it sees, once for each change, and points while somebody follows", () => {
  begin(true, "presenter");
  state.classroom.set({ ...PRESENTER, people: { ...PRESENTER.people, following: 0 } });
  assert.deepEqual(told, [], "there is nobody to show anything to");
  state.classroom.set(PRESENTER);
  state.classroom.set({ ...PRESENTER });
  state.mode.set("holder");
  state.mode.set("free");
  later();
  state.past.set({ tick: 5, index: 1 });
  later();
  assert.deepEqual(told, [
    { type: "show", view: { v: 1 } },
    { type: "show", view: { v: 1, mode: "free" } },
    { type: "show", view: { v: 1, tick: 5, index: 1, mode: "free" } },
  ]);
  state.pageblock.set(8);
  assert.deepEqual(told.at(-1), { type: "point", pageblock: 8, panel: 0 });
});

test("a move of the map is a gesture, and one that another shape of the maps makes is none", () => {
  begin();
  state.classroom.set({ ...ROOM, following: true });
  state.view.set({ z: 2, x: 0, y: 0 });
  assert.equal(state.classroom.get().following, true);
  moved();
  assert.equal(state.classroom.get().following, false);
});

test("a second page of the presenter takes the lead by a gesture, unless a viewer drives", () => {
  begin(true, "presenter");
  state.classroom.set({ ...PRESENTER, driving: false });
  state.mode.set("free");
  assert.deepEqual(told, [{ type: "show", view: { v: 1, mode: "free" } }]);
  begin(true, "presenter");
  state.classroom.set({ ...PRESENTER, driving: false, following: true, driver: "viewer 1" });
  state.mode.set("free");
  assert.deepEqual(told, [{ type: "follow", on: false }]);
});
