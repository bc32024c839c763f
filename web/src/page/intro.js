/**
 * The paragraph for newcomers, shown until it is closed.
 */

import { need } from "../lib/dom.js";

const SEEN = "fragscope.intro";

export function createIntro() {
  const intro = need("intro", HTMLElement);
  let seen = null;
  try {
    seen = localStorage.getItem(SEEN);
  } catch {
    // Storage is blocked: the paragraph is back at the next visit.
  }
  intro.hidden = seen !== null;
  need("close-intro", HTMLButtonElement).addEventListener("click", () => {
    intro.hidden = true;
    try {
      localStorage.setItem(SEEN, "closed");
    } catch {
      // As above.
    }
  });
}
