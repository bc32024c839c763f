import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { decodeDetail, isDetail } from "../../../web/src/net/detail_wire.js";

const golden = (name) => readFileSync(new URL(`../../golden/wire/${name}`, import.meta.url));
const buffer = (name) => {
  const bytes = golden(name);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
};

test("a frame of pages decodes to the numbers that the server encoded", () => {
  const closeup = decodeDetail(buffer("detail.bin"));
  const plain = {
    epoch: closeup.epoch, tick: closeup.tick, log_index: closeup.log_index, pageblocks: [...closeup.pageblocks],
    designs: Object.fromEntries([...closeup.designs].map(([design, fields]) => [design, Object.fromEntries(Object.entries(fields).map(([name, pages]) => [name, [...pages]]))])),
  };
  assert.deepEqual(plain, JSON.parse(golden("detail.json").toString()));
  assert.equal(closeup.at.get(4), 512);
});

test("it is told apart from pictures, and a cut one is refused", () => {
  assert.ok(isDetail(buffer("detail.bin")));
  assert.ok(!isDetail(buffer("key.bin")));
  assert.throws(() => decodeDetail(buffer("detail.bin").slice(0, -8)), /a frame of pages has \d+ bytes, its head says \d+/);
});
