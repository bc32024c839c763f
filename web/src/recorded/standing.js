/**
 * Where a session stands among the recorded commands of a real kernel. Pure; docs/PROTOCOL.md section 6 has the rules.
 */

import { kernelName } from "./recording.js";

/**
 * @typedef {import("../net/wire.js").Command} Command
 * @typedef {import("../net/wire.js").Entry} Entry
 * @typedef {import("./recording.js").Recorded} Recorded
 *
 * @typedef {({kind: "none"} | {kind: "profile"} | {kind: "unknown"} | {kind: "on", step: number} |
 *   {kind: "left", why: "other"|"early"|"more", step: number, command: Command|null}) & {reading?: boolean}} Standing
 *   reading: the log has not been read up to the frame, so this is the standing before the last command
 */

/**
 * @param {Command} a
 * @param {Command} b
 */
const same = (a, b) => {
  const others = new Map(Object.entries(b));
  const fields = Object.entries(a);
  return fields.length === others.size && fields.every(([name, value]) => others.get(name) === value);
};

/**
 * The step that the state on screen belongs to.
 * @param {Recorded|null} recorded
 * @param {string} profile of the session
 * @param {readonly Entry[]} log as far as it is known
 * @param {number} log_index of the frame shown
 * @returns {Standing}
 */
export function standing(recorded, profile, log, log_index) {
  if (!recorded) return { kind: "none" };
  if (profile !== recorded.profile) return { kind: "profile" };
  const { operations } = recorded;
  for (let i = 0; i < Math.min(log_index, operations.length + 1); i++) {
    const entry = log[i];
    if (!entry) return { kind: "unknown" };
    if (i >= operations.length) return { kind: "left", why: "more", step: i, command: entry.command };
    if (!operations[i].same.some((command) => same(command, entry.command))) {
      return { kind: "left", why: "other", step: i, command: entry.command };
    }
    if (!entry.idle) return { kind: "left", why: "early", step: i, command: entry.command };
  }
  if (log_index > operations.length) return { kind: "left", why: "more", step: operations.length, command: null };
  return { kind: "on", step: log_index };
}

/**
 * Whether a scenario follows the recording. If not, none of it is compared with the kernel, and following the scenario does not
 * count as leaving the recording.
 * @param {Recorded|null} recorded
 * @param {{steps: {commands: Command[]}[]}|null} scenario the one that runs, null = none
 */
export function along(recorded, scenario) {
  if (!scenario) return true;
  const commands = scenario.steps.flatMap((step) => step.commands);
  return recorded !== null && commands.every((command, i) => recorded.operations[i]?.same.some((each) => same(each, command)));
}

/**
 * While the log is being read after a command, the last known standing is kept, so that nothing flickers. It is marked, because
 * the numbers already belong to the next step and must not be judged against this one.
 * @returns {(now: Standing) => Standing}
 */
export function steady() {
  /** @type {Standing|null} */
  let last = null;
  return (now) => {
    if (now.kind === "unknown" && last) return { ...last, reading: true };
    last = now;
    return now;
  };
}

/**
 * Why there is nothing to compare, in words.
 * @param {Exclude<Standing, {kind: "on"}>} where
 * @param {Recorded|null} recorded
 * @param {(command: Command) => string} commandText
 */
export function standingText(where, recorded, commandText) {
  if (where.kind === "none" || !recorded) return "";
  if (where.kind === "unknown") return "Reading the log…";
  if (where.kind === "profile") {
    return `The recordings are of ${kernelName(recorded.kernel)}; this guest follows the rules of Linux 3.8, so there is nothing to compare it with.`;
  }
  const asked = where.command ? `“${commandText(where.command)}”` : "more commands";
  const wanted = recorded.operations[where.step]?.text;
  const why = {
    other: `${asked} was given where step ${where.step + 1} of the recording is “${wanted}”`,
    early: `${asked} was given before the previous step had finished, or with the workload on`,
    more: `${asked} came after the last recorded step`,
  }[where.why];
  return `You have left the recorded commands: ${why}. Start over to compare.`;
}
