/**
 * One run of a sweep made live: a session with its guest and seed, its commands one after the other, then the maps.
 */

import { linkOf, rememberPresenter } from "../net/access.js";
import { createSession } from "../net/rest.js";
import { getSweepRun, giveCommand } from "../net/rest_beside.js";

/**
 * @param {string} sweep its name
 * @param {URLSearchParams} at coordinates
 * @param {(text: string) => void} say
 * @returns {Promise<string>} where the session is shown
 */
export async function openRun(sweep, at, say) {
  say("Making the guest…");
  const run = await getSweepRun(sweep, at);
  const made = await createSession(run.config);
  rememberPresenter(made.session, made.presenter);
  for (const [i, command] of run.commands.entries()) {
    say(`Playing command ${i + 1} of ${run.commands.length}…`);
    await giveCommand(made.session, command);
  }
  say("Opening…");
  return linkOf(made.session, made.viewer);
}
