/**
 * "Because" of one pageblock, asked for by a click, Enter or the keys for the next obstacle; it stays asked, and marked on the
 * maps, until another is. What is told is the engine's answer for the moment looked at.
 */

import { el, lineSwatch, need, setText } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { DESIGN_LINES } from "../map/palette.js";
import { statIndex } from "../net/wire.js";
import { designTitle } from "../panels/design_text.js";
import { broughtLines, contentText, holderText, nextPlace, obstacleText, spokenText, titleOf, WAY_WORDS, wayText } from "./answer.js";

const WIDE = "(min-width: 1101px)"; // narrower, the inspector lies over the maps
const SECOND_CLICK_MS = 260; // a double click zooms: opening the inspector before it would move the maps under the pointer
const DRAGGED = 5; // css pixels
const ORDER = "(Order: fewest pages in the way, then fewest in use, then the lowest address.)";
const KEPT = ["why", "difference"]; // tabs that a click on a map leaves open: there it means something else

/**
 * @typedef {object} Doors
 * @property {(design: string, pageblock: number, tick: number) => Promise<import("./answer.js").Answer>} because
 * @property {(design: string, tick: number) => Promise<import("./answer.js").Obstacles>} obstacles
 * @property {(reason: string) => void} reason opens the table of reasons at one
 * @property {(pageblock: number, pfn: number) => void} bring into sight, where only a part of the maps is
 */

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 * @param {Doors} doors
 * @returns {{act: (what: string) => boolean}} what a shortcut may ask for; whether it was for here
 */
export function createBecause(state, painter, doors) {
  const root = need("because-block", HTMLElement);
  const announce = need("announce", HTMLElement);
  const title = el("h3", { id: "because-block-title" });
  const line = el("p.tab-note", { id: "because-obstacle", role: "status" });
  const body = el("div");
  const press = (/** @type {string} */ what, /** @type {string} */ words, /** @type {string} */ help) => el("button", { type: "button", title: help, click: () => act(what) }, words);
  const buttons = el("div.block-buttons", {},
    press("obstacle-next", "Next obstacle", "The pageblock nearest to becoming free that cannot: fewest pages in the way, then fewest in use, then the lowest address (j)"),
    press("obstacle-back", "Previous", "The obstacle before it (k)"));
  root.append(buttons, line, title, body);
  /** @type {{key: string, list: import("./answer.js").Obstacles}|null} */
  let known = null;
  let told = ""; // of which question the answer is shown
  let waiting = "";
  let loud = false;
  let place = "";

  const key = () => {
    const [frame, asked] = [state.frame.get(), state.asked.get()];
    return frame && asked ? `${asked.panel} ${asked.pageblock} ${frame.epoch} ${frame.tick} ${frame.log_index}` : "";
  };
  const designOf = (/** @type {number} */ panel) => {
    const designs = state.welcome.get()?.designs ?? [];
    return designs[panel % Math.max(1, designs.length)];
  };
  const resting = () => {
    const [welcome, frame] = [state.welcome.get(), state.frame.get()];
    if (!welcome || !frame) return false;
    const busy = statIndex(welcome.stat_fields).busy;
    return state.past.get() !== null || frame.designs.every(({ stats }) => stats[busy] === 0);
  };

  /**
   * @param {number} panel
   * @param {number} pageblock
   * @param {boolean} open whether the tab is to be shown
   */
  function ask(panel, pageblock, open) {
    loud = true;
    place = "";
    state.asked.set({ panel, pageblock });
    if (open && window.matchMedia(WIDE).matches && !KEPT.includes(state.tab.get())) state.tab.set("because");
  }

  const show = painter.add("dom", () => void read());

  async function read() {
    const asked = state.asked.get();
    title.hidden = body.hidden = !asked;
    setText(line, place ? `${place} ${ORDER}` : asked ? "" : "Press a block of a map, or Enter on it, to ask why it is not free and who could empty it.");
    line.hidden = !line.textContent;
    const [frame, wanted] = [state.frame.get(), key()];
    if (!asked || !frame || wanted === told || wanted === waiting) return;
    const design = designOf(asked.panel);
    if (!design || (state.tab.get() !== "because" && !loud) || (!loud && !resting())) return;
    if (waiting) return; // the answer asks again
    waiting = wanted;
    try {
      const answer = await doors.because(design.key, asked.pageblock, frame.tick);
      write(answer, asked.panel);
      if (loud) setText(announce, spokenText(answer));
    } catch (error) {
      setText(title, titleOf({ pageblock: asked.pageblock, design: design.key }));
      body.replaceChildren(el("p.problem", {}, `${error instanceof Error ? error.message : error}`));
    }
    told = wanted;
    waiting = "";
    loud = key() === told ? false : loud;
    root.dataset.told = told;
    show();
  }

  /** @param {string} id */
  const idButton = (id) => el("button.quiet.reason-id", { type: "button", title: "This reason in the table of all", click: () => doors.reason(id) }, id);

  /**
   * @param {import("./answer.js").Answer} answer
   * @param {number} panel
   */
  function write(answer, panel) {
    title.replaceChildren(lineSwatch(DESIGN_LINES[panel % DESIGN_LINES.length]), titleOf(answer));
    const more = answer.holders_total - answer.holders.length;
    const yes = (/** @type {boolean} */ could) => el("b.verdict", { "data-could": String(could) }, could ? "✓ could" : "✗ could not");
    body.replaceChildren(
      el("p", {}, contentText(answer)),
      ...(answer.brought.length ? [el("h4", {}, "What brought them"), el("ul.plain-list", { id: "because-brought" }, ...broughtLines(answer, state.log.get()).map((text) => el("li", {}, text)))] : []),
      el("h4", {}, "What could empty it"),
      el("dl.ways-of", { id: "because-ways" }, ...answer.ways.flatMap((way) => [
        el("dt", { "data-way": way.way }, `${WAY_WORDS[way.way] ?? way.way} `, yes(way.could)),
        el("dd", { "data-way": way.way, "data-could": String(way.could) }, `${wayText(way)} `, idButton(way.reason))])),
      el("h4", {}, "What each design would do with it"),
      el("dl.ways-of", { id: "because-designs" }, ...answer.designs.flatMap((one) => [
        el("dt", {}, `${designTitle(one.design)} `, el("span.key", {}, one.design), " ", yes(one.could), one.own ? " (this one)" : ""),
        el("dd", { "data-design": one.design }, one.sentence, " ", one.reason ? idButton(one.reason) : "")])),
      ...(answer.holders.length ? [el("details", {}, el("summary", {}, `Pages in the way: ${count(answer.holders_total)}`),
        el("ul.plain-list", { id: "because-holders" }, ...answer.holders.map((one) => el("li", {}, holderText(one))), more > 0 ? el("li", {}, `and ${count(more)} more`) : null))] : []),
    );
  }

  /** @param {number} by */
  async function obstacle(by) {
    const frame = state.frame.get();
    const panel = state.panel.get();
    const design = designOf(panel);
    if (!frame || !design) return;
    const of = `${design.key} ${frame.epoch} ${frame.tick} ${frame.log_index}`;
    try {
      if (known?.key !== of) known = { key: of, list: await doors.obstacles(design.key, frame.tick) };
    } catch (error) {
      place = `${error instanceof Error ? error.message : error}`;
      show();
      return;
    }
    const { obstacles, total } = known.list;
    if (!obstacles.length) {
      place = `${designTitle(design.key)}: no obstacle; compaction or the balloon’s own work could empty every pageblock.`;
      setText(announce, place);
      show();
      return;
    }
    const asked = state.asked.get();
    const to = nextPlace(obstacles, asked?.panel === panel ? asked.pageblock : null, by);
    ask(panel, obstacles[to].pageblock, true);
    loud = false;
    place = `${designTitle(design.key)}: ${obstacleText(obstacles[to], to, total)}`;
    state.page.set(null);
    state.pageblock.set(obstacles[to].pageblock);
    doors.bring(obstacles[to].pageblock, obstacles[to].pfn);
    setText(announce, place);
    show();
  }

  /** @param {string} what */
  function act(what) {
    if (what !== "obstacle-next" && what !== "obstacle-back") return false;
    void obstacle(what === "obstacle-next" ? 1 : -1);
    return true;
  }

  // -- asking on a map
  const maps = need("panels", HTMLElement);
  let at = { x: 0, y: 0 };
  let later = 0;
  maps.addEventListener("pointerdown", (event) => {
    at = { x: event.clientX, y: event.clientY };
  });
  const stackOf = (/** @type {Event} */ event) => (event.target instanceof Element && event.target.closest(".stack") ? state.pageblock.get() : null);
  maps.addEventListener("click", (event) => {
    clearTimeout(later);
    const block = stackOf(event);
    if (block === null || event.detail > 1 || Math.hypot(event.clientX - at.x, event.clientY - at.y) > DRAGGED) return;
    const panel = state.panel.get();
    later = window.setTimeout(() => ask(panel, block, true), state.tab.get() ? 0 : SECOND_CLICK_MS);
  });
  maps.addEventListener("keydown", (event) => {
    const block = stackOf(event);
    if (event.key === "Enter" && block !== null && state.page.get() === null) ask(state.panel.get(), block, false);
  }, true); // before it goes down a level

  state.welcome.subscribe(() => {
    known = null;
    told = place = "";
    state.asked.set(null);
  });
  for (const each of [state.asked, state.frame, state.tab, state.welcome, state.log]) each.subscribe(show);
  return { act };
}
