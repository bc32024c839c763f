/**
 * A line for each design that says what came of what was asked for; hidden where there is nothing to say.
 */

import { el, setText } from "../lib/dom.js";
import { statIndex } from "../net/wire.js";
import { designTitle } from "../panels/design_text.js";

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 * @param {HTMLElement} list
 * @param {(stat: (name: string) => number) => string} words of a design's statistics
 */
export function showVerdicts(state, painter, list, words) {
  const showWelcome = painter.add("dom", () => {
    const welcome = state.welcome.get();
    if (!welcome) return;
    list.replaceChildren(...welcome.designs.map((design) => el("li", { "data-design": design.key, hidden: true }, el("b", { title: design.key }, designTitle(design.key)), " ", el("span"))));
  });

  const showFrame = painter.add("dom", () => {
    const welcome = state.welcome.get();
    const frame = state.frame.get();
    if (!welcome || !frame) return;
    const at = statIndex(welcome.stat_fields);
    [...list.children].forEach((item, i) => {
      const values = frame.designs[i]?.stats;
      const said = values ? words((name) => values[at[name]] ?? 0) : "";
      item.toggleAttribute("hidden", said === "");
      setText(/** @type {Element} */ (item.lastElementChild), said);
    });
  });

  state.welcome.subscribe(showWelcome);
  state.frame.subscribe(showFrame);
}
