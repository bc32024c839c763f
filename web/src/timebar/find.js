/**
 * Find in time: when was something true first, and when last? The answer is exact, and each end can be looked at.
 */

import { el, need, setText } from "../lib/dom.js";
import { designTitle } from "../panels/design_text.js";
import { mended, notify } from "../state.js";
import { foundText } from "./moments.js";

const QUESTIONS = /** @type {const} */ ([
  ["no_free_block", "no 2 MiB block is free", false],
  ["balloon_in_block", "this pageblock holds a balloon page", true],
  ["block_free", "this pageblock is free as a whole", true],
]);

/**
 * @typedef {object} Intents
 * @property {(moment: import("./moments.js").Moment|null) => void} look
 * @property {(asked: Record<string, string>) => Promise<import("../net/rest.js").Found>} find
 */

/**
 * @param {import("../state.js").State} state
 * @param {Intents} intents
 */
export function createFind(state, intents) {
  const what = need("find-what", HTMLSelectElement);
  const design = need("find-design", HTMLSelectElement);
  const block = need("find-block", HTMLInputElement);
  const field = need("find-block-field", HTMLElement);
  const said = need("find-said", HTMLElement);
  const ends = need("find-ends", HTMLElement);
  what.append(...QUESTIONS.map(([value, words]) => el("option", { value }, words)));
  const ofBlock = () => QUESTIONS.some(([value, , needs]) => needs && value === what.value);
  const show = () => {
    field.hidden = !ofBlock();
  };
  what.addEventListener("change", show);
  show();

  state.welcome.subscribe((welcome) => {
    if (!welcome) return;
    design.replaceChildren(...welcome.designs.map(({ key }) => el("option", { value: key }, designTitle(key))));
    block.max = String(welcome.guest.nr_pageblocks - 1);
    setText(said, "");
    ends.replaceChildren();
  });
  // The pageblock pointed at last is the one that is meant.
  state.pageblock.subscribe((index) => {
    if (index !== null) block.value = String(index);
  });
  state.panel.subscribe((i) => {
    const key = state.welcome.get()?.designs[i]?.key;
    if (key) design.value = key;
  });

  need("find-form", HTMLFormElement).addEventListener("submit", async (event) => {
    event.preventDefault();
    setText(said, "Looking…");
    ends.replaceChildren();
    try {
      const found = await intents.find({ what: what.value, design: design.value, pageblock: ofBlock() ? block.value : "0" });
      setText(said, foundText(found));
      mended(state, "find");
      ends.replaceChildren(...end(found.first, "Go to the first"), ...end(found.last, "Go to the last"));
    } catch (error) {
      setText(said, "");
      notify(state, "error", error instanceof Error ? error.message : String(error), "find");
    }
  });

  /**
   * @param {number|null} tick
   * @param {string} words
   */
  const end = (tick, words) => (tick === null ? [] : [el("button", { type: "button", click: () => intents.look({ tick, index: null }) }, words)]);
}
