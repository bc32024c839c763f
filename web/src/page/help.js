/**
 * Keyboard shortcuts, and the dialog that lists them.
 */

import { el, need } from "../lib/dom.js";
import { MODES } from "../map/palette.js";

const KEYS = [
  ["s", "Scenarios", "scenarios"],
  ["a", "The argument", "argument"],
  ["n", "Next step of the scenario, or of the recording", "next"],
  ["p", "Play the recorded steps, or stop", "play"],
  ["b", "Balloon target: go to the field", "balloon"],
  ["c", "Compact", "compact"],
  ["h", "Take huge pages", "huge"],
  ["o", "Direct compaction for the chosen order", "direct"],
  ["d", "Drop caches", "drop"],
  ["w", "Workload on or off", "workload"],
  ["l", "Let simulated time pass, as many seconds as the field says", "wait"],
  ["Space", "Pause or run; in the past, play on from there", "pause"],
  [".", "On one tick: while paused, or in the past", "step"],
  [",", "Back one tick", "time-back"],
  ["[", "Back to before the last command", "time-command-back"],
  ["]", "On to the next command", "time-command-on"],
  ["z", "Undo: the moment before the last command; the next one goes on from there", "time-undo"],
  ["{", "Back to where a pageblock last came free", "time-emptied-back"],
  ["}", "On to where a pageblock next comes free", "time-emptied-on"],
  ["t", "Back to now", "time-now"],
  ["y", "Why? Pause, and see what the next tick does to each page", "why"],
  ["f", "Follow the class again", "follow"],
  ["x", "Difference of two memories: panels, moments, the real kernel", "difference"],
  ["+", "Faster", "faster"],
  ["-", "Slower", "slower"],
  ["r", "Start over with the same guest and seed", "reset"],
];

/**
 * @param {import("../state.js").State} state
 * @param {(what: string) => void} act
 * @param {() => void} openSetup
 */
export function createHelp(state, act, openSetup) {
  const dialog = need("help", HTMLDialogElement);
  const switchBox = el("input", { type: "checkbox", checked: true, change: () => state.shortcuts.set(switchBox.checked) });
  dialog.append(
    el("form", { method: "dialog" },
      el("div.dialog-head", {}, el("h2", { id: "help-title" }, "Keyboard"), el("button", { value: "close" }, "Close")),
      el("dl.keys", {},
        ...KEYS.flatMap(([key, words]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, words)]),
        ...MODES.flatMap((mode, i) => [el("dt", {}, el("kbd", {}, String(i + 1))), el("dd", {}, `Colours: ${mode.label}`)]),
        el("dt", {}, el("kbd", {}, "g")), el("dd", {}, "Guest and designs"),
        el("dt", {}, el("kbd", {}, "?")), el("dd", {}, "This help"),
        el("dt", {}, el("kbd", {}, "Tab"), " to a map, then ", el("kbd", {}, "←↑↓→")), el("dd", {}, "Pageblock by pageblock, in all panels at once"),
        el("dt", {}, "on a map ", el("kbd", {}, "Enter"), " ", el("kbd", {}, "Esc")), el("dd", {}, "Down from the whole memory to a pageblock and to a page, and up again"),
        el("dt", {}, "on a map ", el("kbd", {}, "+"), " ", el("kbd", {}, "-"), " or the wheel"), el("dd", {}, "Closer and less close, in all panels at once")),
      el("label.switch", {}, switchBox, " Single-key shortcuts are on")),
  );
  const open = () => {
    if (!dialog.open) dialog.showModal();
  };
  need("open-help", HTMLButtonElement).addEventListener("click", open);

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = /** @type {Element} */ (event.target);
    if (document.querySelector("dialog[open]") || target.closest("input:not([type=range]):not([type=radio]):not([type=checkbox]), select, textarea")) return;
    if (!state.shortcuts.get()) return;
    // Space presses the button that has the focus, and ticks the box.
    if (event.key === " " && target.closest("button, summary, a, input")) return;
    const name = event.key === " " ? "Space" : event.key;
    const mode = MODES[Number(name) - 1];
    const entry = KEYS.find(([key]) => key === name);
    if (name === "?") open();
    else if (name === "g") openSetup();
    else if (mode) state.mode.set(mode.key);
    else if (entry) act(entry[2]);
    else return;
    event.preventDefault();
  });
}
