/**
 * The page of a watched machine: asks for what is new once a second, shows it, and freezes a moment to ask what if.
 */

import { el, need, setText } from "../lib/dom.js";
import { count, pagesText } from "../lib/format.js";
import { createPainter } from "../lib/paint.js";
import { columnsFor, fit } from "../map/geometry.js";
import { Heatmap } from "../map/heatmap.js";
import { CONTENT } from "../map/palette.js";
import { linkOf, rememberPresenter } from "../net/access.js";
import { createSession, RestError } from "../net/rest.js";
import { getLive, postFreeze } from "../net/rest_beside.js";
import { csvOf, joined, lineOf, ratesOf } from "./looks.js";
import { blockWords, countersOf, priceOf, saidOf, share } from "./live_text.js";

/** @typedef {import("./looks.js").Machine} Machine */
/** @typedef {import("./looks.js").Told} Told */

const EVERY_MS = 1000;
const KEPT = 3600; // looks, for the lines over time and the CSV
const OLD_S = 120; // a picture of this age is veiled as much as it gets
const MOST_VEIL = 0.55;
const MAP_HEIGHT = 0.42; // of the window

const canvas = need("cells", HTMLCanvasElement);
const veil = need("veil", HTMLCanvasElement);
const box = need("map", HTMLElement);
const heatmap = new Heatmap(canvas);
/** @type {Machine|null} */
let machine = null;
/** @type {Told[]} */
const looks = [];
/** @type {import("../map/geometry.js").Geometry|null} */
let geometry = null;
let pointed = -1;
let paused = false;
let timer = 0;

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
      show();
    }
    refuse("");
  } catch (error) {
    refuse(wordsOf(error));
    if (error instanceof RestError && error.status === 404) return; // nobody may look: asking again changes nothing
  }
  if (!paused) timer = window.setTimeout(ask, EVERY_MS);
}

function show() {
  if (!machine) return;
  const { told } = machine;
  setText(need("said", HTMLElement), saidOf(told));
  setText(need("price", HTMLElement), priceOf(machine));
  need("map-card", HTMLElement).hidden = told.nr_pageblocks === 0;
  paintSoon();
  showZones(told);
  showEvents(told);
  showLines();
  document.body.dataset.look = String(told.look);
}

function lay() {
  if (!machine || machine.seenAt.length === 0) return;
  const room = need("room", HTMLElement).clientWidth;
  const height = Math.round(window.innerHeight * MAP_HEIGHT);
  const nr = machine.seenAt.length;
  const dpr = window.devicePixelRatio || 1;
  geometry = fit(nr, room, height, dpr, columnsFor(nr, room, height));
  heatmap.setGeometry(geometry, CONTENT.key);
  veil.width = geometry.cols;
  veil.height = geometry.rows;
  for (const each of [box, veil]) {
    each.style.width = `${geometry.cssWidth}px`;
    each.style.height = `${geometry.cssHeight}px`;
  }
}

const paintSoon = createPainter().add("canvas", (now) => {
  if (!machine) return;
  if (!geometry || geometry.nr !== machine.seenAt.length) lay();
  if (!geometry) return;
  heatmap.paint(machine.planes, now);
  const context = /** @type {CanvasRenderingContext2D} */ (veil.getContext("2d"));
  const { cols, rows, per, cells } = geometry;
  context.clearRect(0, 0, cols, rows);
  context.fillStyle = getComputedStyle(box).getPropertyValue("--card");
  for (let cell = 0; cell < cells; cell++) {
    let oldest = 0;
    for (let i = cell * per; i < Math.min((cell + 1) * per, machine.seenAt.length); i++) oldest = Math.max(oldest, machine.told.at - machine.seenAt[i]);
    if (oldest < 1) continue;
    context.globalAlpha = oldest === Infinity ? 1 : MOST_VEIL * Math.min(1, oldest / OLD_S);
    context.fillRect(cell % cols, rows - 1 - Math.floor(cell / cols), 1, 1);
  }
  if (pointed >= 0) {
    const cell = Math.floor(pointed / per);
    context.globalAlpha = 1;
    context.fillStyle = getComputedStyle(box).getPropertyValue("--accent");
    context.fillRect(cell % cols, rows - 1 - Math.floor(cell / cols), 1, 1);
  }
  setText(need("pointed", HTMLElement), pointed >= 0 ? blockWords(machine, pointed) : "Point at a pageblock, or move by arrow keys, to read it.");
});

/** @param {number} index */
function point(index) {
  const nr = machine?.seenAt.length ?? 0;
  if (nr === 0) return;
  pointed = Math.min(nr - 1, Math.max(0, index));
  paintSoon();
}

/** @param {Told} told */
function showZones(told) {
  const orders = Math.max(...told.zones.map((zone) => zone.counts.length));
  const heads = ["Zone", "Free", "2 MiB pieces", "Unusable", "Fragmentation", ...Array.from({ length: orders }, (_, order) => String(order))];
  need("zones", HTMLTableElement).replaceChildren(
    el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, ...told.zones.map((zone) => el("tr", {},
      el("th", { scope: "row" }, `${zone.node} ${zone.zone}`),
      ...[pagesText(zone.free_pages), count(zone.free_blocks), share(zone.unusable_index), share(zone.fragmentation_index), ...zone.counts.map(count)].map((text) => el("td", {}, text))))),
  );
}

/** @param {Told} told */
function showEvents(told) {
  const now = looks.length > 1 ? ratesOf(looks[looks.length - 2], told) : {};
  const since = looks[0].events;
  const { moved, never } = countersOf(told);
  need("events", HTMLTableElement).replaceChildren(
    el("thead", {}, el("tr", {}, ...["Counter of /proc/vmstat", "each second, now", "since this page was opened", "since boot"].map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, ...moved.map((name) => el("tr", {},
      el("th", { scope: "row" }, name),
      ...[now[name] ? now[name].toFixed(1) : "0", count(told.events[name] - (since[name] ?? 0)), count(told.events[name])].map((text) => el("td", {}, text))))),
  );
  setText(need("never", HTMLElement), never.length ? `Never since boot: ${never.join(", ")}.` : "");
}

/** @type {[string, (told: Told) => number, (value: number) => string][]} */
const LINES = [
  ["2 MiB pieces that could be handed out", (told) => told.zones.reduce((sum, zone) => sum + zone.free_blocks, 0), count],
  ["Free memory", (told) => told.zones.reduce((sum, zone) => sum + zone.free_pages, 0), pagesText],
  ["Pages that compaction scanned", (told) => (told.events.compact_migrate_scanned ?? 0) + (told.events.compact_free_scanned ?? 0), count],
  ["Pages that reclaim took", (told) => (told.events.pgsteal_kswapd ?? 0) + (told.events.pgsteal_direct ?? 0), count],
];

function showLines() {
  need("lines", HTMLElement).replaceChildren(...LINES.map(([title, value, words]) => {
    const { line, low, high } = lineOf(looks.map((told) => ({ at: told.at, value: value(told) })));
    const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    picture.setAttribute("viewBox", "0 -3 100 106");
    picture.setAttribute("preserveAspectRatio", "none");
    picture.setAttribute("aria-hidden", "true");
    const drawn = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
    drawn.setAttribute("points", line);
    picture.append(drawn);
    const now = words(value(looks[looks.length - 1]));
    return el("figure", {}, el("figcaption", {}, el("span", {}, `${title}: `), el("b", {}, now), ` (${words(low)} to ${words(high)} in ${Math.round(looks[looks.length - 1].at - looks[0].at)} s)`), /** @type {any} */ (picture));
  }));
}

async function freeze() {
  const button = need("freeze", HTMLButtonElement);
  button.disabled = true;
  setText(need("price", HTMLElement), "Reading this moment of the whole machine…");
  try {
    const { capture } = await postFreeze();
    const { session, presenter, viewer } = await createSession({ source: { kind: "upload", capture } });
    rememberPresenter(session, presenter);
    location.href = linkOf(session, viewer);
  } catch (error) {
    refuse(wordsOf(error));
  } finally {
    button.disabled = false;
  }
}

function save() {
  const link = el("a", { href: URL.createObjectURL(new Blob([csvOf(looks)], { type: "text/csv" })), download: "fragscope-watch.csv" });
  link.click();
  URL.revokeObjectURL(link.href);
}

need("pause", HTMLButtonElement).addEventListener("click", ({ currentTarget }) => {
  paused = !paused;
  setText(/** @type {HTMLElement} */ (currentTarget), paused ? "Go on" : "Pause");
  clearTimeout(timer);
  if (!paused) ask();
});
need("freeze", HTMLButtonElement).addEventListener("click", freeze);
need("csv", HTMLButtonElement).addEventListener("click", save);
box.addEventListener("pointermove", (event) => {
  if (!geometry) return;
  const r = box.getBoundingClientRect();
  const col = Math.min(geometry.cols - 1, Math.floor(((event.clientX - r.left) / r.width) * geometry.cols));
  const row = geometry.rows - 1 - Math.min(geometry.rows - 1, Math.floor(((event.clientY - r.top) / r.height) * geometry.rows));
  point((row * geometry.cols + col) * geometry.per);
});
box.addEventListener("keydown", (event) => {
  const cols = (geometry?.cols ?? 1) * (geometry?.per ?? 1);
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowUp: cols, ArrowDown: -cols, Home: -Infinity, End: Infinity }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  point(Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, pointed + step)));
});
window.addEventListener("resize", () => {
  lay();
  paintSoon();
});
need("legend", HTMLElement).replaceChildren(...CONTENT.entries.map(({ name, hex, text }) => {
  const swatch = el("i");
  swatch.style.background = hex;
  return el("li", { title: text }, swatch, name);
}), el("li", {}, "the paler, the older the picture"));
ask();
