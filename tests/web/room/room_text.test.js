import assert from "node:assert/strict";
import { test } from "node:test";
import { badgeText, drivenByAnother, isOnlyHere, moreAsking, peopleText, spaced, whereText, withinClass } from "../../../web/src/room/room_text.js";

const VIEWER = { type: "class", you: "viewer 2", driver: "presenter", driving: false, following: true, asking: false, over: false, moment: null, people: null };
const NOBODY = { following: 0, lagging: 0, detached: 0, asking: [], nr_asking: 0 };

test("everybody reads where they are", () => {
  for (const [change, words] of [
    [{}, "You follow the presenter"],
    [{ driver: "viewer 7" }, "You follow viewer 7"],
    [{ following: false }, "You are on your own"],
    [{ driver: null }, "The presenter is away"],
    [{ driver: "viewer 2", driving: true, following: false }, "You drive"],
    [{ over: true, following: false }, "The class is over: look around"],
    [{ you: "presenter", driving: true, following: false }, ""],
    [{ you: "presenter", driver: "viewer 7" }, "Viewer 7 drives"],
  ]) assert.equal(whereText({ ...VIEWER, ...change }), words);
  assert.equal(drivenByAnother({ ...VIEWER, you: "presenter" }), false);
});

test("a class is told by what there is, in one form for one and another for many", () => {
  assert.equal(peopleText(NOBODY), "Nobody else is here.");
  assert.equal(peopleText(NOBODY, "viewer 7"), "Viewer 7 drives.");
  assert.equal(peopleText({ ...NOBODY, detached: 2 }, "viewer 7"), "0 follow, 2 on their own. Viewer 7 drives.");
  assert.equal(badgeText(NOBODY), "");
  assert.equal(peopleText({ ...NOBODY, following: 1 }), "1 follows.");
  assert.equal(badgeText({ ...NOBODY, following: 1 }), "1 follows");
  const many = { following: 1200, lagging: 1, detached: 3, asking: ["viewer 2"], nr_asking: 2 };
  assert.equal(peopleText(many), "1,200 follow, 1 of them skips most pictures, 3 on their own.");
  assert.equal(badgeText(many), "1,200 of 1,203 follow");
  assert.equal(moreAsking(many), "and 1 other");
  assert.equal(moreAsking({ ...many, nr_asking: 1 }), "");
});

test("one may go back, and not ahead of the class", () => {
  const asked = { tick: 50, index: 3 };
  assert.deepEqual(withinClass(asked, null), { moment: asked, held: false });
  assert.deepEqual(withinClass(asked, 50), { moment: asked, held: false });
  assert.deepEqual(withinClass({ tick: 51, index: null }, 50), { moment: { tick: 50, index: null }, held: true });
  assert.deepEqual(withinClass(null, 50), { moment: { tick: 50, index: null }, held: true });
  assert.deepEqual(withinClass(null, null), { moment: null, held: false });
});

test("a code is read in two halves, and an address that only this computer has is known", () => {
  assert.equal(spaced("KQTMAR"), "KQT MAR");
  for (const name of ["localhost", "a.localhost", "127.0.0.1", "[::1]"]) assert.ok(isOnlyHere(name), name);
  for (const name of ["lab", "localhost.example", "10.0.0.1", "127.example"]) assert.ok(!isOnlyHere(name), name);
});
