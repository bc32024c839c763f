import assert from "node:assert/strict";
import { test } from "node:test";
import { isFramed, wheelIsForMap } from "../../../web/src/lib/framed.js";

test("inside another page the wheel is that page's, unless Ctrl says otherwise", () => {
  const top = {};
  assert.equal(isFramed({ self: top, top }), false);
  assert.equal(isFramed({ self: {}, top }), true);
  assert.equal(wheelIsForMap({ ctrlKey: false, metaKey: false }, true), false);
  assert.equal(wheelIsForMap({ ctrlKey: true, metaKey: false }, true), true);
  assert.equal(wheelIsForMap({ ctrlKey: false, metaKey: false }, false), true);
});
