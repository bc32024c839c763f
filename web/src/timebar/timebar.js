/**
 * The bar of time at the foot of the maps: where one looks, the commands as flags, pageblocks that came free as ticks.
 * Looking changes nothing: the session goes on meanwhile. A command given in the past begins a timeline of its own.
 * The page of a watched machine has the same bar: its ticks are looks that were kept, and it says what it calls them.
 */

import { commandText } from "../controls/command_text.js";
import { el, need, onPress, setOff, setText } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { byCommand, byMark, byTick, commandNear, indexOf, lineName, momentText, shareOf, tickAt } from "./moments.js";

const NEAR_PX = 8; // a flag so close to the pointer is named
const LEAP = 0.05; // of the bar, for Page up and Page down
const PLAY_TICKS = 2; // from one picture to the next while the past is played
const MOST_FLAGS = 400;

/**
 * What the bar reads and writes: the stage's state has it all.
 * @typedef {Pick<import("../state.js").State, "past"|"present"|"log"|"looking"|"welcome"|"recording"|"beside"|"panel"> & {frame: {get: () => {tick: number}|null}}} Looked
 *
 * @typedef {object} Words
 * @property {(moment: import("./moments.js").Moment|null) => string} moment a moment, after "You look at"
 * @property {string} then what a look at the past means, a sentence after that; "" = nothing
 * @property {(entry: import("../net/wire.js").Entry) => string} flag
 * @property {(tick: number, near: number) => string} hint what lies at a place of the bar
 *
 * @typedef {object} Intents
 * @property {(moment: import("./moments.js").Moment|null) => void} look
 * @property {(design: string) => Promise<{emptied: number[], tick: number}>} moments
 * @property {(timeline: number) => void} switchTo
 */

/**
 * A session's words.
 * @param {Looked} state
 * @returns {Words}
 */
const sessionWords = ({ log, present, recording }) => ({
  moment: (moment) => (moment || !recording.get() ? momentText(moment, log.get(), present.get()) : `the end, tick ${count(present.get().tick)}`),
  get then() {
    return recording.get() ? "" : "A command here begins another ending.";
  },
  flag: ({ index, command }) => `No. ${index}: ${commandText(command)}`,
  hint: (tick, near) => commandNear(tick, near, log.get()) || `Tick ${count(tick)}`,
});

/** @param {string} id */
const button = (id) => /** @type {HTMLButtonElement|null} */ (document.getElementById(id));

/**
 * @param {Looked} state
 * @param {import("../lib/paint.js").Painter} painter
 * @param {Intents} intents
 * @param {Words} [said] by default a session's
 * @returns {{act: (what: string) => boolean}} what a shortcut may ask for; whether it was for here
 */
export function createTimebar(state, painter, intents, said = sessionWords(state)) {
  const track = need("time-track", HTMLElement);
  const fill = need("time-fill", HTMLElement);
  const thumb = need("time-thumb", HTMLElement);
  const flags = need("time-flags", HTMLElement);
  const words = need("time-words", HTMLElement);
  const hint = need("time-hint", HTMLElement);
  const now = need("time-now", HTMLButtonElement);
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  let dragging = false;
  let playing = false;
  let flagged = "";
  /** @type {{design: string, emptied: number[], tick: number}} */
  let marks = { design: "", emptied: [], tick: -1 };

  const here = () => state.past.get() ?? { tick: state.present.get().tick, index: null };
  const last = () => state.present.get().tick;

  /** @param {import("./moments.js").Moment|null} moment */
  const go = (moment) => {
    playing = false;
    intents.look(moment);
  };

  // -- stepping
  /** @param {1|-1} way */
  async function stepMark(way) {
    const design = state.welcome.get()?.designs[state.panel.get()]?.key;
    if (!design) return;
    if (marks.design !== design || marks.tick < last()) marks = { design, ...(await intents.moments(design)) };
    drawMarks();
    const found = byMark(here(), way, marks.emptied);
    if (found) go(found);
    else setText(hint, `No pageblock of ${design} came free ${way < 0 ? "before" : "after"} this moment.`);
  }
  /** @type {Record<string, () => void>} */
  const acts = {
    "time-start": () => go({ tick: 0, index: 0 }),
    "time-command-back": () => go(byCommand(here(), -1, state.log.get())),
    "time-back": () => go(byTick(here(), -1, state.present.get())),
    "time-on": () => go(byTick(here(), 1, state.present.get())),
    "time-command-on": () => go(byCommand(here(), 1, state.log.get())),
    "time-emptied-back": () => void stepMark(-1),
    "time-emptied-on": () => void stepMark(1),
    "time-now": () => {
      state.beside.set(null);
      go(null);
    },
    "time-play": togglePlay,
  };
  for (const [id, act] of Object.entries(acts)) {
    const found = button(id);
    if (found) onPress(found, act);
  }

  // -- playing the past, picture by picture, until the present is reached
  function togglePlay() {
    if (!state.past.get()) return;
    playing = !playing;
    setText(need("time-play-text", HTMLElement), playing ? "Stop" : "Play from here");
    if (playing) playOn();
  }
  function playOn() {
    const past = state.past.get();
    const frame = state.frame.get();
    if (!playing || !past || frame?.tick !== past.tick) return;
    const next = byTick(past, PLAY_TICKS, state.present.get());
    if (!next) playing = false;
    intents.look(next);
  }

  // -- timelines: what a command in the past began, beside what was there
  const lines = /** @type {HTMLSelectElement|null} */ (document.getElementById("time-lines"));
  lines?.addEventListener("change", () => intents.switchTo(Number(lines.value)));
  state.welcome.subscribe((welcome) => {
    const all = welcome?.timelines ?? [];
    if (lines) need("time-lines-field", HTMLElement).hidden = all.length < 2;
    lines?.replaceChildren(...all.map((line) => el("option", { value: line.id, selected: line.id === welcome?.timeline }, lineName(line))));
    marks = { design: "", emptied: [], tick: -1 };
    flagged = "";
  });

  // -- dragging
  /** @param {PointerEvent} event */
  const toPointer = (event) => {
    const box = track.getBoundingClientRect();
    const tick = tickAt((event.clientX - box.left) / box.width, last());
    go(tick >= last() ? null : { tick, index: null });
  };
  track.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    dragging = true;
    track.setPointerCapture(event.pointerId);
    toPointer(event);
  });
  track.addEventListener("pointermove", (event) => {
    const box = track.getBoundingClientRect();
    const tick = tickAt((event.clientX - box.left) / box.width, last());
    setText(hint, said.hint(tick, (NEAR_PX / box.width) * last()));
    if (dragging) toPointer(event);
  });
  for (const end of ["pointerup", "pointercancel"]) track.addEventListener(end, () => (dragging = false));
  track.addEventListener("pointerleave", () => setText(hint, ""));
  track.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const leap = Math.max(1, Math.round(last() * LEAP));
    /** @param {number} tick */
    const leapTo = (tick) => {
      event.preventDefault();
      go(tick >= last() ? null : { tick: Math.max(0, Math.round(tick)), index: null });
    };
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowLeft: acts["time-back"], ArrowDown: acts["time-back"], ArrowRight: acts["time-on"], ArrowUp: acts["time-on"],
      Home: acts["time-start"], End: acts["time-now"],
      PageUp: () => go(byTick(here(), leap, state.present.get())),
      PageDown: () => go(byTick(here(), -leap, state.present.get())),
    };
    // As asciinema has them: a tenth of the bar with Shift, and the digits.
    if (event.shiftKey && event.key.startsWith("Arrow")) leapTo(here().tick + (/Left|Down/.test(event.key) ? -1 : 1) * last() / 10);
    else if (/^[0-9]$/.test(event.key)) leapTo((last() * Number(event.key)) / 10);
    const act = event.defaultPrevented ? null : keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  // -- showing
  function drawFlags() {
    const log = state.log.get();
    const key = `${log.length} ${last()}`;
    if (key === flagged) return;
    flagged = key;
    const step = Math.max(1, Math.ceil(log.length / MOST_FLAGS));
    flags.replaceChildren(...log.filter((_, i) => i % step === 0).map((entry) => {
      const flag = el("span.time-flag", { "data-index": entry.index, title: said.flag(entry) });
      flag.style.left = `${100 * shareOf(entry.tick, last())}%`;
      return flag;
    }));
    drawMarks();
  }
  function drawMarks() {
    for (const old of flags.querySelectorAll(".time-emptied")) old.remove();
    const step = Math.max(1, Math.ceil(marks.emptied.length / MOST_FLAGS));
    flags.append(...marks.emptied.filter((_, i) => i % step === 0).map((tick) => {
      const mark = el("span.time-emptied");
      mark.style.left = `${100 * shareOf(tick, last())}%`;
      return mark;
    }));
  }

  const show = painter.add("dom", () => {
    const past = state.past.get();
    const present = state.present.get();
    const log = state.log.get();
    const share = past ? shareOf(past.tick, present.tick) : 1;
    const text = said.moment(past);
    fill.style.width = thumb.style.left = `${100 * share}%`;
    track.setAttribute("aria-valuemax", String(present.tick));
    track.setAttribute("aria-valuenow", String(past?.tick ?? present.tick));
    track.setAttribute("aria-valuetext", text);
    const looking = state.looking.get();
    const wait = looking ? ` Playing the log to there: ${looking.done} %.` : "";
    setText(words, `You look at ${text}.${past && said.then ? ` ${said.then}` : ""}${wait}`);
    words.setAttribute("aria-live", past ? "polite" : "off"); // a moment is told when it is looked at; ticks that pass are not
    document.body.dataset.past = past ? String(past.tick) : "";
    setOff(now, !past);
    setOff(need("time-play", HTMLButtonElement), !past);
    if (!past) playing = false;
    setText(need("time-play-text", HTMLElement), playing ? "Stop" : "Play from here");
    const atStart = past !== null && past.tick === 0 && indexOf(past, log) === 0;
    /** @param {boolean} off @param {...string} ids */
    const setOffAll = (off, ...ids) => ids.map(button).forEach((one) => one && setOff(one, off));
    setOffAll(atStart || (present.tick === 0 && log.length === 0), "time-start", "time-command-back", "time-back", "time-emptied-back");
    setOffAll(!past, "time-on", "time-command-on", "time-emptied-on");
    drawFlags();
  });

  for (const each of [state.past, state.present, state.log, state.looking, state.welcome]) each.subscribe(show);
  // The next picture of what is played comes when this one has been painted.
  painter.after(() => {
    if (playing) playOn();
  });
  track.classList.toggle("calm", calm.matches);
  show();

  return {
    act: (what) => {
      // Paused in the present, one tick on is a new tick: that is for the controls.
      if (!state.past.get() && ["pause", "step", "time-on"].includes(what)) return false;
      const mine = what === "pause" ? "time-play" : what === "step" ? "time-on" : what;
      if (!(mine in acts)) return false;
      acts[mine]();
      return true;
    },
  };
}
