/**
 * Keyboard shortcuts, and the table that lists them.
 */

import { el, need } from "../lib/dom.js";
import { MODES } from "../map/palette.js";

/** One table of keys for bar, maps, time and inspector: group, key, words, what it asks for. */
const KEYS = [
  ["Acts", "b", "Balloon target: go to the field", "balloon"],
  ["Acts", "c", "Compact", "compact"],
  ["Acts", "h", "Take huge pages", "huge"],
  ["Acts", "o", "Direct compaction for the chosen order", "direct"],
  ["Acts", "d", "Drop caches", "drop"],
  ["Acts", "w", "Workload on or off", "workload"],
  ["Acts", "l", "Let simulated time pass, as many seconds as the field says", "wait"],
  ["Acts", "r", "Start over with the same guest and seed (asks first)", "reset"],
  ["Acts", "/", "Type a command; Ctrl+K too", "command"],
  ["Pace and time", "Space", "Pause or run; in the past, play on from there", "pause"],
  ["Pace and time", "+", "Faster", "faster"],
  ["Pace and time", "-", "Slower", "slower"],
  ["Pace and time", ".", "On one tick: while paused, or in the past", "step"],
  ["Pace and time", ",", "Back one tick", "time-back"],
  ["Pace and time", "[", "Back to before the last command", "time-command-back"],
  ["Pace and time", "]", "On to the next command", "time-command-on"],
  ["Pace and time", "z", "Undo: the moment before the last command; the next one goes on from there", "time-undo"],
  ["Pace and time", "{", "Back to where a pageblock last came free", "time-emptied-back"],
  ["Pace and time", "}", "On to where a pageblock next comes free", "time-emptied-on"],
  ["Pace and time", "t", "Back to now", "time-now"],
  ["Inspector and page", "i", "Open or close the inspector", "inspector"],
  ["Inspector and page", "\\", "Inspector: more room, or less", "wide"],
  ["Inspector and page", "y", "Why? Pause, and see what the next tick does to each page", "why"],
  ["Inspector and page", "j", "Next obstacle: the block nearest to becoming free that cannot, in the panel pointed at", "obstacle-next"],
  ["Inspector and page", "k", "The obstacle before it", "obstacle-back"],
  ["Inspector and page", "x", "Difference of two memories: panels, moments, the real kernel", "tab-difference"],
  ["Inspector and page", "f", "Follow the class again", "follow"],
  ["Inspector and page", "s", "Scenarios", "scenarios"],
  ["Inspector and page", "a", "The argument", "argument"],
  ["Inspector and page", "n", "Next step of the scenario, or of the recording", "next"],
  ["Inspector and page", "p", "Play the recorded steps, or stop", "play"],
  ["Inspector and page", "m", "Theme: as the system, light, dark, projector", "theme"],
  ["Inspector and page", "g", "Guest and designs", "setup"],
  ["Inspector and page", "e", "Save a picture or a table: PNG, SVG, CSV", "save"],
  ["Inspector and page", "?", "This help", "tab-help"],
];
const MAP_KEYS = [
  ["←↑↓→", "Pageblock by pageblock, in all maps at once"],
  ["Page up, Page down", "Four rows up, four rows down"],
  ["Home, End", "The lowest block, the highest block"],
  ["Click", "Why is this block not free, and who could empty it (Enter asks too)"],
  ["Enter, Esc", "Down from the whole memory to a pageblock, to a page and to its story, and up again"],
  ["+, -, wheel", "Closer and less close, in all maps at once"],
];

/**
 * @param {import("../state.js").State} state
 * @param {(what: string) => void} act
 */
export function createHelp(state, act) {
  const switchBox = el("input", { type: "checkbox", checked: true, change: () => state.shortcuts.set(switchBox.checked) });
  const groups = [...new Set(KEYS.map(([group]) => group))];
  const line = (/** @type {string} */ key, /** @type {string} */ words) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, words)];
  need("help", HTMLElement).append(
    el("dl.keys", {},
      ...groups.flatMap((group) => [el("dt.group", {}, group), ...KEYS.filter(([one]) => one === group).flatMap(([, key, words]) => line(key, words))]),
      el("dt.group", {}, "Colours"), ...MODES.flatMap((mode, i) => line(String(i + 1), mode.label)),
      el("dt.group", {}, "On a map (Tab to it)"), ...MAP_KEYS.flatMap(([key, words]) => line(key, words))),
    el("label.switch", {}, switchBox, " Single-key shortcuts are on"));

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (!document.querySelector("dialog[open]")) act("command");
      return;
    }
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    // Until the next picture is drawn, a field or button of a dialog that was just closed still gets the keys.
    const focused = /** @type {Element} */ (event.target);
    const target = focused.checkVisibility() ? focused : document.body;
    if (document.querySelector("dialog[open]") || target.closest("input:not([type=range]):not([type=radio]):not([type=checkbox]), select, textarea")) return;
    if (!state.shortcuts.get()) return;
    // Space presses the button that has the focus, and ticks the box.
    if (event.key === " " && target.closest("button, summary, a, input")) return;
    const name = event.key === " " ? "Space" : event.key;
    const mode = MODES[Number(name) - 1];
    const entry = KEYS.find(([, key]) => key === name);
    if (mode) state.mode.set(mode.key);
    else if (entry) act(entry[3]);
    else return;
    event.preventDefault();
  });
}
