import assert from "node:assert/strict";
import { test } from "node:test";
import { kernelName, recordedDesign } from "../../../web/src/recorded/recording.js";

const recorded = {
  designs: [
    { key: "dedicated_block:prevent", name: "dedicated_block", toggles: { prevent: "on", keep: "0" }, text: "", repetitions: 3, steps: [] },
    { key: "dedicated_block", name: "dedicated_block", toggles: { prevent: "off", keep: "0" }, text: "", repetitions: 3, steps: [] },
  ],
};

test("a panel shows a recorded design only if all toggles are the same", () => {
  assert.equal(recordedDesign(recorded, { name: "dedicated_block", toggles: { keep: "0", prevent: "on" } }).key, "dedicated_block:prevent");
  assert.equal(recordedDesign(recorded, { name: "dedicated_block", toggles: { keep: "1", prevent: "on" } }), null);
  assert.equal(recordedDesign(recorded, { name: "separate_pass", toggles: {} }), null);
});

test("a kernel is named by its version, without the package's suffix", () => {
  assert.equal(kernelName("6.12.107+deb12-amd64"), "Linux 6.12");
});
