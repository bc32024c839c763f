/**
 * Asks before anything is erased. A session without commands has nothing to lose, and nobody is asked.
 */

import { el, need } from "../lib/dom.js";
import { plural } from "../lib/format.js";

/**
 * @param {import("../state.js").State} state
 * @param {(moment: {tick: number, index: number|null}) => void} look
 * @returns {(what: string, go: () => void) => void} ask: does it at once, or when the person has agreed
 */
export function createConfirm(state, look) {
  const dialog = need("confirm", HTMLDialogElement);
  let act = () => {};
  const title = el("h2", { id: "confirm-title" });
  const text = el("p");
  const anew = el("button", { type: "button", id: "confirm-anew", click: () => (dialog.close(), act()) });
  const back = el("button.primary", { type: "button", id: "confirm-back", click: () => (dialog.close(), look({ tick: 0, index: 0 })) }, "Go back to the start");
  dialog.append(title, text, el("div.confirm-buttons", {},
    el("button", { type: "button", id: "confirm-keep", click: () => dialog.close() }, "Cancel"), anew, back));

  return (what, go) => {
    const given = state.present.get().log_index;
    if (given === 0) {
      go();
      return;
    }
    act = go;
    title.textContent = `${what.charAt(0).toUpperCase()}${what.slice(1)}?`;
    text.textContent = `That ends this session: its ${plural(given, "command")} would be gone. Going back to the start keeps everything: a command given there begins another ending, and both stay.`;
    anew.textContent = what === "start over" ? "Begin anew" : `${what.charAt(0).toUpperCase()}${what.slice(1)}`;
    dialog.showModal();
    back.focus();
  };
}
