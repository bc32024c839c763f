import assert from "node:assert/strict";
import { test } from "node:test";
import { atom } from "../../../web/src/lib/atom.js";

test("subscribers are told of a different value, not of the same one", () => {
  const a = atom(1);
  const heard = [];
  a.subscribe((value) => heard.push(value));
  a.set(1);
  a.set(2);
  a.set(2);
  a.set(NaN);
  a.set(NaN);
  assert.deepEqual(heard, [2, NaN]);
  assert.equal(a.get(), NaN);
});

test("a listener may unsubscribe itself while others are told", () => {
  const a = atom("x");
  const heard = [];
  const stop = a.subscribe(() => {
    heard.push("first");
    stop();
  });
  a.subscribe(() => heard.push("second"));
  a.set("y");
  a.set("z");
  assert.deepEqual(heard, ["first", "second", "second"]);
});

test("the value is set before anybody is told", () => {
  const a = atom(0);
  let seen = -1;
  a.subscribe(() => {
    seen = a.get();
  });
  a.set(5);
  assert.equal(seen, 5);
});
