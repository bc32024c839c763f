import assert from "node:assert/strict";
import { test } from "node:test";
import { everything, fragmentOf, packed, unpacked } from "../../../web/src/page/link_all.js";

const welcome = {
  engine: "e", config: { source: { kind: "capture", name: "runs" }, seed: 3 }, timeline: 2,
  timelines: [{ id: 1, name: null }, { id: 2, name: "early" }],
};
const log = [{ index: 1, tick: 0, command: { type: "compact" }, idle: true }];

test("what is packed comes back, and its letters may stand in an address", async () => {
  const data = everything(welcome, log, 90, { tick: 7, mode: "holder", timeline: 2, beside: 1 });
  const fragment = await fragmentOf(data);
  assert.match(fragment, /^all=[A-Za-z0-9_-]+$/);
  assert.deepEqual(await unpacked(fragment.slice(4)), data);
  assert.deepEqual(data.view, { v: 1, tick: 7, mode: "holder" }, "the new session has one timeline");
  assert.deepEqual(data.session, { log_version: 1, engine: "e", config: welcome.config, tick: 90, log });
  assert.equal(data.name, "early");
  assert.equal(everything(welcome, log, 90, {}).view, null);
});

test("a session from an upload is refused: the link would lack the file", () => {
  const upload = { ...welcome, config: { source: { kind: "upload", capture: "x" } } };
  assert.throws(() => everything(upload, log, 90, {}), /an uploaded file, which a link cannot hold/);
});

test("a link over 8 KiB is refused with its size", async () => {
  // Numbers that do not compress: the digits of a multiplicative generator.
  let seed = 1;
  const draw = () => (seed = (seed * 48271) % 2147483647);
  const long = Array.from({ length: 4000 }, (_, i) => ({ index: i + 1, tick: draw(), command: { type: "balloon_target", nr_pages: draw() }, idle: false }));
  await assert.rejects(fragmentOf(everything(welcome, long, 90, {})), /takes a link of [0-9.]+ KiB, and 8 KiB is the limit/);
  assert.ok((await fragmentOf(everything(welcome, long.slice(0, 100), 90, {}))).length < 8192);
});

test("what cannot be read is refused in one sentence", async () => {
  const cut = (await packed({ v: 1, session: { log } })).slice(0, -6);
  for (const text of ["", "!!", "AAAA", cut, await packed({ v: 2, session: {} }), await packed({ v: 1 }), await packed([])]) {
    await assert.rejects(unpacked(text), /^Error: This link cannot be read/, text);
  }
});
