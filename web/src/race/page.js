/**
 * The page of the race explorer: its setting, schedule and step. The server keeps none of it.
 */

import { el, need, setText } from "../lib/dom.js";
import { getRace, getRacePlay, getRaceSettings, RestError } from "../net/rest.js";
import { createPlayer } from "./player.js";
import { TITLES, verdict } from "./race_text.js";

/** @typedef {import("./race_text.js").Setting} Setting */
/** @typedef {import("./race_text.js").Turn} Turn */

/** @type {(keyof Setting)[]} */
const FIELDS = ["compactors", "page_lock", "refcount_test", "era", "known_defects"];
/** @type {Record<string, string>} */
const ERA_WORDS = {
  v4: "v4, as in the mail (July 2012)",
  3.8: "Linux 3.8, as merged (2012)",
  3.18: "Linux 3.18, redesigned (2014)",
  movable_ops: "movable ops (4.8 to 6.18)",
};
/** @type {[string, Partial<Setting>][]} */
const SCENES = [
  ["Without the page lock", { page_lock: "off", refcount_test: "on" }],
  ["Without the count test", { page_lock: "on", refcount_test: "off" }],
  ["With both", { page_lock: "on", refcount_test: "on" }],
  ["v4 as it was posted", { page_lock: "on", refcount_test: "on", era: "v4", known_defects: "on" }],
];

const SHOWN = 3; // breaks shown at once; the others follow from them

const settings = await getRaceSettings().catch(fail);
/** @type {Setting} */
const setting = { compactors: "2", page_lock: "off", refcount_test: "on", era: "v4", known_defects: "off" };
/** @type {import("./race_text.js").Result|null} */
let result = null;
/** @type {{property: string|null, schedule: Turn[]}} */
let score = { property: null, schedule: [] };
let step = 0;
let asked = 0; // the answer to an older question is dropped
const player = createPlayer(go, (choice) => void choose(choice));

/** @param {unknown} error */
function fail(error) {
  const text = error instanceof RestError || error instanceof Error ? error.message : String(error);
  need("notices", HTMLDivElement).replaceChildren(el("div.notice.error", {}, el("p", {}, text)));
  return null;
}

const actors = () => [...Array.from({ length: Number(setting.compactors) }, (_, i) => `C${i + 1}`), "driver"];

/** @param {Turn[]} turns */
const pathOf = (turns) => turns.map((turn) => turn.choice ?? 0);

function showSetting() {
  const era = need("era", HTMLSelectElement);
  const defects = need("known_defects", HTMLSelectElement);
  const known = settings?.eras[setting.era] ?? [];
  if (!era.options.length) era.append(...Object.keys(settings?.eras ?? {}).map((name) => el("option", { value: name }, ERA_WORDS[name] ?? name)));
  defects.replaceChildren(
    el("option", { value: "off" }, "none (the protocol as intended)"),
    el("option", { value: "on" }, "all (the code as it was)"),
    ...known.map((one) => el("option", { value: one.name }, one.name.replaceAll("_", " "))),
  );
  for (const name of FIELDS) need(name, HTMLSelectElement).value = setting[name];
  const chosen = known.filter((one) => setting.known_defects === "on" || setting.known_defects === one.name);
  setText(need("defect-text", HTMLParagraphElement), chosen.map((one) => `${one.text} Fixed in ${one.mended}.`).join(" "));
  document.querySelectorAll("#scenes button").forEach((button, i) => {
    const [, scene] = SCENES[i];
    const same = Object.entries({ known_defects: "off", ...scene }).every(([name, value]) => setting[/** @type {keyof Setting} */ (name)] === value);
    button.setAttribute("aria-pressed", String(same));
  });
}

/** @param {Partial<Setting>} change */
async function set(change) {
  if (change.era && change.era !== setting.era) setting.known_defects = "off";
  Object.assign(setting, change);
  showSetting();
  document.body.dataset.busy = "true";
  setText(need("verdict", HTMLHeadingElement), "Exploring…");
  const question = ++asked;
  const answer = await getRace(setting).catch(fail);
  if (!answer || question !== asked) return;
  need("notices", HTMLDivElement).replaceChildren();
  result = answer;
  const said = verdict(answer, setting);
  setText(need("verdict", HTMLHeadingElement), said.text);
  setText(need("verdict-note", HTMLParagraphElement), said.note);
  const cards = answer.violations.map((one) =>
    el("li", {}, el("button", { type: "button", "data-property": one.property, click: () => load(one.property) },
      el("b", {}, TITLES[one.property] ?? one.property), el("span", {}, one.text), el("span.steps", {}, `${one.steps} steps`))));
  need("breaks", HTMLUListElement).replaceChildren(...cards.slice(0, SHOWN));
  need("rest-breaks", HTMLUListElement).replaceChildren(...cards.slice(SHOWN));
  need("rest", HTMLDetailsElement).hidden = cards.length <= SHOWN;
  setText(need("rest-title", HTMLElement), `What follows from these: ${cards.length - SHOWN} more`);
  load(answer.violations[0]?.property ?? null);
}

/** @param {string|null} property */
function load(property) {
  const found = result?.violations.find((one) => one.property === property);
  score = { property: found ? property : null, schedule: found?.schedule ?? [] };
  showScore();
  go(0);
}

function showScore() {
  const known = score.property ? settings?.properties[score.property] : null;
  setText(need("score-title", HTMLHeadingElement), score.property ? `Shortest way to: ${TITLES[score.property] ?? score.property}` : "Your own schedule");
  setText(need("score-text", HTMLParagraphElement), known ?? "Pick a move: you decide who runs next.");
  document.querySelectorAll(".breaks button").forEach((button) => {
    button.setAttribute("aria-pressed", String(button.getAttribute("data-property") === score.property));
  });
  if (result) player.load(result.start, score.schedule, actors(), settings?.properties ?? {});
}

/** @param {number} to */
function go(to) {
  step = Math.max(0, Math.min(score.schedule.length, to));
  player.show(step);
  void offer();
}

async function offer() {
  document.body.dataset.busy = "true";
  const [question, at] = [++asked, step];
  const play = await getRacePlay(setting, pathOf(score.schedule.slice(0, at))).catch(fail);
  if (!play || question !== asked) return;
  player.offer(play, at);
  document.body.dataset.busy = "false";
}

/** @param {number} choice */
async function choose(choice) {
  if (choice === score.schedule[step]?.choice) {
    go(step + 1);
    return;
  }
  const question = ++asked;
  const path = [...pathOf(score.schedule.slice(0, step)), choice];
  const play = await getRacePlay(setting, path).catch(fail);
  if (!play || question !== asked) return;
  score = { property: null, schedule: play.schedule };
  showScore();
  go(path.length);
}

need("scenes", HTMLDivElement).append(...SCENES.map(([words, scene]) => el("button", { type: "button", click: () => void set({ known_defects: "off", ...scene }) }, words)));
for (const name of FIELDS) need(name, HTMLSelectElement).addEventListener("change", (event) => void set({ [name]: /** @type {HTMLSelectElement} */ (event.target).value }));
need("first", HTMLButtonElement).addEventListener("click", () => go(0));
need("back", HTMLButtonElement).addEventListener("click", () => go(step - 1));
need("next", HTMLButtonElement).addEventListener("click", () => go(step + 1));
need("last", HTMLButtonElement).addEventListener("click", () => go(score.schedule.length));
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || /** @type {Element} */ (event.target).closest("select, input")) return;
  const to = { ArrowLeft: step - 1, ArrowRight: step + 1, Home: 0, End: score.schedule.length }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  go(to);
});

const wanted = new URLSearchParams(location.search);
for (const name of FIELDS) {
  const value = wanted.get(name);
  if (value !== null) setting[name] = value;
}
if (settings) await set({});
