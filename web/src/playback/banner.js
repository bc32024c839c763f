/**
 * What stands in the bar of a playback in place of the acts: that it is a recording, of what, and the way to the live
 * session. Parts that only a server can fill are put out of sight.
 */

import { el, need, setText } from "../lib/dom.js";
import { count, plural } from "../lib/format.js";
import { everything, fragmentOf } from "../page/link_all.js";
import { notify } from "../state.js";

const KEY = "fragscope.server"; // the address that a person has given
const HIDDEN = ["rail-real", "rail-why", "rail-lessons", "rail-predict", "open-command", "room", "sure", "links", "time-undo"];

/** @returns {string} */
function remembered() {
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch {
    return ""; // storage is blocked: it is asked for each time
  }
}

/** @param {string} address */
function remember(address) {
  try {
    localStorage.setItem(KEY, address);
  } catch {
    // Storage is blocked: it is asked for each time.
  }
}

/**
 * What the recording has, in words.
 * @param {Pick<import("./tape.js").Story, "ticks"|"log"|"every">} story
 */
export function recordingText({ ticks, log, every }) {
  const last = ticks.reduce((sum, step) => sum + step, 0);
  const span = ticks[0] > 0 ? `ticks ${count(ticks[0])} to ${count(last)}` : plural(last, "tick");
  const thin = every > 1 ? `, one tick in ${count(every)}` : "";
  return `${span}, ${plural(log.length, "command")}${thin}`;
}

/**
 * @param {import("../state.js").State} state
 * @returns {(story: import("./tape.js").Story) => void} show what is played
 */
export function createBanner(state) {
  /** @type {import("./tape.js").Story|null} */
  let story = null;
  const field = el("input", { id: "playback-server", placeholder: "localhost:8000", "aria-label": "Address of your fragscope" });
  const go = el("button", { type: "submit" }, "Go");
  const form = el("form.playback-form", {}, el("label", { for: "playback-server" }, "Address of your fragscope"), el("span.field", {}, field, go),
    el("p.why", {}, "Guest, seed and commands go with the link; the same simulator makes the same session of them. Nothing is sent before you go."));
  const open = el("details.drop", { id: "playback-open" }, el("summary", {}, "Open in fragscope"), el("div.drop-box", {}, form));
  const words = el("span.playback-words");
  const strip = el("section.playback-strip", { id: "playback-strip", "aria-label": "Recording" }, words, open);
  need("deck", HTMLElement).before(strip);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void toLive();
  });
  document.addEventListener("click", (event) => {
    if (open.open && event.target instanceof Node && !open.contains(event.target)) open.open = false;
  });

  async function toLive() {
    if (!story) return;
    try {
      const { welcome, session } = story;
      const past = state.past.get();
      const view = past ? { tick: past.tick, ...(past.index === null ? {} : { index: past.index }) } : {};
      const fragment = await fragmentOf(everything({ ...welcome, config: session.config }, session.log, session.tick, view));
      const text = field.value.trim();
      const address = new URL(text.includes("//") ? text : `http:${text && "//"}${text}`);
      if (!/^https?:$/.test(address.protocol)) throw new Error("The address of a fragscope begins with http or https.");
      remember(address.href);
      address.hash = fragment;
      window.open(address.href, "_blank", "noopener");
    } catch (error) {
      const text = error instanceof TypeError ? "Type the address of your fragscope, say localhost:8000." : error instanceof Error ? error.message : String(error);
      notify(state, "error", text, "recording");
      field.focus();
    }
  }

  setText(need("time-now", HTMLButtonElement), "To the end");
  return (played) => {
    if (!story) field.value = played.link || remembered();
    story = played;
    for (const id of HIDDEN) {
      const part = document.getElementById(id);
      if (part) part.hidden = id !== "rail-lessons" || !state.recording.get()?.lesson;
    }
    words.replaceChildren(el("b", {}, played.title || "Recording"), ` ${recordingText(played)}`);
    words.title = played.text ?? "";
    for (const line of document.querySelectorAll("#tab-guest .version")) {
      if (line.id !== "version") setText(line, `Everything here is in this file; nothing is loaded from or sent to anywhere. State at the end: digest ${played.digest}.`);
    }
  };
}
