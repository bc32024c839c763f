/**
 * A range of memory: chosen by dragging over a map or typed, then offlined; and what came of it in each design's guest.
 */

import { need, setText } from "../lib/dom.js";
import { parseWhole } from "../lib/format.js";
import { mended, notify } from "../state.js";
import { commandText } from "./command_text.js";
import { rangeBetween, rangeText, verdict } from "./range_text.js";
import { showVerdicts } from "./verdicts.js";
import { pageblock } from "../lib/pageblock.js";

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 * @param {import("../net/client.js").Client["send"]} sendCommand
 */
export function createRanges(state, painter, sendCommand) {
  const start = need("range-start", HTMLInputElement);
  const size = need("range-size", HTMLInputElement);
  const contig = need("contig-mib", HTMLInputElement);
  const list = need("range-verdicts", HTMLUListElement);
  const panels = need("panels", HTMLElement);
  /** @type {number|null} */
  let from = null; // pageblock at which a drag began
  let dragged = false;

  /**
   * @param {HTMLInputElement} input
   * @param {string} what
   */
  const read = (input, what) => {
    const { value, error } = parseWhole(input.value, what, Number(input.min), Number(input.max), "MiB");
    const odd = value !== null && value % pageblock.mib ? `${what} is ${value} MiB: whole pageblocks of ${pageblock.size} are needed` : null;
    input.setAttribute("aria-invalid", String((error ?? odd) !== null));
    if (error ?? odd) notify(state, "error", error ?? odd ?? "", what);
    else mended(state, what);
    return error ?? odd ? null : value;
  };
  const chosen = () => {
    const start_mib = read(start, "Start of the range");
    const size_mib = read(size, "Size of the range");
    return start_mib === null || size_mib === null ? null : { start_mib, size_mib };
  };
  /** @param {import("../net/wire.js").Command} command */
  const send = (command) => sendCommand(command, commandText(command));

  need("offline", HTMLButtonElement).addEventListener("click", () => {
    const range = chosen();
    state.range.set(range);
    if (range) send({ type: "offline", ...range });
  });
  need("contig", HTMLButtonElement).addEventListener("click", () => {
    const size_mib = read(contig, "Contiguous memory");
    if (size_mib !== null) send({ type: "alloc_contig", size_mib });
  });
  for (const input of [start, size]) input.addEventListener("change", () => state.range.set(chosen()));

  // -- dragging: the maps already know which pageblock is pointed at
  panels.addEventListener("pointerdown", (event) => {
    from = event.pointerType !== "touch" && event.button === 0 ? state.pageblock.get() : null;
  });
  panels.addEventListener("pointermove", (event) => {
    const to = state.pageblock.get();
    if (from === null || to === null || from === to || !(event.buttons & 1)) return;
    const range = rangeBetween(from, to);
    state.range.set(range);
    dragged = true;
    start.value = String(range.start_mib);
    size.value = String(range.size_mib);
  });
  window.addEventListener("pointerup", () => {
    // What can be done with the range is in there; not while dragging, because that moves the maps.
    if (dragged) need("more", HTMLDetailsElement).open = true;
    dragged = false;
    from = null;
  });

  // -- what the server says
  const showWelcome = painter.add("dom", () => {
    const welcome = state.welcome.get();
    if (!welcome) return;
    const { mib } = pageblock;
    const end = welcome.guest.nr_pageblocks * mib;
    start.max = String(end - mib);
    for (const input of [start, size, contig]) input.step = String(mib);
    size.min = contig.min = String(mib);
    size.max = contig.max = String(end);
    state.range.set(null);
  });

  const showRange = painter.add("dom", () => {
    const range = state.range.get();
    setText(need("range-chosen", HTMLElement), range ? `Chosen: ${rangeText(range)}.` : "Drag over a map, or type the range here.");
  });

  state.welcome.subscribe(showWelcome);
  state.range.subscribe(showRange);
  showRange();
  showVerdicts(state, painter, list, verdict);
}
