import assert from "node:assert/strict";
import { test } from "node:test";
import { along, standing, standingText, steady } from "../../../web/src/recorded/standing.js";

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
  designs: [],
};

test("the step shown follows from the session's log, whichever of log and frame is behind", () => {
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
    "You have left the recorded commands: “balloon target 100 MiB” was given where step 1 of the recording is “inflate by 200 MiB”. Start over to compare.");
  const early = logOf(inflate, compact);
  early[1].idle = false;
  assert.equal(standing(recorded, "modern", early, 2).why, "early");
  assert.match(standingText(standing(recorded, "modern", early, 2), recorded, () => "compact"), /before the previous step had finished/);
  const more = standing(recorded, "modern", logOf(inflate, compact, huge, compact), 4);
  assert.equal(more.why, "more");
  assert.match(standingText(more, recorded, () => "compact"), /came after the last recorded step/);
  assert.equal(standing(recorded, "modern", logOf(inflate, compact, huge, compact), 400).kind, "left");
});

test("neither another kernel's rules nor a guest without a recording is compared", () => {
  assert.equal(standing(recorded, "2012", [], 0).kind, "profile");
  assert.match(standingText({ kind: "profile" }, recorded, String), /Linux 6\.12; this guest follows the rules of Linux 3\.8/);
  assert.equal(standing(null, "modern", [], 0).kind, "none");
});

test("a scenario is compared with the kernel only if it follows the recording", () => {
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
