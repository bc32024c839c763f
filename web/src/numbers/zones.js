/**
 * What each zone has free under each design, below the whole machine.
 */

import { el, need, setText } from "../lib/dom.js";
import { count, mibNumber } from "../lib/format.js";
import { pageblock } from "../lib/pageblock.js";
import { freeOf, zoneNames } from "../lib/zone_facts.js";

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 */
export function createZones(state, painter) {
  const root = need("zones", HTMLDetailsElement);
  const table = el("table", { id: "zones-table" });
  const note = el("p.tab-note");
  root.append(el("summary", {}, "Zone by zone"), note, el("div.scroll", { tabindex: 0, role: "region", "aria-label": "Free memory by zone and design" }, table));
  /** @type {HTMLElement[][]} a row for the machine, then one a zone */
  let cells = [];

  function rebuild() {
    const welcome = state.welcome.get();
    if (!welcome) return;
    const { designs, guest } = welcome;
    root.hidden = guest.zones.length < 2;
    setText(note, `Free memory in MiB · pageblocks of ${pageblock.size} that are wholly free.`);
    const names = ["Whole machine", ...zoneNames(guest)];
    cells = names.map(() => designs.map(({ key }) => el("td", { "data-design": key })));
    table.replaceChildren(
      el("caption.hidden", {}, "Free MiB and wholly free pageblocks by zone and design"),
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Where"), ...designs.map(({ key, label }) => el("th", { scope: "col", title: label }, key)))),
      el("tbody", {}, ...names.map((name, i) => el("tr", {}, el("th", { scope: "row" }, name), ...cells[i]))));
    show();
  }

  const show = painter.add("dom", () => {
    const [welcome, frame] = [state.welcome.get(), state.frame.get()];
    if (!welcome || !frame || root.hidden || !root.open || state.tab.get() !== "scoreboard") return;
    cells[0]?.forEach((_, d) => {
      const free = freeOf(frame.designs[d].planes.free, welcome.guest.zones);
      const all = free.reduce((sum, { pages, blocks }) => ({ pages: sum.pages + pages, blocks: sum.blocks + blocks }));
      [all, ...free].forEach(({ pages, blocks }, row) => setText(cells[row][d], `${mibNumber(pages)} · ${count(blocks)}`));
    });
  });

  root.addEventListener("toggle", show);
  state.welcome.subscribe(rebuild);
  for (const each of [state.frame, state.tab]) each.subscribe(show);
}
