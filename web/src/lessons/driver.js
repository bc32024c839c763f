/**
 * Brings the session to where a lesson wants it: another guest, commands one after the other, until nothing is left to do.
 */

import { sameConfig } from "../guide/scenario.js";
import { statIndex } from "../net/wire.js";

/**
 * @typedef {import("./lesson.js").Way} Way
 * @typedef {object} Intents
 * @property {import("../net/client.js").Client["reset"]} reset
 * @property {import("../net/client.js").Client["sequence"]} sequence
 * @property {import("../net/client.js").Client["look"]} look
 */

/**
 * Whether the picture is of now, and nothing is on its way or at work.
 * @param {import("../state.js").State} state
 */
export function atRest(state) {
  const welcome = state.welcome.get();
  const frame = state.frame.get();
  if (!welcome || !frame || state.past.get() || state.pending.get().size > 0) return false;
  if (state.sequence.get() || state.log.get().length > frame.log_index) return false;
  const busy = statIndex(welcome.stat_fields).busy;
  return frame.designs.length === welcome.designs.length && frame.designs.every(({ stats }) => stats[busy] === 0);
}

/**
 * @param {import("../state.js").State} state
 * @param {Intents} intents
 */
export function createDriver(state, intents) {
  const atoms = [state.welcome, state.frame, state.past, state.pending, state.sequence, state.log];
  let turn = 0; // of what was asked for last; what came before is given up

  /**
   * @param {() => boolean} there
   * @returns {Promise<boolean>} false: something else was asked for meanwhile
   */
  function until(there) {
    const mine = turn;
    return new Promise((resolve) => {
      /** @type {(() => void)[]} */
      let stops = [];
      const look = () => {
        if (mine === turn && !(atRest(state) && there())) return;
        stops.forEach((stop) => stop());
        stops = [];
        resolve(mine === turn);
      };
      stops = atoms.map((one) => one.subscribe(() => queueMicrotask(look)));
      look();
    });
  }

  /**
   * @param {import("./lesson.js").Command[]} commands
   * @param {string} text
   */
  async function give(commands, text) {
    const before = state.log.get().length;
    if (commands.length) intents.sequence([...commands], text);
    return until(() => state.log.get().length >= before + commands.length);
  }

  return {
    /** Until nothing is at work. */
    settled: () => until(() => true),
    /** What was under way for a lesson is not waited for any longer. */
    giveUp() {
      turn += 1;
    },
    /**
     * From another guest on.
     * @param {Way} way
     * @param {string} text
     */
    async bring(way, text) {
      turn += 1;
      intents.look(null);
      const before = state.welcome.get()?.epoch;
      intents.reset(way.config, text);
      const there = await until(() => {
        const welcome = state.welcome.get();
        return welcome !== null && welcome.epoch !== before && sameConfig(welcome.config, way.config) && state.log.get().length === 0;
      });
      return there && give(way.commands, text);
    },
    give,
  };
}
