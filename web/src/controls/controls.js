/**
 * Buttons and fields → intents. Nothing here touches a panel or guesses a result: what was asked is shown as pending
 * until a frame contains it.
 */

import { el, need, setText } from "../lib/dom.js";
import { clocksText, MIB_PAGES, parseWhole, plural, positionOf, speedOf, tickText } from "../lib/format.js";
import { statIndex } from "../net/wire.js";
import { mended, notify } from "../state.js";
import { commandText } from "./command_text.js";
import { recordedTargets, snapped, targetMarks } from "./targets.js";

const FULL_SPEED = 1000; // nothing is waited for
const PAGE_BY_PAGE = 0.05; // ticks a second below which single pages can be followed
const SLIDER_SETTLE_MS = 300; // arrow keys on a slider: one command when they stop, not one per step
const KIND_BUTTONS = /** @type {Record<string, string>} */ ({
  compact: "compact", huge: "huge", direct_compact: "direct", drop_caches: "drop", wait: "wait",
  reset: "reset",
});

/** @typedef {Pick<import("../net/client.js").Client, "send"|"pace"|"step"> & Pick<import("./setup.js").Setup, "startOver">} Intents */

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 * @param {Intents} intents
 * @returns {{act: (what: string) => void}} what a shortcut may ask for
 */
export function createControls(state, painter, intents) {
  const range = need("balloon-range", HTMLInputElement);
  const field = need("balloon-mib", HTMLInputElement);
  const hugeNr = need("huge-nr", HTMLInputElement);
  const order = need("direct-order", HTMLSelectElement);
  const waitS = need("wait-s", HTMLInputElement);
  const workload = need("workload", HTMLInputElement);
  const rate = need("workload-rate", HTMLInputElement);
  const speed = need("speed", HTMLInputElement);
  const pause = need("pause", HTMLButtonElement);
  const step = need("step", HTMLButtonElement);
  let resumeAt = 60;
  let running = false; // as last asked for: the server's answer lags a moment behind
  let dragging = false;
  let settle = 0;
  let asked = 0; // MiB of the balloon target last asked for

  for (let o = 1; o <= 10; o++) {
    const size = 4 * 2 ** o;
    order.append(el("option", { value: o, selected: o === 9 }, `${o} (${size < 1024 ? `${size} KiB` : `${size / 1024} MiB`})`));
  }

  /** @param {import("../net/wire.js").Command} command */
  const send = (command) => intents.send(command, commandText(command));

  /**
   * @param {HTMLInputElement} input
   * @param {string} what
   * @param {string} unit
   */
  const read = (input, what, unit) => {
    const { value, error } = parseWhole(input.value, what, Number(input.min), Number(input.max), unit);
    input.setAttribute("aria-invalid", String(error !== null));
    if (error !== null) notify(state, "error", error, what);
    else mended(state, what);
    return value;
  };

  // -- the balloon
  function askBalloon() {
    clearTimeout(settle);
    const value = read(field, "Balloon target", "MiB");
    if (value === null || value === asked) return;
    asked = value;
    range.value = String(value);
    send({ type: "balloon_target", nr_pages: value * MIB_PAGES });
  }
  // Under a finger or a mouse the slider goes to the nearest round or recorded value; arrow keys and the field are exact.
  let held = false;
  range.addEventListener("pointerdown", () => (held = true));
  for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, () => (held = false));
  const snap = () => {
    if (held) range.value = String(snapped(Number(range.value), Number(range.max), recordedTargets(state.recorded.get())));
  };
  range.addEventListener("input", () => {
    snap();
    field.value = range.value;
    clearTimeout(settle);
  });
  const showMarks = painter.add("dom", () => {
    const marks = targetMarks(Number(range.max), recordedTargets(state.recorded.get()));
    need("balloon-marks", HTMLElement).replaceChildren(...marks.map(({ value, recorded }) => {
      const mark = el(recorded ? "i.recorded" : "i");
      mark.style.left = `${(100 * value) / Number(range.max)}%`;
      return mark;
    }));
    range.title = marks.some(({ recorded }) => recorded) ? "Orange marks: what was recorded on a real kernel" : "";
  });
  for (const each of [state.recorded, state.welcome]) each.subscribe(showMarks);
  range.addEventListener("change", () => {
    field.value = range.value;
    clearTimeout(settle);
    settle = window.setTimeout(askBalloon, SLIDER_SETTLE_MS);
  });
  field.addEventListener("input", () => {
    range.value = field.value;
  });
  field.addEventListener("change", askBalloon);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") askBalloon();
  });

  // -- everything else that changes the result
  /** @type {Record<string, () => void>} */
  const acts = {
    compact: () => send({ type: "compact" }),
    huge: () => {
      const nr = read(hugeNr, "Huge pages", "2 MiB pages");
      if (nr === null) return;
      send({ type: "huge", nr });
    },
    direct: () => send({ type: "direct_compact", order: Number(order.value) }),
    drop: () => send({ type: "drop_caches" }),
    wait: () => {
      const seconds = read(waitS, "Time to let pass", "seconds");
      if (seconds !== null) send({ type: "wait", ms: seconds * 1000 });
    },
    reset: intents.startOver,
    workload: () => {
      workload.checked = !workload.checked;
      askWorkload();
    },
    balloon: () => (field.focus(), field.select()),
    pause: togglePause,
    step: () => {
      if (state.pace.get() === 0) intents.step(1);
    },
    faster: () => setSpeed(Math.min(100, Number(speed.value) + 10)),
    slower: () => setSpeed(Math.max(Number(speed.min), Number(speed.value) - 10)),
  };
  function askWorkload() {
    const value = read(rate, "Workload rate", "operations per tick");
    if (value === null) workload.checked = false;
    else send({ type: "workload", enabled: workload.checked, rate: value });
  }
  workload.addEventListener("change", askWorkload);
  rate.addEventListener("change", () => {
    if (workload.checked) askWorkload();
  });
  for (const id of ["compact", "huge", "direct", "drop", "wait", "reset"]) need(id, HTMLButtonElement).addEventListener("click", acts[id]);

  // -- time
  function togglePause() {
    running = !running;
    intents.pace(running ? resumeAt : 0);
  }
  /** @param {number} position */
  function setSpeed(position) {
    speed.value = String(position);
    resumeAt = speedOf(position);
    setText(need("speed-text", HTMLOutputElement), speedText(resumeAt));
    if (running) intents.pace(resumeAt);
  }
  pause.addEventListener("click", togglePause);
  step.addEventListener("click", acts.step);
  speed.addEventListener("input", () => setSpeed(Number(speed.value)));
  for (const [event, now] of /** @type {const} */ ([["pointerdown", true], ["pointerup", false], ["pointercancel", false]])) {
    speed.addEventListener(event, () => {
      dragging = now;
    });
  }

  // -- what the server says
  const showPace = painter.add("dom", () => {
    const pace = state.pace.get();
    running = pace > 0;
    if (running) {
      resumeAt = pace;
      // Never pull the thumb from under a finger, and leave a position that already means this speed.
      if (!dragging && speedOf(Number(speed.value)) !== (pace < 1 ? pace : Math.round(pace))) speed.value = String(positionOf(pace));
    }
    step.disabled = pace > 0;
    setText(need("pause-text", HTMLElement), pace > 0 ? "Pause" : "Run");
    setText(/** @type {Element} */ (pause.querySelector(".icon")), pace > 0 ? "❚❚" : "▶");
    document.body.dataset.paused = String(pace === 0);
    setText(need("speed-text", HTMLOutputElement), speedText(resumeAt));
  });

  const showWelcome = painter.add("dom", () => {
    const welcome = state.welcome.get();
    if (!welcome) return;
    const most = Math.floor(welcome.guest.nr_pages / MIB_PAGES);
    range.max = field.max = String(most);
    workload.checked = welcome.workload.enabled;
    rate.value = String(welcome.workload.rate);
    asked = -1;
  });

  const showFrame = painter.add("dom", () => {
    const welcome = state.welcome.get();
    const frame = state.frame.get();
    if (!welcome || !frame || frame.designs.length === 0) return;
    const at = statIndex(welcome.stat_fields);
    const clocks = frame.designs.map(({ stats }) => Number(stats[at.clock_ms] ?? 0));
    setText(need("tick", HTMLOutputElement), `${tickText(frame.tick)} · ${clocksText(clocks)}`);
    // The target comes with the frame: another page may have changed it. Never overwrite what is being typed here.
    const target = frame.designs[0].stats[at.balloon_target] / MIB_PAGES;
    const editing = document.activeElement === field || document.activeElement === range;
    if ((asked === -1 || !editing) && ![...state.pending.get().values()].some((entry) => entry.kind === "balloon_target")) {
      asked = Math.round(target);
      if (!editing) range.value = field.value = String(asked);
    }
  });

  const showPending = painter.add("dom", () => {
    const pending = [...state.pending.get().values()];
    const kinds = new Set(pending.map((entry) => entry.kind));
    for (const [kind, id] of Object.entries(KIND_BUTTONS)) {
      need(id, HTMLButtonElement).toggleAttribute("data-pending", kinds.has(kind));
    }
    const given = state.log.get().at(-1);
    const last = given ? { index: given.index, tick: given.tick, text: commandText(given.command) } : state.done.get().at(-1);
    const said = pending.length
      ? `Sent: ${pending.map((entry) => entry.text).join(", ")}…`
      : last
        ? `Last command, no. ${last.index} at ${tickText(last.tick)}: ${last.text}.`
        : "";
    setText(need("said", HTMLElement), said);
  });

  state.pace.subscribe(showPace);
  state.welcome.subscribe(showWelcome);
  state.frame.subscribe(showFrame);
  for (const each of [state.pending, state.log, state.done]) each.subscribe(showPending);
  showPace();
  return { act: (what) => acts[what]?.() };
}

/** @param {number} speed ticks a second */
const speedText = (speed) => (speed >= FULL_SPEED ? "full speed" : speed < PAGE_BY_PAGE ? "page by page" : `${speed < 1 ? speed : plural(Math.round(speed), "tick")}${speed < 1 ? " ticks" : ""}/s`);
