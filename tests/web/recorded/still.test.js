import assert from "node:assert/strict";
import { test } from "node:test";
import { commandsTo, compilingText, isCompiling, stepText, stillAt, stillText } from "../../../web/src/recorded/still.js";

const value = (low, high) => ({ low, high, mean: (low + high) / 2, band: [low, high], each: [low, high] });
const design = (name) => ({ key: name, name, label: name, toggles: {} });
const start = [{ planes: {}, stats: [] }, { planes: {}, stats: [] }];
const preview = { designs: [design("lru_hook"), design("separate_pass")], guest: { nr_pageblocks: 512 }, start };
const recorded = {
  example: "runs", kernel: "6.12.107+deb12-amd64", profile: "modern",
  operations: [
    { command: { type: "balloon_inflate", nr_pages: 51200 }, same: [], text: "inflate by 200 MiB" },
    { command: { type: "huge", nr: 2000 }, same: [], text: "take up to 2,000 huge pages" },
  ],
  designs: [{
    key: "lru_hook", name: "lru_hook", toggles: {}, text: "", repetitions: 3,
    steps: [{ picture: 0, values: {} }, { picture: 1, values: { free_blocks_all: value(1, 4) } }, { picture: 1, values: { huge_best: value(78, 83) } }],
  }],
};

test("at the start every panel shows the captured memory, whether its design was recorded or not", () => {
  assert.equal(stillAt(preview, recorded, new Map(), 0).designs, start);
  assert.equal(stillAt(preview, null, new Map(), 0).designs, start);
  const text = stillText(preview, recorded, 0, 1, 26);
  assert.deepEqual(text, { number: "26", what: "2 MiB blocks free", reach: "in Linux 6.12, as captured", source: "recorded: Linux 6.12" });
});

test("after a step a panel shows the recorded picture, or nothing where no kernel has the design", () => {
  const picture = { planes: {}, stats: [] };
  const pictures = new Map([["runs lru_hook 1", picture]]);
  assert.deepEqual(stillAt(preview, recorded, pictures, 1).designs, [picture, null]);
  assert.deepEqual(stillAt(preview, recorded, pictures, 2).designs, [picture, null], "the last one before it");
  assert.deepEqual(stillAt(preview, recorded, new Map(), 1).designs, [null, null], "still being read");
});

test("the number is the kernel's own, and says so", () => {
  assert.deepEqual(stillText(preview, recorded, 1, 0, 2), {
    number: "1–4", what: "2 MiB blocks free", reach: "in Linux 6.12, 3 runs", source: "recorded: Linux 6.12",
  });
  const huge = stillText(preview, recorded, 2, 0, 2);
  assert.equal(huge.number, "78–83");
  assert.equal(huge.what, "huge pages handed out");
  assert.match(huge.reach, /picture of step 1$/, "memory was not captured after it");
  assert.deepEqual(stillText(preview, recorded, 1, 1, 0), {
    number: "–", what: "never recorded", reach: "no kernel has this design", source: "not recorded",
  });
  assert.deepEqual(stillText(preview, null, 0, 0, 1234), {
    number: "1,234", what: "2 MiB blocks free", reach: "as captured", source: "real, as captured",
  });
});

test("the words of a step say who did it, and what comes next while something does", () => {
  assert.equal(stepText(recorded, 0), "All start from the same captured memory. Next: inflate by 200 MiB.");
  assert.equal(stepText(recorded, 1), "What Linux 6.12 did, step 1: inflate by 200 MiB. Next: take up to 2,000 huge pages.");
  assert.equal(stepText(recorded, 2), "What Linux 6.12 did, step 2: take up to 2,000 huge pages.");
});

test("the simulator is brought to the step that was looked at, and nowhere from the start", () => {
  assert.deepEqual(commandsTo(recorded, 0), []);
  assert.deepEqual(commandsTo(recorded, 1), [{ type: "balloon_inflate", nr_pages: 51200 }]);
});

test("how far the compiler is, is told by numbers where there are any", () => {
  const progress = (phase, done, total) => ({ type: "progress", text: "", phase, done, total });
  assert.equal(compilingText(progress("compiling", 132, 377)), "The simulator is being compiled: 132 of 377 steps");
  assert.equal(compilingText(progress("compiling", 0, 0)), "The simulator is being compiled");
  assert.equal(compilingText(progress("preparing", 377, 377)), "The simulator is nearly ready");
  assert.equal(compilingText(null), "The simulator is being compiled");
  assert.deepEqual([progress("compiling"), progress("preparing"), null].map(isCompiling), [true, false, false]);
});
