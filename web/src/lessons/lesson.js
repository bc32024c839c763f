/**
 * A lesson as data, how far somebody is in it, and what is handed in. Pure.
 */

/**
 * @typedef {import("../net/wire.js").Command} Command
 * @typedef {import("../net/wire.js").Config} Config
 *
 * @typedef {string | Block} Part
 * @typedef {{tag: string, parts?: Part[], text?: string, href?: string}} Block text: of a number, "" = not known here
 *
 * @typedef {Omit<import("../net/protocol.js").Pose, "type">} ClassQuestion what a presenter asks the class in place of the prediction
 *
 * @typedef {object} Step
 * @property {string} title
 * @property {"act"|"predict"|"read"} kind
 * @property {Config|null} load null: it goes on where the last one ended
 * @property {Block[]} before
 * @property {Block[]} [ask]
 * @property {Block[][]} [choices]
 * @property {{unit: string, low: number, high: number, width: number}|null} [scale]
 * @property {ClassQuestion|null} [class]
 * @property {{stat: string, label: string}[]} show
 * @property {number} hints
 *
 * @typedef {{name: string, digest: string, title: string, minutes: number, know: string[], intro: Block[], steps: Step[]}} Lesson
 * @typedef {{name: string, title?: string, minutes?: number, know?: string[], steps?: number, problem?: string, href?: string}} Listed href: the file that plays it
 * @typedef {{config: Config, commands: Command[], solution?: Command[], part?: number, from?: number}} Way part, from: of a recording
 * @typedef {{tick: number, log_index: number, numbers: Record<string, number>}} Start
 * @typedef {{start: Start, before: Block[], ask: Block[], choices: Block[][]}} Begun
 *
 * @typedef {object} Checked
 * @property {boolean} busy
 * @property {boolean} done
 * @property {boolean|null} [right] whether a prediction came true; null: the class was asked
 * @property {number} [truth]
 * @property {string} [text] the truth, as people write it
 * @property {Block[]} [say]
 * @property {Block[]} [hint]
 * @property {Block[]} [after]
 * @property {object} [evidence]
 * @property {Command[]} [commands] what one does, of a step that was played
 *
 * @typedef {[number, number] | number} Answer a range, or the index of a choice
 *
 * @typedef {object} StepDone
 * @property {boolean} done
 * @property {number} attempts failed ones
 * @property {boolean} shown whether the solution was asked for
 * @property {Answer|null} answer
 * @property {Checked|null} checked
 * @property {Block[]} before
 * @property {Block[]} ask
 * @property {Block[][]} choices
 *
 * @typedef {{digest: string, at: number, steps: StepDone[]}} Progress
 */

export const PROGRESS_VERSION = 1;

/** @returns {StepDone} */
const untouched = () => ({ done: false, attempts: 0, shown: false, answer: null, checked: null, before: [], ask: [], choices: [] });

/**
 * @param {Lesson} lesson
 * @returns {Progress}
 */
export const begun = (lesson) => ({ digest: lesson.digest, at: 0, steps: lesson.steps.map(untouched) });

/**
 * What was kept of a lesson; begins anew where it is of another text, or no progress at all.
 * @param {string|null} text
 * @param {Lesson} lesson
 * @returns {Progress}
 */
export function kept(text, lesson) {
  try {
    const data = JSON.parse(text ?? "");
    const fits = data.digest === lesson.digest && Array.isArray(data.steps) && data.steps.length === lesson.steps.length
      && Number.isInteger(data.at) && data.at >= 0 && data.at < lesson.steps.length;
    if (fits) return { digest: data.digest, at: data.at, steps: data.steps.map((/** @type {object} */ one) => ({ ...untouched(), ...one })) };
  } catch {
    // Nothing was kept, or something else.
  }
  return begun(lesson);
}

/** @param {Progress} progress */
export const doneSteps = ({ steps }) => steps.filter(({ done }) => done).length;

/**
 * What a student hands in: `fragscope lesson grade` plays it again.
 * @param {Lesson} lesson
 * @param {Progress} progress
 * @param {string} student
 */
export const handedIn = (lesson, progress, student) => ({
  progress_version: PROGRESS_VERSION,
  lesson: lesson.name,
  lesson_digest: lesson.digest,
  student,
  steps: progress.steps.flatMap(({ done, attempts, shown, answer, checked }, i) =>
    done || attempts ? [{ number: i + 1, attempts, shown, answer, evidence: checked?.evidence ?? null }] : []),
});

/**
 * The range that somebody typed, or what is wrong with it.
 * @param {string} low
 * @param {string} high
 * @param {{unit: string, low: number, high: number, width: number}} scale
 * @returns {{answer: [number, number]|null, error: string}}
 */
export function rangeOf(low, high, scale) {
  const ends = [low, high].map((text) => (/^-?\d{1,13}$/.test(text.trim()) ? Number(text) : NaN));
  const bad = ends.findIndex((end) => !(end >= scale.low && end <= scale.high));
  if (bad >= 0) return { answer: null, error: `${bad ? "To" : "From"}: a whole number from ${scale.low} to ${scale.high} is needed.` };
  if (ends[0] > ends[1]) return { answer: null, error: "The lower end comes first." };
  return { answer: [ends[0], ends[1]], error: "" };
}

/**
 * What came of a prediction, in a sentence.
 * @param {Step} step
 * @param {Answer|null} answer
 * @param {Checked} checked
 */
export function foretold(step, answer, checked) {
  if (step.kind !== "predict") return "";
  if (!step.scale) {
    if (answer === null) return checked.truth === undefined || checked.truth < 0 ? "None of the answers is true." : `Answer ${checked.truth + 1} is true.`;
    if (checked.right) return "Your prediction came true.";
    const which = checked.truth === undefined || checked.truth < 0 ? "none of the answers" : `answer ${checked.truth + 1}`;
    return `It came out differently: ${which} is true.`;
  }
  const truth = `It is ${checked.text} ${step.scale.unit}.`;
  if (answer === null) return truth;
  if (checked.right) return `${truth} Your range holds it.`;
  const [low, high] = Array.isArray(answer) ? answer : [0, 0];
  const holds = checked.truth !== undefined && low <= checked.truth && checked.truth <= high;
  return holds ? `${truth} Your range holds it, but is wider than ${step.scale.width}: it does not count.` : `${truth} Your range does not hold it.`;
}
