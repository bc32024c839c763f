/**
 * A prediction that a presenter puts to the class from inside the lesson: asked, closed, discussed, asked again, run.
 * The question is the one of the tab "Predict"; this is its remote control, beside the step's text.
 */

import { el, setText } from "../lib/dom.js";
import { plural } from "../lib/format.js";
import { quizPicture } from "../quiz/quiz_picture.js";
import { nextSteps, stageText } from "../quiz/quiz_text.js";

/** @typedef {import("../net/protocol.js").QuizState} QuizState */
/** @typedef {import("./lesson.js").ClassQuestion} ClassQuestion */

/**
 * Whether a question is this step's.
 * @param {QuizState|null} quiz
 * @param {ClassQuestion} asked
 */
export function isOf(quiz, asked) {
  if (!quiz || quiz.stage === "none") return false;
  const { text, quantity, designs, commands } = quiz;
  return JSON.stringify([text, quantity, designs, commands]) === JSON.stringify([asked.text, asked.quantity, asked.designs, asked.commands]);
}

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 * @param {object} intents
 * @param {(message: import("../net/wire.js").UpMessage) => boolean} intents.tell
 * @param {() => void} intents.ran what the class was asked has been run
 */
export function createClassStep(state, painter, intents) {
  const words = el("p.quiz-stage", { role: "status" });
  const buttons = el("div.quiz-steps");
  const picture = el("div");
  const element = el("div.lesson-class", { id: "lesson-class", hidden: true }, words, buttons, picture);
  /** @type {ClassQuestion|null} of the step shown, once its start is there */
  let asked = null;
  let step = "";
  let over = false; // the step is done
  let alone = false; // the presenter answers it
  let told = 0; // the last question of which it was said that it has been run
  let drawn = "";

  const people = () => {
    const here = state.classroom.get()?.people;
    return here ? here.following + here.detached : 0;
  };

  /** The form in which one answers alone. */
  const form = () => element.parentElement?.querySelector(".lesson-predict");

  /**
   * @param {string} id
   * @param {string} text
   * @param {boolean} main
   * @param {() => void} act
   */
  const button = (id, text, main, act) => el(main ? "button.primary" : "button", { type: "button", id, click: act }, text);

  function beginning() {
    const other = state.quiz.get();
    const busy = other && other.stage !== "none" && other.stage !== "truth";
    setText(words, busy ? "Another question is being asked: tab Predict." : `${plural(people(), "person is", "people are")} here to be asked: ${asked?.text}`);
    buttons.replaceChildren(...(busy ? [] : [button("lesson-pose", "Ask the class", true, () => asked && intents.tell({ type: "pose", ...asked }))]),
      button("lesson-alone", "Answer it alone", false, () => {
        alone = true;
        show();
      }));
    picture.replaceChildren();
    drawn = "";
  }

  /** @param {QuizState} quiz */
  function underWay(quiz) {
    const paused = quiz.stage === "running" && state.pace.get() === 0 ? " The simulation is paused: press Run." : "";
    setText(words, quiz.stage === "truth" ? "What the class said, and what came:" : stageText(quiz, true) + paused);
    buttons.replaceChildren(...(quiz.stage === "truth" ? [] : nextSteps(quiz)).map(([act, text, main]) =>
      button(`lesson-class-${act}`, text, main, () => void intents.tell({ type: "quiz", act }))));
    const now = JSON.stringify([quiz.results, quiz.truth]);
    if (now === drawn) return;
    drawn = now;
    picture.replaceChildren(...(quiz.results ? [quizPicture(quiz, [], "")] : []));
  }

  function show() {
    const quiz = state.quiz.get();
    const mine = asked !== null && isOf(quiz, asked) && (quiz?.stage !== "truth" || over);
    const offered = asked !== null && !over && !alone && people() > 0;
    element.hidden = !(state.role.get() === "presenter" && (mine || offered));
    element.dataset.stage = mine ? quiz?.stage : "none";
    const own = form();
    if (own instanceof HTMLElement) own.hidden = !element.hidden && !over;
    if (element.hidden) return;
    if (mine && quiz) underWay(quiz);
    else beginning();
  }

  const repaint = painter.add("dom", show);
  for (const each of [state.classroom, state.role, state.pace]) each.subscribe(repaint);
  state.quiz.subscribe((quiz) => {
    repaint();
    if (!quiz || quiz.stage !== "truth" || quiz.number === told || !asked || over || !isOf(quiz, asked)) return;
    told = quiz.number;
    intents.ran();
  });

  return {
    element,
    /**
     * The step that is shown now; call it when the step's form is in the page.
     * @param {ClassQuestion|null} question null: there is none, or its start is not there yet
     * @param {boolean} done
     * @param {string} name of lesson and step
     */
    shows(question, done, name) {
      if (name !== step) alone = false;
      step = name;
      asked = question;
      over = done;
      show();
    },
  };
}
