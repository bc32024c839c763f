/**
 * Tables and lines of a look at a watched machine.
 */

import { el, need, setText, svg } from "../lib/dom.js";
import { count, pagesText } from "../lib/format.js";
import { largestZone, pointOf } from "./kept.js";
import { countersOf, share } from "./live_text.js";
import { lineOf, ratesOf } from "./looks.js";

/**
 * @typedef {import("./looks.js").Told} Told
 * @typedef {Record<keyof import("./kept.js").Points, number>} Point
 */

/** @param {Told} told */
export function showZones({ zones }) {
  const orders = Math.max(...zones.map((zone) => zone.counts.length));
  const heads = ["Node, zone", "Free", "2 MiB pieces", "Unusable", "Fragmentation", ...Array.from({ length: orders }, (_, order) => String(order))];
  need("zones", HTMLTableElement).replaceChildren(
    el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, ...zones.map((zone) => el("tr", {},
      el("th", { scope: "row" }, `${zone.node} ${zone.zone}`),
      ...[pagesText(zone.free_pages), count(zone.free_blocks), share(zone.unusable_index), share(zone.fragmentation_index), ...zone.counts.map(count)].map((text) => el("td", {}, text))))),
  );
}

/**
 * @param {Told} told
 * @param {Pick<Told, "at"|"events">|null} before the look before it
 * @param {Told|null} since the first look of this page; null: an earlier moment is shown
 */
export function showEvents(told, before, since) {
  const rates = before ? ratesOf(before, told) : {};
  const { moved, never } = countersOf(told);
  const heads = ["Counter of /proc/vmstat", since ? "each second, now" : "each second, then", ...(since ? ["since this page was opened"] : []), "since boot"];
  need("events", HTMLTableElement).replaceChildren(
    el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, ...moved.map((name) => {
      const cells = [rates[name] ? count(rates[name]) : "0", ...(since ? [count(told.events[name] - (since.events[name] ?? 0))] : []), count(told.events[name])];
      return el("tr", {}, el("th", { scope: "row" }, name), ...cells.map((text) => el("td", {}, text)));
    })),
  );
  setText(need("never", HTMLElement), never.length ? `Never since boot: ${never.join(", ")}.` : "");
}

/** @type {[string, keyof Point, (value: number) => string][]} */
const LINES = [
  ["2 MiB pieces", "free_blocks", count],
  ["Free memory", "free_pages", pagesText],
  ["Unusable index", "unusable", share],
  ["Fragmentation index", "fragmentation", share],
  ["Pages compaction scanned", "scanned", count],
  ["Pages reclaim took", "taken", count],
];

/**
 * Lines over what is kept, as wide as the bar of time; a stroke where one looks.
 * @param {Point[]} points
 * @param {Told} told the look that is shown
 * @param {number} shown 0 to 1: its place on the bar
 */
export function showLines(points, told, shown) {
  const [largest, at] = [largestZone(told), pointOf(told)];
  need("lines", HTMLElement).replaceChildren(...LINES.map(([title, name, words]) => {
    const { line, low, high } = lineOf(points.map((point) => ({ at: point.look, value: point[name] })));
    const where = name === "unusable" || name === "fragmentation" ? ` of ${largest.node} ${largest.zone}` : "";
    const range = low === high ? "no change" : `${words(low)} to ${words(high)}`;
    return el("figure", {},
      el("figcaption", {}, el("span.name", {}, `${title}${where}`), el("b", {}, words(at[name])), el("span.range", {}, range)),
      /** @type {any} */ (svg("svg", { viewBox: "0 -3 100 106", preserveAspectRatio: "none", "aria-hidden": "true" },
        svg("polyline", { points: line }),
        svg("line", { x1: 100 * shown, x2: 100 * shown, y1: -3, y2: 103 }))));
  }));
}
