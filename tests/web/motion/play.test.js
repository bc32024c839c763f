import assert from "node:assert/strict";
import { test } from "node:test";
import { FREE, MET, MOVED, SCANNED, USED } from "../../../web/src/net/events_wire.js";
import { advance, copyOf, lastsMs, plan } from "../../../web/src/motion/play.js";

const NR = 4;
const AT = { free_blocks_all: 0, free_blocks: 1, compact_active: 2, migrate_pfn: 3, free_pfn: 4 };
const frame = (free, movable, stats, more = {}) => ({
  type: 1, nr_pageblocks: NR, log_index: 1, tick: 10, seq: 5, epoch: 1, ...more,
  designs: [{
    planes: {
      free: Uint16Array.from(free), movable: Uint16Array.from(movable), balloon: new Uint16Array(NR), unmovable: new Uint16Array(NR), pcp: new Uint8Array(NR),
      migratetype: new Uint8Array(NR), flags: Uint8Array.from(free, (f) => (f === 512 ? 0 : 16) | 8), largest: new Uint8Array(NR),
    },
    stats: Float64Array.from(stats), base_seq: 0, changed: null,
  }],
});
const kind = (rows, every = 1) => ({ total: rows.length * every, pages: rows.length * every, every, rows: Int32Array.from(rows.flat()) });
const between = (moves, places, more = {}) => ({ nr_pageblocks: NR, log_index: 1, tick: 11, since: 10, seq: 6, epoch: 1, lasts_ms: 1000, designs: [[moves, kind([]), places]], ...more });

// Pageblock 0 gives its two pages to pageblock 3 and comes free.
const base = () => frame([510, 0, 0, 512], [2, 512, 512, 0], [1, 1, 0, -1, -1]);
const target = () => frame([512, 0, 0, 510], [0, 512, 512, 2], [1, 1, 1, 512, 1536], { tick: 11, seq: 6 });
const story = () => between(
  kind([[1, MOVED | (5 << 8), 7, 1536], [2, MOVED | (5 << 8), 9, 1537]]),
  kind([[0, USED | (9 << 16), 1536, -1], [3, FREE | (9 << 16), 0, -1], [4, SCANNED, 512, 1536], [5, MET, 512, 1536]]),
);

test("a play goes from one picture to the next, block by block, and ends exactly there", () => {
  const [from, to] = [base(), target()];
  const play = plan(from, to, story(), 1000);
  const seen = [];
  const go = (share) => advance(play, share, AT, () => true, (_, event) => seen.push(event.what));
  const { planes, stats } = play.now.designs[0];
  go(0);
  assert.deepEqual([...planes.free], [510, 0, 0, 512]);
  go(0.35); // a target was taken, one page has moved
  assert.equal(stats[0], 0);
  assert.deepEqual([planes.movable[0], planes.movable[3]], [1, 1]);
  go(0.7);
  assert.deepEqual([stats[0], stats[1]], [1, 1]);
  go(1);
  assert.deepEqual(seen, [USED, MOVED, MOVED, FREE, SCANNED, MET]);
  for (const name of ["free", "movable", "balloon", "unmovable"]) assert.deepEqual([...planes[name]], [...to.designs[0].planes[name]], name);
  assert.deepEqual([stats[2], stats[3], stats[4]], [1, 512, 1536]);
  assert.equal(play.now.tick, 10, "a picture in between is of the tick before");
});

test("what is shown in between is no copy that the next delta could overwrite", () => {
  const [from, to] = [base(), target()];
  const play = plan(copyOf(from), to, story(), 1000);
  from.designs[0].planes.free[0] = 7;
  advance(play, 0.35, AT, () => true, () => {});
  assert.equal(play.now.designs[0].planes.free[0], 511);
  assert.equal(play.now.designs[0].planes.flags[1] & 8, 0, "nothing glows that is seen happening");
});

test("of a sample of free blocks no number is made", () => {
  const sample = between(kind([]), kind([[0, FREE | (9 << 16), 0, -1]], 2));
  const play = plan(base(), target(), sample, 1000);
  advance(play, 1, AT, () => true, () => {});
  assert.equal(play.now.designs[0].stats[0], 1);
});

test("a play lasts until the next tick is due, whatever the machine; a single step as long as at that pace", () => {
  const gib = { nr_pageblocks: 512 };
  assert.ok(lastsMs(between(kind([]), kind([]), { lasts_ms: 1000 }), 60) < 1000);
  assert.ok(lastsMs(between(kind([]), kind([]), { lasts_ms: 1000 }), 60) > 900);
  assert.equal(lastsMs(between(kind([]), kind([]), { lasts_ms: 1 }), 60), 33, "no shorter than a picture");
  const moved = { ...kind([]), total: 1920, pages: 1920 };
  const step = lastsMs(between(moved, kind([]), { lasts_ms: 0, ...gib }), 60);
  assert.ok(step > 900 && step < 1000, String(step));
  const large = lastsMs(between(moved, kind([]), { lasts_ms: 0, nr_pageblocks: 32768 }), 60);
  assert.ok(large < 40, "a guest of 64 GiB moves 64 times as many in the same time");
});

test("38,000 moves of a guest of 1 GiB last about twenty seconds at the default pace", () => {
  let ms = 0;
  for (let tick = 0; tick < 20; tick++) {
    const moved = { ...kind([]), total: 1900, pages: 1900 };
    ms += lastsMs(between(moved, kind([]), { lasts_ms: 0, nr_pageblocks: 512 }), 60);
  }
  assert.ok(ms > 17_000 && ms < 22_000, String(ms));
});
