/**
 * What a map and the log are as rows, for CSV. Pure.
 */

import { commandText } from "../controls/command_text.js";
import { HOLDER, MIGRATETYPE } from "../map/palette.js";
import { pageblock } from "../lib/pageblock.js";

/**
 * Every pageblock of some maps.
 * @param {{name: string, planes: Record<string, import("../net/wire.js").Plane>}[]} maps
 * @returns {(string|number)[][]} head first
 */
export function mapRows(maps) {
  /** @type {(string|number)[][]} */
  const rows = [["design", "pageblock", "start_mib", "free", "per_cpu_lists", "movable", "balloon", "unmovable", "reserved", "migratetype", "held_by"]];
  for (const { name, planes: { free, pcp, movable, balloon, unmovable, migratetype, flags } } of maps) {
    for (let i = 0; i < free.length; i++) {
      const reserved = pageblock.pages - free[i] - pcp[i] - movable[i] - balloon[i] - unmovable[i];
      rows.push([name, i, i * pageblock.mib, free[i], pcp[i], movable[i], balloon[i], unmovable[i], Math.max(0, reserved), MIGRATETYPE.entries[migratetype[i]]?.name ?? migratetype[i], HOLDER.entries[(flags[i] >> 4) & 7]?.name ?? ""]);
    }
  }
  return rows;
}

/**
 * The log, a row a command.
 * @param {readonly import("../net/wire.js").Entry[]} log
 * @returns {(string|number)[][]} head first
 */
export const logRows = (log) => [["index", "tick", "command", "all_idle", "json"], ...log.map(({ index, tick, command, idle }) => [index, tick, commandText(command), String(idle), JSON.stringify(command)])];

/**
 * Every statistic, a column a design.
 * @param {{key: string}[]} designs
 * @param {readonly string[]} fields
 * @param {import("../net/wire.js").DesignFrame[]} frames
 * @returns {(string|number)[][]} head first
 */
export const statRows = (designs, fields, frames) => [["statistic", ...designs.map(({ key }) => key)], ...fields.map((name, at) => [name, ...designs.map((_, i) => frames[i].stats[at])])];

/**
 * How much the numbers depend on the seed.
 * @param {import("../state.js").Spread} spread
 * @returns {(string|number)[][]} head first
 */
export const spreadRows = ({ designs = {} }) => [["design", "statistic", "mean", "low", "high"],
  ...Object.entries(designs).flatMap(([key, stats]) => Object.entries(stats).map(([name, { mean, low, high }]) => [key, name, mean, low, high]))];

/**
 * Free lists of the main zone.
 * @param {{key: string}[]} designs
 * @param {import("../net/wire.js").DesignFrame[]} frames
 * @param {Record<string, number>} at place of each statistic
 * @returns {(string|number)[][]} head first
 */
export function freeListRows(designs, frames, at) {
  const orders = Array.from({ length: 11 }, (_, order) => order);
  return [["design", ...orders.map((order) => `order_${order}`)], ...designs.map(({ key }, i) => [key, ...orders.map((order) => frames[i].stats[at[`nr_free_order_${order}`]])])];
}

/**
 * @typedef {import("./scene.js").DifferenceShown & {here: Planes, there: Planes}} DifferenceKept a difference with both memories
 * @typedef {Record<string, import("../net/wire.js").Plane>} Planes
 */

/**
 * A difference, a row a pageblock: its class, and what it holds here and there.
 * @param {DifferenceKept} kept
 * @returns {(string|number)[][]} head first
 */
export function differenceRows({ words, names: [a, b], classes, looks, here, there }) {
  const held = ["free", "movable", "balloon", "unmovable"];
  return [["pageblock", "start_mib", `which ${words}`, ...held.map((name) => `here_${name}`), ...held.map((name) => `there_${name}`), "here", "there"],
    ...Array.from(classes, (kind, i) => [i, i * pageblock.mib, looks[kind].words, ...held.map((name) => here[name][i]), ...held.map((name) => there[name][i]), a, b])];
}
