/**
 * The page of one lesson on paper: text and questions, blanks where the run gives a number, room for notes.
 */

import { el, need } from "../lib/dom.js";
import { lessonRest } from "../net/rest.js";
import { elements } from "./blocks.js";

/** @typedef {import("./lesson.js").Step} Step */

/** @param {import("../net/wire.js").Config} config */
function guest({ source, designs }) {
  const of = source?.kind === "synthetic" ? `a synthetic guest (${source.preset}, ${source.size_mib} MiB)` : source?.kind === "capture" ? `the example ${source.name}` : "an upload";
  return `Memory: ${of}, under ${(designs ?? []).join(", ")}.`;
}

/**
 * @param {Step} step
 * @param {number} i
 */
function section(step, i) {
  const { scale } = step;
  return el("section", {}, el("h2", {}, `${i + 1}. ${step.title}`),
    step.load ? el("p.handout-facts", {}, guest(step.load)) : null,
    ...elements(step.before), ...elements(step.ask),
    step.choices?.length ? el("ul.choices", {}, ...step.choices.map((choice) => el("li", {}, ...elements(choice)))) : null,
    scale ? el("p", {}, `From ______ to ______ ${scale.unit} (at most ${scale.width} wide). It was ______.`) : null,
    step.kind === "read" ? null : el("div.handout-room", {}, el("p", {}, step.kind === "act" ? "What you did, and what came of it:" : "Why? What came of it:"), el("p.handout-line"), el("p.handout-line")));
}

async function show() {
  const root = need("handout", HTMLElement);
  need("print", HTMLButtonElement).addEventListener("click", () => window.print());
  const name = new URLSearchParams(location.search).get("name") ?? "";
  try {
    const lesson = await lessonRest(() => "").lesson(name);
    document.title = `${lesson.title} · fragscope`;
    root.replaceChildren(el("h1", {}, lesson.title), el("p.handout-name", {}, "Name:"),
      el("p.handout-facts", {}, `${lesson.minutes} minutes. Played at ${location.host}, tab Lessons.`),
      ...elements(lesson.intro), el("p", {}, "Afterwards you know:"), el("ul", {}, ...lesson.know.map((text) => el("li", {}, text))),
      ...lesson.steps.map(section));
  } catch (error) {
    root.replaceChildren(el("p", { role: "alert" }, error instanceof Error ? error.message : String(error)));
  }
  document.body.dataset.busy = "false";
}

void show();
