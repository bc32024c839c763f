import assert from "node:assert/strict";
import { test } from "node:test";
import { costText } from "../../../web/src/because/cost.js";

test("what a command cost is said design by design, and in short where all paid alike", () => {
  const spent = { pages_copied: [0, 12000], host_exits: [7, 7], extfrag_claim: [0, 0] };
  const text = costText(["pinned", "lru_hook"], (i, name) => spent[name][i]);
  assert.equal(text, "pages copied: pinned 0, lru_hook 12,000; messages to the host: 7 each");
  assert.equal(costText(["pinned"], () => 0), "no page was copied, and the host was not asked");
});
