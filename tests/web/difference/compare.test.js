import assert from "node:assert/strict";
import { test } from "node:test";
import { BOTH, classOf, compare, NEITHER, ONLY_HERE, ONLY_THERE, QUESTIONS } from "../../../web/src/difference/compare.js";
import { partners } from "../../../web/src/difference/partners.js";

const planes = (fields) => {
  const nr = fields.flags.length;
  const of = (name) => Uint16Array.from(fields[name] ?? new Array(nr).fill(0));
  return { free: of("free"), movable: of("movable"), balloon: of("balloon"), unmovable: of("unmovable"), flags: Uint8Array.from(fields.flags, (holder) => holder << 4) };
};

test("every pageblock is in exactly one class, and the counts say how many", () => {
  const here = planes({ flags: [0, 1, 2, 3, 5], balloon: [0, 0, 3, 0, 9], unmovable: [0, 0, 0, 1, 0] });
  const there = planes({ flags: [0, 0, 3, 1, 2], balloon: [0, 0, 0, 7, 1], unmovable: [0, 0, 2, 0, 0] });
  const expected = {
    free: [BOTH, ONLY_THERE, NEITHER, NEITHER, NEITHER],
    emptied: [BOTH, BOTH, NEITHER, ONLY_THERE, ONLY_HERE],
    balloon: [NEITHER, NEITHER, ONLY_HERE, ONLY_THERE, BOTH],
    unmovable: [NEITHER, NEITHER, ONLY_THERE, ONLY_HERE, NEITHER],
    movable: [NEITHER, NEITHER, NEITHER, NEITHER, NEITHER],
  };
  for (const { key } of QUESTIONS) {
    const { classes, counts } = compare(here, there, key);
    assert.deepEqual([...classes], expected[key], key);
    for (const kind of [NEITHER, BOTH, ONLY_HERE, ONLY_THERE]) assert.equal(counts[kind], expected[key].filter((c) => c === kind).length);
    const turned = compare(there, here, key);
    assert.deepEqual(turned.counts, [counts[0], counts[1], counts[3], counts[2]], "swapped, here and there are swapped");
    assert.deepEqual(compare(here, here, key).counts.slice(2), [0, 0]);
  }
});

test("two memories of different size have no difference, and an unknown question none either", () => {
  assert.equal(compare(planes({ flags: [0] }), planes({ flags: [0, 0] }), "free"), null);
  assert.equal(compare(planes({ flags: [0] }), planes({ flags: [0] }), "x"), null);
});

test("one difference among many pageblocks shows in their cell", () => {
  const classes = new Uint8Array(64).fill(BOTH);
  assert.equal(classOf(classes, 0, 64), BOTH);
  classes[63] = ONLY_THERE;
  assert.equal(classOf(classes, 0, 64), ONLY_THERE);
  classes.fill(ONLY_HERE, 0, 2);
  assert.equal(classOf(classes, 0, 64), ONLY_HERE);
  assert.equal(classOf(classes, 60, 64), ONLY_THERE, "beyond the end there is nothing");
});

test("what can be compared: each panel now, before each command, and what was recorded of it", () => {
  const designs = [{ key: "pinned", name: "pinned", toggles: {} }, { key: "lru_hook", name: "lru_hook", toggles: {} }];
  const log = [{ index: 1, tick: 0, command: { type: "balloon_inflate", nr_pages: 51200 } }, { index: 2, tick: 90, command: { type: "compact" } }];
  const recorded = { example: "runs", kernel: "6.12.1", operations: [{ text: "inflate by 200 MiB" }], designs: [{ key: "pinned", name: "pinned", toggles: {}, steps: [{ picture: 0 }, { picture: 1 }, { picture: 1 }] }] };
  const found = partners(designs, log, recorded, "now");
  assert.equal(new Set(found.map(({ key }) => key)).size, found.length);
  assert.deepEqual(found.map(({ words }) => words), [
    "Stays in place, now", "Moved by compaction, now", "Stays in place, at the start", "Stays in place, before command 2, compact",
    "Moved by compaction, at the start", "Moved by compaction, before command 2, compact",
    "Stays in place, Linux 6.12, as captured", "Stays in place, Linux 6.12, after inflate by 200 MiB",
  ]);
  assert.deepEqual(found[3].moment, { tick: 90, index: 1 });
  const before = partners(designs, [], recorded, "now", 0).filter(({ real }) => real);
  assert.deepEqual(before.map(({ real }) => real.step), [0], "no answer before the question");
});
