/**
 * Lessons, beside the stage: the list, and the one that is played, step by step. The server says when a step is done; how far one
 * is stays in this browser.
 */

import { sameConfig } from "../guide/scenario.js";
import { createNumbers } from "../guide/table.js";
import { el, need } from "../lib/dom.js";
import { notify } from "../state.js";
import { elements } from "./blocks.js";
import { createClassStep } from "./class_step.js";
import { atRest, createDriver } from "./driver.js";
import { doneSteps, handedIn, kept } from "./lesson.js";
import { lessonList } from "./list.js";
import { createMemory } from "./memory.js";
import { stepParts } from "./step_view.js";

const LINK = /^#(tab|argument|scenario|lesson)-([\w-]+)$/;

/**
 * @typedef {import("./lesson.js").Lesson} Lesson
 * @typedef {object} Rest
 * @property {() => Promise<{lessons: import("./lesson.js").Listed[]}>} list
 * @property {(name: string) => Promise<Lesson>} lesson
 * @property {(name: string, number: number) => Promise<import("./lesson.js").Way>} way
 * @property {(name: string, number: number) => Promise<import("./lesson.js").Way>} solution
 * @property {(name: string, number: number) => Promise<import("./lesson.js").Begun>} begin
 * @property {(name: string, number: number, body: object) => Promise<import("./lesson.js").Checked>} check
 *
 * @typedef {import("./driver.js").Intents & {ask: (what: string, go: () => void) => void, act: (what: string) => void, tell: (message: import("../net/wire.js").UpMessage) => boolean, address: {get: (name: string) => string|null, set: (name: string, value: string|null) => void}, rest: Rest}} LessonIntents
 */

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 * @param {LessonIntents} intents
 * @returns {{act: (what: string) => boolean}}
 */
export function createLessons(state, painter, intents) {
  const root = need("lessons", HTMLElement);
  const said = need("lesson-said", HTMLElement); // a live region must be there before it speaks
  const driver = createDriver(state, intents);
  const numbers = createNumbers(state);
  const { rest } = intents;
  /** @type {import("./lesson.js").Listed[]} */
  let all = [];
  /** @type {Lesson|null} */
  let lesson = null;
  /** @type {import("./lesson.js").Progress} */
  let progress = { digest: "", at: 0, steps: [] };
  /** @type {import("./lesson.js").Start|null} of the step shown, once it is there */
  let start = null;
  let phase = "";
  let problem = "";
  let reached = 0; // commands that an automatic look has seen
  let looking = false;
  let ended = ""; // the session when a lesson was finished: it holds nothing that anybody would miss
  let turn = 0; // of what is under way: an answer to an earlier one comes too late

  const recorded = () => state.recording.get() !== null;
  const memory = createMemory(recorded);
  const keep = () => lesson && memory.store(lesson.name, progress);
  const at = () => progress.steps[progress.at];

  /**
   * @param {string} words
   * @param {() => Promise<void>} work
   */
  async function during(words, work) {
    turn += 1;
    const mine = turn;
    phase = words;
    problem = "";
    show();
    try {
      await work();
    } catch (error) {
      if (mine === turn) problem = error instanceof Error ? error.message : String(error);
    }
    if (mine !== turn) return;
    phase = "";
    show();
    focus();
  }

  /** The step's start is there: it begins. */
  async function begin() {
    if (!lesson) return;
    const mine = turn;
    const told = await rest.begin(lesson.name, progress.at + 1);
    if (mine !== turn) return;
    start = told.start;
    reached = told.start.log_index;
    Object.assign(at(), { before: told.before, ask: told.ask, choices: told.choices });
    keep();
  }

  /**
   * To the start of the step shown.
   * @param {boolean} anew whatever the session holds
   */
  function enter(anew) {
    if (!lesson) return;
    const one = lesson;
    start = null;
    const step = lesson.steps[progress.at];
    if (at().done) {
      show();
      focus();
      if (recorded()) void revisit(one.name, progress.at + 1);
      return;
    }
    void during(anew || step.load ? "Making the guest ready…" : "…", async () => {
      if (anew || step.load) {
        const way = await rest.way(one.name, progress.at + 1);
        if (!(await driver.bring(way, `lesson: ${step.title}`))) return;
      } else if (!(await driver.settled())) return;
      await begin();
      if (at().answer !== null) await run(); // answered, and left before the run was over
    });
  }

  /**
   * A recording shows where a step that is done has led.
   * @param {string} name
   * @param {number} number
   */
  async function revisit(name, number) {
    const way = await rest.solution(name, number);
    await driver.bring({ ...way, from: (way.from ?? 0) + (way.solution ?? []).length }, "");
  }

  /** @param {import("./lesson.js").Checked} checked @param {boolean} counts whether somebody asked */
  function take(checked, counts) {
    const step = at();
    if (checked.busy || (!checked.done && !counts)) return;
    step.checked = checked;
    if (checked.done) {
      step.done = true;
      need("more", HTMLDetailsElement).open = false; // on a phone it covers what is said now
    } else step.attempts += 1;
    keep();
    const words = checked.done ? "Done." : "Not yet.";
    show();
    said.textContent = `${words} ${need("lesson-outcome", HTMLElement).textContent?.replace(words, "") ?? ""}`;
  }

  /** @param {boolean} counts */
  async function look(counts) {
    if (!lesson || !start) return;
    const mine = turn;
    const { answer, attempts } = at();
    const checked = await rest.check(lesson.name, progress.at + 1, { start, ...(answer === null ? {} : { answer }), attempt: counts ? attempts + 1 : 0 });
    if (mine === turn) take(checked, counts);
    return checked;
  }

  /** Whether the step is done is looked at whenever commands were given and all is at rest. */
  async function lookByItself() {
    const step = lesson?.steps[progress.at];
    if (!step || step.kind !== "act" || at().done || !start || phase || looking || !atRest(state)) return;
    if (state.log.get().length <= reached) return;
    const [mine, seen] = [turn, state.log.get().length];
    looking = true;
    const checked = await look(false).catch(() => null); // somebody who presses Check is told why
    looking = false;
    if (mine !== turn) return;
    if (!checked?.busy) reached = seen;
    if (at()?.done) focus();
    else if (checked?.busy || state.log.get().length > seen) void lookByItself(); // at rest again meanwhile
  }

  const check = () => during("Checking…", async () => {
    if (await driver.settled()) await look(true);
  });

  /** The commands that a prediction is about. */
  async function run() {
    if (!lesson) return;
    const { solution } = await rest.solution(lesson.name, progress.at + 1);
    if (await driver.give(solution ?? [], `lesson: ${lesson.steps[progress.at].title}`)) await look(false);
  }

  /** The solution is played, from the step's start. */
  const solve = () => during("Playing the solution…", async () => {
    if (!lesson) return;
    const words = `lesson: ${lesson.steps[progress.at].title}`;
    const way = await rest.solution(lesson.name, progress.at + 1);
    at().shown = true;
    if (!(await driver.bring(way, words))) return;
    await begin();
    if (await driver.give(way.solution ?? [], words)) await look(false);
  });

  const together = createClassStep(state, painter, {
    tell: intents.tell,
    ran: () => void during("The guests are working…", async () => {
      if (await driver.settled()) await look(false);
    }),
  });

  /** @param {import("./lesson.js").Answer} answer */
  function predict(answer) {
    at().answer = answer;
    keep();
    void during("The guests are working…", run);
  }

  function again() {
    const step = at();
    Object.assign(step, { done: false, checked: null, answer: null });
    enter(true);
  }

  /** @param {number} number */
  function go(number) {
    if (!lesson) return;
    const finished = number >= lesson.steps.length;
    const onwards = !recorded() && number === progress.at + 1 && (start !== null || at().done);
    if (lesson.steps[progress.at].kind === "read" && number > progress.at) at().done = true;
    if (finished) {
      keep();
      finish();
      return;
    }
    progress.at = number;
    root.closest(".tab")?.scrollTo(0, 0);
    keep();
    const session = state.welcome.get();
    const way = lesson.steps.slice(0, number + 1).filter(({ load }) => load).at(-1)?.load;
    enter(!(onwards && session && way && sameConfig(session.config, way)));
  }

  /** The session as it is: nobody has done anything in it as long as this is the same. */
  const mark = () => `${state.welcome.get()?.epoch} ${state.log.get().length}`;

  function finish() {
    ended = mark();
    const name = lesson?.title ?? "";
    leave();
    said.textContent = `The lesson ${name} is done.`;
  }

  function leave() {
    turn += 1;
    driver.giveUp();
    phase = "";
    lesson = null;
    start = null;
    intents.address.set("lesson", null);
    show();
    root.querySelector("button")?.focus();
  }

  /** @param {string} name */
  async function open(name) {
    state.tab.set("lessons");
    turn += 1;
    const mine = turn;
    try {
      const read = await rest.lesson(name);
      if (mine !== turn) return;
      const goOn = () => {
        lesson = read;
        progress = kept(memory.stored(name), read);
        state.scenario.set(null);
        intents.act("tour-leave"); // it asks for other things than the lesson
        intents.address.set("scenario", null);
        intents.address.set("lesson", name);
        enter(true);
      };
      // A session that plays this lesson already, after a reload, has nothing to lose.
      const before = kept(memory.stored(name), read);
      const config = state.welcome.get()?.config;
      const own = before.at > 0 && read.steps.some(({ load }) => load && config && sameConfig(load, config));
      if (recorded() || own || ended === mark() || before.steps.every(({ done }) => done)) goOn();
      else intents.ask(`begin the lesson ${read.title}`, goOn);
    } catch (error) {
      notify(state, "error", `The lesson ${name} cannot be played: ${error instanceof Error ? error.message : error}`);
      intents.address.set("lesson", null);
    }
  }

  function handIn() {
    if (!lesson) return;
    const input = need("lesson-student", HTMLInputElement);
    memory.setStudent(input.value);
    const text = JSON.stringify(handedIn(lesson, progress, input.value.trim()));
    const link = el("a", { href: URL.createObjectURL(new Blob([text], { type: "application/json" })), download: `${lesson.name}-progress.json` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  /** @param {Lesson} one */
  const handInParts = (one) => el("details.lesson-hand-in", {}, el("summary", {}, "Hand in"),
    el("p.why", {}, "A file with your answers, and the log of every step, so that it can be played again. It leaves this browser only if you send it."),
    el("p.field", {}, el("label", { for: "lesson-student" }, "Name"), el("input", { id: "lesson-student", maxlength: 100, value: memory.student(), autocomplete: "name" }),
      el("button", { type: "button", id: "lesson-export", click: handIn }, "Save the file")),
    el("p", {}, el("a", { href: `lesson.html?name=${encodeURIComponent(one.name)}` }, "This lesson to print")));

  function show() {
    document.body.dataset.lesson = lesson ? "on" : "off";
    root.dataset.lesson = lesson?.name ?? "";
    root.dataset.phase = phase ? "busy" : "rest";
    if (!lesson) {
      root.replaceChildren(el("h3", {}, "Lessons"), lessonList(all, memory.far, (name) => void open(name), !recorded()));
      delete root.dataset.step;
      return;
    }
    const step = lesson.steps[progress.at];
    const done = at();
    root.dataset.step = String(progress.at + 1);
    root.dataset.done = String(done.done);
    root.dataset.ready = String(start !== null);
    const shown = { phase: waits(), ready: start !== null && (recorded() || state.role.get() === "presenter"), recorded: recorded(), problem, last: progress.at === lesson.steps.length - 1, first: progress.at === 0 };
    numbers.element.hidden = !step.show.length;
    if (step.show.length) numbers.show(step.show, null);
    root.replaceChildren(
      el("p.lesson-where", {}, `${lesson.title} · step ${progress.at + 1} of ${lesson.steps.length}`, el("button.quiet", { type: "button", id: "lesson-leave", click: leave }, "All lessons")),
      el("progress.lesson-progress", { max: lesson.steps.length, value: doneSteps(progress), "aria-label": "Steps done" }),
      el("h3", { id: "lesson-title", tabindex: -1 }, step.title),
      ...(progress.at === 0 && !done.done ? stepIntro(lesson) : []),
      ...stepParts(step, done, { ...shown, together: together.element }, { check, predict, again, solve, next: () => go(progress.at + 1), back: () => go(progress.at - 1) }),
      numbers.element, ...(recorded() ? [] : [handInParts(lesson)]));
    const forClass = !recorded() && done.answer === null && (start !== null || done.done) ? step.class ?? null : null;
    together.shows(forClass, done.done, `${lesson.name} ${progress.at}`);
  }

  function waits() {
    if (!phase) return "";
    return state.pace.get() === 0 && !recorded() ? `${phase} The simulation is paused: press Run.` : phase;
  }

  /** Where a keyboard goes on: the step's main button, or its heading. */
  function focus() {
    if (!root.contains(document.activeElement) && document.activeElement !== document.body) return;
    const target = root.querySelector("#lesson-next") ?? root.querySelector("#lesson-title");
    if (target instanceof HTMLElement) target.focus({ preventScroll: true });
  }

  root.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const found = LINK.exec(link?.getAttribute("href") ?? "");
    if (!found) return;
    event.preventDefault();
    const [, kind, name] = found;
    if (kind === "lesson") void open(name);
    else intents.act(`${kind}-${name}`);
  });

  const showNumbers = painter.add("dom", () => {
    const step = lesson?.steps[progress.at];
    if (step?.show.length) numbers.show(step.show, null);
    void lookByItself();
  });
  for (const each of [state.frame, state.log, state.pending, state.sequence]) each.subscribe(showNumbers);
  state.role.subscribe(show);
  state.pace.subscribe(() => phase && show());
  let wanted = intents.address.get("lesson");
  state.welcome.subscribe(() => {
    const name = wanted ?? state.recording.get()?.lesson;
    if (!name || !state.welcome.get()) return;
    wanted = "";
    queueMicrotask(() => void open(name));
  });

  void rest.list().then(({ lessons }) => {
    all = lessons;
    if (!lesson) show();
  }, () => {});
  show();

  return {
    act(what) {
      if (!what.startsWith("lesson-")) return false;
      void open(what.slice(7));
      return true;
    },
  };
}

/** @param {Lesson} lesson */
const stepIntro = (lesson) => [el("details.lesson-intro", { open: true }, el("summary", {}, "About this lesson"), ...elements(lesson.intro), el("p", {}, "Afterwards you know:"), el("ul", {}, ...lesson.know.map((text) => el("li", {}, text))))];
