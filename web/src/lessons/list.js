/**
 * The lessons there are, as a list; what one knows after each, and how far one is.
 */

import { el } from "../lib/dom.js";

/** @typedef {import("./lesson.js").Listed} Listed */

/**
 * @param {Listed[]} lessons
 * @param {(name: string) => {at: number, done: number}|null} far
 * @param {(name: string) => void} open
 * @param {boolean} paper whether there is a page of each to print
 * @returns {HTMLElement}
 */
export function lessonList(lessons, far, open, paper) {
  if (!lessons.length) return el("p.why", {}, "No lessons are installed.");
  return el("ol.lesson-list", {}, ...lessons.map((one) => {
    if (one.problem) return el("li", {}, el("p", {}, el("b", {}, one.name)), el("p.problem", {}, `Cannot be played: ${one.problem}`));
    const at = far(one.name);
    const steps = one.steps ?? 0;
    const where = !at ? "" : at.done >= steps ? "done" : `step ${at.at + 1} of ${steps}`;
    const words = [el("b", {}, one.title ?? one.name), el("span.why", {}, `${one.minutes} minutes${where === "done" ? ", done" : where ? `, resume at ${where}` : ""}`)];
    return el("li", { "data-lesson": one.name, "data-far": where },
      one.href ? el("a.button.lesson-open", { href: one.href }, ...words) : el("button.lesson-open", { type: "button", click: () => open(one.name) }, ...words),
      el("details", {}, el("summary", {}, "What you will know"), el("ul", {}, ...(one.know ?? []).map((text) => el("li", {}, text))),
        paper ? el("p", {}, el("a", { href: `lesson.html?name=${encodeURIComponent(one.name)}` }, "To print")) : null));
  }));
}
