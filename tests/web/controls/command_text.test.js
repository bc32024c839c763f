import assert from "node:assert/strict";
import { test } from "node:test";
import { commandText } from "../../../web/src/controls/command_text.js";

test("commands are described with readable amounts", () => {
  assert.equal(commandText({ type: "balloon_target", nr_pages: 51200 }), "balloon target 200 MiB");
  assert.equal(commandText({ type: "huge", nr: 2000 }), "take up to 2,000 huge pages");
});
