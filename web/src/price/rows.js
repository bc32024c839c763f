/**
 * "What does it cost?": what each design paid for what it bought. Pure.
 */

import { count, mibNumber, plural, short } from "../lib/format.js";
import { timeText, waited } from "./estimate.js";

/**
 * @typedef {import("../panels/guest_text.js").Stats} Stats
 * @typedef {import("./estimate.js").Estimate} Estimate
 *
 * @typedef {object} Row one line of the table
 * @property {string} key
 * @property {"bought"|"test"|"scan"|"move"|"host"} group
 * @property {string} words
 * @property {string} text what it means, one sentence
 * @property {(s: Stats, estimate: Estimate) => number} size
 * @property {(size: number, s: Stats) => string} show
 * @property {string[]} [needs] statistics without which the row is left out
 */

export const GROUPS = /** @type {Record<Row["group"], string>} */ ({
  bought: "Bought",
  test: "Paid on the generic paths: the balloon test",
  scan: "Paid in scanning",
  move: "Paid in moving",
  host: "Paid to the host",
});

/** The tests on the generic paths, and those that met a balloon page. */
const TESTS = ["hook_checks", "hook_unmap", "hook_move", "hook_putback"];
const MET = ["hook_checks_balloon", "hook_unmap_balloon", "hook_move_balloon", "hook_putback_balloon"];

/**
 * @param {Stats} s
 * @param {string[]} names
 */
const sum = (s, names) => names.reduce((total, name) => total + s(name), 0);

/** @param {Stats} s */
export const tests = (s) => sum(s, TESTS);

/**
 * @param {number} part
 * @param {number} whole
 */
const share = (part, whole) => (whole ? part / whole : 0);

/** @param {number} n */
const each = (n) => (n ? n.toFixed(n < 10 ? 2 : 1) : "0");

/**
 * @param {number} size
 * @param {Stats} s
 */
const ofTests = (size, s) => (tests(s) ? `${short(size)} (${Math.round(100 * share(size, tests(s)))} %)` : "0");

/** @param {Stats} s */
export const scanned = (s) => s("compact_migrate_scanned");

/**
 * The test on one path.
 * @param {string} key
 * @param {string} words
 * @param {string} text
 * @returns {Row}
 */
const path = (key, words, text) => ({ key, group: "test", words, text, size: (s) => s(key), show: short, needs: [key] });

/** @type {Row[]} */
export const ROWS = [
  {
    key: "free_blocks_all", group: "bought", words: "2 MiB blocks free now", text: "What the design leaves to user land at this moment.",
    size: (s) => s("free_blocks_all"), show: count,
  },
  {
    key: "thp_potential", group: "bought", words: "pageblocks free or movable", text: "The ceiling: pageblocks that hold nothing that this design cannot move.",
    size: (s) => s("thp_potential"), show: count,
  },
  {
    key: "balloon_actual", group: "bought", words: "MiB in the balloon", text: "Compare only when the balloons are the same size.",
    size: (s) => s("balloon_actual"), show: mibNumber,
  },
  {
    key: "tests", group: "test", words: "tests in all", text: "How often these paths asked whether a page belongs to a balloon.",
    size: tests, show: short,
  },
  path("hook_checks", "… when isolating", "isolate_migratepages_block(): for each page in use that is on no LRU list."),
  path("hook_unmap", "… before unmapping", "migrate_folio_unmap(), in Linux 3.8 __unmap_and_move(): for each page about to move."),
  path("hook_move", "… before moving", "move_to_new_folio(): for each page that has a target."),
  path("hook_putback", "… when putting back", "putback_movable_pages(): for each page that was isolated but not moved."),
  {
    key: "met", group: "test", words: "tests that met a balloon page", text: "All the others were in vain.",
    size: (s) => sum(s, MET), show: ofTests,
  },
  {
    key: "met_lru", group: "test", words: "tests that met an LRU page", text: "What these paths were written for; the rest met neither kind.",
    size: (s) => s("hook_checks_lru") + sum(s, TESTS.slice(1)) - sum(s, MET.slice(1)), show: ofTests,
  },
  {
    key: "tests_per_scanned", group: "test", words: "tests per page scanned", text: "When isolating, per page that the migrate scanner looked at.",
    size: (s) => share(s("hook_checks"), scanned(s)), show: each,
  },
  {
    key: "tests_per_moved", group: "test", words: "tests per page moved", text: "All paths together.",
    size: (s) => share(tests(s), s("pgmigrate_success")), show: each,
  },
  {
    key: "scanned", group: "scan", words: "pages scanned by compaction", text: "By the migrate scanner and the free scanner.",
    size: (s) => s("compact_migrate_scanned") + s("compact_free_scanned"), show: short,
  },
  {
    key: "pass_scanned", group: "scan", words: "pages scanned by the balloon’s own pass", text: "On top of that; separate_pass only.",
    size: (s) => s("pass_scanned"), show: short,
  },
  {
    key: "pgmigrate_success", group: "move", words: "pages moved", text: "Pages of every kind.",
    size: (s) => s("pgmigrate_success"), show: short,
  },
  {
    key: "balloon_migrate", group: "move", words: "balloon pages among them", text: "They need messages to the host, but no copy.",
    size: (s) => s("balloon_migrate"), show: short,
  },
  {
    key: "balloon_repeats", group: "move", words: "balloon pages moved again", text: "Moves of balloon pages that had been moved before.",
    size: (s) => s("balloon_repeats"), show: short,
  },
  {
    key: "pages_copied", group: "move", words: "MiB copied", text: "Contents copied from one page to another.",
    size: (s) => s("pages_copied"), show: mibNumber,
  },
  {
    key: "host_exits", group: "host", words: "messages (host exits)", text: "Each stops the guest until it is answered; inflating included.",
    size: (s) => s("host_exits"), show: short,
  },
  {
    key: "pfns_per_exit", group: "host", words: "pages per message", text: "At most 256; the hook sends two messages of one page per move.",
    size: (s) => share(s("host_pfns"), s("host_exits")), show: each,
  },
  {
    key: "waited", group: "host", words: "time spent waiting for the host, our estimate", text: "From the two numbers below; not measured.",
    size: (s, estimate) => waited(estimate, s("host_exits"), s("host_pfns")), show: (size) => (size ? timeText(size) : "0"),
  },
];

/**
 * The rows whose statistics the server has.
 * @param {readonly string[]} fields welcome.stat_fields
 */
export const rowsFor = (fields) => ROWS.filter(({ needs = [] }) => needs.every((name) => fields.includes(name)));

/**
 * What is said about a cell whose number alone could be misread.
 * @param {Row} row
 * @param {{name: string}} design
 * @returns {string}
 */
export const cellNote = (row, design) => (row.key === "tests" && design.name !== "lru_hook" ? "the test is not in these paths" : "");

/**
 * Costs and benefits of a design, in one sentence.
 * @param {Stats} s
 * @param {Stats|null} base those of pinned, if it is shown and this is another design
 * @param {Estimate} estimate
 */
export function bargain(s, base, estimate) {
  const got = s("free_blocks_all") - (base?.("free_blocks_all") ?? 0);
  const exits = s("host_exits") - (base?.("host_exits") ?? 0);
  const pfns = s("host_pfns") - (base?.("host_pfns") ?? 0);
  const copied = s("pages_copied") - (base?.("pages_copied") ?? 0);
  const asked = tests(s);
  if (base && !got && !asked && !exits && !copied && !s("pass_scanned")) return "same as pinned so far: nothing bought, nothing paid.";
  const bought = base
    ? `${plural(Math.abs(got), got < 0 ? "fewer free block" : "more free block", got < 0 ? "fewer free blocks" : "more free blocks")} than pinned`
    : plural(got, "free block");
  /** @type {string[]} */
  const paid = [];
  /** @type {string[]} */
  const saved = [];
  if (asked) paid.push(`${plural(asked, "test")} on the generic paths${s("balloon_inflate") ? "" : " with no balloon at all"}`);
  if (exits > 0) paid.push(`${base ? plural(exits, "more message") : plural(exits, "message")} to the host (${timeText(waited(estimate, exits, pfns))} by our estimate)`);
  if (s("pass_scanned")) paid.push(`${plural(s("pass_scanned"), "page")} scanned by the separate pass`);
  if (copied > 0) paid.push(`${mibNumber(copied)} MiB ${base ? "more " : ""}copied`);
  if (exits < 0) saved.push(plural(-exits, "message"));
  if (copied < 0) saved.push(`${mibNumber(-copied)} MiB of copying`);
  const price = paid.length ? list(paid) : base ? "nothing more than pinned pays" : "nothing yet";
  return `${bought}, for ${price}${saved.length ? `; it saved ${list(saved)}` : ""}.`;
}

/** @param {string[]} parts */
const list = (parts) => (parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts[parts.length - 1]}`);
