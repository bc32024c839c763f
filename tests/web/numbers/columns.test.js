import assert from "node:assert/strict";
import { test } from "node:test";
import { COLUMNS } from "../../../web/src/numbers/columns.js";

const stats = (values) => (name) => values[name] ?? 0;

test("no column lacks its words, unit or value, even before anything was done", () => {
  for (const column of COLUMNS) {
    assert.ok(column.text.length > 30 && column.unit && column.head);
    assert.ok(column.formula && column.source && column.trap.length > 20, `${column.key}: formula, source and trap`);
    assert.ok(column.show(stats({})).length > 0);
  }
  const huge = COLUMNS.find((column) => column.key === "huge");
  assert.equal(huge.show(stats({})), "not tried");
  assert.equal(huge.show(stats({ huge_runs: 1, huge_best: 83, huge_first: 78 })), "83 / 78");
});
