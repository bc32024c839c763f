import assert from "node:assert/strict";
import { test } from "node:test";
import { byCommand, byMark, byTick, commandNear, foundText, indexOf, lineName, momentText, shareOf, tickAt } from "../../../web/src/timebar/moments.js";

const log = [
  { index: 1, tick: 0, command: { type: "balloon_target", nr_pages: 51200 }, idle: true },
  { index: 2, tick: 90, command: { type: "compact" }, idle: true },
  { index: 3, tick: 90, command: { type: "drop_caches" }, idle: false },
];
const present = { tick: 200, log_index: 3 };

test("a step back by command ends just before it, and the first one at the start", () => {
  let here = { tick: 200, index: null };
  const seen = [];
  for (let i = 0; i < 4; i++) seen.push((here = byCommand(here, -1, log)));
  assert.deepEqual(seen, [{ tick: 90, index: 2 }, { tick: 90, index: 1 }, { tick: 0, index: 0 }, { tick: 0, index: 0 }]);
  assert.deepEqual(byCommand({ tick: 0, index: 0 }, 1, log), { tick: 90, index: 1 });
  assert.deepEqual(byCommand({ tick: 90, index: 1 }, 1, log), { tick: 90, index: 2 });
  assert.equal(byCommand({ tick: 90, index: 2 }, 1, log), null);
});

test("ticks stop at both ends: at 0, and in the present", () => {
  assert.deepEqual(byTick({ tick: 3, index: null }, -5, present), { tick: 0, index: null });
  assert.deepEqual(byTick({ tick: 3, index: 1 }, 1, present), { tick: 4, index: null });
  assert.equal(byTick({ tick: 199, index: null }, 1, present), null);
  assert.equal(byTick({ tick: 150, index: null }, 100, present), null);
  assert.deepEqual(byTick({ tick: 200, index: null }, -1, present), { tick: 199, index: null });
});

test("marks are found on either side and nowhere else", () => {
  assert.deepEqual(byMark({ tick: 50, index: null }, -1, [10, 40, 50, 60]), { tick: 40, index: null });
  assert.deepEqual(byMark({ tick: 50, index: null }, 1, [10, 40, 50, 60]), { tick: 60, index: null });
  assert.equal(byMark({ tick: 5, index: null }, -1, [10]), null);
});

test("a place on the bar and its tick are inverse, and a session without ticks is in the present", () => {
  for (const tick of [0, 1, 99, 200]) assert.equal(tickAt(shareOf(tick, 200), 200), tick);
  assert.equal(shareOf(0, 0), 1);
  assert.equal(tickAt(1.7, 200), 200);
});

test("a moment says which command it follows or precedes", () => {
  assert.equal(indexOf({ tick: 90, index: null }, log), 3);
  assert.equal(momentText({ tick: 90, index: 1 }, log, present), "tick 90 of 200, just before no. 2: compact");
  assert.equal(momentText({ tick: 12, index: null }, log, present), "tick 12 of 200, 12 ticks after no. 1: balloon target 200 MiB");
  assert.equal(momentText({ tick: 0, index: 0 }, log, present), "tick 0 of 200, just before no. 1: balloon target 200 MiB");
  assert.equal(momentText(null, log, present), "now, tick 200");
  assert.equal(momentText(null, [], { tick: 0, log_index: 0 }), "now, at the start");
  assert.equal(commandNear(88, 3, log), "No. 2 at tick 90: compact");
  assert.equal(commandNear(50, 3, log), "");
});

test("what was found says first, last and whether it came and went", () => {
  const words = "pinned has no free 2 MiB block";
  assert.equal(foundText({ words, first: null, last: null, total: 0, tick: 9 }), "pinned has no free 2 MiB block: at no tick up to 9.");
  assert.equal(foundText({ words, first: 3, last: 9, total: 2, tick: 9 }), "pinned has no free 2 MiB block: first at tick 3, last at tick 9 (still so), 2 times with breaks.");
});

test("a timeline is named by the command that began it", () => {
  assert.equal(lineName({ id: 0, parent: null, tick: 0, index: 0, command: null }), "as it went first");
  assert.equal(lineName({ id: 1, parent: 0, tick: 1294, index: 1, command: { type: "compact" } }), "compact at tick 1,294");
});
