/**
 * What the page tells its user: errors in one sentence, the state of the connection, results read out. Also keeps
 * `document.body.dataset.idle`, which tests (and scripts) wait for.
 */

import { el, need, setText } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { statIndex, TYPE_PAST } from "../net/wire.js";
import { compared } from "../panels/because_text.js";
import { inSentence } from "../panels/design_text.js";
import { dismiss, mayCommand } from "../state.js";

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 * @param {() => void} retryNow
 */
export function createNotices(state, painter, retryNow) {
  const box = need("notices", HTMLElement);
  const link = need("connection", HTMLElement);
  const linkText = need("connection-text", HTMLElement);
  const announce = need("announce", HTMLElement);
  const deck = need("deck", HTMLElement);
  let wasBusy = false;

  const showNotices = painter.add("dom", () => {
    const notices = state.notices.get();
    const shown = new Map([...box.children].map((child) => [Number(/** @type {HTMLElement} */ (child).dataset.id), child]));
    for (const [id, child] of shown) if (!notices.some((notice) => notice.id === id)) child.remove();
    for (const notice of notices) {
      if (shown.has(notice.id)) continue;
      const close = el("button.quiet", { type: "button", click: () => dismiss(state, notice.id) }, "Dismiss");
      box.append(el(`div.notice.${notice.level}`, { "data-id": notice.id }, el("p", {}, notice.text), close));
    }
  });

  const showLink = painter.add("dom", () => {
    const { phase, text, retry_at } = state.connection.get();
    const progress = state.progress.get();
    link.dataset.phase = phase;
    document.body.dataset.connection = phase;
    let words = text;
    if (progress) words = progress.total > 0 ? `${upper(progress.text)} (${Math.round((100 * progress.done) / progress.total)} %)` : upper(progress.text);
    else if (retry_at > 0) words = `${text} Retrying automatically.`;
    setText(linkText, words);
    link.dataset.told = String(phase === "open" && words !== text);
    showWaiting(words, progress, progress?.phase === "compiling");
    let button = link.querySelector("button");
    if (phase === "lost" && !button) {
      button = el("button.quiet", { type: "button", click: retryNow }, "Try now");
      link.append(button);
    } else if (phase !== "lost" && button) button.remove();
  });

  const showIdle = painter.add("dom", () => {
    const idle = isIdle(state);
    document.body.dataset.idle = String(idle);
    const shown = state.frame.get() !== null || document.body.dataset.shown === "true";
    document.body.dataset.shown = String(shown);
    deck.inert = !shown || !mayCommand(state); // no guest yet, or none to send commands to
    if (idle && wasBusy) setText(announce, resultText(state));
    wasBusy = !idle;
  });

  for (const each of [state.notices]) each.subscribe(showNotices);
  for (const each of [state.connection, state.progress]) each.subscribe(showLink);
  for (const each of [state.frame, state.role, state.classroom, state.pending, state.log, state.past, state.sequence, state.connection, state.expected, state.recorded, state.reading]) each.subscribe(showIdle);
  // At once, not at the next paint: whoever sends a command or looks elsewhere and then waits for idle must not see the idle from before.
  state.pending.subscribe((pending) => {
    if (pending.size > 0) document.body.dataset.idle = "false";
  });
  state.past.subscribe(() => {
    document.body.dataset.idle = "false";
  });
  showLink();
}

/** @param {string} text */
const upper = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/**
 * Before the first picture: the same words in large type where the maps will be, with a bar if the progress is known.
 * @param {string} words
 * @param {import("../net/wire.js").Progress|null} progress
 * @param {boolean} first whether it is the long wait of the first start
 */
function showWaiting(words, progress, first) {
  const text = document.getElementById("waiting-text");
  const bar = document.getElementById("waiting-bar");
  if (!text || !(bar instanceof HTMLProgressElement)) return; // the panels are there now
  setText(text, words);
  need("waiting-why", HTMLElement).hidden = !first;
  if (progress && progress.total > 0) {
    bar.max = progress.total;
    bar.value = progress.done;
  } else bar.removeAttribute("value");
}

/**
 * Connected, a frame shown that contains every command sent, no guest at work, and the recording's pictures read.
 * @param {import("../state.js").State} state
 */
function isIdle(state) {
  const welcome = state.welcome.get();
  const frame = state.frame.get();
  if (state.connection.get().phase !== "open" || !welcome || !frame || state.pending.get().size > 0) return false;
  const past = state.past.get();
  if ((frame.type === TYPE_PAST) !== (past !== null)) return false; // the picture is still of where one looked before
  if (past) return past.tick === frame.tick && (past.index ?? frame.log_index) === frame.log_index;
  if (state.reading.get() > 0 || (state.expected.get() && !state.recorded.get())) return false;
  if (state.sequence.get() || state.log.get().length > frame.log_index) return false;
  const busy = statIndex(welcome.stat_fields).busy;
  return frame.designs.every((design) => design.stats[busy] === 0);
}

/**
 * @param {import("../state.js").State} state
 */
function resultText(state) {
  const welcome = state.welcome.get();
  const frame = state.frame.get();
  if (!welcome || !frame) return "";
  const at = statIndex(welcome.stat_fields);
  const blocks = at.free_blocks_all;
  const parts = welcome.designs.map((design, i) => `${inSentence(design.key)} ${count(frame.designs[i]?.stats[blocks] ?? 0)}`);
  const all = compared(welcome.designs.map(({ key, name }, i) => ({ title: inSentence(key), name, s: (field) => frame.designs[i]?.stats[at[field]] ?? 0 })));
  const when = frame.type === TYPE_PAST ? `At tick ${count(frame.tick)}.` : "Done.";
  const cost = frame.type === TYPE_PAST ? "" : state.cost.get();
  return `${when} 2 MiB blocks left for user land: ${parts.join(", ")}. ${all.said} ${all.why} ${cost}`.trim();
}
