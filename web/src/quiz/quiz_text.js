/**
 * "Predict, then run" in words and numbers: where a question is, what was typed, what came of it. Pure.
 */

import { count, plural } from "../lib/format.js";
import { designTitle } from "../panels/design_text.js";

/** @typedef {import("../net/protocol.js").QuizState} QuizState */
/** @typedef {import("../net/protocol.js").Command} Command */

/**
 * @typedef {object} WishTold the answer of POST …/wish
 * @property {number} tried
 * @property {number|null} value
 * @property {import("../net/wire.js").Config|null} config
 */

/** What can be asked for: name on the wire, words, the question that a presenter begins with. */
export const QUANTITIES = /** @type {[import("../net/protocol.js").Pose["quantity"], string, string][]} */ ([
  ["huge_best", "huge pages", "How many huge pages will each design give?"],
  ["free_blocks_all", "free 2 MiB blocks", "How many 2 MiB blocks will be free?"],
  ["thp_potential", "pageblocks that could be freed", "How many pageblocks are free, or could be freed?"],
  ["balloon_actual", "pages in the balloon", "How many pages will the balloon hold?"],
  ["blocks_held_by_balloon", "blocks held by the balloon", "How many pageblocks will only the balloon hold?"],
]);

/** @param {string} quantity */
export const quantityWords = (quantity) => QUANTITIES.find(([name]) => name === quantity)?.[1] ?? quantity;

/**
 * Where the question is, for who reads it.
 * @param {QuizState} quiz
 * @param {boolean} presents
 */
export function stageText({ stage, round, answered, mine }, presents) {
  const which = round === 2 ? "second answer" : "answer";
  const last = mine[round - 1];
  const people = answered === null ? "" : ` ${plural(answered, "person has", "people have")} answered.`;
  if (stage === "none") return presents ? "Ask your class what will come before you run it." : "Nothing is asked at the moment.";
  if (stage === "open" && presents) return `${round === 2 ? "Asked again" : "Asked"}: the answers are open.${people}`;
  if (stage === "open") return last ? `Your ${which} is kept. You can change it until it is closed.` : `Your ${which}, please.`;
  if (stage === "closed") return `The answers are closed.${people}${presents || last ? "" : " You have not answered."}`;
  if (stage === "discuss") return "Discuss: why so many, why so few? Then it is asked again.";
  if (stage === "running") return "It is being run…";
  return "This is what came.";
}

/**
 * What the presenter may do next: act, words, whether it is the way on.
 * @param {QuizState} quiz
 * @returns {[import("../net/protocol.js").QuizAct["act"], string, boolean][]}
 */
export function nextSteps({ stage, round }) {
  if (stage === "open") return [["close", "Close the answers", true], ["drop", "Drop the question", false]];
  if (stage === "closed" && round === 1) return [["discuss", "Let them discuss", true], ["run", "Run it now", false], ["drop", "Drop the question", false]];
  if (stage === "closed") return [["run", "Run it", true], ["drop", "Drop the question", false]];
  if (stage === "discuss") return [["open", "Ask again", true], ["drop", "Drop the question", false]];
  if (stage === "truth") return [["drop", "Another question", true]];
  return [];
}

/**
 * Typed ranges, or what is wrong with them.
 * @param {[string, string][]} typed from, to, of each design
 * @param {readonly string[]} designs
 * @returns {{ranges: [number, number][], wrong: string}}
 */
export function rangesOf(typed, designs) {
  /** @type {[number, number][]} */
  const ranges = [];
  for (const [i, [from, to]] of typed.entries()) {
    const [low, high] = [Number(from), Number(to)];
    const missing = from.trim() === "" || to.trim() === "";
    if (missing || !Number.isInteger(low) || !Number.isInteger(high) || low < 0) return { ranges: [], wrong: `${designTitle(designs[i])}: two whole numbers are needed, from and to.` };
    if (low > high) return { ranges: [], wrong: `${designTitle(designs[i])}: from ${count(low)} to ${count(high)} is no range, the smaller number comes first.` };
    ranges.push([low, high]);
  }
  return { ranges, wrong: "" };
}

/**
 * What a class's ranges came to, in words.
 * @param {import("../net/protocol.js").Spans} spans
 * @param {number} answered
 */
export function spansText({ low, high, covered, score }, answered) {
  if (!answered) return "nobody answered";
  const half = `half say ${count(low)} or more, half ${count(high)} or less`;
  if (covered === null || score === null) return half;
  return `${count(covered)} of ${count(answered)} had it; ${half}; mean score ${count(score)}`;
}

/**
 * One's own answers and what they cost.
 * @param {QuizState} quiz
 */
export function ownText({ mine, scores, truth, designs }) {
  if (!truth) return "";
  const parts = mine.flatMap((ranges, i) => {
    if (!ranges) return [];
    const had = ranges.filter(([low, high], d) => low <= truth[d] && truth[d] <= high).length;
    return [`your ${i ? "second" : "first"} answer had ${had} of ${designs.length}, score ${count(scores[i] ?? 0)}`];
  });
  return parts.length ? `${parts.join("; ").replace(/^y/, "Y")}. A range costs its width, and ten for each unit that it misses by: the lower the better.` : "";
}

/**
 * The range that a page's own person would like to see true: their last answer, else what half the class says.
 * @param {QuizState} quiz
 * @param {number} d design
 * @returns {[number, number]}
 */
export function wishOf({ mine, results }, d) {
  const own = [...mine].reverse().find(Boolean);
  if (own) return own[d];
  const last = [...(results?.rounds ?? [])].reverse().find((round) => round.answered);
  const { low, high } = last?.designs[d] ?? { low: 0, high: 0 };
  return [Math.floor(Math.min(low, high)), Math.ceil(Math.max(low, high))];
}

/**
 * What was found, in words.
 * @param {WishTold} told
 */
export function wishText({ tried, value, config }) {
  if (!config) return `None of ${plural(tried, "guest")} tried${value === null ? "" : `; the nearest came to ${count(value)}`}.`;
  const { source, seed } = config;
  const guest = source?.kind === "synthetic" ? `${source.preset}, ${count(source.size_mib ?? 0)} MiB, seed ${source.seed}` : `this guest under seed ${seed}`;
  return `${guest}: ${count(value ?? 0)} (no. ${tried} tried).`;
}

/**
 * What the real kernel did with the same commands, three times or so; none where it was not recorded.
 * @param {import("../recorded/recording.js").RecordedDesign|null} real
 * @param {number} step
 * @param {string} quantity
 * @returns {number[]}
 */
export const realRuns = (real, step, quantity) => real?.steps[step]?.values[quantity]?.each ?? [];
