import assert from "node:assert/strict";
import { test } from "node:test";
import { because, compared } from "../../../web/src/panels/because_text.js";
import { inSentence } from "../../../web/src/panels/design_text.js";

/** Statistics with zeros for what is not named. */
const stats = (values) => (name) => values[name] ?? 0;
const FULL = { balloon_actual: 51200, balloon_target: 51200 };

test("an empty balloon is no reason for anything", () => {
  const s = stats({ blocks_held_by_kernel: 1, blocks_rescuable: 349 });
  assert.equal(because("pinned", s), "The balloon is empty; 1 block is held by the kernel, 349 hold movable pages only.");
});

test("each design has a reason of its own, and every number in it is a statistic", () => {
  const s = stats({ ...FULL, blocks_held_by_balloon: 253, blocks_with_balloon: 288, excess_blocks: 188, balloon_migrate: 6971, pass_migrated: 17488, dedicated_blocks: 5 });
  assert.equal(because("pinned", s), "253 blocks hold a balloon page that nothing may move.");
  assert.match(because("lru_hook", s), /^Compaction moved 6,971 balloon pages; the balloon lies in 288 blocks, where 100 would do; 253 blocks hold one that may not move\.$/);
  assert.match(because("separate_pass", s), /^Its own pass moved 17,488 balloon pages;/);
  assert.match(because("dedicated_block", s), /^5 blocks are the balloon’s alone; 253 blocks hold/);
});

test("gathering that had no free block to begin with says so", () => {
  assert.match(because("dedicated_block", stats({ ...FULL, blocks_held_by_balloon: 347 })), /needs one free block to begin with, and there was none/);
  assert.match(because("dedicated_block", stats({ ...FULL, free_blocks: 3 })), /^Nothing has been gathered yet/);
});

test("a balloon at work or stuck is said first", () => {
  const half = { balloon_actual: 25600, balloon_target: 51200, blocks_with_balloon: 60 };
  assert.equal(because("pinned", stats({ ...half, busy: 1 })), "The balloon is taking pages: 100 of 200 MiB so far, out of 60 blocks.");
  assert.match(because("pinned", stats({ ...half, balloon_stopped: 1 })), /^The balloon stopped at 100 of 200 MiB\. /);
});

test("the comparison names all from most to least, and says why the last is last", () => {
  const four = [["pinned", 5], ["lru_hook", 84], ["separate_pass", 82], ["dedicated_block", 0]].map(([name, best]) => (
    { title: inSentence(name), name, s: stats({ ...FULL, huge_runs: 1, huge_best: best, blocks_held_by_balloon: 253 }) }));
  const { said, why } = compared(four);
  assert.equal(said, "Huge pages: moved by compaction 84, moved by own pass 82, stays in place 5, gathered in blocks 0.");
  assert.equal(why, "Gathered in blocks: gathering needs one free block to begin with, and there was none: 253 blocks hold a balloon page that nothing may move.");
});

test("before huge pages are taken it compares free blocks, and what is alike is called alike", () => {
  const two = (a, b, more = {}) => [["pinned", a], ["lru_hook", b]].map(([name, n]) => ({ title: inSentence(name), name, s: stats({ ...more, free_blocks_all: n }) }));
  assert.equal(compared(two(26, 26)).said, "All designs start from the same memory: 26 free 2 MiB blocks.");
  assert.equal(compared(two(26, 26, FULL)).said, "Every design leaves 26 free 2 MiB blocks.");
  assert.equal(compared(two(1, 26, FULL)).said, "Free 2 MiB blocks: moved by compaction 26, stays in place 1.");
  assert.match(compared(two(1, 26, { busy: 1, compact_active: 1 })).said, /^The scanners are at work under every design/);
});

test("balloons of different size are no fair comparison, and of eight designs the best and the worst are named", () => {
  const many = Array.from({ length: 8 }, (_, i) => ({ title: `d${i}`, name: "pinned", s: stats({ balloon_actual: i < 1 ? 25600 : 51200, balloon_target: i < 1 ? 25600 : 51200, free_blocks_all: i }) }));
  const { said, why } = compared(many);
  assert.equal(said, "Free 2 MiB blocks: d7 7, d0 0.");
  assert.match(why, /100 to 200 MiB\): not a fair comparison/);
});
