import assert from "node:assert/strict";
import { test } from "node:test";
import { cellWords } from "../../../web/src/stage/tour.js";

test("the tour says what a cell is, also where it stands for several pageblocks", () => {
  assert.match(cellWords(1), /^Each cell is 2 MiB;/);
  assert.match(cellWords(64), /^Each cell is 64 pageblocks of 2 MiB;/);
});
