/**
 * "Show me a guest in which this were true": an answer is run, in whichever guest makes it right.
 */

import { el, setOff, setText, onPress } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { wishOf, wishText } from "./quiz_text.js";

/**
 * @param {import("../net/protocol.js").QuizState} quiz with its truth
 * @param {number} d design
 * @param {{wish: (design: string, low: number, high: number) => Promise<import("./quiz_text.js").WishTold>,
 *   make: (config: import("../net/wire.js").Config) => Promise<string>}} intents
 * @returns {HTMLElement}
 */
export function createWish(quiz, d, intents) {
  const [low, high] = wishOf(quiz, d);
  const said = el("span", { role: "status" });
  const open = el("button", { type: "button", hidden: true }, "Open it");
  const button = el("button", { type: "button", "data-wish": quiz.designs[d] }, `Show me a guest with ${count(low)} to ${count(high)}`);
  /** @type {import("../net/wire.js").Config|null} */
  let config = null;

  onPress(button, async () => {
    setOff(button, true);
    open.hidden = true;
    setText(said, "Trying guests, 20 s at most…");
    try {
      const told = await intents.wish(quiz.designs[d], low, high);
      config = told.config;
      open.hidden = config === null;
      setText(said, wishText(told));
    } catch (error) {
      setText(said, error instanceof Error ? error.message : String(error));
    }
    setOff(button, false);
  });
  open.addEventListener("click", async () => {
    const tab = window.open("about:blank"); // at once: later it would be a pop-up that nobody asked for
    try {
      const address = await intents.make(/** @type {import("../net/wire.js").Config} */ (config));
      if (tab) tab.location.href = address;
      else location.assign(address);
    } catch (error) {
      tab?.close();
      setText(said, error instanceof Error ? error.message : String(error));
    }
  });
  return el("p.quiz-wish", {}, button, said, open);
}
