/**
 * The log as a list: each command with its moment. Pressing one looks at the moment just before it.
 */

import { commandText } from "../controls/command_text.js";
import { el, need } from "../lib/dom.js";
import { count } from "../lib/format.js";

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 * @param {(moment: {tick: number, index: number|null}|null) => void} look
 */
export function createLogList(state, painter, look) {
  const list = need("log", HTMLOListElement);
  const show = painter.add("dom", () => {
    const log = state.log.get();
    const past = state.past.get();
    for (const extra of [...list.children].slice(log.length)) extra.remove();
    log.forEach((entry, i) => {
      const key = `${entry.index} ${entry.tick} ${commandText(entry.command)}`;
      let item = /** @type {HTMLElement|undefined} */ (list.children[i]);
      if (item?.dataset.key !== key) {
        const made = el("li", { "data-key": key }, el("button", { type: "button", click: () => look({ tick: entry.tick, index: entry.index - 1 }) },
          el("span.unit", {}, `${entry.index}`), el("span", {}, commandText(entry.command)), el("span.unit", {}, `tick ${count(entry.tick)}`)));
        if (item) item.replaceWith(made);
        else list.append(made);
        item = made;
      }
      const here = past !== null && past.tick === entry.tick && past.index === entry.index - 1;
      if (here) item.firstElementChild?.setAttribute("aria-current", "true");
      else item.firstElementChild?.removeAttribute("aria-current");
    });
  });
  for (const each of [state.log, state.past]) each.subscribe(show);
}
