/**
 * The page where a code is typed: six letters, then the class.
 */

import { need, setText } from "../lib/dom.js";
import { postJoin } from "../net/rest.js";

const LETTERS = 6;

const form = need("join-form", HTMLFormElement);
const field = need("join-code", HTMLInputElement);
const said = need("join-said", HTMLElement);
let asking = false;

async function join() {
  if (asking) return;
  asking = true;
  setText(said, "Looking…");
  try {
    const { session, viewer } = await postJoin(field.value);
    location.assign(new URL(`./#${new URLSearchParams({ s: session, t: viewer })}`, document.baseURI));
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    setText(said, `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`);
    field.select();
  }
  asking = false;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void join();
});
field.addEventListener("input", () => {
  setText(said, "");
  // The sixth letter is enough: nobody looks for the button on a phone.
  if (field.value.replace(/[\s-]/g, "").length === LETTERS) void join();
});
