import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { changeText, perPage, place } from "../../../web/src/price/published.js";

const published = JSON.parse(readFileSync(new URL("../../../examples/price.json", import.meta.url), "utf8"));

test("published figures come out as published", () => {
  const { clean, patched } = perPage(published.overhead);
  assert.equal(clean.toFixed(2), "7.46");
  assert.equal(patched.toFixed(2), "7.13");
  const moved = published.overhead.rows.find((/** @type {any} */ row) => row.key === "moved");
  assert.equal(changeText(moved), "+22.7 %");
  assert.equal(changeText({ clean, patched }), "−4.4 %");
  const [slow, fast] = ["virtio-balloon", "HyperAlloc"].map((name) => published.reclaim.rows.find((/** @type {any} */ row) => row.name === name).touched);
  assert.equal(Math.floor(fast / slow), 362);
  assert.deepEqual([0.1, 1, 10, 1000, 0, Infinity].map(place), [0, 25, 50, 100, 0, 100]);
});
