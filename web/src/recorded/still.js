/**
 * What is shown while the simulator is being compiled: the captured start, and what a real kernel did from there. Pure; in words
 * that nobody can take for the simulator's.
 */

import { count, plural } from "../lib/format.js";
import { kernelText, ROWS } from "./difference.js";
import { kernelName, pictureKey, recordedDesign } from "./recording.js";

/**
 * @typedef {object} Told the answer of /api/sessions/{id}/preview
 * @property {import("../net/wire.js").Welcome["config"]} config
 * @property {import("../net/wire.js").DesignInfo[]} designs
 * @property {import("../net/wire.js").GuestInfo|null} guest null: it is made by the simulator, so there is nothing to be seen yet
 * @property {string|null} recorded example whose recording begins there
 * @property {[string, string][]} planes
 * @property {string[]} stat_fields
 *
 * @typedef {Told & {guest: import("../net/wire.js").GuestInfo, start: import("../net/wire.js").DesignFrame[]}} Preview start: the captured memory, by design
 *
 * @typedef {object} Still what the panels show of it
 * @property {number} nr_pageblocks
 * @property {(import("../net/wire.js").DesignFrame|null)[]} designs null: nothing was recorded
 */

/** @param {import("../net/wire.js").Progress|null} progress */
export const isCompiling = (progress) => progress?.phase === "compiling";

/**
 * What each panel shows at a step.
 * @param {Preview} preview
 * @param {import("./recording.js").Recorded|null} recorded
 * @param {ReadonlyMap<string, import("../net/wire.js").DesignFrame>} pictures
 * @param {number} step
 * @returns {Still}
 */
export function stillAt(preview, recorded, pictures, step) {
  const { nr_pageblocks } = preview.guest;
  if (step === 0) return { nr_pageblocks, designs: preview.start };
  const designs = preview.designs.map((design) => {
    const key = wanted(recorded, design, step);
    return key ? pictures.get(key) ?? null : null;
  });
  return { nr_pageblocks, designs };
}

/**
 * The picture that a panel shows at a step, by its key; null if nothing was recorded.
 * @param {import("./recording.js").Recorded|null} recorded
 * @param {import("../net/wire.js").DesignInfo} design
 * @param {number} step
 */
export function wanted(recorded, design, step) {
  const real = recordedDesign(recorded, design);
  const picture = real?.steps[step]?.picture ?? null;
  return recorded && real && picture !== null ? pictureKey(recorded.example, real.key, picture) : null;
}

/**
 * The commands that bring the simulator to a recorded step.
 * @param {import("./recording.js").Recorded} recorded
 * @param {number} step
 */
export const commandsTo = (recorded, step) => recorded.operations.slice(0, step).map(({ command }) => command);

/**
 * How far the compiler is, in words.
 * @param {import("../net/wire.js").Progress|null} progress
 */
export function compilingText(progress) {
  if (progress && !isCompiling(progress)) return "The simulator is nearly ready";
  if (!progress || progress.total <= 0) return "The simulator is being compiled";
  return `The simulator is being compiled: ${progress.done} of ${plural(progress.total, "step")}`;
}

/**
 * @param {Preview} preview
 * @param {import("./recording.js").Recorded|null} recorded
 * @param {number} step
 * @param {number} i panel
 * @param {number} free 2 MiB blocks free in the picture
 * @returns {{number: string, what: string, reach: string, source: string}}
 */
export function stillText(preview, recorded, step, i, free) {
  if (!recorded) return { number: count(free), what: "2 MiB blocks free", reach: "as captured", source: "real, as captured" };
  const kernel = kernelName(recorded.kernel);
  const source = `recorded: ${kernel}`;
  const real = recordedDesign(recorded, preview.designs[i]);
  if (step === 0) return { number: count(free), what: "2 MiB blocks free", reach: `in ${kernel}, as captured`, source };
  if (!real) return { number: "–", what: "never recorded", reach: "no kernel has this design", source: "not recorded" };
  const { values, picture } = real.steps[step];
  const stat = "huge_best" in values ? "huge_best" : "free_blocks_all";
  const row = /** @type {import("./difference.js").Row} */ (ROWS.find((each) => each.stat === stat));
  const older = picture !== null && picture !== step ? `; picture of step ${picture}` : "";
  return {
    number: kernelText(row, values[stat]).replace(" to ", "–"),
    what: stat === "huge_best" ? "huge pages handed out" : "2 MiB blocks free",
    reach: `in ${kernel}, ${plural(real.repetitions, "run")}${older}`,
    source,
  };
}

/**
 * @param {import("./recording.js").Recorded} recorded
 * @param {number} step
 */
export function stepText(recorded, step) {
  const next = recorded.operations[step]?.text;
  if (step === 0) return `All start from the same captured memory. Next: ${next}.`;
  const done = `What ${kernelName(recorded.kernel)} did, step ${step}: ${recorded.operations[step - 1].text}.`;
  return next ? `${done} Next: ${next}.` : done;
}
