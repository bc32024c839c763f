/**
 * The form in which a presenter asks: what, about which designs, and the commands that are run afterwards.
 */

import { el, setText } from "../lib/dom.js";
import { kernelName } from "../recorded/recording.js";
import { commandText } from "../controls/command_text.js";
import { QUANTITIES } from "./quiz_text.js";

/** @typedef {import("../net/protocol.js").Command} Command */

const EXAMPLE = "inflate 100\ncompact\nhuge 2000";

/**
 * @param {import("../state.js").State} state
 * @param {{tell: (message: import("../net/wire.js").UpMessage) => boolean,
 *   parse: (line: string) => {kind: string, command?: any, words?: string}}} intents
 */
export function createQuizAsk(state, intents) {
  const text = el("input", { type: "text", id: "quiz-text", maxlength: 200 });
  const quantity = el("select", { id: "quiz-quantity", change: () => suggest() }, ...QUANTITIES.map(([name, words]) => el("option", { value: name }, words)));
  const designs = el("div.quiz-choices");
  const recorded = el("input", { type: "checkbox", id: "quiz-recorded", change: () => showLines() });
  const recordedWords = el("span");
  const recordedLine = el("label.switch", { hidden: true }, recorded, " ", recordedWords);
  const lines = el("textarea", { id: "quiz-commands", rows: 4, spellcheck: false }, EXAMPLE);
  const linesLabel = el("label", { for: "quiz-commands" }, "Then these commands, one a line, as in the command box");
  const problem = el("p.problem", { role: "status" });
  const form = el("form.quiz-ask", { submit: (/** @type {Event} */ event) => ask(event) },
    el("label", { for: "quiz-text" }, "The question"), text,
    el("label", { for: "quiz-quantity" }, "It is about the number of"), quantity,
    el("span", {}, "in these designs"), designs, recordedLine, linesLabel, lines,
    el("button.primary", { type: "submit", id: "quiz-pose" }, "Ask the class"), problem);

  function suggest() {
    const known = QUANTITIES.map(([, , question]) => question);
    if (text.value.trim() && !known.includes(text.value)) return;
    text.value = QUANTITIES.find(([name]) => name === quantity.value)?.[2] ?? "";
  }

  /** What is left of the recording, from where the session stands. @returns {Command[]} */
  function rest() {
    const whole = state.recorded.get();
    const welcome = state.welcome.get();
    if (!whole || (welcome?.config.profile ?? "modern") !== whole.profile) return [];
    return whole.operations.slice(state.present.get().log_index).map((operation) => operation.command);
  }

  function showLines() {
    lines.hidden = linesLabel.hidden = recorded.checked && !recordedLine.hidden;
  }

  function show() {
    const commands = rest();
    const hidden = commands.length === 0;
    if (recordedLine.hidden && !hidden) recorded.checked = true;
    recordedLine.hidden = hidden;
    const kernel = kernelName(state.recorded.get()?.kernel ?? "");
    if (!hidden) setText(recordedWords, `Run what was recorded on ${kernel}: ${commands.map(commandText).join(", ")}`);
    showLines();
  }

  let known = "";
  function showDesigns() {
    const keys = state.welcome.get()?.designs.map(({ key }) => key) ?? [];
    if (keys.join() === known) return;
    known = keys.join();
    designs.replaceChildren(...keys.map((key) => el("label.switch", {}, el("input", { type: "checkbox", value: key, checked: true }), ` ${key}`)));
  }

  /** @param {Event} event */
  function ask(event) {
    event.preventDefault();
    const chosen = [...designs.querySelectorAll("input")].filter((box) => box.checked).map((box) => box.value);
    /** @type {Command[]} */
    let commands = [];
    let wrong = chosen.length ? "" : "Choose at least one design.";
    if (recorded.checked && !recordedLine.hidden) commands = rest();
    else {
      for (const line of lines.value.split(/[\n;]/).filter((each) => each.trim())) {
        const meant = intents.parse(line);
        if (meant.kind === "command") commands.push(meant.command);
        else wrong ||= meant.words ?? `“${line.trim()}” is no command for the guest.`;
      }
    }
    if (!wrong && !commands.length) wrong = "Say what is to be run: at least one command.";
    setText(problem, wrong);
    if (wrong) return;
    const name = /** @type {import("../net/protocol.js").Pose["quantity"]} */ (quantity.value);
    intents.tell({ type: "pose", text: text.value.trim() || QUANTITIES[0][2], quantity: name, designs: chosen, commands });
  }

  for (const each of [state.recorded, state.present]) each.subscribe(show);
  state.welcome.subscribe(showDesigns);
  suggest();
  showDesigns();
  show();
  return form;
}
