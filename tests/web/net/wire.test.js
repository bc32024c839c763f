import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { applyFrame, decodeFrame, decodeMessage, statIndex, WireError } from "../../../web/src/net/wire.js";

const golden = (name) => readFileSync(new URL(`../../golden/wire/${name}`, import.meta.url));
const buffer = (name) => {
  const bytes = golden(name);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
};
const welcome = decodeMessage(golden("down_welcome.json").toString());
const expected = (name) => JSON.parse(golden(name).toString());

/** The picture as plain lists, in the form of the golden JSON. */
const plain = (frame) => ({
  seq: frame.seq,
  epoch: frame.epoch,
  tick: frame.tick,
  log_index: frame.log_index,
  nr_pageblocks: frame.nr_pageblocks,
  designs: frame.designs.map(({ planes, stats }) => ({
    planes: Object.fromEntries(Object.entries(planes).map(([name, plane]) => [name, [...plane]])),
    stats: [...stats],
  })),
});

test("a key frame decodes to the numbers that the server encoded", () => {
  assert.deepEqual(plain(decodeFrame(buffer("key.bin"), welcome)), expected("key.json"));
});

test("planes are views on the frame, not copies", () => {
  const bytes = buffer("key.bin");
  const { designs } = decodeFrame(bytes, welcome);
  for (const plane of Object.values(designs[0].planes)) {
    assert.equal(plane.buffer, bytes);
    assert.equal(plane.byteOffset % 8, 0);
  }
});

test("a delta applied to its key frame gives the server's next picture", () => {
  const key = decodeFrame(buffer("key.bin"), welcome);
  const delta = decodeFrame(buffer("delta.bin"), welcome);
  assert.deepEqual(plain(applyFrame(key, delta)), expected("delta.json"));
});

test("a delta on anything but its base is not applied", () => {
  const key = decodeFrame(buffer("key.bin"), welcome);
  const delta = decodeFrame(buffer("delta.bin"), welcome);
  assert.equal(applyFrame(null, delta), null);
  assert.equal(applyFrame({ ...key, seq: key.seq - 1 }, delta), null);
  assert.equal(applyFrame({ ...key, epoch: key.epoch + 1 }, delta), null);
  assert.equal(applyFrame({ ...key, nr_pageblocks: 5 }, delta), null);
});

test("a damaged frame or one of another version is refused in one sentence", () => {
  const cases = [
    [(view) => view.setUint8(0, 0x46 + 1), /does not begin with FRSC/],
    [(view) => view.setUint8(4, 2), /server speaks version 2, this page version 1: reload/],
    [(view) => view.setUint8(5, 3), /unknown frame type 3/],
    [(view) => view.setUint32(8, 4000, true), /ends after \d+ bytes, inside a plane/],
    [(view) => view.setUint16(6, 1, true), /its contents end at/],
    [() => new ArrayBuffer(16), /a frame of 16 bytes: the header alone has 32/],
    [(view) => view.buffer.slice(0, view.byteLength - 8), /ends after/],
  ];
  for (const [change, words] of cases) {
    assert.throws(
      () => {
        const bytes = buffer("key.bin");
        const other = change(new DataView(bytes));
        decodeFrame(other instanceof ArrayBuffer ? other : bytes, welcome);
      },
      (error) => error instanceof WireError && words.test(error.message),
    );
  }
});

test("a delta beyond the last pageblock is refused", () => {
  const bytes = buffer("delta.bin");
  const view = new DataView(bytes);
  const nr_changed = view.getUint32(36, true);
  assert.ok(nr_changed > 0);
  view.setUint32(40 + 4 * (nr_changed - 1), 4000, true);
  assert.throws(() => decodeFrame(bytes, welcome), /changes pageblock 4000 of 6/);
});

test("every message of the server is read by its type, and what is no message is refused", () => {
  assert.equal(welcome.type, "welcome");
  assert.equal(statIndex(welcome.stat_fields)[welcome.stat_fields[3]], 3);
  for (const name of ["down_accepted", "down_error", "down_pace", "down_progress"]) {
    assert.equal(decodeMessage(golden(`${name}.json`).toString()).type, name.slice(5));
  }
  assert.throws(() => decodeMessage("{"), WireError);
  assert.throws(() => decodeMessage("[1]"), WireError);
});
