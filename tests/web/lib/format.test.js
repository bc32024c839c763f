import assert from "node:assert/strict";
import { test } from "node:test";
import * as f from "../../../web/src/lib/format.js";

test("pages become MiB with their unit", () => {
  assert.equal(f.pagesText(51200), "200 MiB");
  assert.equal(f.mib(1024), "1,024 MiB");
  assert.equal(f.mib(65536), "64 GiB");
  assert.equal(f.mib(1_047_552), "1023 GiB");
  assert.equal(f.mib(1_048_576), "1 TiB");
  assert.equal(f.mibNumber(51200), "200");
  assert.equal(f.mibNumber(51201), "200.0");
  assert.equal(f.blockRange(211), "422 to 424 MiB");
  assert.equal(f.orderText(9), "9 (2 MiB)");
  assert.equal(f.orderText(0), "0 (4 KiB)");
  assert.equal(f.orderText(-1), "none");
});

test("the sizes to choose from are those that the server allows, and the present one", () => {
  const sizes = f.sizesMib({ min_size_mib: 256, max_size_mib: 3000 }, 640);
  assert.deepEqual(sizes, [256, 512, 640, 1024, 2048, 3000]);
  assert.deepEqual(sizes.map(f.sizeText), ["256 MiB", "512 MiB", "640 MiB", "1 GiB", "2 GiB", "3000 MiB"]);
  const large = f.sizesMib({ min_size_mib: 256, max_size_mib: 1_048_576 }, 4096);
  assert.equal(large.length, 13);
  assert.equal(f.sizeText(large[12]), "1 TiB");
});

test("counters stay exact while they are small and keep three digits when not", () => {
  assert.equal(f.short(0), "0");
  assert.equal(f.short(9999), "9,999");
  assert.equal(f.short(12345), "12.3 k");
  assert.equal(f.short(123456), "123 k");
  assert.equal(f.short(1234567), "1.23 M");
  assert.equal(f.short(12345678), "12.3 M");
});

test("the speed slider is logarithmic and comes back to where it was", () => {
  assert.equal(f.speedOf(0), 1);
  assert.equal(f.speedOf(100), 1000);
  for (const position of [0, 10, 33, 60, 99, 100]) {
    assert.ok(Math.abs(f.positionOf(f.speedOf(position)) - position) <= (position < 30 ? 8 : 1), String(position));
  }
});

test("a number that the user typed, or one sentence with the value, the limit and the unit", () => {
  assert.deepEqual(f.parseWhole(" 200 ", "Balloon target", 0, 1024, "MiB"), { value: 200, error: null });
  for (const bad of ["", "-1", "1025", "1.5", "NaN", "abc", "1e9", "Infinity"]) {
    const { value, error } = f.parseWhole(bad, "Balloon target", 0, 1024, "MiB");
    assert.equal(value, null, bad);
    assert.match(error, /^Balloon target is .*: a whole number of MiB from 0 to 1,024 is needed\.$/);
  }
  assert.equal(f.parseWhole("x", "The seed", 0, 7, "").error, "The seed is x: a whole number from 0 to 7 is needed.");
});

test("a design's key leaves defaults out and comes back", () => {
  const toggles = [
    { name: "prevent", values: ["off", "on"] },
    { name: "keep", values: ["0", "1", "4"] },
  ];
  assert.equal(f.designKey("dedicated_block", toggles, { prevent: "off", keep: "0" }), "dedicated_block");
  assert.equal(f.designKey("dedicated_block", toggles, { prevent: "on", keep: "4" }), "dedicated_block:prevent+keep=4");
  assert.deepEqual(f.splitKey("dedicated_block:prevent+keep=4"), { name: "dedicated_block", chosen: { prevent: "on", keep: "4" } });
  assert.deepEqual(f.splitKey("pinned"), { name: "pinned", chosen: {} });
});

test("only one takes the singular", () => {
  assert.equal(f.plural(1, "page"), "1 page");
  assert.equal(f.plural(1200, "page"), "1,200 pages");
});

test("what the guests' clocks show is one time, or the earliest and the latest", () => {
  assert.equal(f.secondsText(0), "0 s");
  assert.equal(f.secondsText(9_940), "9.9 s");
  assert.equal(f.secondsText(3_600_000), "3,600 s");
  assert.equal(f.clocksText([1_000, 1_020]), "1 s");
  assert.equal(f.clocksText([12_000, 9_500, 10_000]), "9.5 to 12 s");
});

test("an uploaded guest is called as its file, without how that is packed", () => {
  for (const end of ["", ".tar", ".tar.xz", ".tgz", ".txz"]) assert.equal(f.guestName(`mine.v2${end}`), "mine.v2");
});
