/**
 * "Take a copy": a session of one's own from the moment looked at, in a tab of its own. What is done there is nobody else's.
 */

import { linkOf, rememberPresenter } from "../net/access.js";
import { postCopy } from "../net/rest.js";
import { notify } from "../state.js";

/**
 * @param {import("../state.js").State} state
 * @param {string} session
 */
export async function takeCopy(state, session) {
  const tab = window.open("about:blank"); // at once: later it would be a pop-up that nobody asked for
  try {
    const made = await postCopy(session, state.past.get());
    rememberPresenter(made.session, made.presenter);
    const link = linkOf(made.session, made.viewer, made.presenter); // the tab takes the token out of its address
    if (tab) tab.location.href = link;
    else location.assign(link);
  } catch (error) {
    tab?.close();
    notify(state, "error", error instanceof Error ? error.message : String(error));
  }
}
