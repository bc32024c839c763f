/**
 * Every reason the engine can give, in one table; read when it is opened.
 */

import { el, need } from "../lib/dom.js";
import { outcomeOf } from "./handled.js";

/**
 * @param {() => Promise<{reasons: import("./handled.js").Reason[]}>} read
 * @returns {(reason?: string) => Promise<void>} open, at a reason
 */
export function createReasons(read) {
  const dialog = need("reasons", HTMLDialogElement);
  const body = el("div");
  dialog.append(
    el("form", { method: "dialog" }, el("div.dialog-head", {}, el("h2", { id: "reasons-title" }, "Why a page moves or stays"), el("button", { value: "close" }, "Close"))),
    body,
  );
  let filled = false;

  async function fill() {
    try {
      const { reasons } = await read();
      body.replaceChildren(
        el("p", {}, `All ${reasons.length} reasons the simulator can give. Words in braces are filled in at run time.`),
        el("div.scroll", { role: "region", "aria-labelledby": "reasons-title", tabindex: 0 }, el("table", { id: "reasons-table" },
          el("thead", {}, el("tr", {}, ...["Outcome", "Reason", "Decided in the kernel", "and here"].map((words) => el("th", { scope: "col" }, words)))),
          el("tbody", {}, ...reasons.map(row)))),
      );
      filled = true;
    } catch (error) {
      body.replaceChildren(el("p.problem", {}, `The reasons could not be read: ${error instanceof Error ? error.message : error}`));
    }
  }

  return async (reason) => {
    if (!dialog.open) dialog.showModal();
    if (!filled) await fill();
    body.querySelectorAll("tr[aria-current]").forEach((each) => each.removeAttribute("aria-current"));
    const found = reason ? document.getElementById(`reason-${reason}`) : null;
    found?.setAttribute("aria-current", "true");
    found?.scrollIntoView({ block: "center" });
  };
}

/** @param {import("./handled.js").Reason} reason */
function row({ id, outcome, sentence, source, code }) {
  const { symbol, words } = outcomeOf(outcome);
  return el("tr", { id: `reason-${id}` },
    el("td", {}, el("span.symbol", { "aria-hidden": "true" }, symbol), ` ${words}`),
    el("th", { scope: "row" }, sentence, el("code.reason-id", {}, id)),
    el("td", {}, el("code", {}, source)), el("td", {}, el("code", {}, code)));
}
