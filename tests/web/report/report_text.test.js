import assert from "node:assert/strict";
import { test } from "node:test";
import { cellText, freeMib, headline, markedLines, readByFile, verdictRows, verdictText, zoneName, verdictsTitle, whyFirst } from "../../../web/src/report/report_text.js";

const zone = (more = {}) => ({
  moment: 0, node: 1, zone: "Normal", counts: [20431, 0], floors: [0], free_pages: 2048, free_blocks: 20431, pageblock_order: null,
  unusable_index: [0, 997], fragmentation_index: [-1000, -500], exact: false, source: "buddyinfo", ...more,
});
const verdict = (order, gfp, more = {}) => ({ asked: false, order, gfp: [gfp], succeeds: true, cause: null, node: 0, zone: "DMA32", text: `${order} ${gfp}`, ...more });
const answer = (more = {}) => ({ name: "x", zones: [zone()], request: null, requests: [], refused: null, notices: [], answers: [], checks: [], disagreements: [], assumed: [], page_kib: null, read: [], passed_over: [], ...more });

test("a floor is marked, −1 is not a share, and a missing order is empty", () => {
  assert.equal(cellText(zone(), "counts", 0), "≥ 20,431");
  assert.equal(cellText(zone(), "counts", 1), "0");
  assert.equal(cellText(zone(), "counts", 2), "");
  assert.equal(cellText(zone(), "unusable_index", 1), "0.997");
  assert.equal(cellText(zone(), "fragmentation_index", 0), "−1");
  assert.equal(cellText(zone(), "fragmentation_index", 1), "−0.500");
});

test("a zone is named with its node, and with its moment where there are several", () => {
  assert.equal(zoneName(zone(), false), "node 1, Normal");
  assert.equal(zoneName(zone({ moment: 1 }), true), "#2, node 1, Normal");
});

test("free memory follows the size of a page", () => {
  assert.equal(freeMib(zone(), null), "8.0");
  assert.equal(freeMib(zone(), 64), "128");
});

test("verdicts stand in rows of orders and columns of masks, without the one that was asked for", () => {
  const { masks, rows } = verdictRows([verdict(3, "GFP_NOFS", { asked: true }), verdict(1, "A"), verdict(0, "A"), verdict(0, "B"), verdict(1, "B")]);
  assert.deepEqual(masks, ["A", "B"]);
  assert.deepEqual(rows.map(({ order, cells }) => [order, cells.map((one) => one.text)]), [[0, ["0 A", "0 B"]], [1, ["1 A", "1 B"]]]);
  assert.equal(verdictText(verdict(0, "A")), "yes, DMA32 0");
  assert.equal(verdictText(verdict(0, "A", { succeeds: false, cause: "memory" })), "memory, DMA32 0");
  assert.equal(verdictText(verdict(0, "A", { succeeds: false, zone: null })), "no zone");
});

test("what was asked comes first, then what failed, then what would fail", () => {
  const failing = verdict(9, "GFP_HIGHUSER_MOVABLE", { succeeds: false, cause: "fragmentation" });
  assert.equal(headline(answer({ answers: [verdict(3, "A", { asked: true })], request: { text: "it failed" } })), "3 A");
  assert.equal(headline(answer({ request: { text: "it failed" } })), "it failed");
  assert.equal(headline(answer({ answers: [verdict(0, "GFP_HIGHUSER_MOVABLE"), failing] })), "9 GFP_HIGHUSER_MOVABLE");
  assert.match(headline(answer()), /would succeed/);
  assert.match(headline(answer({ zones: [] })), /No zone/);
});

test("why comes before the sentence, where the sentence is about the request", () => {
  const request = { text: "it failed", why: "Fragmentation: enough was free" };
  assert.equal(whyFirst(answer({ request })), "Fragmentation: enough was free");
  assert.equal(whyFirst(answer({ request, answers: [verdict(3, "A", { asked: true })] })), "");
  assert.equal(whyFirst(answer({ request: { text: "no Mem-Info", why: null } })), "");
  assert.equal(headline(answer({ refused: "No request is judged" })), "No request is judged");
  assert.equal(verdictsTitle(answer({ zones: [zone({ source: "Mem-Info" })] })), "Would a request have succeeded then?");
  assert.equal(verdictsTitle(answer()), "Would a request succeed now?");
});

test("every line of a paste says what became of it", () => {
  const read = [{ file: "", line: 1, as: "buddyinfo" }, { file: "", line: 3, as: null }];
  assert.deepEqual(markedLines("a\n\nb\n", read).map(({ number, as }) => [number, as]), [[1, "buddyinfo"], [2, null], [3, null]]);
  assert.deepEqual(readByFile([...read, { file: "dmesg", line: 1, as: "request" }]), [
    { file: "", kinds: "buddyinfo 1", unread: 1 }, { file: "dmesg", kinds: "request 1", unread: 0 },
  ]);
});
