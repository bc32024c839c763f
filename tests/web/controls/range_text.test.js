import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { rangeBetween, rangeShort, rangeText, verdict } from "../../../web/src/controls/range_text.js";

const python = readFileSync(new URL("../../../engine/core/ranges/range_codes.py", import.meta.url), "utf8").replace(/"\n\s+" ?/g, " ").replace(/  +/g, " ");
const page = readFileSync(new URL("../../../web/src/controls/range_text.js", import.meta.url), "utf8");

/** @param {Record<string, number>} fields */
const stats = (fields) => (/** @type {string} */ name) => fields[name.replace("range_", "")] ?? 0;

test("a range goes from the lower pageblock to the end of the higher one", () => {
  assert.deepEqual(rangeBetween(5, 5), { start_mib: 10, size_mib: 2 });
  assert.deepEqual(rangeBetween(9, 4), { start_mib: 8, size_mib: 12 });
  assert.deepEqual(rangeBetween(9, 4), rangeBetween(4, 9));
  assert.equal(rangeText({ start_mib: 1024, size_mib: 64 }), "1,024 to 1,088 MiB");
});

test("without a request there is no verdict", () => {
  assert.equal(verdict(stats({})), "");
});

test("a verdict says whether a request is running, done or stopped, and by which page", () => {
  const range = { kind: 1, start_pfn: 131072, end_pfn: 147456, migrated: 1234 };
  assert.equal(verdict(stats(range)), "Offlining 512 to 576 MiB: 1,234 pages moved so far.");
  assert.equal(verdict(stats({ ...range, result: 1 })), "512 to 576 MiB is offline: 1,234 pages moved.");
  assert.equal(
    verdict(stats({ ...range, result: 2, reason: 2, pfn: 131100, page: 8, block: 0, migrated: 0 })),
    "512 to 576 MiB stays: page 131100 (balloon page, in an UNMOVABLE pageblock) cannot be moved: refused at once, before any page was touched; 0 pages moved.",
  );
  assert.equal(
    verdict(stats({ ...range, result: 2, reason: 6, pfn: 131100, page: 8, wasted: 1234 })),
    "512 to 576 MiB stays: page 131100 (balloon page) is still in use after everything movable was moved; 1,234 pages moved, 1,234 in vain.",
  );
  assert.equal(verdict(stats({ kind: 2, result: 2, reason: 7 })), "No contiguous memory: no run of that many pageblocks could be tried; 0 pages moved.");
  assert.match(verdict(stats({ ...range, kind: 2, result: 1 })), /could be allocated/);
});

test("in short a range is done, or stopped by a page", () => {
  assert.equal(rangeShort(stats({})), "not tried");
  assert.equal(rangeShort(stats({ kind: 1, result: 1 })), "offline");
  assert.equal(rangeShort(stats({ kind: 2, result: 1 })), "allocated");
  assert.equal(rangeShort(stats({ kind: 2 })), "at work");
  assert.equal(rangeShort(stats({ kind: 1, result: 2, reason: 2, pfn: 7, page: 9 })), "stopped by a slab page");
  assert.equal(rangeShort(stats({ kind: 1, result: 2, reason: 5, pfn: 7, page: 5 })), "stopped by an anon page");
  assert.equal(rangeShort(stats({ kind: 2, result: 2, reason: 7, pfn: -1 })), "stopped: no range to try");
});

test("the page's reasons are word for word the engine's", () => {
  const sentences = [...page.matchAll(/^ {2}"([^"]*\{0\}[^"]*|no run[^"]*)",$/gm)].map((found) => found[1]);
  assert.equal(sentences.length, 7);
  for (const sentence of sentences) assert.ok(python.includes(sentence), sentence);
});
