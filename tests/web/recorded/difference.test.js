import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { blockDifference, kernelText, ROWS, sameHolder, tally, verdict } from "../../../web/src/recorded/difference.js";

const value = (low, high, near) => ({ low, high, mean: (low + high) / 2, band: [low - near, high + near], each: [low, high] });
const row = (stat) => ROWS.find((each) => each.stat === stat);

test("a difference has its amount, its direction and a sign, not just a colour", () => {
  const say = (low, high, near, ours) => {
    const { sign, words } = verdict("free_blocks_all", value(low, high, near), ours);
    return `${sign} ${words}`;
  };
  assert.equal(say(96, 96, 3, 96), "= equal");
  assert.equal(say(96, 96, 3, 94), "≈ 2 fewer");
  assert.equal(say(96, 96, 3, 90), "≠ 6 fewer: outside the band");
  assert.equal(say(6, 64, 30, 20), "= within the kernel’s range");
  assert.equal(say(76, 78, 3, 80), "≈ 2 more than its highest");
  assert.equal(say(76, 78, 3, 70), "≠ 6 fewer than its lowest: outside the band");
  assert.equal(verdict("unusable_index_9", value(257.9, 267.8, 20), 250).words, "0.008 lower than its lowest");
  assert.equal(verdict("balloon_actual", value(51200, 51200, 256), 51072).words, "0.5 smaller");
  assert.equal(kernelText(row("free_blocks_all"), value(6, 64, 0)), "6 to 64");
  assert.equal(kernelText(row("balloon_actual"), value(51200, 51200, 0)), "200");
});

test("a step's numbers are counted as in the kernel's range, in the band, or neither", () => {
  const values = { free_blocks_all: value(6, 64, 30), nr_free_pages: value(100, 100, 5), huge_best: value(1, 1, 1) };
  const ours = { free_blocks_all: 20, nr_free_pages: 103, huge_best: 9 };
  assert.deepEqual(tally(values, (stat) => ours[stat]), { total: 3, close: 2, inside: 1 });
});

test("pageblocks agree by holder alone, and the difference lists what is more or less", () => {
  const planes = (flags, free) => ({ flags: Uint8Array.from(flags), free: [free], movable: [0], balloon: [512 - free], unmovable: [0] });
  assert.equal(sameHolder(planes([0x10, 0x21, 0x30], 0), planes([0x18, 0x20, 0x40], 0)), 2, "only the holder counts");
  assert.equal(blockDifference(planes([0], 10), planes([0], 12), 0), "fragscope has 2 fewer free, 2 more balloon");
  assert.equal(blockDifference(planes([0], 12), planes([0], 12), 0), "the same in both");
});

test("no quantity that the protocol names for recordings lacks its words", () => {
  const text = readFileSync(new URL("../../../docs/PROTOCOL.md", import.meta.url), "utf8");
  const table = text.slice(text.indexOf("| statistic | band at least |"), text.indexOf("`picture` is the step"));
  const named = [...table.matchAll(/`(\w+)`/g)].map(([, name]) => name).filter((name) => name !== "lru_hook");
  assert.deepEqual(named.sort(), ROWS.map(({ stat }) => stat).sort());
});
