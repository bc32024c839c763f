/**
 * "How sure?": asks the server for the spread of the session's numbers over seeds and waits for it, apart from the frames.
 * docs/PROTOCOL.md section 7.
 */

import { getSpread, postSpread } from "../net/rest.js";
import { notify } from "../state.js";

const ASK_AGAIN_MS = 500;

/**
 * @param {import("../state.js").State} state
 * @returns {() => void} ask
 */
export function createSpread(state) {
  let timer = 0;

  /**
   * @param {() => Promise<import("../state.js").Spread>} read
   * @param {import("../net/wire.js").Welcome} welcome
   */
  async function step(read, welcome) {
    let answer = null;
    try {
      answer = await read();
    } catch (error) {
      if (state.welcome.get() === welcome) fail(error instanceof Error ? error.message : String(error));
      return;
    }
    if (state.welcome.get() !== welcome) return; // another guest by now
    if (answer.state === "failed") {
      fail(answer.text ?? "it failed");
      return;
    }
    state.spread.set(answer);
    if (answer.state === "running") timer = window.setTimeout(() => step(() => getSpread(welcome.session), welcome), ASK_AGAIN_MS);
  }

  /** @param {string} text */
  function fail(text) {
    state.spread.set(null);
    notify(state, "error", `The spread over seeds: ${text}`);
  }

  state.welcome.subscribe(() => {
    clearTimeout(timer);
    state.spread.set(null);
  });
  return () => {
    const welcome = state.welcome.get();
    if (!welcome || state.spread.get()?.state === "running") return;
    clearTimeout(timer);
    step(() => postSpread(welcome.session), welcome);
  };
}
