/**
 * The recorded commands as steps: what the real kernel was asked, where this session stands, Next and Play. The step follows
 * from the session's log alone, so that every viewer sees the same.
 */

import { commandText } from "../controls/command_text.js";
import { el, need, onPress, setOff, setText } from "../lib/dom.js";
import { plural } from "../lib/format.js";
import { statIndex } from "../net/wire.js";
import { tally } from "./difference.js";
import { kernelName, recordedDesign } from "./recording.js";
import { standing, standingText, steady } from "./standing.js";
import { stepText } from "./still.js";

const LOOK_MS = 2500; // Play: time to look at a finished step

/**
 * @typedef {object} Still
 * @property {(step: number) => void} show shows a recorded step while there is no simulator yet
 *
 * @typedef {Pick<import("../net/client.js").Client, "send"> & Pick<import("../controls/setup.js").Setup, "startOver"> & Still} Intents
 */

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 * @param {Intents} intents
 * @returns {{act: (what: string) => boolean}} what a shortcut may ask for; false = not ours
 */
export function createStory(state, painter, intents) {
  const root = need("story", HTMLElement);
  const steps = need("story-steps", HTMLOListElement);
  const next = need("story-next", HTMLButtonElement);
  const play = need("story-play", HTMLButtonElement);
  const again = need("story-again", HTMLButtonElement);
  const back = need("story-back", HTMLButtonElement);
  const said = need("story-said", HTMLElement);
  const real = need("story-real", HTMLInputElement);
  const settle = steady();
  let playing = false;
  let timer = 0;
  let builtFor = "";

  /** Only the recording can be shown: the simulator is still being compiled. */
  const still = () => state.welcome.get() === null && state.preview.get() !== null;

  const where = () => {
    if (still()) return /** @type {import("./standing.js").Standing} */ ({ kind: "on", step: state.previewStep.get() });
    const welcome = state.welcome.get();
    const frame = state.frame.get();
    if (!welcome || !frame) return null;
    return settle(standing(state.recorded.get(), welcome.config.profile ?? "modern", state.log.get(), frame.log_index));
  };

  const working = () => {
    if (still()) return false;
    const welcome = state.welcome.get();
    const frame = state.frame.get();
    if (!welcome || !frame || state.pending.get().size > 0 || state.sequence.get()) return true;
    if (!state.past.get() && state.log.get().length > frame.log_index) return true; // given, and not in the picture yet: its changes are being shown
    const busy = statIndex(welcome.stat_fields).busy;
    return frame.designs.some(({ stats }) => stats[busy] !== 0);
  };

  function goOn() {
    const recorded = state.recorded.get();
    const now = where();
    if (!recorded || now?.kind !== "on" || now.reading || now.step >= recorded.operations.length || working()) return;
    if (still()) {
      intents.show(now.step + 1);
      return;
    }
    const { command } = recorded.operations[now.step];
    intents.send(command, commandText(command));
  }

  /** @param {boolean} on */
  function setPlaying(on) {
    playing = on;
    clearTimeout(timer);
    timer = 0;
    show();
    if (on) goOn();
  }

  const show = painter.add("dom", () => {
    const recorded = state.recorded.get();
    const welcome = state.welcome.get();
    const now = where();
    root.hidden = state.expected.get() === "";
    need("real-none", HTMLElement).hidden = !root.hidden;
    if (!recorded || !now) return;
    const nr = recorded.operations.length;
    if (builtFor !== recorded.example) {
      builtFor = recorded.example;
      setText(need("story-title", HTMLElement), `Recorded on a real ${kernelName(recorded.kernel)} guest`);
      steps.replaceChildren(...["start", ...recorded.operations.map(({ text }) => text)].map((text, i) =>
        el("li", {}, el("span.nr", { "aria-hidden": "true" }, String(i)), el("span", {}, text))));
    }
    const step = now.kind === "on" ? now.step : -1;
    root.dataset.standing = now.kind;
    root.dataset.step = String(step);
    [...steps.children].forEach((item, i) => {
      if (i === step) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
      item.classList.toggle("past", i < step);
    });
    const busy = working() || now.reading === true;
    const last = now.kind === "on" && step >= nr;
    if (playing && (now.kind !== "on" || last)) playing = false;
    setOff(next, now.kind !== "on" || last || busy);
    setOff(play, now.kind !== "on" || last);
    setText(play, playing ? "Stop" : "Play");
    again.classList.toggle("primary", now.kind === "left" || last);
    setOff(again, step === 0);
    back.hidden = !still();
    setOff(back, step === 0);
    again.hidden = still();
    real.checked = state.showReal.get();
    real.disabled = still();
    said.classList.toggle("off", now.kind === "left" || now.kind === "profile");
    setText(said, welcome ? words(recorded, welcome, now, busy) : stepText(recorded, step));
    if (playing && !busy && !timer) {
      timer = window.setTimeout(() => {
        timer = 0;
        goOn();
      }, LOOK_MS);
    }
  });

  /**
   * @param {import("./recording.js").Recorded} recorded
   * @param {import("../net/wire.js").Welcome} welcome
   * @param {import("./standing.js").Standing} now
   * @param {boolean} busy
   */
  function words(recorded, welcome, now, busy) {
    if (now.kind !== "on") return standingText(now, recorded, commandText);
    if (busy && state.pace.get() === 0) return "The simulation is paused: press Run.";
    const sequence = state.sequence.get();
    if (sequence?.left) return `Going on to step ${now.step + sequence.left}…`;
    if (busy) return `Step ${now.step}: the guests are still working…`;
    if (now.step === 0) return `All start from the same captured memory. Next: ${recorded.operations[0].text}.`;
    const at = statIndex(welcome.stat_fields);
    const sums = welcome.designs.map((design, i) => {
      const values = recordedDesign(recorded, design)?.steps[now.step].values;
      return values ? tally(values, (stat) => state.frame.get()?.designs[i].stats[at[stat]] ?? 0) : { total: 0, close: 0 };
    });
    const total = sums.reduce((sum, each) => sum + each.total, 0);
    const close = sums.reduce((sum, each) => sum + each.close, 0);
    if (total === 0) return "None of these designs was recorded.";
    return `After step ${now.step}: ${close} of ${plural(total, "number")} are within the band of the kernel’s own runs.`;
  }

  onPress(next, goOn);
  onPress(back, () => {
    setPlaying(false);
    intents.show(state.previewStep.get() - 1);
  });
  onPress(play, () => setPlaying(!playing));
  onPress(again, () => {
    setPlaying(false);
    intents.startOver();
  });
  real.addEventListener("change", () => state.showReal.set(real.checked));
  for (const each of [state.expected, state.recorded, state.log, state.frame, state.welcome, state.pending, state.pace, state.showReal, state.preview, state.previewStep, state.sequence]) each.subscribe(show);
  return {
    act(what) {
      if (what === "next") goOn();
      else if (what === "play") setPlaying(!playing);
      else return false;
      return true;
    },
  };
}
