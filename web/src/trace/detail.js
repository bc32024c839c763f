/**
 * One page or pageblock of a trace: what became of it, the kernel line that decided, and the calls with what they changed.
 */

import { el, scrolling } from "../lib/dom.js";
import { argsText, changesText, FIELDS, HEADS, lines } from "./calls.js";
import { outcomeOf, titleText } from "./handled.js";

/**
 * @param {import("./handled.js").Handled} handled
 * @param {(reason: string) => void} openReasons
 * @returns {Node[]}
 */
export function detail(handled, openReasons) {
  const { symbol } = outcomeOf(handled.outcome);
  const rows = lines(handled.calls);
  const parts = [
    el("h3", {}, el("span.symbol", { "aria-hidden": "true" }, symbol), ` ${titleText(handled)}`),
    el("p.trace-why", {}, sentence(handled.sentence)),
    el("p.trace-source", {}, "Decided in ", el("code", {}, handled.source), " · ",
      el("button.quiet", { type: "button", click: () => openReasons(handled.reason) }, "this reason in the list")),
    rows.length === 0
      ? el("p.trace-source", {}, "No calls were recorded for this one.")
      : scrolling("Calls", callTable(rows)),
    rows.some(({ was }) => "nr_isolated_anon" in was || "nr_isolated_file" in was || "balloon_isolated" in was) && el("p.trace-source", {}, "Pages are handled in batches: between two lines, other pages change the counters too."),
  ];
  return parts.filter((part) => part !== false);
}

/** @param {string} text */
function sentence(text) {
  const upper = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(upper) ? upper : `${upper}.`;
}

/** @param {import("./calls.js").Line[]} rows */
function callTable(rows) {
  const groups = el("tr", {}, el("th", { scope: "col", rowspan: 2 }, "Calls, and what they returned"),
    el("th", { scope: "colgroup", colspan: 4 }, "the page afterwards"), el("th", { scope: "colgroup", colspan: 3 }, "isolated counts"));
  const heads = el("tr", {}, ...FIELDS.map((field) => el("th", { scope: "col", class: HEADS[field].unit }, HEADS[field].head)));
  return el("table.calls", {},
    el("caption.hidden", {}, "Calls in order of time; what changed since the previous line is bold, with the old value"),
    el("thead", {}, groups, heads),
    el("tbody", {}, ...rows.map(row)));
}

/** @param {import("./calls.js").Line} line */
function row(line) {
  const { call, kind, depth, state, was } = line;
  const changes = changesText(line);
  const name = kind === "close"
    ? el("span.end", {}, `} ${call.function}`)
    : el("span", { title: call.file }, el("b", {}, call.function), el("span.args", {}, `(${argsText(call.args)})`), kind === "open" ? " {" : "");
  const returned = kind !== "open" && call.returned ? el("span.returned", {}, ` = ${call.returned}`) : null;
  const head = el("th", { scope: "row", colspan: state ? null : FIELDS.length + 1 }, name, returned, changes && el("span.changes", {}, changes));
  head.style.setProperty("--depth", String(depth));
  return el(`tr.${kind}`, {}, head, ...(state ? FIELDS : []).map((field) => {
    const changed = field in was;
    return el("td", { class: changed ? "changed" : null }, state && el(changed ? "b" : "span", { class: state[field].includes("->") ? "whole" : null }, state[field]),
      changed && el("span.was", {}, `was ${was[field]}`));
  }));
}
