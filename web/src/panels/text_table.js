/**
 * The maps as a table: a row per design, its pageblocks by what holds them.
 */

import { breakable, el, need, setText } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { statIndex } from "../net/wire.js";
import { designTitle } from "./design_text.js";

/** Statistic and words of each column. */
const HOLDER_COLUMNS = [
  ["blocks_free", "wholly free"],
  ["blocks_rescuable", "movable pages only"],
  ["blocks_rescuable_by_hook", "balloon, movable by the hook"],
  ["blocks_held_by_balloon", "held by balloon"],
  ["blocks_held_by_kernel", "held by kernel"],
  ["blocks_reserved", "reserved"],
  ["dedicated_blocks", "dedicated to the balloon"],
];

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 */
export function createTextTable(state, painter) {
  const table = need("text-table", HTMLTableElement);
  /** @type {HTMLElement[][]} */
  let cells = [];
  /** @type {Record<string, number>} */
  let at = {};

  function rebuild() {
    const welcome = state.welcome.get();
    if (!welcome) return;
    at = statIndex(welcome.stat_fields);
    cells = welcome.designs.map(() => HOLDER_COLUMNS.map(() => el("td")));
    table.replaceChildren(
      el("caption.hidden", {}, "Pageblocks of each design by what holds them"),
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Design"), ...HOLDER_COLUMNS.map(([, words]) => el("th", { scope: "col" }, words)))),
      el("tbody", {}, ...welcome.designs.map((design, i) => el("tr", {}, el("th", { scope: "row", "data-csv": design.key }, designTitle(design.key), " ", el("span.key", {}, ...breakable(design.key))), ...cells[i]))),
    );
  }

  const show = painter.add("dom", () => {
    const frame = state.frame.get();
    if (!frame || cells.length > frame.designs.length) return;
    HOLDER_COLUMNS.forEach(([name], c) => cells.forEach((row, i) => setText(row[c], count(frame.designs[i].stats[at[name]] ?? 0))));
  });

  state.welcome.subscribe(rebuild);
  state.frame.subscribe(show);
}
