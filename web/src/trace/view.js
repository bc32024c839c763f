/**
 * "Why this page?": the next tick of one design, told page by page before it happens. Stands in the inspector beside the
 * maps and pauses the session; its Step then does exactly what was told.
 */

import { el, need, setText } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { statIndex } from "../net/wire.js";
import { detail } from "./detail.js";
import { chosen, counted, firstRow, moreText, moveRow, outcomeOf, outcomes, reasons, reasonWords, standing, subjectText, targetBlock, traceText } from "./handled.js";
import { createReasons } from "./reasons.js";

/** @typedef {import("./handled.js").Trace} Trace */

/**
 * @typedef {object} Rest
 * @property {(session: string, design: string, ticks: number) => Promise<Trace>} trace
 * @property {() => Promise<{reasons: import("./handled.js").Reason[]}>} reasons
 *
 * @typedef {Pick<import("../net/client.js").Client, "pace"|"step"> & Rest} Doors
 */

/** @param {string} design */
const idleText = (design) => `Nothing is running under ${design} right now. Press Compact or change the balloon: while paused, the command waits and this shows what it will do.`;

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 * @param {Doors} doors
 * @returns {{act: (what: string) => boolean, reason: (id: string) => void}} what a shortcut may ask for; false = not ours. Opens the table of reasons
 */
export function createTrace(state, painter, doors) {
  const root = need("trace", HTMLElement);
  const openReasons = createReasons(doors.reasons);
  const parts = build(root, { ask: () => void ask(), step, openReasons: () => void openReasons() });
  const { designs, ticks, asking, stepping, said, shares, reason, note, list, box } = parts;
  /** @type {Trace|null} */
  let trace = null;
  let logIndex = 0; // of the session when the trace was requested
  let problem = "";
  let busy = false; // a trace is in flight
  let held = 0; // pace before this paused the session
  let wanted = false; // trace as soon as the session is paused
  let design = "";
  /** @type {import("./handled.js").Filter} */
  let filter = { outcome: "", reason: "" };
  /** @type {import("./handled.js").Handled[]} */
  let rows = [];
  let row = 0;

  const index = () => state.welcome.get()?.designs.findIndex(({ key }) => key === design) ?? -1;
  const working = () => {
    const welcome = state.welcome.get();
    const values = state.frame.get()?.designs[index()]?.stats;
    return welcome && values ? values[statIndex(welcome.stat_fields).busy] !== 0 : false;
  };

  const atWork = () => {
    const busy = statIndex(state.welcome.get()?.stat_fields ?? []).busy;
    return state.frame.get()?.designs.some(({ stats }) => stats[busy] !== 0) ?? false;
  };

  /** @param {boolean} open */
  function setOpen(open) {
    if (open !== root.hidden) return;
    root.hidden = !open;
    mark(null);
    showDesign();
    if (!open) {
      // Paused for nothing: whoever leaves and presses Compact would wonder why nothing happens.
      if (held > 0 && state.pace.get() === 0 && state.pending.get().size === 0 && !atWork()) doors.pace(held);
      held = 0;
      return;
    }
    held = state.pace.get();
    if (held > 0) doors.pace(0);
    if (!trace) wanted = true;
    root.focus({ preventScroll: true });
    show();
    settle();
  }

  async function ask() {
    const welcome = state.welcome.get();
    const frame = state.frame.get();
    if (!welcome || !frame || busy || state.pace.get() > 0) return;
    wanted = false;
    busy = true;
    problem = "";
    show();
    const before = frame.log_index;
    try {
      const answer = await doors.trace(welcome.session, design, Number(ticks.value));
      if (state.welcome.get() !== welcome) return;
      trace = answer;
      logIndex = before;
      filter = { outcome: "", reason: "" };
      parts.body.hidden = trace.handled.length === 0; // shown first: a hidden element cannot be scrolled
      showFilters();
      showList();
      // The arrow keys work at once, unless the focus is elsewhere; a button that was switched off has lost it.
      if (!parts.body.hidden && [root, asking, document.body].includes(/** @type {HTMLElement} */ (document.activeElement))) list.focus({ preventScroll: true });
    } catch (error) {
      problem = `Not traced: ${error instanceof Error ? error.message : error}`;
    } finally {
      busy = false;
      show();
    }
  }

  function step() {
    if (trace && standing(trace, state.frame.get(), logIndex) === "foretold") doors.step(trace.ticks);
  }

  /** @param {string} key */
  function choose(key) {
    if (key === design) return;
    design = key;
    trace = null;
    problem = "";
    wanted = true;
    showFilters();
    showList();
    showDesign();
    show();
    settle();
  }

  /** Traces that were wanted while the session was still running start once it is paused and has something to do. */
  const settle = painter.add("dom", () => {
    if (wanted && !root.hidden && !busy && state.pace.get() === 0 && state.pending.get().size === 0 && working()) void ask();
  });

  /** The traced design's map stands out. */
  function showDesign() {
    need("panels", HTMLElement).dataset.tracing = String(!root.hidden);
    for (const panel of document.querySelectorAll("#panels > .panel")) panel.classList.toggle("traced", panel.getAttribute("data-design") === design);
    if (root.hidden) return;
    state.panel.set(Math.max(0, index()));
  }

  const show = painter.add("dom", () => {
    if (root.hidden) return;
    const frame = state.frame.get();
    const now = standing(trace, frame, logIndex);
    const paused = state.pace.get() === 0;
    root.dataset.state = busy ? "asking" : problem ? "problem" : now;
    root.setAttribute("aria-busy", String(busy));
    asking.disabled = busy || !paused;
    asking.classList.toggle("primary", now !== "foretold" || trace?.ticks === 0);
    setText(asking, busy ? "Tracing…" : "Trace the next");
    stepping.disabled = busy || !paused || now !== "foretold" || trace?.ticks === 0;
    stepping.classList.toggle("primary", now === "foretold" && trace?.ticks !== 0);
    let words = trace ? traceText(trace, now, frame?.tick ?? 0) : working() ? "Press Trace to see what the next tick will do to each page, before it happens." : idleText(design);
    if (!paused) words = "The session is running: pause it to look at its next tick.";
    if (busy) words = `Following every call of the next ${ticks.value === "1" ? "tick" : `${ticks.value} ticks`} of ${design}…`;
    said.classList.toggle("problem", problem !== "" && !busy);
    setText(said, problem !== "" && !busy ? problem : words);
    parts.body.hidden = !trace || trace.handled.length === 0;
    parts.help.hidden = !parts.body.hidden;
  });

  // -- filter
  function showFilters() {
    if (!trace) return;
    const radio = (/** @type {string} */ value, /** @type {(Node|string)[]} */ ...words) =>
      el("span.mode", {}, el("input", { type: "radio", name: "trace-outcome", value, id: `trace-outcome-${value || "all"}`, checked: filter.outcome === value,
        change: () => setFilter({ outcome: value, reason: "" }) }), el("label", { for: `trace-outcome-${value || "all"}` }, ...words));
    shares.replaceChildren(radio("", `all ${count(trace.total)}`), ...outcomes(trace).map(({ outcome, nr }) => {
      const { symbol, words } = outcomeOf(outcome);
      return radio(outcome, el("span.symbol", { "aria-hidden": "true" }, symbol), ` ${words} ${count(nr)}`);
    }));
    fillReasons();
  }
  function fillReasons() {
    if (!trace) return;
    reason.replaceChildren(el("option", { value: "" }, "any reason"),
      ...reasons(trace, filter.outcome).map((each) => el("option", { value: each.reason, selected: each.reason === filter.reason }, `${reasonWords(each.reason)} (${count(each.nr)})`)));
  }
  /** @param {import("./handled.js").Filter} next */
  function setFilter(next) {
    filter = next;
    fillReasons();
    showList();
  }
  reason.addEventListener("change", () => setFilter({ ...filter, reason: reason.value }));

  // -- list
  function showList() {
    rows = trace ? chosen(trace, filter) : [];
    list.replaceChildren(...rows.map((handled, i) => {
      const { symbol, words } = outcomeOf(handled.outcome);
      return el("li", { role: "option", id: `trace-row-${i}`, "aria-selected": "false", "data-outcome": handled.outcome },
        el("span.symbol", { "aria-hidden": "true" }, symbol), el("span.outcome", {}, words), el("span.subject", {}, subjectText(handled)),
        el("span.reason", {}, moreText(handled)));
    }));
    const all = trace ? counted(trace, filter) : 0;
    setText(note, rows.length < all ? `${count(rows.length)} of ${count(all)} listed, some of each kind` : `${count(all)} listed`);
    row = 0;
    list.scrollTop = 0;
    select(firstRow(rows), true);
  }

  /**
   * @param {number} to
   * @param {boolean} scroll
   */
  function select(to, scroll) {
    list.children[row]?.setAttribute("aria-selected", "false");
    row = to;
    const item = list.children[row];
    const handled = rows[row];
    if (!item || !handled) {
      list.removeAttribute("aria-activedescendant");
      box.replaceChildren();
      return;
    }
    item.setAttribute("aria-selected", "true");
    list.setAttribute("aria-activedescendant", item.id);
    if (scroll) reveal(/** @type {HTMLElement} */ (item));
    box.replaceChildren(...detail(handled, (id) => void openReasons(id)));
    box.scrollTop = 0;
    mark(handled);
  }

  /**
   * Scroll the list to an item; the page itself stays where it is.
   * @param {HTMLElement} item
   */
  function reveal(item) {
    const [top, bottom] = [item.offsetTop - list.offsetTop, item.offsetTop - list.offsetTop + item.offsetHeight];
    if (top < list.scrollTop) list.scrollTop = top;
    else if (bottom > list.scrollTop + list.clientHeight) list.scrollTop = bottom - list.clientHeight;
  }

  /**
   * Mark the page's pageblock and its target's on the map.
   * @param {import("./handled.js").Handled|null} handled
   */
  function mark(handled) {
    state.pageblock.set(handled && !root.hidden ? handled.pageblock : null);
    state.target.set(handled && !root.hidden ? targetBlock(handled) : null);
  }
  /** @param {Event} event */
  const rowAt = (event) => {
    const item = event.target instanceof Element ? event.target.closest("li") : null;
    return item ? [...list.children].indexOf(item) : -1;
  };
  list.addEventListener("pointerover", (event) => mark(rows[rowAt(event)] ?? rows[row] ?? null));
  list.addEventListener("pointerleave", () => mark(rows[row] ?? null));
  list.addEventListener("focus", () => mark(rows[row] ?? null));
  list.addEventListener("click", (event) => {
    const to = rowAt(event);
    if (to >= 0) select(to, false);
  });
  list.addEventListener("keydown", (event) => {
    const to = moveRow(event.key, row, rows.length);
    if (to === null) return;
    event.preventDefault();
    select(to, true);
  });

  ticks.addEventListener("change", show);
  state.tab.subscribe((tab) => setOpen(tab === "why"));
  state.welcome.subscribe((welcome) => {
    if (!welcome) return;
    trace = null;
    problem = "";
    wanted = !root.hidden;
    if (!welcome.designs.some(({ key }) => key === design)) design = (welcome.designs.find(({ name }) => name === "lru_hook") ?? welcome.designs[0]).key;
    designs.replaceChildren(...welcome.designs.map(({ key }, i) =>
      el("span.mode", {}, el("input", { type: "radio", name: "trace-design", id: `trace-design-${i}`, value: key, checked: key === design, change: () => choose(key) }),
        el("label", { for: `trace-design-${i}` }, key))));
    showDesign();
    showList();
    show();
  });
  for (const each of [state.frame, state.pace, state.pending]) {
    each.subscribe(show);
    each.subscribe(settle);
  }
  return {
    reason: (id) => void openReasons(id),
    act(what) {
      if (what !== "why") return false;
      state.tab.set(state.tab.get() === "why" ? "" : "why");
      return true;
    },
  };
}

/**
 * Build the fixed parts.
 * @param {HTMLElement} root
 * @param {{ask: () => void, step: () => void, openReasons: () => void}} acts
 */
function build(root, acts) {
  const designs = el("div.modes.trace-designs", { role: "radiogroup", "aria-label": "Design to trace" });
  const ticks = el("select", { id: "trace-ticks", "aria-label": "Ticks to trace" }, ...[1, 4, 16].map((nr) => el("option", { value: nr }, nr === 1 ? "tick" : `${nr} ticks`)));
  const asking = el("button.primary", { type: "button", id: "trace-ask", click: acts.ask }, "Trace the next");
  const stepping = el("button", { type: "button", id: "trace-step", disabled: true, click: acts.step }, "Step: do it");
  const said = el("p.trace-said", { role: "status", id: "trace-said" });
  const shares = el("div.modes.trace-outcomes", { role: "radiogroup", "aria-label": "Outcome" });
  const reason = el("select", { id: "trace-reason", "aria-label": "Reason" });
  const note = el("span");
  const noted = el("p.trace-note", {}, note, el("button.quiet", { type: "button", id: "trace-reasons", click: acts.openReasons }, "all reasons"));
  const list = el("ul.trace-list", { role: "listbox", tabindex: 0, id: "trace-list", "aria-label": "Pages and pageblocks handled", "aria-controls": "trace-detail" });
  root.tabIndex = -1;
  const help = el("p.trace-help", {}, "Every page and pageblock that compaction, reclaim, the balloon or a range request handles: what becomes of it, why, through which kernel functions, and what each of them changes. ",
    el("button.quiet", { type: "button", click: acts.openReasons }, "All reasons"));
  const box = el("div.trace-detail", { id: "trace-detail" });
  const body = el("div.trace-body", { hidden: true }, el("div.trace-left", {}, el("div.trace-filter", {}, shares, reason, noted), list), box);
  root.append(
    el("div.trace-head", {}, el("h3.hidden", { id: "trace-title" }, "Why this page?"), designs,
      el("span.ask", {}, asking, ticks), stepping),
    said, help, body,
  );
  return { designs, ticks, asking, stepping, said, shares, reason, note, list, box, body, help };
}
