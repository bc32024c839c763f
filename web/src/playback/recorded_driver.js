/**
 * In place of the driver that gives a lesson's commands to a session: a recording holds what they do, and is brought to where
 * a step begins, or is played from there to where it ends.
 */

import { openTape, part } from "./tape.js";

const MOST_PICTURES = 90; // of a step that is played: a longer one leaves some out
const PICTURE_MS = 35;

/** Nobody acts in a recording: whether a step is done is not looked at by itself. */
export const atRest = () => false;

/**
 * Pictures on the way from one to another: not more than so many, and the last one.
 * @param {number} from place
 * @param {number} to place
 * @param {number} most
 * @returns {number[]} places
 */
export function pictures(from, to, most) {
  const stride = Math.max(1, Math.ceil((to - from) / most));
  const places = [];
  for (let place = from + stride; place < to; place += stride) places.push(place);
  return [...places, to];
}

/**
 * @param {import("../state.js").State} state
 * @param {import("../lessons/driver.js").Intents} intents
 * @returns {ReturnType<typeof import("../lessons/driver.js").createDriver>}
 */
export function createDriver(state, intents) {
  let turn = 0; // of what was asked for last; what came before is given up
  let begin = 0; // commands contained where the step begins

  /**
   * @param {import("../lib/atom.js").Atom<any>} one
   * @param {() => boolean} there
   * @returns {Promise<boolean>} false: something else was asked for meanwhile
   */
  function until(one, there) {
    const mine = turn;
    return new Promise((resolve) => {
      let stop = () => {};
      const look = () => {
        if (mine === turn && !there()) return;
        stop();
        resolve(mine === turn);
      };
      stop = one.subscribe(() => queueMicrotask(look));
      look();
    });
  }

  /** Until a picture is shown, or somebody looks elsewhere. @param {import("../timebar/moments.js").Moment & {index: number}} moment */
  function show(moment) {
    intents.look(moment);
    const asked = state.past.get();
    return until(state.frame, () => {
      const frame = state.frame.get();
      return state.past.get() !== asked || (frame !== null && frame.tick === moment.tick && frame.log_index === moment.index);
    });
  }

  /** Where so many commands are contained and nothing is at work. @param {number} index */
  async function restAfter(index) {
    const { story, length, moment } = await openTape();
    const entry = story.log[index];
    return entry ? { tick: entry.tick, index } : moment(length - 1);
  }

  return {
    settled: async () => true,
    giveUp() {
      turn += 1;
    },
    async bring(way) {
      turn += 1;
      begin = way.from ?? 0;
      const number = way.part ?? 0;
      part.set(number);
      if (!(await until(state.welcome, () => state.welcome.get()?.epoch === number + 1))) return false;
      return show(await restAfter(begin));
    },
    async give(commands) {
      const tape = await openTape();
      const [from, to] = [await restAfter(begin), await restAfter(begin + commands.length)].map(tape.placeOf);
      if (!(await show(tape.moment(from)))) return false;
      const calm = document.hidden || window.matchMedia("(prefers-reduced-motion: reduce)").matches;
      for (const place of calm ? [to] : pictures(from, to, MOST_PICTURES)) {
        const before = state.past.get();
        if (!calm) await new Promise((done) => setTimeout(done, PICTURE_MS));
        if (state.past.get() !== before) return true; // somebody looks elsewhere
        if (!(await show(tape.moment(place)))) return false;
      }
      return true;
    },
  };
}
