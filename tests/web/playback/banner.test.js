import assert from "node:assert/strict";
import { test } from "node:test";
import { recordingText } from "../../../web/src/playback/banner.js";

test("the strip says how much of a session there is", () => {
  assert.equal(recordingText({ ticks: [0, 0, 700, 42], log: [{}, {}, {}], every: 1 }), "742 ticks, 3 commands");
  assert.equal(recordingText({ ticks: [100, 50], log: [{}], every: 5 }), "ticks 100 to 150, 1 command, one tick in 5");
});
