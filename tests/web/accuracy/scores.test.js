import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { CLASSES, fidelityText, percent, range, strips, stripText, worst } from "../../../web/src/accuracy/scores.js";

const fidelity = JSON.parse(readFileSync(new URL("../../../examples/fidelity.json", import.meta.url), "utf8"));
const highalloc = {
  profile: "2012",
  published: { v11: { pinned: [55, 54, 75] } },
  presets: { v11: { seeds: [1, 2], designs: { pinned: { pass1: [50, 54], pass2: [51, 51], rested: [70, 71], stalls: [9, 9] }, separate_pass: { pass1: [60, 61] } } } },
};

test("the published score is one sentence with counts, percentages and seeds", () => {
  const text = fidelityText(fidelity);
  const { all } = fidelity.summary;
  assert.ok(text.startsWith(`${all.inside} of ${all.total} predicted numbers (${percent(all)}) are within the band of the kernel’s own runs`), text);
  assert.match(text, /Another run of the kernel itself would score \d+ %/);
});

test("no class of the score lacks its words", () => {
  const known = new Set(CLASSES.map(([key]) => key));
  const classes = Object.entries(fidelity.summary).filter(([key, value]) => key !== "ceiling" && typeof value === "object" && "inside" in value);
  assert.deepEqual(classes.map(([key]) => key).filter((key) => !known.has(key)), []);
});

test("the worst predictions come first, and none that is in its band", () => {
  const all = worst(fidelity, 1000);
  assert.equal(all.length, fidelity.summary.all.total - fidelity.summary.all.inside);
  assert.ok(all.every(({ times }, i) => times > 1 && (i === 0 || times <= all[i - 1].times)));
  assert.match(all[0].where, /^\w+, [\w:]+, step \d \(/);
});

test("equal numbers are shown once, others as a range", () => {
  assert.equal(range([51443, 51720]), "51,443 to 51,720");
  assert.equal(range([3, 3]), "3");
  assert.equal(percent({ inside: 0, total: 0 }), "none");
});

test("a strip tells our seeds from the published run, or says that there is none", () => {
  const [first, ...others] = strips(highalloc, "v11");
  assert.deepEqual([first.design, first.pass, first.published], ["pinned", "pass1", 55]);
  assert.equal(stripText(first), "ours: 52 % on average, 50 to 54 over 2 seeds; published: 55 %, one run, variance unknown");
  assert.deepEqual(others.map(({ design, pass }) => `${design} ${pass}`), ["separate_pass pass1", "pinned pass2", "pinned rested"]);
  assert.match(stripText(others[0]), /never published$/);
});
