/**
 * One cell of the map, opened: every design's numbers, and the way to the run itself.
 */

import { el, onPress, setOff, setText } from "../lib/dom.js";
import { axisWords, place, sentence, short } from "./map_text.js";
import { colour } from "./winners.js";

/** @typedef {import("./map_text.js").Cell} Cell */
/** @typedef {import("./map_text.js").Sweep} Sweep */
/** @typedef {import("./map_text.js").Winners} Winners */

/**
 * @param {Cell} cell
 * @param {Winners} map
 * @param {Sweep} sweep
 * @param {(chosen: Record<string, string>, say: (text: string) => void) => Promise<void>} open makes the run live
 * @returns {{title: string, words: string, body: HTMLElement[]}}
 */
export function showCell(cell, map, sweep, open) {
  const letters = new Map(map.designs.map(({ key, letter }) => [key, letter]));
  const sign = map.judge.better === "high" ? -1 : 1;
  const order = Object.entries(cell.designs).sort(([, a], [, b]) => Number(a.smaller) - Number(b.smaller) || sign * ((a.mean ?? 0) - (b.mean ?? 0)));
  const noted = order.some(([, one]) => one.smaller || one.failed);
  const rows = order.map(([key, one]) => el("tr", { class: one.smaller ? "out" : null },
    el("th", { scope: "row" }, el("span", { class: `swatch d${colour(map, key)}` }, letters.get(key) ?? ""), " ", el("code", {}, ...breakable(key))),
    el("td.number", {}, short(one.mean)),
    el("td.number", {}, one.low === null ? "–" : `${short(one.low)}–${short(one.high)}`),
    el("td.number", {}, short(one.balloon / 256)),
    noted ? el("td", {}, [one.smaller && "smaller balloon: out of the contest", one.failed && `${one.failed} runs failed`].filter(Boolean).join("; ")) : null));
  const table = el("table.plain", {},
    el("thead", {}, el("tr", {}, ...["design", "mean", "lowest–highest", "balloon, MiB", ...(noted ? [""] : [])].map((word) => el("th", { scope: "col" }, word)))),
    el("tbody", {}, ...rows));
  return { title: place(cell), words: sentence(cell), body: [table, chooser(cell, map, sweep, open)] };
}

/** A key that may break between its words, and nowhere else. @param {string} key */
const breakable = (key) => key.split(/(?<=[_:+])/).flatMap((part, i) => (i ? [el("wbr"), part] : [part]));

/**
 * Which of the cell's runs, and the button that makes it live.
 * @param {Cell} cell
 * @param {Winners} map
 * @param {Sweep} sweep
 * @param {(chosen: Record<string, string>, say: (text: string) => void) => Promise<void>} open
 */
function chooser(cell, map, sweep, open) {
  const pooled = map.pooled.filter((name) => !(name in cell.at));
  /** @type {[string, HTMLSelectElement][]} */
  const selects = [["seed", sweep.seeds], ...pooled.map((name) => /** @type {const} */ ([name, sweep.values[name]]))].map(([name, values]) => [
    String(name), el("select", {}, .../** @type {(string|number)[]} */ (values).map((value) => el("option", { value: String(value) }, String(value)))),
  ]);
  const said = el("p.note", { role: "status" });
  const button = el("button.primary", { type: "button", id: "open-run" }, "Open this run");
  onPress(button, async () => {
    setOff(button, true);
    await open(Object.fromEntries(selects.map(([name, select]) => [name, select.value])), (text) => setText(said, text)).catch((error) => {
      setText(said, error instanceof Error ? error.message : String(error));
    });
    setOff(button, false);
  });
  return el("div.open", {},
    el("p.note", {}, "The run itself, all its designs side by side, at its last tick, in a session of your own:"),
    el("div.choose", {}, ...selects.map(([name, select]) => el("label", {}, `${axisWords(name)} `, select)), button), said);
}
