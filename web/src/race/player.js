/**
 * Shows a schedule at one step: the pages' fields, a column for what each actor did, and who may move next.
 */

import { el, need, setText } from "../lib/dom.js";
import { changes, laneOf, lanes, ROWS, SHAPES } from "./race_text.js";

/** @typedef {import("./race_text.js").Turn} Turn */
/** @typedef {import("./race_text.js").Fields} Fields */
/** @typedef {import("./race_text.js").Play} Play */

const WIDE = matchMedia("(min-width: 901px)"); // as in race.css

/** @param {string} actor */
const label = (actor) => `${SHAPES[actor] ?? ""} ${actor}`;

/**
 * @param {(step: number) => void} go to a step of the schedule
 * @param {(choice: number) => void} choose a move from here
 */
export function createPlayer(go, choose) {
  const turns = need("turns", HTMLOListElement);
  const heads = need("heads", HTMLDivElement);
  const moves = need("moves", HTMLDivElement);
  const broken = need("broken", HTMLDivElement);
  const fields = need("fields", HTMLTableElement);
  const laneBox = need("lanes", HTMLDivElement);

  /** @type {{start: Fields, schedule: Turn[], actors: string[], properties: Record<string, string>}} */
  let score = { start: { pages: {}, nr_isolated: 0, mutex: null }, schedule: [], actors: [], properties: {} };

  /** @param {number} step */
  const stateAt = (step) => (step ? score.schedule[step - 1].after : score.start);

  /** @param {number} step */
  function showFields(step) {
    const [before, now] = [stateAt(Math.max(0, step - 1)), stateAt(step)];
    const names = Object.keys(now.pages);
    const cell = (/** @type {string} */ old, /** @type {string} */ value) =>
      old === value ? el("td", {}, value) : el("td.changed", {}, value, el("span.was", {}, `was ${old}`));
    fields.replaceChildren(
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Field"), ...names.map((name) => el("th", { scope: "col" }, `Page ${name}`)))),
      el("tbody", {},
        ...ROWS.map(([title, value]) =>
          el("tr", {}, el("th", { scope: "row" }, title), ...names.map((name) => cell(value(before.pages[name]), value(now.pages[name]))))),
        el("tr", {}, el("th", { scope: "row" }, "isolated count"), cell(String(before.nr_isolated), String(now.nr_isolated)), el("td", {})),
        el("tr", {}, el("th", { scope: "row" }, "driver's mutex"), cell(before.mutex ?? "free", now.mutex ?? "free"), el("td", {}))),
    );
    const used = [score.start, ...score.schedule.map((turn) => turn.after)].flatMap((state) => Object.values(state.pages).map((page) => laneOf(page.place)));
    laneBox.replaceChildren(
      ...lanes(score.actors, used).map((lane) =>
        el("div.lane", {}, el("span.name", {}, lane),
          ...names.filter((name) => laneOf(now.pages[name].place) === lane).map((name) => {
            const page = now.pages[name];
            const small = [`×${page.refcount}`, page.locked_by ? `locked by ${page.locked_by}` : "", page.balloon ? "balloon" : ""];
            return el(page.balloon ? "span.token.balloon" : "span.token", {}, name, el("span.small", {}, small.filter(Boolean).join(", ")));
          }))),
    );
  }

  function showSchedule() {
    const moving = score.actors.filter((actor) => score.schedule.some((turn) => turn.actor === actor));
    const columns = moving.length ? moving : score.actors;
    heads.className = `heads of-${columns.length}`;
    turns.className = `turns of-${columns.length}`;
    heads.replaceChildren(...columns.map((actor) => el("span", {}, label(actor))));
    if (!score.schedule.length) {
      turns.replaceChildren(el("li.empty", {}, "Nobody has moved yet."));
      return;
    }
    turns.replaceChildren(
      ...score.schedule.map((turn, i) => {
        const changed = changes(stateAt(i), turn.after).join("; ");
        const text = turn.breaks.map((name) => score.properties[name] ?? name).join(" ");
        const kind = turn.breaks.length ? "button.turn.breaks-here" : "button.turn";
        const button = el(/** @type {"button"} */ (kind), { type: "button", click: () => go(i + 1) },
          el("span", {}, el("span.who", {}, `${i + 1}. ${label(turn.actor)} `), el("code", {}, turn.function)),
          el("span", {}, turn.words),
          changed && el("span.change", {}, changed),
          text && el("span.ouch", {}, `✖ ${text}`));
        return el(/** @type {"li"} */ (`li.at-${columns.indexOf(turn.actor) + 1}`), {}, button);
      }),
    );
  }

  /** @param {number} step */
  function showPlace(step) {
    turns.querySelectorAll(".turn").forEach((turn, i) => {
      turn.classList.toggle("later", i >= step);
      if (i === step - 1) {
        turn.setAttribute("aria-current", "step");
        if (WIDE.matches) turn.scrollIntoView({ block: "nearest" }); // on a phone the buttons stay visible instead
      } else turn.removeAttribute("aria-current");
    });
    const count = score.schedule.length;
    setText(need("place", HTMLOutputElement), `step ${step} of ${count}`);
    const turn = step ? score.schedule[step - 1] : null;
    setText(need("said", HTMLParagraphElement), turn ? `${label(turn.actor)}, ${turn.function}: ${turn.words}.` : "Page P is in the balloon, page N is free. Nobody has moved yet.");
    for (const id of ["first", "back"]) need(id, HTMLButtonElement).disabled = step === 0;
    for (const id of ["next", "last"]) need(id, HTMLButtonElement).disabled = step === count;
  }

  return {
    /**
     * @param {Fields} start
     * @param {Turn[]} schedule
     * @param {string[]} actors
     * @param {Record<string, string>} properties
     */
    load(start, schedule, actors, properties) {
      score = { start, schedule, actors, properties };
      showSchedule();
    },
    /** @param {number} step */
    show(step) {
      showFields(step);
      showPlace(step);
      const turn = step ? score.schedule[step - 1] : null;
      this.broke(turn?.breaks ?? [], "Broken here");
      moves.replaceChildren(el("span.note", {}, "…"));
    },
    /**
     * @param {string[]} names
     * @param {string} title
     */
    broke(names, title) {
      broken.hidden = !names.length;
      if (names.length) broken.replaceChildren(el("strong", {}, `✖ ${title}`), names.map((name) => score.properties[name] ?? name).join(" "));
    },
    /**
     * What can happen from here.
     * @param {Play} play
     * @param {number} step
     */
    offer(play, step) {
      const planned = score.schedule[step]?.choice;
      if (play.broken_at_rest.length) this.broke(play.broken_at_rest, play.over ? "Everyone has finished, and this is left" : "Nobody can move any more");
      if (!play.moves.length) {
        moves.replaceChildren(el("span.note", {}, play.over ? (play.broken_at_rest.length ? "Everyone has finished." : "Everyone has finished, and all is in order.") : "Nobody: each is waiting for another."));
        return;
      }
      moves.replaceChildren(
        ...play.moves.map((move, i) =>
          el("button", { type: "button", "data-choice": String(i), click: () => choose(i) },
            el("b", {}, `${label(move.actor)} `), move.words,
            i === planned && el("span.planned", {}, " (what the schedule does)"))),
      );
    },
  };
}
