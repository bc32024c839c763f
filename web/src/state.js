/**
 * Every value the page holds, each in one atom. The server owns the guests; this is what it said last, and how the viewer
 * looks at it. Written by net/ (from the server) and by the views (how it is looked at); nothing derived is stored.
 */

import { atom } from "./lib/atom.js";
import { WHOLE } from "./zoom/lens.js";

/**
 * @typedef {object} Connection
 * @property {"connecting"|"starting"|"open"|"lost"} phase
 * @property {string} text one sentence for the user
 * @property {number} retry_at performance.now() of the next attempt, 0 = none planned
 *
 * @typedef {object} Pending a command in flight: sent, but not yet contained in a frame
 * @property {string} text what was asked, in words
 * @property {string} kind type of the command, or "reset"
 * @property {number|null} index position in the log once accepted
 * @property {number} sent_at performance.now()
 *
 * @typedef {object} Notice
 * @property {number} id
 * @property {"error"|"info"} level
 * @property {string} text
 * @property {string} topic what it is about, "" = nothing that can be mended
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
 * @typedef {object} Done one accepted command, for the line that says what was asked
 * @property {number} index
 * @property {number} tick
 * @property {string} text
 */

export function createState() {
  return {
    /** State of the socket. */
    connection: atom(/** @type {Connection} */ ({ phase: "connecting", text: "Connecting…", retry_at: 0 })),
    /** Answer of /api/info: designs, presets, examples, limits. */
    info: atom(/** @type {import("./net/wire.js").Info|null} */ (null)),
    /** The session as the server described it: guest, designs, frame layout. */
    welcome: atom(/** @type {import("./net/wire.js").Welcome|null} */ (null)),
    /** What this page may do in its session. */
    role: atom(/** @type {"presenter"|"viewer"} */ ("presenter")),
    /** The class as the server last told it, null = not connected. */
    classroom: atom(/** @type {import("./net/protocol.js").ClassState|null} */ (null)),
    /** The question that is asked, as the server last told it; null = none ever was. */
    quiz: atom(/** @type {import("./net/protocol.js").QuizState|null} */ (null)),
    /** What the driver of the class shows, and where it points. */
    shown: atom(/** @type {Record<string, unknown>|null} */ (null)),
    pointed: atom(/** @type {{pageblock: number|null, panel: number}|null} */ (null)),
    /** A session that another version of the simulator played, "" = none: its log can be looked at or replayed. */
    older: atom(""),
    /** The complete picture after the last frame. */
    frame: atom(/** @type {import("./net/wire.js").Frame|null} */ (null)),
    /** The moment looked at, null = now. */
    past: atom(/** @type {import("./timebar/moments.js").Moment|null} */ (null)),
    /** The timeline that stands beside the session's own, null = none. */
    beside: atom(/** @type {number|null} */ (null)),
    /** Every way that the session went, with their names. */
    timelines: atom(/** @type {readonly import("./net/protocol.js").TimelineInfo[]} */ ([])),
    /** Where the session is, also while an earlier moment is looked at. */
    present: atom(/** @type {import("./timebar/moments.js").Present} */ ({ tick: 0, log_index: 0 })),
    /** How far the moment asked for is, where that takes a while. */
    looking: atom(/** @type {{tick: number, done: number, total: number}|null} */ (null)),
    /** Commands in flight, by command_id. */
    pending: atom(/** @type {ReadonlyMap<string, Pending>} */ (new Map())),
    /** The reset that this page asked for last: what was done before the log's first command. */
    done: atom(/** @type {readonly Done[]} */ ([])),
    /** Ticks a second that the server runs at, 0 = paused. */
    pace: atom(0),
    /** Progress of a long job on the server. */
    progress: atom(/** @type {import("./net/wire.js").Progress|null} */ (null)),
    /** Name of the example whose recording is being read or shown, "" = none. */
    expected: atom(""),
    /** What a real kernel did from the example shown, null = not recorded or not read yet. */
    recorded: atom(/** @type {import("./recorded/recording.js").Recorded|null} */ (null)),
    /** The session's log, as far as the server has told it: always at least as far as the frame. */
    log: atom(/** @type {readonly import("./net/wire.js").Entry[]} */ ([])),
    /** A sequence of commands that the server is working off, whoever asked for it; null = none. */
    sequence: atom(/** @type {import("./net/wire.js").Sequence|null} */ (null)),
    /** What is shown while the simulator is being compiled, null = nothing yet, or it is compiled. */
    preview: atom(/** @type {import("./recorded/still.js").Preview|null} */ (null)),
    /** The recorded step looked at meanwhile. */
    previewStep: atom(0),
    /** Of a playback from a file: its first tick, one tick in how many it has, and the lesson that it plays ("" = none); null = this page has a server. */
    recording: atom(/** @type {{first: number, every: number, lesson: string}|null} */ (null)),
    /** The lines of the charts over a whole recording, null = they grow with the frames. */
    lines: atom(/** @type {import("./numbers/charts.js").History[]|null} */ (null)),
    /** Answer of /api/scenarios, null = not read yet. */
    catalog: atom(/** @type {import("./guide/scenario.js").Catalog|null} */ (null)),
    /** The scenario that this page follows, null = none. */
    scenario: atom(/** @type {import("./guide/scenario.js").Scenario|null} */ (null)),
    /** Pictures of the real memory, by recording.pictureKey. */
    pictures: atom(/** @type {ReadonlyMap<string, import("./net/wire.js").DesignFrame>} */ (new Map())),
    /** How much the numbers depend on the seed, as the server last said; null = not asked. */
    spread: atom(/** @type {Spread|null} */ (null)),
    /** Number of pictures of the real memory being read. */
    reading: atom(0),
    /** Whether the real kernel is shown beside the simulation, where it was recorded. */
    showReal: atom(false),
    /** Theme in force: "light", "dark" or "projector". */
    theme: atom("light"),
    /** Tab of the inspector, "" = it is closed. */
    tab: atom(""),
    /** Whether the inspector takes half of the window. */
    wide: atom(false),
    /** Messages to the user, dismissible. */
    notices: atom(/** @type {readonly Notice[]} */ ([])),
    /** What marks a change on the maps: "glow", "flights" of pages, "steps" where nothing may move, "" = nothing does. */
    changes: atom("glow"),
    /** Colour mode of all maps: key of palette.MODES. */
    mode: atom("content"),
    /** Pageblock under the pointer or the keyboard cursor, in all panels at once. */
    pageblock: atom(/** @type {number|null} */ (null)),
    /** How the maps are looked at, all in the same way: the whole, or a part enlarged. */
    view: atom(/** @type {import("./zoom/lens.js").View} */ (WHOLE)),
    /** First and last pfn in the window of the maps, half open; null = no map yet. */
    bounds: atom(/** @type {{start_pfn: number, end_pfn: number}|null} */ (null)),
    /** Page under the pointer or the keyboard cursor: its pfn, where pages are large enough. */
    page: atom(/** @type {number|null} */ (null)),
    /** Pages of the pageblocks that are open, as the server last said; null = none are. */
    closeup: atom(/** @type {import("./net/detail_wire.js").Closeup|null} */ (null)),
    /** Pageblock that the traced page moves to. */
    target: atom(/** @type {number|null} */ (null)),
    /** What the last command cost so far, in one sentence, "" = none was given. */
    cost: atom(""),
    /** Pageblock that was asked about, and in which panel; stays until another is. */
    asked: atom(/** @type {{panel: number, pageblock: number}|null} */ (null)),
    /** Per panel the pageblocks in which the free blocks of a list lie, null = no list is chosen. */
    listed: atom(/** @type {Set<number>[]|null} */ (null)),
    /** Index of the panel being pointed at. */
    panel: atom(0),
    /** Range of memory chosen for offlining. */
    range: atom(/** @type {import("./controls/range_text.js").Range|null} */ (null)),
    /** Single-key shortcuts can be switched off. */
    shortcuts: atom(true),
  };
}

/** @typedef {ReturnType<typeof createState>} State */

/**
 * Whether this page's commands are taken: it drives, or it presents and no viewer holds the wheel.
 * @param {State} state
 */
export function mayCommand(state) {
  const room = state.classroom.get();
  const presents = state.role.get() === "presenter";
  return room ? room.driving || (presents && (room.driver === null || room.driver === room.you)) : presents;
}

let lastNotice = 0;

/**
 * Show a message; a text that is already shown is not shown twice, and a topic has one message at a time.
 * @param {State} state
 * @param {"error"|"info"} level
 * @param {string} text
 * @param {string} [topic] what it is about, so that `mended` can take it back
 */
export function notify(state, level, text, topic = "") {
  const others = state.notices.get().filter((notice) => notice.text !== text && (!topic || notice.topic !== topic));
  lastNotice += 1;
  state.notices.set([...others.slice(-2), { id: lastNotice, level, text, topic }]);
}

/**
 * What was said about a topic holds no longer.
 * @param {State} state
 * @param {string} topic
 */
export function mended(state, topic) {
  if (state.notices.get().some((notice) => notice.topic === topic)) {
    state.notices.set(state.notices.get().filter((notice) => notice.topic !== topic));
  }
}

/**
 * @param {State} state
 * @param {number} id
 */
export function dismiss(state, id) {
  state.notices.set(state.notices.get().filter((notice) => notice.id !== id));
}
