/**
 * The colours of the page: as the system says, or as the person chose.
 */

import { need } from "../lib/dom.js";

const KEY = "fragscope.theme";
export const THEMES = ["system", "light", "dark", "projector"];

/**
 * @param {(theme: string) => void} told the theme in force: "light", "dark" or "projector"
 * @returns {{act: (what: string) => boolean}} what a shortcut may ask for; whether it was for here
 */
export function createTheme(told) {
  const button = need("theme", HTMLButtonElement);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  let chosen = "system";
  try {
    chosen = localStorage.getItem(KEY) ?? "system";
  } catch {
    // Storage is blocked: as the system says.
  }
  if (!THEMES.includes(chosen)) chosen = "system";

  function show() {
    const theme = chosen === "system" ? (dark.matches ? "dark" : "light") : chosen;
    if (chosen === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
    button.title = `Colours of the page: ${chosen === "system" ? `as the system (${theme})` : chosen}. Press for the next: ${next()} (m)`;
    button.setAttribute("aria-label", `Theme: ${chosen}`);
    told(theme);
  }
  const next = () => THEMES[(THEMES.indexOf(chosen) + 1) % THEMES.length];

  /** @param {string} theme */
  function choose(theme) {
    chosen = theme;
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // As above.
    }
    show();
  }
  button.addEventListener("click", () => choose(next()));
  dark.addEventListener("change", show);
  show();
  return {
    act(what) {
      if (what === "theme") choose(next());
      else if (what.startsWith("theme-") && THEMES.includes(what.slice(6))) choose(what.slice(6));
      else return false;
      return true;
    },
  };
}
