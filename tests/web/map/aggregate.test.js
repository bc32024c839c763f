import assert from "node:assert/strict";
import { test } from "node:test";
import { aggregate, WORST_BALLOON, WORST_NONE, WORST_UNMOVABLE, worstInside, worstOf } from "../../../web/src/map/aggregate.js";

/** Pageblocks of random pages, 512 each. */
function planes(nr, seed) {
  let state = seed;
  const random = (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const made = { free: new Uint16Array(nr), pcp: new Uint8Array(nr), movable: new Uint16Array(nr), balloon: new Uint16Array(nr), unmovable: new Uint16Array(nr), flags: new Uint8Array(nr), migratetype: new Uint8Array(nr) };
  for (let i = 0; i < nr; i++) {
    let left = 512;
    for (const kind of ["movable", "balloon", "unmovable", "pcp"]) {
      const pages = random(3) ? 0 : random(Math.min(left, kind === "pcp" ? 255 : 512) + 1);
      made[kind][i] = pages;
      left -= pages;
    }
    made.free[i] = left;
    made.flags[i] = random(128);
    made.migratetype[i] = random(7);
  }
  return made;
}

test("a cell of several pageblocks has exactly their pages, and the class that most of them have", () => {
  for (const [nr, per] of [[64, 4], [1000, 16], [37, 16], [5, 64]]) {
    const made = planes(nr, nr);
    const { planes: out, sums } = aggregate(made, per);
    for (let cell = 0; cell < Math.ceil(nr / per); cell++) {
      const inside = Array.from({ length: Math.min(per, nr - cell * per) }, (_, k) => cell * per + k);
      for (const kind of ["free", "pcp", "movable", "balloon", "unmovable"]) {
        assert.equal(sums[kind][cell], inside.reduce((sum, i) => sum + made[kind][i], 0));
        assert.equal(out[kind][cell], sums[kind][cell] / inside.length);
      }
      const count = (of) => inside.filter((i) => of(i)).length;
      const holder = out.flags[cell] >> 4;
      for (let h = 0; h < 8; h++) {
        assert.ok(count((i) => made.flags[i] >> 4 === h) <= count((i) => made.flags[i] >> 4 === holder));
        assert.ok(count((i) => made.migratetype[i] === h) <= count((i) => made.migratetype[i] === out.migratetype[cell]));
      }
    }
  }
});

test("one unmovable page among 64 pageblocks is marked, and nothing is where there is none", () => {
  const nr = 64;
  const made = planes(nr, 1);
  for (const kind of ["movable", "balloon", "unmovable", "pcp"]) made[kind].fill(0);
  made.free.fill(512);
  assert.deepEqual([...aggregate(made, 64).worst], [WORST_NONE]);
  made.balloon[7] = 1;
  made.free[7] = 511;
  assert.deepEqual([...aggregate(made, 64).worst], [WORST_BALLOON]);
  made.unmovable[40] = 1;
  made.free[40] = 511;
  assert.deepEqual([...aggregate(made, 64).worst], [WORST_UNMOVABLE]);
  assert.deepEqual([...worstInside(made)].flatMap((worst, i) => (worst ? [[i, worst]] : [])), [[7, WORST_BALLOON], [40, WORST_UNMOVABLE]]);
});

test("what a cell mostly is needs no mark", () => {
  assert.equal(worstOf(0, 100, 0, 412, 0), WORST_NONE);
  assert.equal(worstOf(0, 100, 412, 0, 0), WORST_NONE);
  assert.equal(worstOf(0, 100, 411, 1, 0), WORST_UNMOVABLE, "an unmovable page among balloon pages");
  assert.equal(worstOf(511, 0, 1, 0, 0), WORST_BALLOON);
  assert.equal(worstOf(300, 112, 100, 0, 0), WORST_BALLOON);
  assert.equal(worstOf(300, 112, 100, 0, 0, 64), WORST_NONE, "a layer of a hundred pages is seen");
  assert.equal(worstOf(300, 112, 100, 1, 0, 64), WORST_UNMOVABLE);
});
