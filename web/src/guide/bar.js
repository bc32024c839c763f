/**
 * The scenario that runs: its question, the words of the step, Next step, and the numbers that decide it. It stands where the
 * recorded commands stand otherwise. Which step it is follows from the session's log alone.
 */

import { el, need, onPress, setOff, setText } from "../lib/dom.js";
import { plural } from "../lib/format.js";
import { statIndex } from "../net/wire.js";
import { deciding, favoursText, place } from "./scenario.js";
import { createNumbers, sentence } from "./table.js";

/** @typedef {import("./scenario.js").Place} Place */

/**
 * @typedef {object} Ways
 * @property {() => void} others opens the gallery
 * @property {() => void} claim opens the claim that this scenario tests
 * @property {() => void} leave
 *
 * @typedef {Pick<import("../net/client.js").Client, "sequence"> & Pick<import("../controls/setup.js").Setup, "startOver"> & Ways} Intents
 */

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 * @param {Intents} intents
 * @returns {{next: () => void}}
 */
export function createBar(state, painter, intents) {
  const root = need("guide-bar", HTMLElement);
  const title = el("h2", { id: "guide-title" });
  const where = el("p.guide-where");
  const dots = el("ol.guide-dots", { "aria-hidden": "true" });
  const words = el("p.guide-words", { id: "guide-words", role: "status" });
  const said = el("p.guide-said", { id: "guide-said" });
  const next = el("button.primary", { type: "button", id: "guide-next", "aria-keyshortcuts": "n" }, "Next step");
  const again = el("button", { type: "button", id: "guide-again" }, "Start over");
  const claim = el("button", { type: "button", id: "guide-claim", click: intents.claim }, "The claim");
  const others = el("button", { type: "button", id: "guide-others", click: intents.others }, "Other scenarios");
  const leave = el("button", { type: "button", id: "guide-leave", click: intents.leave }, "Leave");
  const numbers = createNumbers(state);
  root.append(
    el("div.guide-step", {}, title, words, el("div.guide-foot", {}, el("div.guide-buttons", {}, next, again, claim, others, leave), where, dots)),
    el("div.guide-numbers", {}, numbers.element, said));

  let builtFor = "";
  /** @type {Place} */
  let last = { kind: "unknown" };

  const working = () => {
    const welcome = state.welcome.get();
    const frame = state.frame.get();
    if (!welcome || !frame || state.pending.get().size > 0) return true;
    if (state.sequence.get() || state.log.get().length > frame.log_index) return true;
    const busy = statIndex(welcome.stat_fields).busy;
    return frame.designs.some(({ stats }) => stats[busy] !== 0);
  };

  /** @returns {Place} */
  const now = () => {
    const scenario = state.scenario.get();
    const frame = state.frame.get();
    if (!scenario || !frame) return { kind: "unknown" };
    const found = place(scenario, state.log.get(), frame.log_index);
    if (found.kind !== "unknown") last = found; // what was known still stands while the log is being read
    return last;
  };

  function goOn() {
    const scenario = state.scenario.get();
    const at = now();
    if (!scenario || at.kind !== "on" || working()) return;
    // The server gives them one after the other, each when the guests are at rest: no tab is needed for that.
    const commands = at.rest.length ? at.rest : scenario.steps[at.step]?.commands ?? [];
    if (commands.length) intents.sequence([...commands], `step ${at.rest.length ? at.step : at.step + 1} of ${scenario.steps.length}`);
    show();
  }

  function startOver() {
    last = { kind: "unknown" };
    intents.startOver();
  }

  onPress(next, goOn);
  onPress(again, startOver);

  const show = painter.add("dom", () => {
    const scenario = state.scenario.get();
    root.hidden = scenario === null;
    document.body.dataset.guide = scenario ? "on" : "off";
    if (!scenario) {
      builtFor = "";
      return;
    }
    if (builtFor !== scenario.name) {
      builtFor = scenario.name;
      last = { kind: "unknown" };
      dots.replaceChildren(...scenario.steps.map(() => el("li")));
    }
    const at = now();
    const busy = working();
    setText(title, scenario.question);
    showStep(scenario, at, busy);
    numbers.show(scenario.show, scenario.judge ?? null);
    setText(said, sentence(state, deciding(scenario)));
    claim.hidden = !state.catalog.get()?.claims?.some((each) => each.scenario === scenario.name);
  });

  /**
   * @param {import("./scenario.js").Scenario} scenario
   * @param {Place} at
   * @param {boolean} busy
   */
  function showStep(scenario, at, busy) {
    const nr = scenario.steps.length;
    const step = at.kind === "unknown" ? 0 : at.step;
    const done = at.kind === "on" && step >= nr && !at.rest.length && !busy;
    root.dataset.step = String(step);
    root.dataset.place = at.kind;
    root.dataset.done = String(done);
    setText(where, at.kind === "left" ? `left after step ${step}` : step === 0 ? `${plural(nr, "step")}` : `step ${step} of ${nr}`);
    [...dots.children].forEach((dot, i) => dot.classList.toggle("past", i < step));
    setOff(next, at.kind !== "on" || busy || done);
    const held = document.activeElement === next;
    next.hidden = done;
    again.classList.toggle("primary", done || at.kind === "left");
    setOff(again, step === 0 && at.kind !== "left");
    if (done && held) again.focus({ preventScroll: true });
    if (!done && document.activeElement === again && step === 0 && at.kind === "on") next.focus({ preventScroll: true });
    setText(words, stepWords(scenario, at, busy, done));
    words.classList.toggle("off", at.kind === "left");
  }

  /**
   * @param {import("./scenario.js").Scenario} scenario
   * @param {Place} at
   * @param {boolean} busy
   * @param {boolean} done
   */
  function stepWords(scenario, at, busy, done) {
    if (at.kind === "unknown") return "Loading the scenario’s guest…";
    if (at.kind === "left") return "You gave a command that is not in the scenario. The numbers still describe what you see; start over to follow it again.";
    const paused = busy && state.pace.get() === 0 ? " The simulation is paused: press Run." : "";
    if (at.step === 0) return `All designs start from the same memory. Press Next step.${paused}`;
    const { words: text } = scenario.steps[at.step - 1];
    if (busy) return `${text}${paused || " The guests are working…"}`;
    return done ? `That was the last step. ${scenario.text} This scenario is ${favoursText(scenario.favours)}.` : text;
  }

  for (const each of [state.scenario, state.catalog, state.log, state.sequence, state.frame, state.welcome, state.pending, state.pace]) each.subscribe(show);
  return { next: goOn };
}
