import assert from "node:assert/strict";
import { test } from "node:test";
import { seenText } from "../../../web/src/motion/words.js";

const seen = (more) => ({ title: "Moved by compaction", key: "lru_hook", moves: 0, shown: 0, taken: 0, given: 0, freed: 0, met: -1, ...more });

test("a sample is named as such, of the panel that moves most", () => {
  const panels = [seen({ title: "Other", key: "other", moves: 3, shown: 3 }), seen({ moves: 832, shown: 60, freed: 2 })];
  assert.deepEqual(seenText(panels, false), { title: "Moved by compaction", key: "lru_hook", said: "showing 60 of 832 moves, 2 blocks freed" });
});

test("without motion the same facts, and nothing where nothing happened", () => {
  assert.equal(seenText([seen({ moves: 832, met: 1204 })], true).said, "832 moves, scanners met at 1,204 MiB");
  assert.equal(seenText([seen({ taken: 256 })], false).said, "256 pages taken");
  assert.equal(seenText([seen({}), seen({})], false), null);
});
