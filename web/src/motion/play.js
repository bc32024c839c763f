/**
 * From one picture to the next, event by event: what the map and the numbers are at each moment in between. Pure.
 *
 * A pageblock goes from what it was to what it is by the share of its events that have happened; with its last one it is exactly what the
 * next picture shows. What no event tells of changes with the next picture itself.
 */

import { FREE, MET, MOVED, SCANNED, USED } from "../net/events_wire.js";
import { FLAG_TOUCHED } from "../net/wire.js";
import { HPAGE_ORDER, pageblock } from "../lib/pageblock.js";

const ROW = 4;
/** What is counted in pages, and so changes little by little. */
const COUNTED = ["free", "movable", "balloon", "unmovable", "pcp"];
const LEAST_MS = 33; // a picture at 30 a second
const MOST_MS = 120_000;
const SHARE = 0.94; // of the time until the next tick: a play is over when it comes
const PAGES_PER_TICK = 32; // as in server/session/pace.py

/**
 * @typedef {object} Event
 * @property {number} at share of the time, 0 to 1
 * @property {number} what
 * @property {number} state of the page, or the compactor
 * @property {number} order
 * @property {number} pfn
 * @property {number} to pfn, -1 = none
 *
 * @typedef {object} Part of one design
 * @property {Event[]} events in order
 * @property {number} next event
 * @property {Map<number, {done: number, due: number}>} blocks events of each pageblock
 * @property {import("../net/wire.js").DesignFrame} from own arrays
 * @property {import("../net/wire.js").DesignFrame} now own arrays
 * @property {import("../net/wire.js").DesignFrame} target
 * @property {boolean} whole every free block of 2 MiB that came and went is told: of smaller ones than a pageblock nothing is
 *
 * @typedef {object} Play
 * @property {import("../net/wire.js").Frame} target
 * @property {import("../net/wire.js").Frame} now the picture at this moment
 * @property {Part[]} parts
 * @property {number} ms how long it lasts
 */

/** @param {import("../net/wire.js").Frame} frame its arrays are reused by the next one */
export const copyOf = (frame) => ({
  ...frame,
  designs: frame.designs.map((design) => ({
    ...design,
    stats: design.stats.slice(),
    planes: Object.fromEntries(Object.entries(design.planes).map(([name, plane]) => [name, plane.slice()])),
  })),
});

/**
 * How long events are played: until the next tick is due or, of a single step, as at that pace.
 * @param {import("../net/events_wire.js").Between} between
 * @param {number} pace ticks a second, as last in force
 */
export function lastsMs({ lasts_ms, designs, nr_pageblocks, tick, since }, pace) {
  const share = PAGES_PER_TICK * Math.max(1, (nr_pageblocks * pageblock.mib) / 1024);
  const most = Math.max(0, ...designs.map(([moves]) => moves.pages));
  const ms = lasts_ms || (1000 * Math.max(tick - since, most / share)) / Math.max(pace, 0.01);
  return Math.min(MOST_MS, Math.max(LEAST_MS, ms * SHARE));
}

/** @param {readonly import("../net/events_wire.js").Happened[]} kinds */
function inOrder(kinds) {
  /** @type {Event[]} */
  const events = [];
  const total = Math.max(1, kinds.reduce((sum, kind) => sum + kind.total, 0));
  for (const { rows } of kinds) {
    for (let i = 0; i < rows.length; i += ROW) {
      const word = rows[i + 1];
      events.push({ at: (rows[i] + 1) / total, what: word & 255, state: (word >> 8) & 255, order: (word >> 16) & 255, pfn: rows[i + 2], to: rows[i + 3] });
    }
  }
  return events.sort((a, b) => a.at - b.at);
}

/**
 * The pageblocks that an event changes.
 * @param {Event} event
 */
function blocksOf({ what, order, pfn, to }) {
  if (what === SCANNED || what === MET) return [];
  const first = pfn >> pageblock.order;
  const blocks = what === MOVED ? [first, to >> pageblock.order] : [first];
  if (order > pageblock.order) blocks.push(first + 1);
  return blocks;
}

/**
 * @param {import("../net/wire.js").Frame} base what is shown now; own arrays, they are kept
 * @param {import("../net/wire.js").Frame} target the picture that follows
 * @param {import("../net/events_wire.js").Between} between
 * @param {number} ms
 * @returns {Play}
 */
export function plan(base, target, between, ms) {
  const now = copyOf(base);
  const parts = between.designs.map((kinds, i) => {
    const events = inOrder(kinds);
    /** @type {Part["blocks"]} */
    const blocks = new Map();
    for (const event of events) {
      for (const block of blocksOf(event)) {
        const known = blocks.get(block);
        if (known) known.due += 1;
        else blocks.set(block, { done: 0, due: 1 });
      }
    }
    const { flags } = now.designs[i].planes;
    for (let k = 0; k < flags.length; k++) flags[k] &= ~FLAG_TOUCHED;
    return { events, next: 0, blocks, from: base.designs[i], now: now.designs[i], target: target.designs[i], whole: kinds[2].every === 1 && pageblock.order === HPAGE_ORDER };
  });
  return { target, now, parts, ms };
}

/**
 * @param {Part} part
 * @param {number} block
 */
function touch({ blocks, from, now, target }, block) {
  const count = blocks.get(block);
  if (!count || block < 0 || block >= now.planes.free.length) return;
  count.done += 1;
  if (count.done >= count.due) {
    for (const name of Object.keys(now.planes)) now.planes[name][block] = target.planes[name][block];
    now.planes.flags[block] &= ~FLAG_TOUCHED;
    return;
  }
  const share = count.done / count.due;
  for (const name of COUNTED) {
    const before = from.planes[name][block];
    now.planes[name][block] = Math.round(before + (target.planes[name][block] - before) * share);
  }
}

/**
 * Let happen what is due at a moment.
 * @param {Play} play its `now` is changed
 * @param {number} share of the time that has passed, 0 to 1
 * @param {Record<string, number>} at places of the statistics
 * @param {(block: number) => boolean} inMain whether a pageblock is of the main zone
 * @param {(design: number, event: Event) => void} each told of each event that happens
 */
export function advance(play, share, at, inMain, each) {
  play.parts.forEach((part, design) => {
    const { stats } = part.now;
    for (; part.next < part.events.length && part.events[part.next].at <= share; part.next++) {
      const event = part.events[part.next];
      for (const block of blocksOf(event)) touch(part, block);
      if ((event.what === FREE || event.what === USED) && part.whole) {
        const by = (event.what === FREE ? 1 : -1) * 2 ** (event.order - pageblock.order);
        stats[at.free_blocks_all] += by;
        if (inMain(event.pfn >> pageblock.order)) stats[at.free_blocks] += by;
      } else if (event.what === SCANNED) {
        stats[at.compact_active] = event.state + 1;
        stats[at.migrate_pfn] = event.pfn;
        stats[at.free_pfn] = event.to;
      }
      each(design, event);
    }
  });
}
