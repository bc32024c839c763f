/**
 * While the simulator is being compiled: what a session starts from is a capture, and what a real kernel did from there was
 * recorded, so both can be shown. Fetches them, knows which step is looked at, and hands over to the simulator at that step.
 */

import { need, setText } from "../lib/dom.js";
import { getPicture, getPreview, getRecorded, getStart, RestError } from "../net/rest.js";
import { decodeFrame } from "../net/wire.js";
import { notify } from "../state.js";
import { kernelName, recordedDesign } from "./recording.js";
import { commandsTo, compilingText, isCompiling, wanted } from "./still.js";

const MADE = "fragscope.made"; // the session that this tab began

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 * @param {{getSession: () => string}} address
 * @param {import("../net/client.js").Client["sequence"]} sequence gives commands one after the other
 * @returns {{go: (step: number) => Promise<void>}} shows a recorded step, as soon as its pictures are there
 */
export function createPreview(state, painter, address, sequence) {
  const bar = need("preview", HTMLElement);
  const words = need("preview-words", HTMLElement);
  const meter = need("preview-meter", HTMLProgressElement);
  const why = need("preview-why", HTMLElement);
  const known = address.getSession(); // what the address said before this page had a session
  let asking = false;
  let told = { session: "", config: "" }; // what the server said last
  let wish = 0; // the step asked for last
  let join = 0; // the step at which the simulator takes over

  const isOurs = () => {
    const session = address.getSession();
    if (!session) return false;
    try {
      if (session !== known) sessionStorage.setItem(MADE, session);
      return sessionStorage.getItem(MADE) === session;
    } catch {
      return session !== known; // storage is blocked
    }
  };

  /** @param {unknown} error */
  const say = (error) => {
    if (error instanceof RestError && (error.status === 0 || error.status === 404)) return; // the socket says what is wrong
    notify(state, "error", `The recorded memory: ${error instanceof Error ? error.message : error}`);
  };

  /** Whether the person has asked for another guest, which the server has not told about yet. */
  const isChanging = () => [...state.pending.get().values()].some(({ kind }) => kind === "reset");

  async function onProgress() {
    const session = address.getSession();
    isOurs();
    if (asking || !session || state.welcome.get() || !isCompiling(state.progress.get())) return;
    if (told.session === session && !isChanging()) return;
    asking = true;
    try {
      const { guest, ...rest } = await getPreview(session);
      const config = JSON.stringify(rest.config);
      if (told.session === session && told.config === config) return;
      const start = guest && decodeFrame(await getStart(session), rest).designs;
      if (state.welcome.get()) return;
      told = { session, config };
      wish = 0;
      state.recorded.set(null);
      state.previewStep.set(0);
      state.preview.set(guest && start && { ...rest, guest, start });
      if (state.preview.get()) state.tab.set("real"); // all that can be done meanwhile is to step through it
      await readRecording(guest && rest.recorded);
    } catch (error) {
      say(error);
    } finally {
      asking = false;
    }
  }

  /** @param {string|null} example */
  async function readRecording(example) {
    state.expected.set(example ?? "");
    if (!example) return;
    const recorded = await getRecorded(example);
    if (state.preview.get()?.recorded !== example && state.welcome.get()) return;
    state.recorded.set(recorded);
    await read(1);
  }

  /**
   * Read the pictures of a step that are not there yet.
   * @param {number} step
   */
  async function read(step) {
    const preview = state.preview.get();
    const recorded = state.recorded.get();
    if (!preview || !recorded || step < 1 || step > recorded.operations.length) return;
    for (const design of preview.designs) {
      const real = recordedDesign(recorded, design);
      const key = wanted(recorded, design, step);
      if (!real || !key || state.pictures.get().has(key)) continue;
      const frame = await getPicture(recorded.example, real.key, real.steps[step].picture ?? 0);
      state.pictures.set(new Map(state.pictures.get()).set(key, decodeFrame(frame, preview).designs[0]));
    }
  }

  /** @param {number} step */
  async function go(step) {
    const most = state.recorded.get()?.operations.length ?? 0;
    wish = Math.max(0, Math.min(most, step));
    try {
      await read(wish);
    } catch (error) {
      say(error);
      return;
    }
    if (!state.preview.get()) return;
    state.previewStep.set(wish);
    read(wish + 1).catch(() => {}); // asked for again when it is looked at
  }

  function onWelcome() {
    const preview = state.preview.get();
    const welcome = state.welcome.get();
    if (!preview || !welcome) return;
    const same = told.session === welcome.session && JSON.stringify(preview.config.source) === JSON.stringify(welcome.config.source);
    join = same && isOurs() && !state.scenario.get() && welcome.log_index === 0 ? wish : 0;
    state.preview.set(null);
  }

  function onFrame() {
    const recorded = state.recorded.get();
    if (!join || !state.frame.get() || !recorded) return;
    const commands = commandsTo(recorded, join);
    sequence(commands, `go on at step ${join} of the recording`);
    join = 0;
  }

  const show = painter.add("dom", () => {
    const preview = state.preview.get();
    const progress = state.progress.get();
    bar.hidden = preview === null;
    document.body.dataset.preview = String(preview !== null);
    if (!preview) return;
    setText(words, compilingText(progress));
    if (progress && progress.total > 0) {
      meter.max = progress.total;
      meter.value = progress.done;
    } else meter.removeAttribute("value");
    const recorded = state.recorded.get();
    setText(why, recorded
      ? `Only the first start takes so long. Until then the maps show what a real ${kernelName(recorded.kernel)} did; then the controls work, and it goes on at your step.`
      : "Only the first start takes so long. Until then the maps show the memory as it was captured; then the controls work.");
  });

  state.progress.subscribe(onProgress);
  state.welcome.subscribe(onWelcome);
  state.frame.subscribe(onFrame);
  for (const each of [state.preview, state.progress, state.recorded]) each.subscribe(show);
  return { go };
}
