/**
 * In place of what a server answers about a lesson: a file that plays one has its text, its numbers and its answers in it.
 */

import { packedBytes } from "./tape.js";

/**
 * @typedef {import("../lessons/lesson.js").Block} Block
 *
 * @typedef {object} RecordedStep
 * @property {number} part of the recording
 * @property {number} from commands contained where it begins
 * @property {Block[]} before
 * @property {Block[]} ask
 * @property {Block[][]} choices
 * @property {import("../net/wire.js").Command[]} commands what one does
 * @property {Block[]} after
 * @property {number} [truth] of a prediction: the number, or which choice
 * @property {string} [text] the number as people write it
 * @property {Block[][]} [says] to a wrong answer, one each choice; of a scale one
 *
 * @typedef {object} RecordedLesson
 * @property {import("../lessons/lesson.js").Lesson} lesson
 * @property {import("../lessons/lesson.js").Listed[]} list
 * @property {RecordedStep[]} steps
 */

/** @type {Promise<RecordedLesson|null>|null} */
let reading = null;

/** The lesson of this file; null = it has none. */
export const openLesson = () => (reading ??= packedBytes("playback-lesson").then((bytes) => bytes && JSON.parse(new TextDecoder().decode(bytes))));

/** @returns {Promise<RecordedLesson>} */
async function lessonHere() {
  const found = await openLesson();
  if (!found) throw new Error("There is no lesson in this file.");
  return found;
}

/**
 * What came of a step that was played to its end; the twin of server/lessons/showing.py.
 * @param {RecordedStep} step
 * @param {import("../lessons/lesson.js").Answer|undefined} answer
 * @param {number} width of the widest range that counts
 * @returns {import("../lessons/lesson.js").Checked}
 */
export function outcomeOf({ truth, text, says, after, commands }, answer, width) {
  const checked = { busy: false, done: true, after, commands };
  if (truth === undefined) return checked;
  const ranged = Array.isArray(answer);
  const right = ranged ? answer[0] <= truth && truth <= answer[1] && answer[1] - answer[0] <= width : answer === truth;
  return { ...checked, right, truth, text, say: right ? [] : says?.[ranged ? 0 : answer ?? 0] ?? [] };
}

/** @returns {import("../lessons/lessons.js").Rest} */
export function recordedLesson() {
  /** @param {number} number */
  const way = async (number) => {
    const { lesson, steps } = await lessonHere();
    const step = steps[number - 1];
    const config = lesson.steps.slice(0, number).filter(({ load }) => load).at(-1)?.load ?? {};
    return { config, commands: [], solution: step.commands, part: step.part, from: step.from };
  };
  return {
    list: async () => ({ lessons: (await lessonHere()).list }),
    lesson: async () => (await lessonHere()).lesson,
    way: (_name, number) => way(number),
    solution: (_name, number) => way(number),
    async begin(_name, number) {
      const { from, before, ask, choices } = (await lessonHere()).steps[number - 1];
      return { start: { tick: 0, log_index: from, numbers: {} }, before, ask, choices };
    },
    async check(_name, number, body) {
      const { lesson, steps } = await lessonHere();
      const { answer } = /** @type {{answer?: import("../lessons/lesson.js").Answer}} */ (body);
      return outcomeOf(steps[number - 1], answer, lesson.steps[number - 1].scale?.width ?? 0);
    },
  };
}
