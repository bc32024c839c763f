/**
 * One picture for a question: what the class said in both rounds, what the simulator came to, what the real kernel did.
 */

import { el, lineSwatch, svg } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { DESIGN_LINES } from "../map/palette.js";
import { designTitle } from "../panels/design_text.js";
import { spansText } from "./quiz_text.js";
import { axisOf, LANE, outline, ticksOf, WIDTH, xOf } from "./spans.js";

/** @typedef {import("../net/protocol.js").QuizState} QuizState */

const ROUNDS = ["first answers", "second answers"];
const BELOW = 20; // for the runs of the real kernel, and one's own range
const FEET = 26; // for the numbers of the axis

/**
 * @param {QuizState} quiz with results
 * @param {readonly number[][]} real runs of the real kernel, by design
 * @param {string} kernel its name, where there are runs
 * @returns {HTMLElement}
 */
export function quizPicture(quiz, real, kernel) {
  const results = /** @type {NonNullable<QuizState["results"]>} */ (quiz.results);
  const truth = quiz.truth ?? [];
  const axis = axisOf(results, [...truth, ...real.flat()]);
  const most = Math.max(1, ...results.rounds.flatMap((round) => round.designs.flatMap((spans) => [...spans.counts])));
  const key = el("p.quiz-key", {},
    ...results.rounds.map((_, r) => el(`span.quiz-round-${r + 1}`, {}, ROUNDS[r])),
    quiz.truth && el("span.quiz-sim", {}, "simulator"),
    real.some((runs) => runs.length) && el("span.quiz-kernel", {}, `${kernel}, each run`),
    quiz.mine.some(Boolean) && el("span.quiz-mine", {}, "you"));
  const rows = quiz.designs.map((design, d) => {
    const said = results.rounds.map((round, r) => el("li", {}, `${ROUNDS[r]}: ${spansText(round.designs[d], round.answered)}`));
    return el("section.quiz-design", { "data-design": design },
      el("h4", {}, lineSwatch(DESIGN_LINES[d % DESIGN_LINES.length]), el("span", {}, designTitle(design)), el("span.key", {}, design)),
      el("p.quiz-came", {},
        quiz.truth && el("b", { "data-truth": truth[d] }, `simulator ${count(truth[d])}`),
        real[d]?.length ? el("span", { "data-real": real[d].join(" ") }, `${kernel}: ${real[d].map(count).join(", ")}`) : null),
      drawn(quiz, results, d, axis, most, real[d] ?? []),
      el("ul.quiz-said", {}, ...said));
  });
  return el("div.quiz-picture", {}, key, ...rows);
}

/**
 * @param {QuizState} quiz
 * @param {NonNullable<QuizState["results"]>} results
 * @param {number} d design
 * @param {{from: number, to: number}} axis
 * @param {number} most
 * @param {readonly number[]} runs of the real kernel
 */
function drawn(quiz, results, d, axis, most, runs) {
  const lanes = results.rounds.length * LANE;
  const height = lanes + BELOW + FEET;
  const children = [svg("line", { class: "quiz-base", x1: 0, x2: WIDTH, y1: lanes, y2: lanes })];
  results.rounds.forEach((round, r) => {
    const bottom = (r + 1) * LANE;
    children.push(svg("path", { class: `quiz-round-${r + 1}`, d: outline(axis, results, round.designs[d].counts, most, bottom) }));
  });
  quiz.mine.forEach((ranges, r) => {
    if (!ranges || r >= results.rounds.length) return;
    const [low, high] = ranges[d];
    const y = (r + 1) * LANE - 3;
    const [x1, x2] = [xOf(axis, low), xOf(axis, high + 1)].map((x) => Math.min(x, WIDTH));
    children.push(svg("path", { class: "quiz-mine", d: `M${x1} ${y - 5}V${y}H${x2}V${y - 5}` }));
  });
  if (quiz.truth) {
    const x = xOf(axis, quiz.truth[d] + 0.5);
    children.push(svg("line", { class: "quiz-sim", x1: x, x2: x, y1: 0, y2: lanes + 4 }));
  }
  for (const run of runs) {
    const [x, y] = [xOf(axis, run + 0.5), lanes + BELOW / 2];
    children.push(svg("path", { class: "quiz-kernel", d: `M${x} ${y - 7}L${x + 6} ${y}L${x} ${y + 7}L${x - 6} ${y}Z` }));
  }
  for (const tick of ticksOf(axis)) {
    children.push(svg("text", { class: "quiz-tick", x: xOf(axis, tick + 0.5), y: height - 5 }, count(tick)));
  }
  // The words around it say all of it: for who hears the page it is no picture.
  return svg("svg", { class: "quiz-drawn", viewBox: `0 0 ${WIDTH} ${height}`, "aria-hidden": "true" }, ...children);
}
