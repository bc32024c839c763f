/**
 * The moments between two pictures: plays what the server said has happened, page by page, until the picture that it led to.
 *
 * `state.frame` is the picture of this very moment, so that number, sentence and map cannot run ahead of each other. One play at most:
 * when the next picture comes, the one before is there at once. At full speed nothing is asked for, and every picture is shown as it comes.
 */

import { el, need, setText } from "../lib/dom.js";
import { mainZone } from "../lib/zone_facts.js";
import { thickOf } from "../map/over.js";
import { FREE, GIVEN, MET, MOVED, TAKEN } from "../net/events_wire.js";
import { statIndex } from "../net/wire.js";
import { designWords } from "../panels/design_text.js";
import { drawAir, drawStep } from "./draw.js";
import { dueMs, emptyAir, fade, flightsOf, leave, shareAt } from "./flights.js";
import { advance, copyOf, lastsMs, plan } from "./play.js";
import { seenText } from "./words.js";
import { pageblock } from "../lib/pageblock.js";

export const FULL_SPEED = 1000;
const SHOW_MS = 33; // between two pictures of a play
const PAGES_PER_MIB = 256;

/**
 * @typedef {ReturnType<typeof createMotion>} Motion
 */

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 */
export function createMotion(state, painter) {
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const root = need("panels", HTMLElement);
  const words = need("motion-words", HTMLElement);
  /** @type {import("../map/geometry.js").Geometry|null} */
  let geometry = null;
  /** @type {{between: import("../net/events_wire.js").Between, base: import("../net/wire.js").Frame}|null} what leads to the next picture */
  let expected = null;
  /** @type {import("./play.js").Play|null} */
  let play = null;
  let begun = 0;
  let shownAt = 0;
  let pace = FULL_SPEED; // as last in force
  let watching = false;
  /** @type {WeakSet<import("../net/wire.js").Frame>} pictures whose changes were seen as they happened */
  const played = new WeakSet();
  /** @type {import("./flights.js").Air[]} */
  let airs = [];
  /** @type {import("./words.js").Seen[]} */
  let seen = [];
  /** @type {{left: Set<number>, come: Set<number>, freed: Set<number>, met: number}[]} */
  let steps = [];
  /** @type {Map<string, () => void>} what is to be known once the play is over, the newest of each kind */
  const afterwards = new Map();
  /** @type {Record<string, number>} */
  let at = {};
  let tell = /** @type {import("../net/client.js").Client["tell"]} */ (() => false);

  const canvases = () => /** @type {HTMLCanvasElement[]} */ ([...root.querySelectorAll("canvas.motion")]);

  /** @param {number} block */
  const inMain = (block) => {
    const guest = state.welcome.get()?.guest;
    const zone = guest && mainZone(guest);
    return zone !== undefined && block >= zone.start_pfn >> pageblock.order && block < zone.end_pfn >> pageblock.order;
  };

  /** The play is over: the picture that it led to is shown. */
  function finish() {
    if (!play) return;
    const { target } = play;
    play = null;
    played.add(target);
    state.frame.set(target);
    for (const known of afterwards.values()) known();
    afterwards.clear();
  }

  /** Whatever was played is void. */
  function stop() {
    play = expected = null;
    afterwards.clear();
    airs = [];
    steps = [];
    setText(words, "");
    draw();
  }

  /** @param {import("../net/wire.js").Frame} target @param {import("../net/events_wire.js").Between} between */
  function count(target, between) {
    seen = between.designs.map(([moves], i) => ({
      title: designWords(state.welcome.get()?.designs[i]?.name ?? "").title, key: state.welcome.get()?.designs[i]?.key ?? "",
      moves: moves.total, shown: 0, taken: 0, given: 0, freed: 0, met: -1,
    }));
    steps = between.designs.map(() => ({ left: new Set(), come: new Set(), freed: new Set(), met: -1 }));
    play?.parts.forEach(({ events }, i) => {
      for (const { what, pfn, to } of events) {
        const block = pfn >> pageblock.order;
        if (what === MOVED) {
          steps[i].left.add(block);
          steps[i].come.add(to >> pageblock.order);
        } else if (what === TAKEN) steps[i].come.add(block);
        else if (what === GIVEN) steps[i].left.add(block);
        else if (what === FREE && target.designs[i].planes.free[block] === pageblock.pages) steps[i].freed.add(block);
        else if (what === MET) seen[i].met = Math.round((steps[i].met = pfn) / PAGES_PER_MIB);
      }
      const balloon = between.designs[i][1];
      const given = events.filter(({ what }) => what === GIVEN).length;
      const taken = events.filter(({ what }) => what === TAKEN).length;
      seen[i].taken = taken && Math.round((balloon.pages * taken) / (taken + given));
      seen[i].given = balloon.pages - seen[i].taken;
      seen[i].freed = steps[i].freed.size;
    });
  }

  /** @param {import("../net/events_wire.js").Between} between */
  function expect(between) {
    finish();
    const base = state.frame.get();
    const fits = base && state.past.get() === null && between.epoch === base.epoch && between.nr_pageblocks === base.nr_pageblocks && between.designs.length === base.designs.length;
    // Its arrays are about to be overwritten by the delta.
    expected = fits && !document.hidden ? { between, base: copyOf(base) } : null;
  }

  /** A picture of the present has come. @param {import("../net/wire.js").Frame} frame */
  function show(frame) {
    finish();
    const leads = expected?.between.seq === frame.seq ? expected : null;
    expected = null;
    if (!leads || !watching) {
      state.frame.set(frame);
      return;
    }
    const { between, base } = leads;
    at = statIndex(state.welcome.get()?.stat_fields ?? []);
    play = plan(base, frame, between, lastsMs(between, pace));
    while (airs.length < play.parts.length) airs.push(emptyAir());
    begun = shownAt = performance.now();
    count(frame, between);
    if (calm.matches) finish();
    else {
      play.parts.forEach(({ events }, i) => {
        const flights = flightsOf(events, begun, play?.ms ?? 0);
        seen[i].shown = flights.length;
        airs[i].marks.push(...flights);
      });
    }
    const text = seenText(seen, calm.matches);
    words.replaceChildren(...(text ? [el("span.of-title", {}, `${text.title}: `), el("span.of-key", {}, `${text.key}: `), text.said] : []));
    draw();
  }

  /** Go on with the play; called after each paint. */
  function go() {
    if (!play) return;
    const now = performance.now();
    const share = shareAt(now - begun, play.ms);
    const { target, ms } = play;
    if (share < 1 && now - shownAt < SHOW_MS) return;
    shownAt = now;
    advance(play, share, at, inMain, (design, event) => leave(airs[design], event, begun + dueMs(event.at, ms), target.designs[design].planes.free));
    if (share >= 1) finish();
    else state.frame.set({ ...play.now });
  }

  const draw = painter.add("canvas", () => {
    const g = geometry;
    if (!g) return false;
    const now = performance.now();
    const w = { ...g, view: state.view.get(), pen: g.dpr * thickOf(state.theme.get()) };
    let flying = 0;
    let again = play !== null;
    canvases().forEach((canvas, i) => {
      const air = airs[i] ?? emptyAir();
      if (fade(air, now)) again = true;
      if (calm.matches && steps[i]) drawStep(canvas, w, steps[i]);
      else flying += drawAir(canvas, w, air, now);
    });
    root.dataset.motion = play ? "playing" : again ? "fading" : "still";
    root.dataset.flights = String(flying);
    return again;
  });

  function ask() {
    const now = state.pace.get();
    if (now > 0) pace = now;
    const wanted = pace < FULL_SPEED && state.welcome.get() !== null;
    if (!wanted) finish();
    if (wanted !== watching && tell({ type: "watch", on: wanted })) watching = wanted;
    mark();
  }

  /** Which marks the maps have for what changes: the legend names no others. */
  function mark() {
    const seen = watching && state.past.get() === null;
    state.changes.set(calm.matches ? (seen ? "steps" : "") : seen ? "flights" : "glow");
  }

  return {
    expect,
    show,
    stop,
    /** The whole picture received last, which the next delta starts from. */
    newest: () => play?.target ?? state.frame.get(),
    /** Whether a picture is not news any more: everything in it was seen changing. @param {import("../net/wire.js").Frame} frame */
    seen: (frame) => play !== null || played.has(frame),
    /** What belongs to the newest picture and is to be known with it. @param {string} kind @param {() => void} known */
    whenShown(kind, known) {
      if (play) afterwards.set(kind, known);
      else known();
    },
    /** @param {import("../map/geometry.js").Geometry} g of all maps */
    lay(g) {
      geometry = g;
      draw();
    },
    /** @param {import("../net/client.js").Client["tell"]} how messages go up */
    start(how) {
      tell = how;
      painter.after(go);
      state.pace.subscribe(ask);
      state.welcome.subscribe(() => {
        watching = false;
        ask();
      });
      for (const each of [state.view, state.theme]) each.subscribe(draw);
      calm.addEventListener("change", mark);
      mark();
      state.past.subscribe((moment) => {
        if (moment) stop();
        mark();
      });
    },
  };
}
