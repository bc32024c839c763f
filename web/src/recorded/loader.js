/**
 * Fetches what the page compares with: the recording of the example that is shown, and the pictures of the real memory. Writes
 * them into the state; decides nothing.
 */

import { getPicture, getRecorded, RestError } from "../net/rest.js";
import { decodeFrame } from "../net/wire.js";
import { notify } from "../state.js";
import { pictureKey, recordedDesign } from "./recording.js";
import { standing } from "./standing.js";

/** @param {import("../state.js").State} state */
export function createRecordings(state) {
  /** @type {Set<string>} */
  const asked = new Set();

  /** @param {unknown} error */
  const say = (error) => {
    // No answer at all: the server is away, which the socket says. What was not read is asked for again at the next frame.
    if (error instanceof RestError && error.status === 0) return;
    notify(state, "error", `The recording of the real kernel: ${error instanceof Error ? error.message : error}`);
  };

  async function onWelcome() {
    const source = state.welcome.get()?.config.source;
    const name = source?.kind === "capture" ? source.name : "";
    const capture = state.info.get()?.captures.find((each) => each.name === name);
    const wanted = capture?.recorded ? name : "";
    if (state.recorded.get()?.example !== wanted) state.recorded.set(null);
    state.expected.set(wanted);
    if (!wanted || state.recorded.get()) return;
    try {
      const recorded = await getRecorded(wanted);
      if (state.expected.get() === recorded.example) state.recorded.set(recorded);
    } catch (error) {
      if (state.expected.get() === wanted) state.expected.set("");
      say(error);
    }
  }

  /** The pictures of the step shown. */
  async function readPictures() {
    const welcome = state.welcome.get();
    const frame = state.frame.get();
    const recorded = state.recorded.get();
    if (!welcome || !frame || !recorded || !state.showReal.get()) return;
    const where = standing(recorded, welcome.config.profile ?? "modern", state.log.get(), frame.log_index);
    if (where.kind !== "on") return;
    for (const design of welcome.designs) {
      const real = recordedDesign(recorded, design);
      const picture = real?.steps[where.step].picture ?? null;
      if (!real || picture === null) continue;
      const key = pictureKey(recorded.example, real.key, picture);
      if (asked.has(key) || state.pictures.get().has(key)) continue;
      asked.add(key);
      state.reading.set(state.reading.get() + 1);
      try {
        const read = decodeFrame(await getPicture(recorded.example, real.key, picture), welcome);
        state.pictures.set(new Map(state.pictures.get()).set(key, read.designs[0]));
      } catch (error) {
        asked.delete(key);
        say(error);
        return;
      } finally {
        state.reading.set(state.reading.get() - 1);
      }
    }
  }

  state.welcome.subscribe(onWelcome);
  for (const each of [state.frame, state.recorded, state.log, state.showReal]) each.subscribe(readPictures);
}
