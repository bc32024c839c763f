import assert from "node:assert/strict";
import { test } from "node:test";
import { csvText } from "../../../web/src/save/csv.js";
import { fileName } from "../../../web/src/save/download.js";

test("what would break a row is quoted, and nothing is taken for a formula", () => {
  assert.equal(csvText([["a", 1], ['say "no", twice', "x\ny"]]), 'a,1\r\n"say ""no"", twice","x\ny"\r\n');
  assert.equal(csvText([["=1+1", "-3", "+5"]]), '"=1+1",-3,"+5"\r\n');
});

test("names of files take what every system takes", () => {
  assert.equal(fileName("fragscope", "1 GiB, freed in runs", "dedicated_block:own_type", "tick", 742), "fragscope-1-gib-freed-in-runs-dedicated_block-own_type-tick-742");
  assert.equal(fileName("a/b\\c:*?", ""), "a-b-c");
});
