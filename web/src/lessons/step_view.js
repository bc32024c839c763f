/**
 * One step of a lesson on the page: its text, what it asks for, and what came of it.
 */

import { el } from "../lib/dom.js";
import { commandText } from "../controls/command_text.js";
import { elements } from "./blocks.js";
import { foretold, rangeOf } from "./lesson.js";

/**
 * @typedef {import("./lesson.js").Step} Step
 * @typedef {import("./lesson.js").StepDone} StepDone
 * @typedef {import("./lesson.js").Answer} Answer
 *
 * @typedef {object} On
 * @property {() => void} check
 * @property {(answer: Answer) => void} predict
 * @property {() => void} again
 * @property {() => void} solve
 * @property {() => void} next
 * @property {() => void} back
 *
 * @typedef {object} Shown
 * @property {string} phase "" or what is waited for, in words
 * @property {boolean} ready whether the step's start is there
 * @property {string} problem why it cannot go on
 * @property {boolean} recorded whether nobody can act: what one does is played
 * @property {HTMLElement} together the question to the class; hidden where nobody is asked
 * @property {boolean} last
 * @property {boolean} first
 */

/**
 * @param {Step} step
 * @param {StepDone} done
 * @param {Shown} shown
 * @param {On} on
 * @returns {HTMLElement[]}
 */
export function stepParts(step, done, shown, on) {
  const before = done.before.length ? done.before : step.before;
  const ask = done.ask.length ? done.ask : step.ask;
  const text = el("div.lesson-text", {}, ...elements(before));
  const asked = ask ? el("div.lesson-ask", {}, el("h4", {}, step.kind === "predict" ? "What do you expect?" : shown.recorded ? "The task" : "Your turn"), ...elements(ask)) : null;
  if (asked && step.kind === "predict") asked.append(shown.together, prediction(step, done, shown, on));
  else if (asked && shown.recorded && !done.done) asked.append(el("p.why", {}, "Think of a way first. This is a recording: it shows what one does here, and what comes of it."));
  return [text, asked, outcome(step, done), foot(step, done, shown, on)].filter((one) => one !== null);
}

/**
 * @param {Step} step
 * @param {StepDone} done
 */
function outcome(step, { done, checked, attempts, answer }) {
  const box = el("div.lesson-outcome", { id: "lesson-outcome", "data-done": String(done) });
  if (!checked) return box;
  if (done) {
    box.append(...[
      step.kind === "act" && el("p.lesson-verdict", {}, el("b", {}, "Done.")),
      step.kind === "predict" && el("p.lesson-verdict", {}, el("b", {}, foretold(step, answer, checked))),
    ].filter((one) => one !== false));
  } else if (attempts) box.append(el("p.lesson-verdict.off", {}, el("b", {}, "Not yet.")));
  if (done && checked.commands?.length) box.append(el("p.lesson-did", {}, `${step.kind === "act" ? "What one does here" : "What was run"}: ${checked.commands.map(commandText).join(", then ")}.`));
  box.append(...elements(checked.say), ...elements(checked.hint), ...elements(checked.after));
  if (checked.hint?.length) box.lastElementChild?.classList.add("lesson-hint");
  return box;
}

/**
 * @param {Step} step
 * @param {StepDone} done
 * @param {Shown} shown
 * @param {On} on
 */
function foot(step, done, shown, on) {
  const button = (/** @type {string} */ id, /** @type {string} */ words, /** @type {() => void} */ act, /** @type {boolean} */ off, primary = false) =>
    el(primary ? "button.primary" : "button", { type: "button", id, disabled: off, click: act }, words);
  const waits = shown.phase !== "" || !shown.ready;
  const over = done.done;
  return el("div.lesson-foot", {},
    shown.phase ? el("p.lesson-phase", {}, shown.phase) : null,
    shown.problem ? el("p.problem", { role: "alert" }, shown.problem) : null,
    el("div.lesson-buttons", {},
      step.kind === "act" && !over && !shown.recorded && button("lesson-check", "Check", on.check, waits, true),
      step.kind === "read" && !over && button("lesson-next", shown.last ? "Finish" : "Next step", on.next, waits, true),
      over && button("lesson-next", shown.last ? "Finish" : "Next step", on.next, shown.phase !== "", true),
      step.kind === "act" && !over && shown.recorded && button("lesson-solve", "See what one does here", on.solve, waits, true),
      !shown.first && button("lesson-back", "Back", on.back, false),
      !over && step.kind === "act" && !shown.recorded && button("lesson-solve", "Show the solution", on.solve, waits),
      (step.kind === "act" || (step.kind === "predict" && done.answer === null)) && button("lesson-again", "Start this step over", on.again, shown.phase !== "")));
}

/**
 * @param {Step} step
 * @param {StepDone} done
 * @param {Shown} shown
 * @param {On} on
 */
function prediction(step, done, shown, on) {
  const locked = done.answer !== null || !shown.ready;
  const problem = el("p.problem", { role: "alert" });
  const go = el("button.primary", { type: "submit", id: "lesson-predict", disabled: locked }, "Predict and run");
  const scale = step.scale;
  if (!scale) {
    const choices = (done.choices.length ? done.choices : step.choices ?? []).map((choice, i) =>
      el("label.choice", { "data-true": String(done.checked?.truth === i) },
        el("input", { type: "radio", name: "lesson-choice", value: i, checked: done.answer === i, disabled: locked }), el("span", {}, ...elements(choice))));
    return el("form.lesson-predict", {
      submit(/** @type {Event} */ event) {
        event.preventDefault();
        const chosen = element(event).querySelector("input:checked");
        if (chosen instanceof HTMLInputElement) on.predict(Number(chosen.value));
        else problem.textContent = "Choose an answer first.";
      },
    }, el("fieldset", {}, el("legend.hidden", {}, "Your prediction"), ...choices), problem, go);
  }
  const [from, to] = Array.isArray(done.answer) ? done.answer.map(String) : ["", ""];
  const low = el("input", { type: "number", id: "lesson-low", min: scale.low, max: scale.high, value: from, disabled: locked, inputmode: "numeric" });
  const high = el("input", { type: "number", id: "lesson-high", min: scale.low, max: scale.high, value: to, disabled: locked, inputmode: "numeric" });
  return el("form.lesson-predict", {
    novalidate: true,
    submit(/** @type {Event} */ event) {
      event.preventDefault();
      const { answer, error } = rangeOf(low.value, high.value, scale);
      problem.textContent = error;
      if (answer) on.predict(answer);
    },
  }, el("p.lesson-range", {}, el("label", { for: "lesson-low" }, "From"), low, el("label", { for: "lesson-high" }, "to"), high, ` ${scale.unit}`),
  el("p.why", {}, `Give a range within ${scale.low} to ${scale.high}. It counts if it holds the truth and is at most ${scale.width} wide.`), problem, go);
}

/** @param {Event} event */
const element = (event) => /** @type {HTMLElement} */ (event.currentTarget);
