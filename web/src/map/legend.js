/**
 * The legend: what each colour means, and the choice of the colour mode.
 */

import { el, need } from "../lib/dom.js";
import { MODES } from "./palette.js";

/** What marks a change, by state.changes: glyph, words, and more of them. @type {[string, string, string, string][]} */
const CHANGES = [
  ["glow", "touched", "just changed", "Pages of this block changed in the last tick"],
  ["flights", "moving", "page on its way", "A page that compaction moves, in its kind’s colour; a bounded sample of them is shown"],
  ["flights", "taken", "just taken", "The balloon takes a page, or gives it back"],
  ["flights", "emptied", "came free", "A flash around a block that came wholly free"],
  ["steps", "went", "pages left", "Pages left this block in the last tick"],
  ["steps", "came", "pages came", "Pages came into this block in the last tick"],
  ["steps", "emptied", "came free", "This block came wholly free in the last tick"],
];

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 */
export function createLegend(state, painter) {
  const root = need("legend", HTMLElement);
  const modes = el("div.modes", { role: "radiogroup", "aria-label": "Colour mode" });
  const items = el("ul.items");
  const text = el("p.mode-text");
  const marks = el(
    "ul.marks",
    { "aria-label": "Marks" },
    el("li", { title: "moving up to find pages to move" }, el("span.glyph", { "aria-hidden": "true" }, "▲"), el("span", {}, "migrate scanner", el("span.more-words", {}, ", moving up"))),
    el("li", { title: "moving down to find room" }, el("span.glyph", { "aria-hidden": "true" }, "▽"), el("span", {}, "free scanner", el("span.more-words", {}, ", moving down"))),
    ...CHANGES.map(([how, glyph, words, help]) => el("li", { "data-changes": how, title: help }, el(`span.glyph.${glyph}`, { "aria-hidden": "true" }), words)),
    el("li", {}, el("span.glyph.dedicated", { "aria-hidden": "true" }), "dedicated to the balloon"),
    el("li", { title: "A corner in the colour of an unmovable page, or else of a balloon page, that the cell itself does not show" }, el("span.glyph.corner", { "aria-hidden": "true" }), "worst page inside"),
  );
  for (const [i, mode] of MODES.entries()) {
    const input = el("input", {
      type: "radio", name: "mode", value: mode.key, id: `mode-${mode.key}`, "aria-keyshortcuts": String(i + 1),
      change: () => state.mode.set(mode.key),
    });
    modes.append(el("span.mode", {}, input, el("label", { for: `mode-${mode.key}` }, mode.label)));
  }
  root.append(el("div.legend-line", {}, modes, text, items, marks));

  const show = painter.add("dom", () => {
    const mode = MODES.find((each) => each.key === state.mode.get()) ?? MODES[0];
    for (const input of modes.querySelectorAll("input")) input.checked = input.value === mode.key;
    text.textContent = mode.text;
    items.classList.toggle("ramp", mode.key === "free");
    items.replaceChildren(
      ...mode.entries.map((entry) => {
        const chip = el("span.chip", { "aria-hidden": "true" });
        chip.style.background = entry.hex;
        return el("li", { title: entry.text || null }, chip, el("span.name", {}, entry.name));
      }),
    );
  });
  state.mode.subscribe(show);
  show();
  // Only what the maps draw now.
  const mark = () => {
    for (const item of marks.querySelectorAll("li[data-changes]")) item.toggleAttribute("hidden", item.getAttribute("data-changes") !== state.changes.get());
  };
  state.changes.subscribe(mark);
  mark();
}
