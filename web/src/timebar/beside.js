/**
 * Endings: undo, their names, and another one beside the session's own, scrubbed together.
 */

import { el, need, onPress, setOff, setText } from "../lib/dom.js";
import { byCommand } from "./moments.js";
import { endingName } from "./sides.js";

const MOST_NAME = 80;

/**
 * @typedef {object} Intents
 * @property {(moment: import("./moments.js").Moment|null) => void} look
 * @property {(timeline: number, name: string) => void} name
 * @property {(text: string) => void} hint
 */

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 * @param {Intents} intents
 */
export function createBeside(state, painter, intents) {
  const undo = el("button", { type: "button", id: "time-undo", title: "Look at the moment before the last command: your next command goes on from there (z)", "aria-keyshortcuts": "z" }, "Undo");
  const beside = el("select", { id: "time-beside" });
  const name = el("button", { type: "button", id: "time-name", title: "Name the ending that you are in" }, "Name it");
  const field = el("span.field", { hidden: true }, el("label", { for: "time-beside" }, "Beside it"), " ", beside);
  const naming = el("form.field", { id: "time-naming", hidden: true },
    el("label", { for: "time-new-name" }, "Name of this ending"), " ",
    el("input", { id: "time-new-name", maxlength: MOST_NAME, required: true, autocomplete: "off" }), " ",
    el("button", { type: "submit" }, "Keep"));
  need("time-command-back", HTMLElement).before(undo);
  need("time-lines-field", HTMLElement).after(field, name, naming);

  // -- undo: the moment before the last command; the next command forks there
  function takeBack() {
    const log = state.log.get();
    const here = state.past.get() ?? { tick: state.present.get().tick, index: null };
    if (!log.length) return;
    intents.look(byCommand(here, -1, log));
  }
  onPress(undo, takeBack);

  // -- beside
  const close = () => state.beside.set(null);
  beside.addEventListener("change", () => {
    state.beside.set(Number(beside.value) || null);
    const now = { tick: state.present.get().tick, index: null };
    if (state.beside.get() !== null) intents.look(state.past.get() ?? now);
  });
  state.past.subscribe((past) => {
    if (!past) close(); // the present has one ending
  });

  // -- names
  const text = need("time-new-name", HTMLInputElement);
  onPress(name, () => {
    naming.hidden = !naming.hidden;
    const line = current();
    text.value = line?.name ?? "";
    if (!naming.hidden) text.focus();
  });
  naming.addEventListener("submit", (event) => {
    event.preventDefault();
    const line = current();
    if (line && text.value.trim()) intents.name(line.id, text.value.trim());
    naming.hidden = true;
    name.focus();
  });
  const current = () => {
    const welcome = state.welcome.get();
    return welcome?.timelines.find(({ id }) => id === welcome.timeline);
  };

  let known = "";
  const show = painter.add("dom", () => {
    const welcome = state.welcome.get();
    const lines = state.timelines.get();
    const several = lines.length > 1;
    field.hidden = !several;
    name.hidden = !several || state.role.get() !== "presenter";
    if (name.hidden) naming.hidden = true;
    setOff(undo, state.log.get().length === 0);
    const key = JSON.stringify([welcome?.timeline, lines, state.beside.get()]);
    if (key === known) return;
    known = key;
    beside.replaceChildren(el("option", { value: "" }, "nothing"), ...lines.filter(({ id }) => id !== welcome?.timeline).map((line) =>
      el("option", { value: line.id, selected: line.id === state.beside.get() }, endingName(line))));
    const lists = need("time-lines", HTMLSelectElement);
    for (const line of lines) {
      const option = lists.querySelector(`option[value="${line.id}"]`);
      if (option) setText(option, endingName(line));
    }
    sides();
  });

  // The panels say whose they are.
  function sides() {
    const welcome = state.welcome.get();
    const lines = state.timelines.get();
    const other = lines.find(({ id }) => id === state.beside.get());
    for (const each of document.querySelectorAll(".panel .side")) {
      const there = each.closest("[data-side=beside]") !== null;
      const line = there ? other : lines.find(({ id }) => id === welcome?.timeline);
      setText(each, line ? `${there ? "beside" : "here"}: ${endingName(line)}` : "");
    }
  }

  for (const each of [state.welcome, state.timelines, state.beside, state.log, state.role]) each.subscribe(show);
  show();

  return {
    /** @param {string} what a shortcut */
    act: (what) => what === "time-undo" && (takeBack(), true),
    /**
     * A look that stays with both endings until one goes back to now on purpose.
     * @param {import("./moments.js").Moment|null} moment
     */
    within: (moment) => moment ?? (state.beside.get() === null ? null : { tick: state.present.get().tick, index: null }),
    close,
  };
}
