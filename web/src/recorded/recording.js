/**
 * A recording of a real kernel as the server sends it, and lookups in it. Pure.
 */

/**
 * @typedef {import("../net/wire.js").Command} Command
 *
 * @typedef {object} Value of one quantity after one step
 * @property {number} low of the repetitions
 * @property {number} mean
 * @property {number} high
 * @property {[number, number]} band
 * @property {number[]} each
 *
 * @typedef {object} Step
 * @property {number|null} picture step whose picture shows this state, null = none
 * @property {Record<string, Value>} values by statistic
 *
 * @typedef {object} RecordedDesign
 * @property {string} key
 * @property {string} name
 * @property {Record<string, string>} toggles
 * @property {string} text how the kernel was made to do it
 * @property {number} repetitions
 * @property {Step[]} steps
 *
 * @typedef {object} Recorded the answer of /api/recorded/{example}
 * @property {string} example
 * @property {string} kernel
 * @property {string} profile
 * @property {{command: Command, same: Command[], text: string}[]} operations
 * @property {RecordedDesign[]} designs
 */

/**
 * "6.12.107+deb12-amd64" as people would say it.
 * @param {string} kernel
 */
export const kernelName = (kernel) => `Linux ${/^\d+\.\d+/.exec(kernel)?.[0] ?? kernel}`;

/**
 * The recorded design that a panel shows: same name, same toggles.
 * @param {Recorded|null} recorded
 * @param {{name: string, toggles: Record<string, string>}} design
 */
export function recordedDesign(recorded, design) {
  return recorded?.designs.find(({ name, toggles }) => {
    const keys = Object.keys(design.toggles ?? {});
    return name === design.name && keys.length === Object.keys(toggles).length && keys.every((key) => toggles[key] === design.toggles[key]);
  }) ?? null;
}

/**
 * @param {string} example
 * @param {string} design key
 * @param {number} step
 */
export const pictureKey = (example, design, step) => `${example} ${design} ${step}`;
