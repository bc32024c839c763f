/**
 * In place of the socket: fills the state from a recording, with what a server would have said. Looks are answered;
 * commands are refused with a sentence.
 */

import { notify } from "../state.js";
import { TYPE_KEY, TYPE_PAST } from "../net/wire.js";
import { createBanner } from "./banner.js";
import { REFUSED } from "./no_setup.js";
import { openLesson } from "./recorded_lesson.js";
import { openTape, part, towards } from "./tape.js";

/** @typedef {import("../timebar/moments.js").Moment} Moment */

/**
 * @param {import("../state.js").State} state
 * @returns {import("../net/client.js").Client}
 */
export function createClient(state) {
  /** @type {import("./tape.js").Tape|null} */
  let tape = null;
  let here = 0; // place of the picture shown, or asked for
  let showing = false;
  /** @type {{tick: number, index: number}[]} */
  let moments = [];

  /** @param {unknown} error */
  const unreadable = (error) => notify(state, "error", `This file cannot be read: it was cut off or altered (${error instanceof Error ? error.message : error}).`);
  const showBanner = createBanner(state);
  const refuse = () => notify(state, "info", REFUSED, "recording");

  async function start() {
    document.body.dataset.playback = "true";
    try {
      const lesson = await openLesson();
      await openPart(lesson?.lesson.name ?? "");
    } catch (error) {
      state.connection.set({ phase: "lost", text: error instanceof Error ? error.message : String(error), retry_at: 0 });
      return;
    }
    const linked = state.past.get();
    if (linked) state.past.set(null); // to be brought to a moment that there is
    look(linked ?? moments[0]);
    part.subscribe(() => {
      openPart(state.recording.get()?.lesson ?? "").then(() => look(moments[0]), unreadable);
    });
  }

  /** A recording of this file, from its first moment on. @param {string} lesson that the file plays, "" = none */
  async function openPart(lesson) {
    const found = await openTape();
    const { story } = found;
    tape = found;
    here = 0;
    moments = Array.from({ length: found.length }, (_, place) => found.moment(place));
    const last = moments[moments.length - 1];
    if (state.frame.get()) state.past.set(null);
    state.frame.set(null);
    state.log.set([]);
    state.role.set("viewer");
    state.info.set(story.info);
    state.recording.set({ first: moments[0].tick, every: story.every, lesson });
    showBanner(story);
    state.present.set({ tick: last.tick, log_index: last.index });
    state.connection.set({ phase: "open", text: "A recording", retry_at: 0 });
    state.welcome.set({ ...story.welcome, epoch: part.get() + 1 });
    state.log.set(story.log);
    state.timelines.set(story.welcome.timelines);
    state.lines.set(story.lines.map(({ blocks, unusable }) => ({ ticks: story.line_ticks, blocks, unusable })));
  }

  /** @param {Moment|null} moment null: where the recording ends */
  function look(moment) {
    if (!tape) {
      state.past.set(moment);
      return;
    }
    const before = state.past.get();
    if (before && before === moment) return;
    here = moment ? towards(moments, here, moment) : moments.length - 1;
    const found = moments[here];
    const alone = moment && moment.index === null && (moments[here + 1]?.tick ?? Infinity) > found.tick;
    state.past.set(moment && { tick: found.tick, index: alone ? null : found.index });
    void show();
  }

  /** Bring the picture of the moment looked at; of several asked for meanwhile the last one. */
  async function show() {
    if (showing || !tape) return;
    showing = true;
    try {
      for (;;) {
        const shown = /** @type {import("./tape.js").Tape} */ (tape);
        const [place, past] = [here, state.past.get()];
        const frame = await shown.at(place);
        if (shown !== tape || place !== here || past !== state.past.get()) continue;
        state.frame.set({ ...frame, type: past ? TYPE_PAST : TYPE_KEY });
        break;
      }
    } catch (error) {
      unreadable(error);
    } finally {
      showing = false;
    }
  }

  return {
    start,
    send: refuse,
    sequence: refuse,
    reset: refuse,
    name: refuse,
    switchTo: refuse,
    // At the end, what would let a session run goes back to the beginning.
    pace: () => look(moments[0] ?? null),
    step: () => {},
    look,
    detail: () => false,
    tell: () => false,
    painted: () => {},
    retryNow: () => {},
  };
}
