/**
 * The map of winners as a table of buttons, its legend, and the same as a table of words.
 */

import { el } from "../lib/dom.js";
import { axisWords, briefMark, place, short, step } from "./map_text.js";

/** @typedef {import("./map_text.js").Winners} Winners */
/** @typedef {import("./map_text.js").Cell} Cell */

/** The fill of a design, as sweep.css has it. @type {readonly string[]} */
const FILLS = ["#c3c9cf", "#f0a63a", "#70bdea", "#e79ac3", "#43b892", "#f1e468", "#b9a4e6", "#ec8a5f", "#a9dc8f", "#cfb07a"];

/** Which fill a design has. @param {Winners} map @param {string} key */
export const colour = (map, key) => map.designs.findIndex((one) => one.key === key) % FILLS.length;

/** Whether no design differs from another. @param {Cell} cell */
const allLevel = (cell) => cell.state === "level" && cell.leaders.length === Object.keys(cell.designs).length;

/**
 * Give a cell its colours: the leader's, beside it those of the ones it is level with.
 * @param {HTMLButtonElement} button
 * @param {Cell} cell
 * @param {Winners} map
 */
function paint(button, cell, map) {
  button.classList.add(cell.state, ...(cell.leaders.length ? [`d${colour(map, cell.leaders[0])}`] : []), ...(allLevel(cell) ? ["all"] : []));
  if (cell.state !== "level") return;
  button.style.setProperty("--of", String(Math.min(4, cell.leaders.length)));
  for (const [i, name] of ["second", "third", "fourth"].entries()) {
    if (cell.leaders[i + 1]) button.style.setProperty(`--${name}`, FILLS[colour(map, cell.leaders[i + 1])]);
  }
}

/**
 * @param {HTMLTableElement} table
 * @param {Winners} map
 * @param {(cell: Cell) => void} choose
 */
export function drawMap(table, map, choose) {
  const [across, down] = map.axes;
  /** @type {HTMLButtonElement[][]} */
  const buttons = map.cells.map((line, row) => line.map((cell, column) => {
    const lead = cell.margin === null || cell.state === "nothing" ? "" : `+${short(cell.margin)}`;
    const button = el("button.spot", {
      type: "button", tabindex: row || column ? "-1" : "0", "aria-label": `${place(cell)}: ${cell.words}`,
      title: cell.words, click: () => take(row, column),
      keydown: (/** @type {KeyboardEvent} */ event) => {
        const next = step(event.key, row, column, map.cells.length, line.length);
        if (!next) return;
        event.preventDefault();
        focus(...next);
      },
    }, el("span.mark", {}, allLevel(cell) ? "all level" : briefMark(cell)), el("span.lead", {}, lead));
    paint(button, cell, map);
    return button;
  }));
  /** @param {number} row @param {number} column */
  function focus(row, column) {
    for (const button of buttons.flat()) button.tabIndex = -1;
    buttons[row][column].tabIndex = 0;
    buttons[row][column].focus();
  }
  /** @param {number} row @param {number} column */
  function take(row, column) {
    for (const button of buttons.flat()) button.setAttribute("aria-pressed", "false");
    buttons[row][column].setAttribute("aria-pressed", "true");
    focus(row, column);
    choose(map.cells[row][column]);
  }
  table.replaceChildren(
    el("caption", {}, `Across: ${axisWords(across.name)}. Down: ${axisWords(down.name)}.`),
    el("thead", {}, el("tr", {}, el("td"), ...across.values.map((value) => el("th", { scope: "col" }, String(value))))),
    el("tbody", {}, ...buttons.map((line, row) =>
      el("tr", {}, el("th", { scope: "row" }, String(down.values[row])), ...line.map((button) => el("td", {}, button))))),
  );
}

/**
 * @param {HTMLUListElement} list
 * @param {Winners} map
 */
export function drawLegend(list, map) {
  const present = new Set(map.cells.flat().flatMap((cell) => Object.keys(cell.designs)));
  list.replaceChildren(
    ...map.designs.filter(({ key }) => present.has(key)).map(({ key, letter }) =>
      el("li", {}, el("span", { class: `swatch d${colour(map, key)}` }, letter), " ", el("code", {}, key))),
    el("li", {}, el("span.swatch.undecided", {}, "A?B"), " undecided between them"),
    el("li", {}, el("span.swatch.level", {}, "A=B"), " level"),
    el("li", {}, el("span.note", {}, "+5: the lead, and over whom, is in the cell’s words")),
  );
}

/**
 * @param {HTMLTableElement} table
 * @param {Winners} map
 */
export function drawTable(table, map) {
  const names = map.axes.map(({ name }) => axisWords(name));
  const head = [...names, "who", "mean", "lead", "±", "over", "pairs", "in words"];
  table.replaceChildren(
    el("thead", {}, el("tr", {}, ...head.map((word) => el("th", { scope: "col" }, word)))),
    el("tbody", {}, ...map.cells.flat().map((cell) => el("tr", {},
      ...Object.values(cell.at).map((value) => el("td", {}, String(value))),
      el("td", {}, cell.mark),
      el("td.number", {}, short(cell.leaders.length ? cell.designs[cell.leaders[0]].mean : null)),
      el("td.number", {}, short(cell.margin)), el("td.number", {}, short(cell.half)),
      el("td", {}, cell.rival ?? "–"), el("td.number", {}, String(cell.pairs)), el("td", {}, cell.words)))),
  );
}
