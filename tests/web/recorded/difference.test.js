import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import {
  along, blockDifference, kernelName, kernelText, recordedDesign, ROWS, sameHolder, standing, standingText, steady, tally, verdict,
} from "../../../web/src/recorded/difference.js";

const inflate = { type: "balloon_inflate", nr_pages: 51200 };
const compact = { type: "compact" };
const huge = { type: "huge", nr: 2000 };
/** @param {...object} commands */
const logOf = (...commands) => commands.map((command, i) => ({ index: i + 1, tick: 100 * i, command, idle: true }));
const recorded = {
  example: "runs", kernel: "6.12.107+deb12-amd64", profile: "modern",
  operations: [
    { command: inflate, same: [inflate, { type: "balloon_target", nr_pages: 51200 }], text: "inflate by 200 MiB" },
    { command: compact, same: [compact], text: "compact" },
    { command: huge, same: [huge], text: "take up to 2,000 huge pages" },
  ],
  designs: [
    { key: "dedicated_block:prevent", name: "dedicated_block", toggles: { prevent: "on", keep: "0" }, text: "", repetitions: 3, steps: [] },
    { key: "dedicated_block", name: "dedicated_block", toggles: { prevent: "off", keep: "0" }, text: "", repetitions: 3, steps: [] },
  ],
};
const value = (low, high, near) => ({ low, high, mean: (low + high) / 2, band: [low - near, high + near], each: [low, high] });
const row = (stat) => ROWS.find((each) => each.stat === stat);

test("a session stands where its log says", () => {
  const at = (log, log_index = log.length) => standing(recorded, "modern", log, log_index);
  assert.deepEqual(at([]), { kind: "on", step: 0 });
  assert.deepEqual(at(logOf(inflate, compact)), { kind: "on", step: 2 });
  assert.deepEqual(at(logOf({ nr_pages: 51200, type: "balloon_target" })), { kind: "on", step: 1 }, "asks for the same");
  assert.deepEqual(at(logOf(inflate, compact), 1), { kind: "on", step: 1 }, "the frame is behind the log");
  assert.deepEqual(at(logOf(inflate), 2), { kind: "unknown" }, "the log is behind the frame");
  assert.deepEqual(at(logOf(inflate, compact, huge)), { kind: "on", step: 3 });
});

test("whoever leaves the recorded commands is told how", () => {
  const other = { type: "balloon_target", nr_pages: 25600 };
  const left = standing(recorded, "modern", logOf(other), 1);
  assert.deepEqual(left, { kind: "left", why: "other", step: 0, command: other });
  assert.equal(standingText(left, recorded, () => "balloon target 100 MiB"),
    "You have left the recorded commands: “balloon target 100 MiB” was asked for; recorded as step 1 is “inflate by 200 MiB”. Start over to compare.");
  const early = logOf(inflate, compact);
  early[1].idle = false;
  assert.equal(standing(recorded, "modern", early, 2).why, "early");
  assert.match(standingText(standing(recorded, "modern", early, 2), recorded, () => "compact"), /before the step before it was finished/);
  const more = standing(recorded, "modern", logOf(inflate, compact, huge, compact), 4);
  assert.equal(more.why, "more");
  assert.match(standingText(more, recorded, () => "compact"), /came after the last recorded step/);
  assert.equal(standing(recorded, "modern", logOf(inflate, compact, huge, compact), 400).kind, "left");
});

test("another kernel's rules are not compared, and a guest without a recording neither", () => {
  assert.equal(standing(recorded, "2012", [], 0).kind, "profile");
  assert.match(standingText({ kind: "profile" }, recorded, String), /Linux 6\.12; this guest follows the rules of Linux 3\.8/);
  assert.equal(standing(null, "modern", [], 0).kind, "none");
});

test("a scenario is held against the kernel only where it goes the same way", () => {
  const scenario = (...commands) => ({ steps: commands.map((command) => ({ commands: [command] })) });
  assert.ok(along(recorded, null));
  assert.ok(along(null, null));
  assert.ok(along(recorded, scenario({ type: "balloon_target", nr_pages: 51200 }, compact, huge)));
  assert.ok(along(recorded, scenario(inflate)));
  assert.ok(!along(recorded, scenario({ type: "balloon_target", nr_pages: 61440 }, compact)));
  assert.ok(!along(recorded, scenario(inflate, compact, huge, huge)), "one command more than was recorded");
  assert.ok(!along(null, scenario(inflate)), "not while the recording is read");
});

test("nothing flickers while the log is read", () => {
  const settle = steady();
  assert.deepEqual(settle({ kind: "on", step: 1 }), { kind: "on", step: 1 });
  assert.deepEqual(settle({ kind: "unknown" }), { kind: "on", step: 1, reading: true }, "of the step before, and said so");
  assert.deepEqual(settle({ kind: "on", step: 2 }), { kind: "on", step: 2 });
  assert.equal(settle({ kind: "none" }).kind, "none");
});

test("a panel is a recorded design when all its toggles are", () => {
  assert.equal(recordedDesign(recorded, { name: "dedicated_block", toggles: { keep: "0", prevent: "on" } }).key, "dedicated_block:prevent");
  assert.equal(recordedDesign(recorded, { name: "dedicated_block", toggles: { keep: "1", prevent: "on" } }), null);
  assert.equal(recordedDesign(recorded, { name: "separate_pass", toggles: {} }), null);
});

test("the difference in words, with a sign that is not a colour", () => {
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
  assert.equal(kernelName("6.12.107+deb12-amd64"), "Linux 6.12");
});

test("a step is counted", () => {
  const values = { free_blocks_all: value(6, 64, 30), nr_free_pages: value(100, 100, 5), huge_best: value(1, 1, 1) };
  const ours = { free_blocks_all: 20, nr_free_pages: 103, huge_best: 9 };
  assert.deepEqual(tally(values, (stat) => ours[stat]), { total: 3, close: 2, inside: 1 });
});

test("pageblocks are held against each other", () => {
  const planes = (flags, free) => ({ flags: Uint8Array.from(flags), free: [free], movable: [0], balloon: [512 - free], unmovable: [0] });
  assert.equal(sameHolder(planes([0x10, 0x21, 0x30], 0), planes([0x18, 0x20, 0x40], 0)), 2, "only the holder counts");
  assert.equal(blockDifference(planes([0], 10), planes([0], 12), 0), "fragscope has 2 fewer free, 2 more balloon");
  assert.equal(blockDifference(planes([0], 12), planes([0], 12), 0), "the same in both");
});

test("every quantity that the protocol names for recordings has its words", () => {
  const text = readFileSync(new URL("../../../docs/PROTOCOL.md", import.meta.url), "utf8");
  const table = text.slice(text.indexOf("| statistic | band at least |"), text.indexOf("`picture` is the step"));
  const named = [...table.matchAll(/`(\w+)`/g)].map(([, name]) => name).filter((name) => name !== "lru_hook");
  assert.deepEqual(named.sort(), ROWS.map(({ stat }) => stat).sort());
});
