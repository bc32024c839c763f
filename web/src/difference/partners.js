/**
 * What can be compared: a panel now, a panel at an earlier moment, what a real kernel did. Pure.
 */

import { commandText } from "../controls/command_text.js";
import { designTitle, inSentence } from "../panels/design_text.js";
import { kernelName, recordedDesign } from "../recorded/recording.js";

const MOST_MOMENTS = 30; // commands, the newest

/**
 * @typedef {object} Partner
 * @property {string} key
 * @property {string} words
 * @property {string} group
 * @property {number} design place in the session's designs
 * @property {{tick: number, index: number}|null} moment null: now
 * @property {{example: string, design: string, step: number}|null} real
 *
 * @typedef {import("../net/wire.js").DesignInfo} DesignInfo
 */

/**
 * @param {readonly DesignInfo[]} designs
 * @param {readonly import("../net/wire.js").Entry[]} log
 * @param {import("../recorded/recording.js").Recorded|null} recorded
 * @param {string} now words for what the panels show
 * @param {number} [reached] commands given: what the kernel did after more of them is an answer that nobody has asked for yet
 * @returns {Partner[]}
 */
export function partners(designs, log, recorded, now, reached = Infinity) {
  /** @type {Partner[]} */
  const found = designs.map(({ key }, design) => ({ key: `now ${design}`, words: `${designTitle(key)}, ${now}`, group: "Panels", design, moment: null, real: null }));
  for (const [design, { key }] of designs.entries()) {
    for (const entry of log.slice(-MOST_MOMENTS)) {
      const when = entry.index === 1 ? "at the start" : `before command ${entry.index}, ${commandText(entry.command)}`;
      found.push({ key: `${entry.tick} ${entry.index - 1} ${design}`, words: `${designTitle(key)}, ${when}`, group: `Earlier: ${inSentence(key)}`, design, moment: { tick: entry.tick, index: entry.index - 1 }, real: null });
    }
  }
  for (const [design, info] of designs.entries()) {
    const real = recordedDesign(recorded, info);
    if (!recorded || !real) continue;
    for (const [step, { picture }] of real.steps.entries()) {
      if (picture !== step || step > reached) continue;
      const what = step === 0 ? "as captured" : `after ${recorded.operations[step - 1].text}`;
      found.push({
        key: `real ${design} ${step}`, words: `${designTitle(info.key)}, ${kernelName(recorded.kernel)}, ${what}`, group: `Recorded in ${kernelName(recorded.kernel)}`,
        design, moment: null, real: { example: recorded.example, design: real.key, step },
      });
    }
  }
  return found;
}
