/**
 * Values at which the balloon's slider stops: round ones, and those that a real kernel was recorded with. Pure.
 */

const MIB_PAGES = 256;
const STOPS = 100; // about so many round values on the slider
const MARKS = 10; // about so many of them are marked
const CAUGHT = 0.01; // of the slider: a recorded value so near is meant

/**
 * The round step (1, 2 or 5 times a power of ten) nearest below a size.
 * @param {number} size
 */
export function roundStep(size) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, size)));
  return power * (size >= 5 * power ? 5 : size >= 2 * power ? 2 : 1);
}

/**
 * Balloon sizes that the recorded commands reach, in MiB.
 * @param {{operations: {command: {type: string, nr_pages?: number}}[]}|null} recorded
 */
export function recordedTargets(recorded) {
  let now = 0;
  const targets = new Set();
  for (const { command } of recorded?.operations ?? []) {
    const size = (command.nr_pages ?? 0) / MIB_PAGES;
    if (command.type === "balloon_inflate") now += size;
    else if (command.type === "balloon_deflate") now -= size;
    else if (command.type === "balloon_target") now = size;
    else continue;
    if (now > 0) targets.add(now);
  }
  return /** @type {number[]} */ ([...targets]);
}

/**
 * The value that a drag to somewhere means.
 * @param {number} value MiB
 * @param {number} most MiB
 * @param {readonly number[]} recorded
 */
export function snapped(value, most, recorded) {
  const near = recorded.find((one) => Math.abs(one - value) <= CAUGHT * most);
  if (near !== undefined) return near;
  const step = roundStep(most / STOPS);
  return Math.min(most, Math.round(value / step) * step);
}

/**
 * What is marked along the slider.
 * @param {number} most MiB
 * @param {readonly number[]} recorded
 * @returns {{value: number, recorded: boolean}[]}
 */
export function targetMarks(most, recorded) {
  const step = roundStep(most / MARKS);
  const round = Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
  return [...round.map((value) => ({ value, recorded: false })), ...recorded.filter((value) => value <= most).map((value) => ({ value, recorded: true }))];
}
