import assert from "node:assert/strict";
import { test } from "node:test";
import * as recorded from "../../../web/src/playback/recorded_rest.js";

test("what only a live session can tell is refused in a sentence", async () => {
  await assert.rejects(recorded.getStory(), (error) => error instanceof recorded.RestError && /This is a recording/.test(error.message));
});
