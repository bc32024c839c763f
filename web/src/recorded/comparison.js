/**
 * The kernel's numbers beside ours after the current step: a row per quantity, a column per design, the difference in words.
 */

import { commandText } from "../controls/command_text.js";
import { el, lineSwatch, need, setText } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { DESIGN_LINES } from "../map/palette.js";
import { statIndex } from "../net/wire.js";
import { designTitle } from "../panels/design_text.js";
import { kernelText, ROWS, sameHolder, tally, verdict } from "./difference.js";
import { kernelName, pictureKey, recordedDesign } from "./recording.js";
import { along, standing, standingText, steady } from "./standing.js";

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 */
export function createComparison(state, painter) {
  const root = need("reality", HTMLElement);
  const table = need("reality-table", HTMLTableElement);
  const note = need("reality-note", HTMLElement);
  const list = need("reality-list", HTMLDListElement);
  const settle = steady();
  let built = "";

  /**
   * @param {import("./recording.js").Recorded} recorded
   * @param {import("../net/wire.js").Welcome} welcome
   * @param {number} step
   */
  function build(recorded, welcome, step) {
    const key = `${recorded.example} ${welcome.epoch} ${step}`;
    if (key === built) return;
    built = key;
    setText(need("reality-title", HTMLElement), `Beside the real kernel, after step ${step}${step ? `: ${recorded.operations[step - 1].text}` : " (the capture)"}`);
    const designs = welcome.designs.map((design) => recordedDesign(recorded, design));
    const rows = ROWS.filter(({ stat }) => designs.some((real) => real && stat in real.steps[step].values));
    const head = el("tr", {}, el("th", { scope: "col" }, "Quantity"), ...welcome.designs.map((design, i) =>
      el("th", { scope: "col" }, lineSwatch(DESIGN_LINES[i % DESIGN_LINES.length]), " ", designTitle(design.key))));
    const body = rows.map((row) =>
      el("tr", { "data-stat": row.stat },
        el("th", { scope: "row", title: row.text }, el("span", {}, row.head), el("span.unit", {}, row.unit)),
        ...designs.map((real, i) => el("td", { "data-design": welcome.designs[i].key }, ...(real && row.stat in real.steps[step].values ? cell() : ["not recorded"])))));
    const foot = [["alike", "Pageblocks alike", "same holder in our map and the picture"], ["sum", "In short", "numbers"]].map(([stat, words, unit]) =>
      el("tr", { "data-stat": stat }, el("th", { scope: "row" }, el("span", {}, words), el("span.unit", {}, unit)),
        ...designs.map((real, i) => el("td", { "data-design": welcome.designs[i].key }, real ? "" : "not recorded"))));
    table.replaceChildren(el("caption.hidden", {}, "The real kernel's numbers beside ours"), el("thead", {}, head), el("tbody", {}, ...body), el("tfoot", {}, ...foot));
    list.replaceChildren(...designs.flatMap((real, i) => [
      el("dt", {}, welcome.designs[i].key),
      el("dd", {}, real ? `${real.text} ${real.repetitions} runs, all from this captured state.` : "Never recorded: no kernel has it."),
    ]));
  }

  const cell = () => [
    el("span.numbers", {}, el("span.kernel"), " ", el("span.ours"), " ", el("span.over")),
    el("span.verdict"),
  ];

  const show = painter.add("dom", () => {
    const welcome = state.welcome.get();
    const frame = state.frame.get();
    const recorded = state.recorded.get();
    const now = welcome && frame ? settle(standing(recorded, welcome.config.profile ?? "modern", state.log.get(), frame.log_index)) : null;
    root.hidden = !recorded || !now || now.kind === "none" || !state.showReal.get() || !along(recorded, state.scenario.get());
    if (root.hidden || !welcome || !frame || !recorded || !now) return;
    root.dataset.standing = now.kind;
    if (now.kind !== "on") {
      built = "";
      table.replaceChildren();
      list.replaceChildren();
      setText(need("reality-title", HTMLElement), "Beside the real kernel");
      setText(note, standingText(now, recorded, commandText));
      return;
    }
    build(recorded, welcome, now.step);
    setText(note, `Each cell: ${kernelName(recorded.kernel)} (lowest to highest of its runs), fragscope, and the difference. = inside the kernel’s own range, ≈ within the band, ≠ outside.`);
    const at = statIndex(welcome.stat_fields);
    welcome.designs.forEach((design, i) => {
      const real = recordedDesign(recorded, design);
      const stats = frame.designs[i]?.stats;
      if (real && stats) fill(design.key, real.steps[now.step], (stat) => stats[at[stat]], frame.designs[i].planes,
        state.pictures.get().get(pictureKey(recorded.example, real.key, real.steps[now.step].picture ?? -1)) ?? null, now.reading === true);
    });
  });

  /**
   * @param {string} key
   * @param {import("./recording.js").Step} step
   * @param {(stat: string) => number} ours
   * @param {Record<string, import("../net/wire.js").Plane>} planes
   * @param {import("../net/wire.js").DesignFrame|null} picture
   * @param {boolean} reading whether the numbers already belong to a later step
   */
  function fill(key, step, ours, planes, picture, reading) {
    const busy = reading || ours("busy") !== 0 || state.pending.get().size > 0;
    const asked = state.spread.get();
    const spread = asked?.state === "done" && asked.log_index === state.frame.get()?.log_index ? asked.designs?.[key] : null;
    for (const row of ROWS) {
      const value = step.values[row.stat];
      const td = find(row.stat, key);
      if (!value || !td) continue;
      const found = verdict(row.stat, value, ours(row.stat));
      setText(/** @type {Element} */ (td.querySelector(".kernel")), kernelText(row, value));
      setText(/** @type {Element} */ (td.querySelector(".ours")), row.show(ours(row.stat)));
      const range = spread?.[row.stat];
      setText(/** @type {Element} */ (td.querySelector(".over")), range ? `(${kernelText(row, range)} over ${asked?.seeds.length} seeds)` : "");
      const words = /** @type {HTMLElement} */ (td.querySelector(".verdict"));
      setText(words, busy ? "still working…" : `${found.sign} ${found.words}`);
      words.dataset.kind = busy ? "busy" : found.kind;
      td.dataset.low = String(value.low);
      td.dataset.high = String(value.high);
      td.dataset.ours = String(ours(row.stat));
    }
    const sum = tally(step.values, ours);
    const alike = find("alike", key);
    const short = find("sum", key);
    if (alike) setText(alike, picture ? `${count(sameHolder(planes, picture.planes))} of ${count(planes.flags.length)}` : "no picture");
    if (short) setText(short, busy ? "still working…" : `${sum.close} of ${sum.total} within the band, ${sum.inside} in its own range`);
  }

  /**
   * @param {string} stat
   * @param {string} key
   */
  const find = (stat, key) =>
    /** @type {HTMLElement|null} */ ([...table.querySelectorAll(`tr[data-stat="${stat}"] td`)].find((td) => /** @type {HTMLElement} */ (td).dataset.design === key) ?? null);

  for (const each of [state.welcome, state.recorded, state.scenario, state.log, state.frame, state.pending, state.showReal, state.pictures, state.spread]) each.subscribe(show);
}
