/**
 * The history of a watched machine as the server tells it: a few hundred points, marks, which looks have a map. Pure.
 */

import { count } from "../lib/format.js";

/**
 * @typedef {import("./looks.js").Told} Told
 *
 * @typedef {object} Points lists of equal length
 * @property {number[]} look
 * @property {number[]} wall seconds since 1970
 * @property {number[]} free_blocks
 * @property {number[]} free_pages
 * @property {number[]} unusable per mille, of the largest zone
 * @property {number[]} fragmentation
 * @property {number[]} scanned
 * @property {number[]} taken
 *
 * @typedef {object} Summary the answer of GET /api/live/history
 * @property {number} first number of the oldest look
 * @property {number} last -1: none is kept
 * @property {number} bytes
 * @property {{look: number, text: string}[]} marks
 * @property {number[]} maps looks with a map
 * @property {Partial<Points>} points
 */

const DAY_S = 86_400;

/**
 * The zone with most pageblocks: the one whose indices are drawn.
 * @param {Told} told
 */
export function largestZone({ zones, spans }) {
  const size = (/** @type {{node: number, zone: string}} */ { node, zone }) => spans.filter((span) => span.node === node && span.zone === zone).reduce((sum, span) => sum + span.end - span.first, 0);
  return [...zones].sort((a, b) => size(b) - size(a))[0];
}

/**
 * One look as a point of the lines.
 * @param {Told} told
 * @returns {Record<keyof Points, number>}
 */
export function pointOf(told) {
  const sum = (/** @type {"free_blocks"|"free_pages"} */ name) => told.zones.reduce((all, zone) => all + zone[name], 0);
  const largest = largestZone(told);
  return {
    look: told.kept, wall: told.wall, free_blocks: sum("free_blocks"), free_pages: sum("free_pages"),
    unusable: largest?.unusable_index ?? 0, fragmentation: largest?.fragmentation_index ?? 0,
    scanned: (told.events.compact_migrate_scanned ?? 0) + (told.events.compact_free_scanned ?? 0),
    taken: (told.events.pgsteal_kswapd ?? 0) + (told.events.pgsteal_direct ?? 0),
  };
}

/**
 * A history's points, one object each.
 * @param {Partial<Points>} points
 * @returns {Record<keyof Points, number>[]}
 */
export function pointsOf(points) {
  const names = /** @type {(keyof Points)[]} */ (Object.keys(points));
  return (points.look ?? []).map((_, i) => /** @type {any} */ (Object.fromEntries(names.map((name) => [name, points[name]?.[i] ?? 0]))));
}

/**
 * A time of day, with the day where it is not the same as another moment's.
 * @param {number} wall seconds since 1970
 * @param {number} now
 */
export function clockText(wall, now) {
  const when = new Date(wall * 1000);
  const time = when.toLocaleTimeString("en-GB");
  return new Date(now * 1000).toDateString() === when.toDateString() ? time : `${when.toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "short" })}, ${time}`;
}

/**
 * How long ago, in words.
 * @param {number} seconds
 */
export function agoText(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 120) return `${s} s ago`;
  if (s < 2 * 3600) return `${Math.round(s / 60)} min ago`;
  return s < 2 * DAY_S ? `${Math.round(s / 3600)} h ago` : `${Math.round(s / DAY_S)} days ago`;
}

/**
 * When a look was, as far as the points tell; between two of them in proportion.
 * @param {{look: number, wall: number}[]} points ascending
 * @param {number} look
 */
export function wallOf(points, look) {
  const after = points.findIndex((point) => point.look >= look);
  if (after < 0) return points[points.length - 1]?.wall ?? 0;
  const [a, b] = [points[Math.max(0, after - 1)], points[after]];
  return b.look === a.look ? b.wall : a.wall + ((b.wall - a.wall) * (look - a.look)) / (b.look - a.look);
}

/**
 * How much is kept, in a sentence.
 * @param {{look: number, wall: number}[]} points
 * @param {number} bytes
 */
export function keptText(points, bytes) {
  if (points.length < 2) return "";
  const [first, last] = [points[0], points[points.length - 1]];
  return `${count(last.look - first.look + 1)} looks since ${clockText(first.wall, last.wall)} are kept (${(bytes / (1 << 20)).toFixed(1)} MiB).`;
}
