import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { allocVerdict, pinVerdict } from "../../../web/src/controls/demand_text.js";

const python = readFileSync(new URL("../../../engine/core/workload/demand_codes.py", import.meta.url), "utf8");
const page = readFileSync(new URL("../../../web/src/controls/demand_text.js", import.meta.url), "utf8");

/** @param {Record<string, number>} fields */
const stats = (fields) => (/** @type {string} */ name) => fields[name] ?? 0;

test("before any request there is no verdict", () => {
  assert.equal(allocVerdict(stats({})), "");
  assert.equal(pinVerdict(stats({})), "");
});

test("requests for kernel memory are told with what stood in the way and what they cost", () => {
  const asked = { kmem_asked: 1000, kmem_got: 7, kmem_kind: 3, kmem_order: 4 };
  assert.equal(allocVerdict(stats({ ...asked, kmem_phase: 1 })), "7 of 1,000 atomic requests of order 4 so far.");
  assert.equal(
    allocVerdict(stats({ ...asked, kmem_failed: 32, kmem_no_memory: 2, kmem_no_type: 30, kmem_moved: 1200, kmem_keep: 1 })),
    "7 of 1,000 atomic requests of order 4; failed: 2 for memory, 30 for migratetype; 961 not tried after so many failures in a row; 1,200 pages moved and 0 reclaimed for them; they stay.",
  );
  assert.equal(allocVerdict(stats({ kmem_asked: 1, kmem_got: 1, kmem_kind: 1 })), "1 of 1 unmovable requests of order 0; given back.");
});

test("pins are told with what ended them", () => {
  assert.equal(pinVerdict(stats({ pin_asked: 4096, pin_got: 4096, pin_moved: 12 })), "16 of 16 MiB pinned; 12 pages moved out of CMA or zone Movable first.");
  assert.match(pinVerdict(stats({ pin_asked: 4096, pin_got: 256, pin_end: 1 })), /^1 of 16 MiB pinned; programs hold no further/);
  assert.match(pinVerdict(stats({ pin_asked: 4096, pin_got: 256, pin_left: 3840 })), /pinned so far/);
});

test("the page's ends and causes are word for word the engine's", () => {
  for (const [, name] of python.matchAll(/Cause\.\w+: "(\w+)"/g)) assert.ok(page.includes(`"${name}"`), name);
  const words = [...python.matchAll(/PinEnd\.\w+: "([^"]*)"/g)].map(([, text]) => text).slice(1, 3);
  assert.equal(words.length, 2);
  for (const text of words) assert.ok(page.includes(`"${text}"`), text);
});
