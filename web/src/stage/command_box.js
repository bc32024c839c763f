/**
 * The command box: one line for everything that can be asked, with completion and a history. Its language is in
 * command_parse.js.
 */

import { commandText } from "../controls/command_text.js";
import { el, need } from "../lib/dom.js";
import { completions, meaning } from "./command_parse.js";

const HISTORY = "fragscope.commands";
const MOST_KEPT = 50;
const MOST_SHOWN = 9;
const MIB_PAGES = 256;

/**
 * @param {import("../state.js").State} state
 * @param {{send: import("../net/client.js").Client["send"], act: (what: string) => void}} ways
 * @returns {{act: (what: string) => boolean, meaning: (line: string) => import("./command_parse.js").Meaning}} what a shortcut may ask
 *   for, and whether it was for here; what a line means that was typed elsewhere
 */
export function createCommandBox(state, ways) {
  const dialog = need("command", HTMLDialogElement);
  const input = el("input", { type: "text", id: "command-line", autocomplete: "off", spellcheck: "false", "aria-label": "Command", "aria-controls": "command-list", placeholder: "inflate 200, offline 512:64, scenario chicken and egg…" });
  const list = el("ul", { id: "command-list", role: "listbox", "aria-label": "What could be meant" });
  const said = el("p.problem", { id: "command-said", role: "alert" });
  dialog.append(el("form", { submit: (/** @type {Event} */ event) => (event.preventDefault(), go()) }, input, said, list));
  let chosen = -1;
  let back = 0; // steps back in the history
  /** @type {string[]} */
  let history = [];
  try {
    const kept = JSON.parse(localStorage.getItem(HISTORY) ?? "[]");
    if (Array.isArray(kept)) history = kept.filter((line) => typeof line === "string");
  } catch {
    // No history, or storage is blocked.
  }

  /** @returns {import("./command_parse.js").Known} */
  const known = () => {
    const welcome = state.welcome.get();
    return {
      most: Math.floor((welcome?.guest.nr_pages ?? 0) / MIB_PAGES),
      rate: Number(need("workload-rate", HTMLInputElement).value) || 256, scenarios: state.catalog.get()?.scenarios ?? [],
    };
  };

  function show() {
    const found = completions(input.value, known()).slice(0, MOST_SHOWN);
    chosen = Math.min(chosen, found.length - 1);
    list.replaceChildren(...found.map(({ text, args, words }, i) =>
      el("li", { role: "option", "aria-selected": String(i === chosen), "data-text": text + (args ? " " : ""), click: () => take(i) },
        el("span", {}, el("b", {}, text), args && ` ${args}`), el("span.why", {}, words))));
  }

  /** @param {number} i */
  function take(i) {
    const item = /** @type {HTMLElement|undefined} */ (list.children[i]);
    if (!item) return;
    const text = item.dataset.text ?? "";
    if (!input.value.startsWith(text)) input.value = text;
    chosen = -1;
    input.focus();
    show();
  }

  function go() {
    if (chosen >= 0) take(chosen);
    const line = input.value.trim();
    const meant = meaning(line, known());
    said.textContent = meant.kind === "wrong" ? meant.words : "";
    if (meant.kind === "wrong") return;
    history = [...history.filter((each) => each !== line), line].slice(-MOST_KEPT);
    try {
      localStorage.setItem(HISTORY, JSON.stringify(history));
    } catch {
      // As above.
    }
    dialog.close();
    if (meant.kind === "command") ways.send(meant.command, commandText(meant.command));
    else ways.act(meant.what);
  }

  input.addEventListener("input", () => {
    chosen = -1;
    back = 0;
    said.textContent = "";
    show();
  });
  input.addEventListener("keydown", (event) => {
    const rows = list.children.length;
    if (event.key === "Tab" && !event.shiftKey && rows) {
      event.preventDefault();
      take(Math.max(0, chosen));
    } else if (event.key === "ArrowDown" && rows) chosen = back > 0 ? older(-1) : (chosen + 1) % rows;
    else if (event.key === "ArrowUp") chosen = chosen > 0 ? chosen - 1 : older(1);
    else return;
    event.preventDefault();
    show();
  });

  /**
   * @param {1|-1} way
   * @returns {-1} nothing in the list is chosen then
   */
  function older(way) {
    back = Math.max(0, Math.min(history.length, back + way));
    input.value = back ? history[history.length - back] : "";
    return -1;
  }

  function open() {
    if (dialog.open) return;
    input.value = said.textContent = "";
    chosen = -1;
    back = 0;
    dialog.showModal();
    show();
    input.focus();
  }
  need("open-command", HTMLButtonElement).addEventListener("click", open);
  return {
    act(what) {
      if (what !== "command") return false;
      open();
      return true;
    },
    /** @param {string} line what it means for this guest, typed elsewhere */
    meaning: (line) => meaning(line, known()),
  };
}
