/**
 * The page of a watched machine: asks for what is new once a second, shows it, goes back over the looks that are kept, and
 * freezes a moment to ask what if.
 */

import { atom } from "../lib/atom.js";
import { el, need, setOff, setText } from "../lib/dom.js";
import { createPainter } from "../lib/paint.js";
import { linkOf, rememberPresenter } from "../net/access.js";
import { createSession, RestError } from "../net/rest.js";
import { getLive, getLiveHistory, getLivePast, postFreeze } from "../net/rest_beside.js";
import { createTheme } from "../stage/theme.js";
import { createTimebar } from "../timebar/timebar.js";
import { agoText, clockText, keptText, pointOf, pointsOf, wallOf } from "./kept.js";
import { createLiveMap } from "./live_map.js";
import { showEvents, showLines, showZones } from "./live_tables.js";
import { activityOf, priceOf, saidOf } from "./live_text.js";
import { csvOf, joined, ratesOf } from "./looks.js";

/** @typedef {import("./looks.js").Machine} Machine */
/** @typedef {import("./looks.js").Told} Told */

const EVERY_MS = 1000;
const KEPT = 3600; // looks in this page, for what is written as CSV where no history is kept
const MOST_POINTS = 1200; // of a line: every other goes then

const painter = createPainter();
const map = createLiveMap(painter);
/** @type {Machine|null} */
let machine = null;
/** @type {Machine|null} the earlier look that is shown */
let shown = null;
/** @type {Told[]} */
const looks = [];
/** @type {Record<keyof import("./kept.js").Points, number>[]} */
let points = [];
let first = 0; // number of the oldest look that is kept
let bytes = 0;
/** @type {Map<number, string>} */
let marks = new Map();
let paused = false;
let timer = 0;

// -- the bar of time: its ticks are looks, counted from the oldest that is kept
const bar = {
  past: atom(/** @type {import("../timebar/moments.js").Moment|null} */ (null)),
  present: atom({ tick: 0, log_index: 0 }),
  log: atom(/** @type {readonly any[]} */ ([])),
  // What only a session has.
  looking: atom(/** @type {any} */ (null)), welcome: atom(/** @type {any} */ (null)), recording: atom(/** @type {any} */ (null)),
  beside: atom(/** @type {number|null} */ (null)), panel: atom(0),
  frame: { get: () => (shown ? { tick: shown.told.kept - first } : null) },
};
/** @param {number} tick */
const whenOf = (tick) => {
  const wall = shown?.told.kept === first + tick ? shown.told.wall : wallOf(points, first + tick);
  const now = machine?.told.wall ?? wall;
  return `${clockText(wall, now)}, ${agoText(now - wall)}`;
};
const timebar = createTimebar(bar, painter, { look, moments: async () => ({ emptied: [], tick: 0 }), switchTo: () => undefined }, {
  moment: (moment) => (moment ? whenOf(moment.tick) : "now"),
  get then() {
    const text = marks.get(first + (bar.past.get()?.tick ?? -1));
    return text ? `Here ${text}.` : "";
  },
  flag: ({ tick }) => `${whenOf(tick)}: ${marks.get(first + tick)}`,
  hint: (tick, near) => {
    const mark = [...marks].find(([at]) => Math.abs(at - first - tick) <= near);
    return mark ? `${whenOf(mark[0] - first)}: ${mark[1]}` : whenOf(tick);
  },
});

let asked = false;
/**
 * Show an earlier look; only the newest wish is asked for.
 * @param {import("../timebar/moments.js").Moment|null} moment
 */
async function look(moment) {
  bar.past.set(moment);
  if (!moment) shown = null;
  show();
  if (asked) return;
  asked = true;
  try {
    for (let wish = bar.past.get(); wish && shown?.told.kept !== first + wish.tick; wish = bar.past.get()) {
      const told = await getLivePast(first + wish.tick);
      if (!bar.past.get()) break;
      shown = joined(null, told);
      show();
    }
    refuse("");
  } catch (error) {
    refuse(wordsOf(error));
    bar.past.set(null);
    shown = null;
    show();
  } finally {
    asked = false;
  }
}

async function readHistory() {
  const summary = await getLiveHistory();
  ({ first, bytes } = summary);
  points = pointsOf(summary.points);
  marks = new Map(summary.marks.map(({ look: at, text }) => [at, text]));
  bar.log.set(summary.marks.map(({ look: at }, i) => ({ tick: at - first, index: i + 1, command: {} })));
}

/** @param {Told} told */
async function keep(told) {
  if (told.kept >= 0 && (points.length === 0 || told.kept_first !== first)) {
    const at = bar.past.get();
    const number = first + (at?.tick ?? 0);
    await readHistory();
    if (at) bar.past.set(number >= first ? { tick: number - first, index: null } : null);
    if (!bar.past.get()) shown = null;
  }
  const point = pointOf(told.kept >= 0 ? told : { ...told, kept: told.look });
  if (point.look > (points[points.length - 1]?.look ?? -1)) points.push(point);
  if (points.length > MOST_POINTS) points = points.filter((_, i) => i % 2 === 0 || i === points.length - 1);
  bar.present.set({ tick: Math.max(0, told.kept - first), log_index: bar.log.get().length });
}

// -- asking

/** @param {string} words */
function refuse(words) {
  need("notices", HTMLElement).replaceChildren(...(words ? [el("div.notice.error", {}, el("p", {}, words))] : []));
}

/** @param {unknown} error */
const wordsOf = (error) => (error instanceof RestError || error instanceof Error ? error.message : String(error));

async function ask() {
  try {
    const told = await getLive(machine ? machine.told.look : -1);
    if (!machine || told.look !== machine.told.look) {
      machine = joined(machine, told);
      looks.push(told);
      if (looks.length > KEPT) looks.shift();
      await keep(told);
      show();
    }
    if (!shown) refuse("");
  } catch (error) {
    refuse(wordsOf(error));
    if (error instanceof RestError && error.status === 404) {
      // Nobody may look: asking again changes nothing.
      setText(need("said", HTMLElement), "This machine is not shown to you.");
      return;
    }
  }
  if (!paused) timer = window.setTimeout(ask, EVERY_MS);
}

// -- showing

function show() {
  if (!machine) return;
  const now = shown ?? machine;
  const { told } = now;
  const before = shown ? (told.before ?? null) : (looks[looks.length - 2] ?? null);
  setText(need("said", HTMLElement), saidOf(told, shown !== null));
  setText(need("activity", HTMLElement), before ? activityOf(ratesOf(before, told)) : "");
  setText(need("price", HTMLElement), priceOf(now, shown !== null));
  need("map-card", HTMLElement).hidden = told.nr_pageblocks === 0;
  map.show(now, shown !== null);
  showZones(told);
  showEvents(told, before, shown ? null : looks[0]);
  const { tick } = bar.present.get();
  const at = bar.past.get();
  showLines(points, told.kept >= 0 ? told : { ...told, kept: told.look }, at && tick ? at.tick / tick : 1);
  const kept = machine.told.kept >= 0;
  need("timebar", HTMLElement).hidden = !kept;
  setText(need("kept", HTMLElement), machine.told.unkept || (kept ? keptText(points, bytes) : "Looks are not kept: FRAGSCOPE_WATCH_HISTORY_MIB is 0."));
  const freezing = need("freeze", HTMLButtonElement);
  const pending = freezing.hasAttribute("data-pending");
  if (!pending) setOff(freezing, at !== null);
  if (!pending) setText(need("freeze-why", HTMLElement), at
    ? "Only the present can be frozen: go back to now (t)."
    : "Records this moment and plays on from it: inflate a balloon, compact, take huge pages, under four designs. This machine itself is left alone.");
  document.body.dataset.look = String(machine.told.look);
}

// -- acts

async function freeze() {
  const button = need("freeze", HTMLButtonElement);
  if (button.hasAttribute("aria-disabled")) return;
  button.dataset.pending = "";
  setOff(button, true);
  setText(need("freeze-why", HTMLElement), "1 of 2: reading this moment of the whole machine…");
  try {
    const { capture } = await postFreeze();
    setText(need("freeze-why", HTMLElement), "2 of 2: opening a session that starts from it…");
    const { session, presenter, viewer } = await createSession({ source: { kind: "upload", capture } });
    rememberPresenter(session, presenter);
    location.href = linkOf(session, viewer);
  } catch (error) {
    refuse(wordsOf(error));
  } finally {
    delete button.dataset.pending;
    setOff(button, bar.past.get() !== null);
  }
}

function save() {
  const kept = machine !== null && machine.told.kept >= 0;
  const href = kept ? "api/live/history.csv" : URL.createObjectURL(new Blob([csvOf(looks)], { type: "text/csv" }));
  el("a", { href, download: "fragscope-watch.csv" }).click();
  if (!kept) URL.revokeObjectURL(href);
}

function togglePause() {
  paused = !paused;
  setText(need("pause", HTMLElement), paused ? "Go on" : "Pause");
  clearTimeout(timer);
  if (!paused) ask();
}

need("pause", HTMLButtonElement).addEventListener("click", togglePause);
need("freeze", HTMLButtonElement).addEventListener("click", freeze);
need("csv", HTMLButtonElement).addEventListener("click", save);
const theme = createTheme(() => machine && map.show(shown ?? machine, shown !== null));

/** The stage's keys, as far as there is something for them here. @type {Record<string, string>} */
const KEYS = { t: "time-now", ",": "time-back", ".": "time-on", "[": "time-command-back", "]": "time-command-on", " ": "time-play", m: "theme" };
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.key === " " && event.target instanceof HTMLButtonElement) return;
  const what = KEYS[event.key];
  if (!what) return;
  if (what === "time-play" && !bar.past.get()) togglePause();
  else if (!theme.act(what) && !timebar.act(what)) return;
  event.preventDefault();
});
ask();
