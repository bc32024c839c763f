import assert from "node:assert/strict";
import { test } from "node:test";
import { FREE, GIVEN, MET, MOVED, SCANNED, TAKEN } from "../../../web/src/net/events_wire.js";
import { dueMs, emptyAir, fade, flightMs, flightsOf, leave, MOST_FLYING, onArc, shareAt, strideOf } from "../../../web/src/motion/flights.js";

const move = (at, pfn = 1, to = 600) => ({ at, what: MOVED, state: 5, order: 0, pfn, to });

test("a flight lands when its move is due, and no more are in the air than are bounded", () => {
  const events = Array.from({ length: 500 }, (_, i) => move((i + 1) / 500, i));
  const flights = flightsOf(events, 1000, 2000);
  assert.ok(flights.length < 500 && flights.length > MOST_FLYING);
  for (const { land, from, pfn } of flights) {
    assert.equal(land, 1000 + dueMs((pfn + 1) / 500, 2000));
    assert.ok(from >= 1000 && land <= 3000 && Math.abs(land - from - flightMs(2000)) < 1e-9);
  }
  for (let now = 1000; now < 3000; now += 50) {
    assert.ok(flights.filter((one) => one.from <= now && one.land > now).length <= MOST_FLYING + 1);
  }
});

test("what is shown is the same every time, each one of the moves", () => {
  const events = Array.from({ length: 300 }, (_, i) => move(i / 300, 3 * i, 9000 + i));
  const [one, two] = [flightsOf(events, 0, 900), flightsOf(events, 0, 900)];
  assert.deepEqual(one, two);
  for (const { pfn, to } of one) assert.equal(to, 9000 + pfn / 3);
  assert.equal(strideOf(1, 900), 1);
  assert.equal(flightsOf([], 0, 900).length, 0);
});

test("in less than a blink a flight is as short as its play", () => {
  assert.ok(flightMs(33) < 33 / 2);
  assert.equal(flightsOf([move(1)], 0, 33)[0].land, 33);
});

test("an event happens when its share of the time has come", () => {
  for (const at of [0, 0.25, 1]) assert.ok(Math.abs(shareAt(dueMs(at, 900), 900) - at) < 1e-9);
  assert.ok(shareAt(0, 900) < 0, "first they lift");
  assert.equal(shareAt(2000, 900), 1);
});

test("events leave marks that fade, and only a block that stays free flashes", () => {
  const air = emptyAir();
  const free = Uint16Array.from([512, 100, 512, 0]);
  leave(air, { what: TAKEN, state: 8, order: 0, pfn: 5, to: -1, at: 0 }, 100, free);
  leave(air, { what: GIVEN, state: 8, order: 0, pfn: 5, to: -1, at: 0 }, 100, free);
  leave(air, { what: FREE, state: 2, order: 9, pfn: 512, to: -1, at: 0 }, 100, free);
  leave(air, { what: FREE, state: 2, order: 9, pfn: 1024, to: -1, at: 0 }, 100, free);
  leave(air, { what: MET, state: 0, order: 0, pfn: 700, to: 701, at: 0 }, 100, free);
  assert.deepEqual(air.marks.map(({ kind }) => kind), ["taken", "given", "flash"]);
  assert.equal(air.met, 700);
  assert.ok(fade(air, 200));
  assert.ok(!fade(air, 5000));
  assert.equal(air.met, 700, "the meeting point stays until a scanner sets out again");
  leave(air, { what: SCANNED, state: 0, order: 0, pfn: 1, to: 2000, at: 0 }, 5000, free);
  assert.equal(air.met, -1);
  for (let i = 0; i < 5000; i++) leave(air, { what: TAKEN, state: 8, order: 0, pfn: i, to: -1, at: 0 }, 5000, free);
  assert.ok(air.marks.length <= 400, "bounded");
});

test("an arc begins and ends where it should", () => {
  const [from, to] = [{ x: 0, y: 100 }, { x: 50, y: 0 }];
  assert.deepEqual(onArc(from, to, 0), from);
  assert.deepEqual(onArc(from, to, 1), to);
  assert.notEqual(onArc(from, to, 0.5).x, 25);
});
