/**
 * Every value that the page holds, each in one atom. The server owns the guests; what is here is what it said last, and how
 * one looks at it. Written by client.js (from the server) and by views (how one looks); nothing is derived and stored.
 */

import { atom } from "./lib/atom.js";

/**
 * @typedef {object} Connection
 * @property {"connecting"|"starting"|"open"|"lost"} phase
 * @property {string} text one sentence for people
 * @property {number} retry_at performance.now() of the next attempt, 0 = none planned
 *
 * @typedef {object} Pending a command on its way: sent and not yet contained in a frame
 * @property {string} text what was asked, in words
 * @property {string} kind type of the command, or "reset"
 * @property {number|null} index place in the log once accepted
 * @property {number} sent_at performance.now()
 *
 * @typedef {object} Notice
 * @property {number} id
 * @property {"error"|"info"} level
 * @property {string} text
 *
 * @typedef {object} Spread of every statistic over seeds
 * @property {"running"|"done"|"failed"} state
 * @property {number} done
 * @property {number} total
 * @property {number[]} seeds
 * @property {number} tick
 * @property {number} log_index
 * @property {string} [text]
 * @property {Record<string, Record<string, {mean: number, low: number, high: number}>>} [designs]
 *
 * @typedef {object} Done one accepted command, for the line of what was asked so far
 * @property {number} index
 * @property {number} tick
 * @property {string} text
 */

export function createState() {
  return {
    /** Where the socket stands. */
    connection: atom(/** @type {Connection} */ ({ phase: "connecting", text: "Connecting…", retry_at: 0 })),
    /** Answer of /api/info: designs, presets, examples, limits. */
    info: atom(/** @type {import("./net/wire.js").Info|null} */ (null)),
    /** The session as the server described it: guest, designs, layout of frames. */
    welcome: atom(/** @type {import("./net/wire.js").Welcome|null} */ (null)),
    /** The whole picture of the last frame. */
    frame: atom(/** @type {import("./net/wire.js").Frame|null} */ (null)),
    /** Commands on their way, by command_id. */
    pending: atom(/** @type {ReadonlyMap<string, Pending>} */ (new Map())),
    /** Commands accepted from this page since the last welcome, oldest first. */
    done: atom(/** @type {readonly Done[]} */ ([])),
    /** Ticks a second that the server runs at, 0 = paused. */
    pace: atom(0),
    /** Something long is under way on the server. */
    progress: atom(/** @type {import("./net/wire.js").Progress|null} */ (null)),
    /** Name of the example whose recording is being read or shown, "" = none. */
    expected: atom(""),
    /** What a real kernel did from the example shown, null = not recorded, or not read yet. */
    recorded: atom(/** @type {import("./recorded/recording.js").Recorded|null} */ (null)),
    /** The session's log, read when a recording or a scenario is there to follow. */
    log: atom(/** @type {readonly import("./recorded/recording.js").Entry[]} */ ([])),
    /** Answer of /api/scenarios, null = not read yet. */
    catalog: atom(/** @type {import("./guide/scenario.js").Catalog|null} */ (null)),
    /** The scenario that this page follows, null = none. */
    scenario: atom(/** @type {import("./guide/scenario.js").Scenario|null} */ (null)),
    /** Pictures of the real memory, by recordings.pictureKey. */
    pictures: atom(/** @type {ReadonlyMap<string, import("./net/wire.js").DesignFrame>} */ (new Map())),
    /** How much the numbers hang on the seed, as the server last said; null = not asked. */
    spread: atom(/** @type {Spread|null} */ (null)),
    /** Pictures of the real memory that are being read. */
    reading: atom(0),
    /** Whether the real kernel is shown beside the simulation, where it was recorded. */
    showReal: atom(true),
    /** Messages to the person, dismissible. */
    notices: atom(/** @type {readonly Notice[]} */ ([])),
    /** Colour mode of all maps: key of palette.MODES. */
    mode: atom("content"),
    /** Pageblock under the pointer or the keyboard, in all panels at once. */
    pageblock: atom(/** @type {number|null} */ (null)),
    /** Pageblock of the page that the one pointed at goes to, while a trace is read. */
    target: atom(/** @type {number|null} */ (null)),
    /** Index of the panel in which it is pointed at. */
    panel: atom(0),
    /** Range of memory chosen for offlining. */
    range: atom(/** @type {import("./controls/range_text.js").Range|null} */ (null)),
    /** Single-key shortcuts can be switched off. */
    shortcuts: atom(true),
  };
}

/** @typedef {ReturnType<typeof createState>} State */

let lastNotice = 0;

/**
 * Show a message; the same text twice in a row is shown once.
 * @param {State} state
 * @param {"error"|"info"} level
 * @param {string} text
 */
export function notify(state, level, text) {
  const others = state.notices.get().filter((notice) => notice.text !== text);
  lastNotice += 1;
  state.notices.set([...others.slice(-2), { id: lastNotice, level, text }]);
}

/**
 * @param {State} state
 * @param {number} id
 */
export function dismiss(state, id) {
  state.notices.set(state.notices.get().filter((notice) => notice.id !== id));
}
