import assert from "node:assert/strict";
import { test } from "node:test";
import { raceKey } from "../../../web/src/playback/recorded_race.js";

test("a setting has one name, whatever the order of its fields", () => {
  const name = "2 on off v4 on";
  assert.equal(raceKey({ compactors: "2", page_lock: "on", refcount_test: "off", era: "v4", known_defects: "on" }), name);
  assert.equal(raceKey({ known_defects: "on", era: "v4", refcount_test: "off", page_lock: "on", compactors: "2" }), name);
});
