import assert from "node:assert/strict";
import { test } from "node:test";
import { activity, blockText, scannerText, takenText } from "../../../web/src/panels/guest_text.js";

const stats = (values) => (name) => values[name] ?? 0;
const ZONES = [{ start_pfn: 0, end_pfn: 4096 }, { start_pfn: 4096, end_pfn: 262144 }];

test("the activity line says what a guest is doing and how far it is", () => {
  const say = (values) => activity(stats(values), ZONES).text;
  assert.equal(say({}), "idle");
  assert.equal(say({ busy: 1, balloon_actual: 30720, balloon_target: 51200 }), "inflating, 120 of 200 MiB");
  assert.equal(say({ busy: 1, balloon_actual: 51200, balloon_target: 256 }), "deflating, 200 to 1 MiB");
  assert.equal(say({ busy: 1, compact_active: 1, migrate_pfn: 4096 + 64512, free_pfn: 262144 - 64512 }), "compacting, 50 %");
  assert.equal(say({ busy: 1, compact_active: 4, migrate_pfn: 4096, free_pfn: 262144 }), "balloon pass, 0 %");
  assert.equal(say({ busy: 1, huge_target: 2000, huge_held: 83 }), "taking huge pages: 83");
  assert.equal(say({ busy: 1 }), "working in the background");
  assert.equal(activity(stats({ busy: 1 }), ZONES, true).text, "paused, not finished");
  assert.match(say({ balloon_actual: 256, balloon_target: 512, balloon_stopped: 1 }), /^idle; balloon stopped at 1 of 2 MiB/);
});

test("huge pages taken are counted only once somebody has asked for some", () => {
  assert.equal(takenText(stats({})), "huge pages: not tried");
  assert.equal(takenText(stats({ huge_runs: 1, huge_best: 0 })), "0 huge pages taken");
  assert.equal(takenText(stats({ huge_attempt: 1, huge_best: 1 })), "1 huge page taken");
  assert.equal(takenText(stats({ huge_runs: 2, huge_best: 1790 })), "1,790 huge pages taken");
});

test("the scanners' positions come with their unit, running or at rest", () => {
  assert.equal(scannerText(stats({ migrate_pfn: -1, free_pfn: -1 })), "Compaction has not run yet.");
  assert.match(scannerText(stats({ migrate_pfn: -1, free_pfn: -1, compact_migrate_scanned: 500 })), /at rest; 500 pages/);
  assert.match(scannerText(stats({ migrate_pfn: 256, free_pfn: 51200 })), /stopped at 1 MiB.*stopped at 200 MiB/);
});

test("a pageblock in words adds up to 512 pages", () => {
  const planes = { free: [100], movable: [200], balloon: [12], unmovable: [8], migratetype: [1], flags: [(5 << 4) | 3], largest: [4], pcp: [2] };
  const { where, counts, holder } = blockText(planes, 0);
  assert.equal(where, "Pageblock 0, 0 to 2 MiB");
  assert.equal([...counts.matchAll(/\d+/g)].reduce((sum, [n]) => sum + Number(n), 0), 512);
  assert.match(counts, /190 reserved/);
  assert.match(holder, /the hook can move; MOVABLE, dedicated to the balloon, skip hint, largest free piece order 4/);
});
