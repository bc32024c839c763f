/**
 * The free lists as bars: pressing one marks the pageblocks on every map in which its free blocks lie, and lists them.
 */

import { el, need, setText } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { statIndex } from "../net/wire.js";
import { listText } from "./answer.js";

const NR_ORDERS = 11;
const TYPES = ["all", "movable", "unmovable", "reclaimable", "cma", "highatomic", "isolate"];

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 * @param {(order: number, type: string, tick: number) => Promise<import("./answer.js").FreeList>} read
 * @returns {{choose: (order: number) => void}} what a bar elsewhere asks for
 */
export function createFreeLists(state, painter, read) {
  const root = need("free-lists", HTMLDetailsElement);
  const type = el("select", { id: "free-type" }, ...TYPES.map((name) => el("option", { value: name }, name === "all" ? "every migratetype" : name.toUpperCase())));
  const said = el("p.tab-note", { id: "free-said", role: "status" });
  const table = el("table", { id: "free-table" });
  const bars = Array.from({ length: NR_ORDERS }, (_, order) => {
    const size = el("span.bar");
    const words = el("span.unit");
    const button = el("button", { type: "button", "aria-pressed": "false", "data-order": order, click: () => (chosen === order ? clear() : choose(order)) }, el("span", {}, `order ${order}`), size, words);
    return { button, size, words };
  });
  root.append(
    el("summary", {}, el("h3", {}, "Free lists: where their blocks lie")),
    el("p", {}, "Free memory of the main zone by order, in the panel pointed at. Press a bar to mark its pageblocks on every map."),
    el("p", {}, el("label", { for: "free-type" }, "In pageblocks of "), type),
    el("div.free-bars", {}, ...bars.map(({ button }) => button)), said, el("div.scroll", { tabindex: 0, role: "region", "aria-label": "Pageblocks of the free list" }, table));
  let chosen = -1;
  let asked = "";

  function clear() {
    chosen = -1;
    asked = "";
    state.listed.set(null);
    setText(said, "");
    table.replaceChildren();
    show();
  }

  /** @param {number} order */
  async function choose(order) {
    const [frame, welcome] = [state.frame.get(), state.welcome.get()];
    if (!frame || !welcome) return;
    chosen = order;
    root.open = true;
    const of = `${order} ${type.value} ${frame.tick}`;
    asked = of;
    show();
    try {
      const found = await read(order, type.value, frame.tick);
      if (asked !== of || state.welcome.get() !== welcome) return;
      state.listed.set(welcome.designs.map(({ key }) => new Set(found.designs[key].blocks.map(([block]) => block))));
      setText(said, `Order ${order}, at tick ${count(found.tick)}: outlined on the maps.`);
      table.replaceChildren(
        el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Design"), el("th", { scope: "col" }, "Free blocks and where they lie"))),
        el("tbody", {}, ...welcome.designs.map(({ key }) => el("tr", {}, el("th", { scope: "row" }, key), el("td", {}, listText(key, found))))));
    } catch (error) {
      setText(said, `${error instanceof Error ? error.message : error}`);
    }
  }

  const show = painter.add("dom", () => {
    const [welcome, frame] = [state.welcome.get(), state.frame.get()];
    if (!welcome || !frame || !root.open || state.tab.get() !== "because") return;
    const at = statIndex(welcome.stat_fields);
    const stats = frame.designs[state.panel.get() % welcome.designs.length]?.stats ?? [];
    const pages = bars.map((_, order) => (stats[at[`nr_free_order_${order}`]] ?? 0) * 2 ** order);
    const most = Math.max(1, ...pages);
    bars.forEach(({ button, size, words }, order) => {
      button.setAttribute("aria-pressed", String(order === chosen));
      size.style.setProperty("--share", `${(100 * pages[order]) / most}%`);
      setText(words, `${count(pages[order] / 2 ** order)}, ${(pages[order] / 256).toFixed(1)} MiB`);
    });
  });

  type.addEventListener("change", () => chosen >= 0 && void choose(chosen));
  root.addEventListener("toggle", () => (root.open ? show() : clear()));
  state.welcome.subscribe(clear);
  for (const each of [state.frame, state.tab, state.panel]) each.subscribe(show);
  return {
    choose(order) {
      state.tab.set("because");
      void choose(order);
    },
  };
}
