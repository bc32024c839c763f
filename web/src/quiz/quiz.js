/**
 * The tab "Predict": the presenter asks and leads on, viewers answer with ranges, all see what came of them.
 */

import { el, need, setText } from "../lib/dom.js";
import { notify } from "../state.js";
import { commandText } from "../controls/command_text.js";
import { kernelName, recordedDesign } from "../recorded/recording.js";
import { standing } from "../recorded/standing.js";
import { designTitle } from "../panels/design_text.js";
import { createQuizAsk } from "./quiz_ask.js";
import { quizPicture } from "./quiz_picture.js";
import { createWish } from "./wish.js";
import { nextSteps, ownText, quantityWords, rangesOf, realRuns, stageText } from "./quiz_text.js";

/** @typedef {import("../net/protocol.js").QuizState} QuizState */

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 * @param {object} intents
 * @param {(message: import("../net/wire.js").UpMessage) => boolean} intents.tell
 * @param {() => string} intents.voter who this browser is among those who answer
 * @param {() => Promise<string>} intents.table all answers as CSV
 * @param {(design: string, low: number, high: number) => Promise<import("./quiz_text.js").WishTold>} intents.wish
 * @param {(config: import("../net/wire.js").Config) => Promise<string>} intents.make the address of a session of one's own
 * @param {(line: string) => {kind: string, command?: any, words?: string}} intents.parse
 */
export function createQuiz(state, painter, intents) {
  const root = need("quiz", HTMLElement);
  const stage = el("p.quiz-stage", { id: "quiz-stage", role: "status" });
  const question = el("h3", { id: "quiz-question" });
  const then = el("p.tab-note");
  const answer = el("form.quiz-answer", { id: "quiz-answer", submit: (/** @type {Event} */ event) => send(event) });
  const problem = el("p.problem", { role: "status" });
  const steps = el("div.quiz-steps");
  const picture = el("div", { id: "quiz-picture" });
  const own = el("p", { id: "quiz-own" });
  const table = el("button", { type: "button", id: "quiz-table", click: () => void download() }, "All answers as a table (CSV)");
  const ask = createQuizAsk(state, { tell: intents.tell, parse: intents.parse });
  root.append(question, then, stage, answer, problem, steps, own, picture, table, ask);
  /** @type {[HTMLInputElement, HTMLInputElement][]} */
  let fields = [];
  let asked = "";

  const presents = () => state.role.get() === "presenter";

  /** @param {QuizState} quiz */
  function showAnswer(quiz) {
    const name = `${quiz.number} ${quiz.round} ${quiz.designs.join()}`;
    answer.hidden = presents() || quiz.stage !== "open";
    if (answer.hidden) return;
    const mine = quiz.mine[quiz.round - 1];
    if (asked !== name) {
      asked = name;
      const before = mine ?? quiz.mine[0];
      fields = quiz.designs.map((design, i) => {
        const field = (/** @type {string} */ end, /** @type {number} */ at) =>
          el("input", { type: "number", min: 0, step: 1, inputmode: "numeric", required: true, "aria-label": `${designTitle(design)}, ${end}`, value: before ? before[i][at] : "" });
        return [field("at least", 0), field("at most", 1)];
      });
      answer.replaceChildren(
        el("p.tab-note", {}, "Give a range for each design, so wide that you would be right four times of five."),
        ...quiz.designs.map((design, i) => el("div.quiz-range", {}, el("span", {}, el("b", {}, designTitle(design)), " ", el("span.key", {}, design)), el("span.field", {}, "at least ", fields[i][0]), el("span.field", {}, "at most ", fields[i][1]))),
        el("button.primary", { type: "submit", id: "quiz-send" }, ""));
    }
    setText(need("quiz-send", HTMLButtonElement), mine ? "Change my answer" : "Answer");
  }

  /** @param {Event} event */
  function send(event) {
    event.preventDefault();
    const quiz = state.quiz.get();
    if (!quiz) return;
    const { ranges, wrong } = rangesOf(fields.map(([from, to]) => [from.value, to.value]), quiz.designs);
    setText(problem, wrong);
    if (!wrong && !intents.tell({ type: "guess", number: quiz.number, ranges })) setText(problem, "Not sent: the server is not reachable.");
  }

  /** The runs of the real kernel, by design: where the session stands on its recording. @param {QuizState} quiz */
  function recordedRuns(quiz) {
    const recorded = state.recorded.get();
    const welcome = state.welcome.get();
    if (!recorded || !welcome || quiz.log_index === null) return { real: [], kernel: "" };
    const where = standing(recorded, welcome.config.profile ?? "modern", state.log.get(), quiz.log_index);
    if (where.kind !== "on") return { real: [], kernel: "" };
    const real = quiz.designs.map((key) => {
      const design = welcome.designs.find((each) => each.key === key);
      return design ? realRuns(recordedDesign(recorded, design), where.step, quiz.quantity) : [];
    });
    return { real, kernel: kernelName(recorded.kernel) };
  }

  async function download() {
    try {
      const file = URL.createObjectURL(new Blob([await intents.table()], { type: "text/csv" }));
      el("a", { href: file, download: "answers.csv" }).click();
      setTimeout(() => URL.revokeObjectURL(file), 1000);
    } catch (error) {
      notify(state, "error", error instanceof Error ? error.message : String(error));
    }
  }

  let drawn = "";
  const show = painter.add("dom", () => {
    const quiz = state.quiz.get();
    const there = quiz !== null && quiz.stage !== "none";
    root.dataset.stage = quiz?.stage ?? "none";
    root.dataset.round = String(quiz?.round ?? 1);
    ask.hidden = !presents() || there;
    table.hidden = !presents() || !quiz || quiz.stage === "open";
    for (const each of [question, then, own, picture]) each.hidden = !there;
    if (!quiz || !there) {
      setText(stage, stageText(quiz ?? NOTHING, presents()));
      answer.hidden = true;
      steps.replaceChildren();
      return;
    }
    setText(question, quiz.text);
    setText(then, `Number of ${quantityWords(quiz.quantity)} after: ${quiz.commands.map((command) => commandText(/** @type {any} */ (command))).join(", ")}.`);
    setText(stage, stageText(quiz, presents()));
    showAnswer(quiz);
    steps.replaceChildren(...(presents() ? nextSteps(quiz) : []).map(([act, words, main]) =>
      el(main ? "button.primary" : "button", { type: "button", id: `quiz-${act}`, click: () => void intents.tell({ type: "quiz", act }) }, words)));
    setText(own, ownText(quiz));
    const { real, kernel } = recordedRuns(quiz);
    const now = JSON.stringify([quiz.results, quiz.truth, quiz.mine, real]);
    if (now === drawn) return;
    drawn = now;
    picture.replaceChildren(...(quiz.results ? [quizPicture(quiz, real, kernel)] : []));
    for (const [d, row] of [...picture.querySelectorAll(".quiz-design")].entries()) if (quiz.truth) row.append(createWish(quiz, d, intents));
  });

  let opened = "";
  state.quiz.subscribe((quiz) => {
    show();
    if (!quiz || presents()) return;
    setText(problem, "");
    // Who is asked sees the question: once a round, and once when the truth is there.
    const name = `${quiz.number} ${quiz.round} ${quiz.stage}`;
    if ((quiz.stage === "open" || quiz.stage === "truth") && name !== opened) {
      opened = name;
      state.tab.set("predict");
    }
  });
  for (const each of [state.role, state.recorded, state.log]) each.subscribe(show);
  state.welcome.subscribe((welcome) => {
    show();
    if (welcome && !presents()) intents.tell({ type: "voter", voter: intents.voter() });
  });
  show();
}

/** @type {QuizState} */
const NOTHING = {
  type: "quiz_state", number: 0, stage: "none", round: 1, text: "", quantity: "", designs: [], commands: [], mine: [], scores: [],
  answered: null, results: null, truth: null, log_index: null,
};
