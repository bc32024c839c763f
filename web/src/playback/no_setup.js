/**
 * In place of the dialog that chooses the guest: a recording has the one that it has.
 */

import { notify } from "../state.js";

export const REFUSED = "This is a recording: nothing can be changed in it. “Open in fragscope” makes the live session of it.";

/**
 * @param {import("../state.js").State} state
 * @returns {import("../controls/setup.js").Setup}
 */
export function createSetup(state) {
  const refuse = () => notify(state, "info", REFUSED, "recording");
  return { open: refuse, startOver: refuse };
}
