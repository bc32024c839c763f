/**
 * Kernel memory and long-term pins: asked for by button, and what came of it in each design's guest.
 */

import { el, need } from "../lib/dom.js";
import { parseWhole } from "../lib/format.js";
import { mended, notify } from "../state.js";
import { commandText } from "./command_text.js";
import { allocVerdict, pinVerdict } from "./demand_text.js";
import { showVerdicts } from "./verdicts.js";

/** @typedef {"unmovable"|"reclaimable"|"atomic"} Kind */

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 * @param {import("../net/client.js").Client["send"]} sendCommand
 */
export function createDemands(state, painter, sendCommand) {
  const number = el("input", { type: "number", id: "alloc-nr", min: 1, max: 1_000_000, value: 20, inputmode: "numeric", "aria-label": "Requests for kernel memory" });
  const order = el("select", { id: "alloc-order" }, ...Array.from({ length: 11 }, (_, i) => el("option", { value: i, selected: i === 9 }, String(i))));
  const kind = el("select", { id: "alloc-kind", "aria-label": "Kind of request", title: "GFP_KERNEL; the same for slab that can shrink; GFP_ATOMIC, which cannot wait" },
    ...["unmovable", "reclaimable", "atomic"].map((name) => el("option", { value: name }, name)));
  const keep = el("input", { type: "checkbox", id: "alloc-keep" });
  const ask = el("button", { type: "button", id: "alloc", title: "Ask for kernel memory so often, and count what is had and what stands in the way" }, "Ask for kernel memory");
  const size = el("input", { type: "number", id: "pin-mib", min: 1, max: 1_048_576, value: 16, inputmode: "numeric", "aria-label": "Memory to pin in MiB" });
  const pin = el("button", { type: "button", id: "pin", title: "Pin memory that programs have (RDMA, VFIO): it cannot be moved any more" }, "Pin memory");
  const list = el("ul.range-verdicts", { id: "demand-verdicts", role: "status" });
  need("demands", HTMLElement).replaceWith(
    el("span.pair", {}, ask, el("span.field", {}, number, el("span.unit", {}, "×")), el("span.field", {}, el("label", { for: "alloc-order" }, "order"), " ", order), el("span.field", {}, kind),
      el("label.switch", { title: "The pages stay with the kernel; otherwise they are given back at the end" }, keep, " keep")),
    el("span.pair", {}, pin, el("span.field", {}, size, el("span.unit", {}, "MiB"))),
    list,
  );

  /**
   * @param {HTMLInputElement} input
   * @param {string} what
   * @param {string} unit
   */
  const read = (input, what, unit) => {
    const { value, error } = parseWhole(input.value, what, Number(input.min), Number(input.max), unit);
    input.setAttribute("aria-invalid", String(error !== null));
    if (error) notify(state, "error", error, what);
    else mended(state, what);
    return value;
  };
  /** @param {import("../net/wire.js").Command} command */
  const send = (command) => sendCommand(command, commandText(command));

  ask.addEventListener("click", () => {
    const nr = read(number, "Kernel memory", "requests");
    if (nr !== null) send({ type: "alloc_pages", nr, order: Number(order.value), kind: /** @type {Kind} */ (kind.value), keep: keep.checked });
  });
  pin.addEventListener("click", () => {
    const size_mib = read(size, "Memory to pin", "MiB");
    if (size_mib !== null) send({ type: "pin", size_mib });
  });

  const showWelcome = painter.add("dom", () => {
    const welcome = state.welcome.get();
    if (!welcome) return;
    size.max = String(welcome.guest.nr_pageblocks * 2);
  });

  state.welcome.subscribe(showWelcome);
  showVerdicts(state, painter, list, (s) => [allocVerdict(s), pinVerdict(s)].filter(Boolean).join(" "));
}
