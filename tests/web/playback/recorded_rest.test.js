import assert from "node:assert/strict";
import { test } from "node:test";
import * as live from "../../../web/src/net/rest.js";
import * as recorded from "../../../web/src/playback/recorded_rest.js";

/** What only pages of their own, or the live client, ask for. */
const ELSEWHERE = ["createSession", "getInfo", "getRace", "getRacePlay", "getRaceSettings", "postJoin", "postReport", "uploadCapture"];

test("a recording has an answer, or a refusal, for all that the page may ask", () => {
  const lacking = Object.keys(live).filter((name) => !(name in recorded) && !ELSEWHERE.includes(name));
  assert.deepEqual(lacking, []);
});

test("what only a live session can tell is refused in a sentence", async () => {
  await assert.rejects(recorded.getStory(), (error) => error instanceof recorded.RestError && /This is a recording/.test(error.message));
});
