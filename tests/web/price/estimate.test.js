import assert from "node:assert/strict";
import { test } from "node:test";
import { estimated, parseUs, timeText, waited } from "../../../web/src/price/estimate.js";

const OURS = { exit_us: 10, page_us: 3.5 };

test("the estimate adds time per message and per page, and refuses what is no time", () => {
  assert.equal(waited(OURS, 2, 2), 27);
  const [inflate, batch, hook] = estimated(OURS);
  assert.equal(hook.us, 27);
  assert.ok(Math.abs(batch.us - 7.08) < 0.01 && Math.abs(inflate.us - 3.54) < 0.01);
  assert.ok(Math.abs(hook.speed - 0.141) < 0.001);
  assert.equal(estimated({ exit_us: 0, page_us: 0 })[0].speed, Infinity);
  assert.deepEqual(parseUs(" 3.5 ", "x"), { value: 3.5, error: null });
  for (const bad of ["", "-1", "x", "1e9"]) assert.match(parseUs(bad, "Time").error ?? "", /^Time is .*microseconds/);
  assert.deepEqual([27, 5400, 2_500_000].map(timeText), ["27 µs", "5.4 ms", "2.5 s"]);
});
