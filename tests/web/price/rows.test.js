import assert from "node:assert/strict";
import { test } from "node:test";
import { bargain, cellNote, GROUPS, ROWS, rowsFor, tests } from "../../../web/src/price/rows.js";

const OURS = { exit_us: 10, page_us: 3.5 };

/** @param {Record<string, number>} fields */
const stats = (fields) => (/** @type {string} */ name) => fields[name] ?? 0;
/**
 * @param {string} key
 * @param {Record<string, number>} fields
 */
const shown = (key, fields) => {
  const row = ROWS.find((each) => each.key === key);
  assert.ok(row, key);
  return row.show(row.size(stats(fields), OURS), stats(fields));
};

const HOOK = {
  free_blocks_all: 120, balloon_actual: 51200, hook_checks: 1000, hook_checks_balloon: 300, hook_unmap: 600, hook_unmap_balloon: 200, hook_move: 600,
  hook_move_balloon: 200, hook_putback: 10, hook_putback_balloon: 5, balloon_inflate: 51200, compact_migrate_scanned: 20000, pgmigrate_success: 590, balloon_migrate: 200,
  host_exits: 600, host_pfns: 51600, pages_copied: 390,
};

test("tests of all paths are added, and divided by what they served", () => {
  assert.equal(tests(stats(HOOK)), 2210);
  assert.equal(shown("tests", HOOK), "2,210");
  assert.equal(shown("met", HOOK), "705 (32 %)");
  assert.equal(shown("met_lru", { ...HOOK, hook_checks_lru: 20 }), "825 (37 %)");
  assert.equal(shown("tests_per_scanned", HOOK), "0.05");
  assert.equal(shown("tests_per_moved", HOOK), "3.75");
  assert.equal(shown("pfns_per_exit", HOOK), "86.0");
});

test("a session in which nothing happened shows zeros, not NaN", () => {
  for (const row of ROWS) assert.match(row.show(row.size(stats({}), OURS), stats({})), /^0/, row.key);
});

test("every row belongs to a group, once; a row whose statistics are not there is left out", () => {
  assert.equal(new Set(ROWS.map(({ key }) => key)).size, ROWS.length);
  for (const { group, text } of ROWS) assert.ok(GROUPS[group] && text.endsWith("."));
  const few = rowsFor(["hook_checks"]).map(({ key }) => key);
  assert.ok(few.includes("hook_checks") && !few.includes("hook_putback"));
});

test("zero tests are explained where the test is not compiled in", () => {
  const row = ROWS.find(({ key }) => key === "tests");
  assert.ok(row);
  assert.equal(cellNote(row, { name: "pinned" }), "the test is not in these paths");
  assert.equal(cellNote(row, { name: "lru_hook" }), "");
});

test("costs and benefits are one sentence, relative to pinned or alone", () => {
  const pinned = stats({ free_blocks_all: 100, balloon_actual: 51200, host_exits: 200, host_pfns: 51200, pages_copied: 100 });
  assert.equal(
    bargain(stats(HOOK), pinned, OURS),
    "20 more free blocks than pinned, for 2,210 tests on the generic paths, 400 more messages to the host (5.4 ms by our estimate) and 1.1 MiB more copied.",
  );
  assert.match(bargain(stats({ ...HOOK, balloon_actual: 0, balloon_inflate: 0 }), null, OURS), /^120 free blocks, for 2,210 tests on the generic paths with no balloon at all, 600 messages to the host/);
  assert.equal(bargain(pinned, pinned, OURS), "same as pinned so far: nothing bought, nothing paid.");
  assert.match(bargain(stats({ free_blocks_all: 99 }), pinned, OURS), /^1 fewer free block than pinned, for nothing more than pinned pays; it saved 200 messages and 0.4 MiB of copying\.$/);
});
