/**
 * The socket: hello, credits, commands and reconnecting. Writes what the server says into the state.
 * The only file that uses `WebSocket`.
 */

import { sentence } from "../lib/format.js";
import { lookMessage, sidesOf } from "../timebar/sides.js";
import { decodeDetail, isDetail } from "./detail_wire.js";
import { decodeEvents, isEvents } from "./events_wire.js";
import { mended, notify } from "../state.js";
import { forgetPresenter, rememberPresenter, tokenOf } from "./access.js";
import { createSession, getInfo, RestError } from "./rest.js";
import { applyFrame, decodeFrame, decodeMessage, TYPE_PAST, WIRE_VERSION, WireError } from "./wire.js";

const GOING_AWAY = 1001; // close code of a server that shuts down
const MOST_CREDIT = 4; // frames that one message may pay for
const RETRY_FIRST_MS = 250;
const RETRY_MOST_MS = 5000;

/**
 * @typedef {object} Client
 * @property {() => void} start
 * @property {(command: import("./wire.js").Command, text: string) => void} send
 * @property {(commands: import("./wire.js").Command[], text: string) => void} sequence one after the other, each when the guests are idle
 * @property {(config: import("./wire.js").Config, text: string) => void} reset
 * @property {(ticks_per_s: number) => void} pace
 * @property {(ticks: number) => void} step
 * @property {(moment: import("../timebar/moments.js").Moment|null) => void} look at an earlier moment, null = now
 * @property {(pageblocks: number[], fields: ("state"|"order"|"flags")[]|null) => boolean} detail show the pages of these pageblocks from now on (fields null: all); whether it was sent
 * @property {(timeline: number, name: string) => void} name a timeline
 * @property {(timeline: number) => void} switchTo where another timeline ended
 * @property {(message: import("./wire.js").UpMessage) => boolean} tell a message about the class; whether it was sent
 * @property {() => void} painted called after a paint: returns the credits of the frames in it
 * @property {() => void} retryNow
 */

/**
 * @param {import("../state.js").State} state
 * @param {{getSession: () => string, setSession: (id: string, viewer: string) => void}} address where the session's id and the viewer's token are
 * @param {import("../motion/motion.js").Motion} motion shows pictures of the present
 * @returns {Client}
 */
export function createClient(state, address, motion) {
  /** @type {WebSocket|null} */
  let socket = null;
  let retryMs = RETRY_FIRST_MS;
  let timer = 0;
  let unpainted = 0;
  let lastId = 0;
  let askedForKey = false;
  let madeHere = false;
  let greeted = false;
  let lastWords = "";
  /** @type {import("../timebar/moments.js").Moment|null} asked for and not there yet */
  let awaited = null;
  /** @type {number|null} the timeline asked for beside it */
  let awaitedBeside = null;

  /** @param {import("./wire.js").UpMessage} message */
  const tell = (message) => {
    if (socket?.readyState !== WebSocket.OPEN) return false;
    socket.send(JSON.stringify(message));
    return true;
  };

  /** @param {string} text */
  const later = (text, phase = /** @type {"lost"|"starting"} */ ("lost")) => {
    clearTimeout(timer);
    // Up to a quarter of jitter, so that a roomful of pages does not reconnect at the same instant.
    const wait = phase === "starting" ? 500 : retryMs * (1 + Math.random() / 4);
    retryMs = Math.min(RETRY_MOST_MS, retryMs * 2);
    state.connection.set({ phase, text, retry_at: performance.now() + wait });
    timer = window.setTimeout(connect, wait);
  };

  async function connect() {
    clearTimeout(timer);
    try {
      if (!state.info.get()) state.info.set(await getInfo());
      if (!address.getSession()) {
        const { session, presenter, viewer } = await createSession({});
        rememberPresenter(session, presenter);
        address.setSession(session, viewer);
        madeHere = true; // until it is known to work
      }
    } catch (error) {
      const starting = error instanceof RestError && error.status === 503;
      const text = error instanceof Error ? error.message : String(error);
      if (starting) later(`The server is starting: ${text}`, "starting");
      else later(text);
      return;
    }
    open(address.getSession());
  }

  /** @param {string} session */
  function open(session) {
    const url = new URL(`ws/${encodeURIComponent(session)}`, document.baseURI);
    url.protocol = url.protocol.replace("http", "ws");
    url.hash = "";
    const mine = new WebSocket(url);
    socket = mine;
    greeted = false;
    lastWords = "";
    mine.binaryType = "arraybuffer";
    mine.onopen = () => tell({ type: "hello", versions: [WIRE_VERSION], token: tokenOf(session) || "none" });
    mine.onmessage = ({ data }) => {
      if (socket !== mine) return;
      try {
        if (typeof data === "string") onText(decodeMessage(data));
        else onFrame(data);
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        notify(state, "error", sentence(error.message));
      }
    };
    mine.onclose = ({ code, reason }) => {
      if (socket === mine) onClose(code, reason);
    };
  }

  /** @param {import("./wire.js").Message} message */
  function onText(message) {
    switch (message.type) {
      case "role":
        state.role.set(message.role);
        break;
      case "welcome":
        onWelcome(message);
        break;
      case "accepted":
        onAccepted(message);
        break;
      case "entries":
        // Before the welcome it would be of another log.
        if (greeted) state.log.set([...state.log.get(), ...message.entries]);
        break;
      case "sequence_state":
        state.sequence.set(message.left > 0 ? message : null);
        if (message.text) notify(state, "info", sentence(message.text));
        break;
      case "error":
        if (!greeted) {
          lastWords = sentence(message.text); // a close follows and says what it means for this page
          break;
        }
        if (message.command_id !== null) forget(message.command_id);
        else if (awaited) looked();
        // A goodbye is not a refusal.
        notify(state, message.code === GOING_AWAY ? "info" : "error", sentence(message.text));
        break;
      case "pace":
        state.pace.set(message.ticks_per_s);
        break;
      case "progress":
        state.progress.set(message);
        break;
      case "class":
        state.classroom.set(message);
        break;
      case "quiz_state":
        state.quiz.set(message);
        break;
      case "shown":
        state.shown.set(message.view);
        break;
      case "pointed":
        state.pointed.set(message);
        break;
      case "present":
        state.present.set({ tick: message.tick, log_index: message.log_index });
        break;
      case "timelines":
        state.timelines.set(message.timelines);
        break;
      case "looking":
        if (state.past.get()) state.looking.set(message);
        break;
    }
  }

  /** @param {import("./wire.js").Welcome} welcome */
  function onWelcome(welcome) {
    if (welcome.version !== WIRE_VERSION) {
      notify(state, "error", `The server speaks version ${welcome.version}, this page version ${WIRE_VERSION}: reload the page.`);
      return;
    }
    retryMs = RETRY_FIRST_MS;
    greeted = true;
    madeHere = false;
    askedForKey = false;
    state.progress.set(null);
    // What was in flight when the socket broke may or may not be in the log: the frames will tell.
    state.pending.set(new Map());
    const before = state.welcome.get();
    if (before && (before.session !== welcome.session || before.epoch !== welcome.epoch)) {
      state.done.set([]);
      state.past.set(null);
      state.beside.set(null);
    }
    motion.stop();
    state.frame.set(null);
    state.log.set([]);
    state.sequence.set(welcome.sequence);
    state.pace.set(welcome.ticks_per_s);
    state.welcome.set(welcome);
    state.timelines.set(welcome.timelines);
    state.present.set({ tick: welcome.tick, log_index: welcome.log_index });
    state.connection.set({ phase: "open", text: "Connected", retry_at: 0 });
    awaited = null;
    if (state.past.get()) askMoment();
  }

  /** Ask for the moment that is to be looked at, unless an answer is still to come: then after it. */
  function askMoment() {
    const moment = state.past.get();
    if (awaited && moment) return;
    awaited = moment;
    awaitedBeside = state.beside.get();
    tell(lookMessage(moment, state.welcome.get(), awaitedBeside));
  }

  /** @param {import("../timebar/moments.js").Moment|null} moment */
  function look(moment) {
    const before = state.past.get();
    if (before === moment || (before && moment && before.tick === moment.tick && before.index === moment.index)) return;
    state.past.set(moment);
    if (!moment) state.looking.set(null);
    askMoment();
  }

  /** The answer to a look is there, or there will be none. */
  function looked() {
    const asked = awaited;
    awaited = null;
    state.looking.set(null);
    if (state.past.get() !== asked || (asked && state.beside.get() !== awaitedBeside)) askMoment();
  }
  state.beside.subscribe(() => {
    if (state.past.get() && !awaited && state.beside.get() !== awaitedBeside) askMoment();
  });

  /** @param {import("./wire.js").Accepted} message */
  function onAccepted({ command_id, index, tick }) {
    const entry = state.pending.get().get(command_id);
    if (!entry) return;
    if (entry.kind === "reset") state.done.set([{ index, tick, text: entry.text }]);
    if ((state.frame.get()?.log_index ?? -1) >= index) {
      forget(command_id);
      return;
    }
    state.pending.set(new Map(state.pending.get()).set(command_id, { ...entry, index }));
  }

  /** Pages: of now, or of the moment that is looked at. @param {ArrayBuffer} data */
  function onDetail(data) {
    const closeup = decodeDetail(data);
    const past = state.past.get() !== null;
    if (closeup.epoch === state.welcome.get()?.epoch) motion.whenShown("closeup", () => state.closeup.set({ ...closeup, past }));
  }

  /** @param {ArrayBuffer} data */
  function onFrame(data) {
    if (isDetail(data)) return onDetail(data);
    if (isEvents(data)) return motion.expect(decodeEvents(data));
    unpainted += 1;
    const welcome = state.welcome.get();
    if (!welcome) return;
    const frame = decodeFrame(data, welcome);
    if (frame.epoch !== welcome.epoch) {
      credit();
      return;
    }
    const whole = applyFrame(motion.newest(), frame);
    if (!whole) {
      if (!askedForKey) askedForKey = tell({ type: "key" });
      credit();
      return;
    }
    askedForKey = false;
    const past = whole.type === TYPE_PAST;
    if (past !== (state.past.get() !== null) || whole.designs.length !== sidesOf(welcome.designs, past ? state.beside.get() : null).length) {
      credit(); // it was on its way when the other was asked for
      if (past && awaited) looked();
      return;
    }
    if (past) {
      state.frame.set(whole);
      looked();
      return;
    }
    motion.show(whole);
    motion.whenShown("present", () => state.present.set({ tick: whole.tick, log_index: whole.log_index }));
    for (const [id, entry] of state.pending.get()) {
      if (entry.index !== null && whole.log_index >= entry.index) forget(id);
    }
  }

  /** @param {string} command_id */
  function forget(command_id) {
    const rest = new Map(state.pending.get());
    if (rest.delete(command_id)) state.pending.set(rest);
  }

  function credit() {
    // A hidden page gets no further frames; on return it asks for a complete picture, which restores the credits.
    if (document.hidden) return;
    for (; unpainted > 0; unpainted -= MOST_CREDIT) tell({ type: "credit", n: Math.min(unpainted, MOST_CREDIT) });
    unpainted = 0;
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  function onClose(code, reason) {
    socket = null;
    unpainted = 0;
    state.progress.set(null);
    state.classroom.set(null);
    state.shown.set(null);
    if (code === 4404) {
      forgetPresenter(address.getSession());
      address.setSession("", "");
      // At once the first time, but a server that cannot make sessions is not asked in a tight loop.
      if (madeHere) later(lastWords || "The server could not make a session.");
      else {
        notify(state, "info", "The session shown here is gone: it is not on this server any more. A new one is starting.");
        connect();
      }
    } else if (code === 4409) {
      state.older.set(address.getSession());
      state.connection.set({ phase: "lost", text: lastWords, retry_at: 0 });
    } else if (code === 4400 || code === 4403) {
      const text = code === 4403 ? "This link does not open the session: ask for the whole link." : "Server and page do not match: reload the page.";
      state.connection.set({ phase: "lost", text: lastWords || (reason ? sentence(reason) : text), retry_at: 0 });
    } else if (code === 1011) {
      later("The session ended because of a fault in the simulator.");
    } else if (code === 4429) {
      later(lastWords || "Too many people are watching already.");
    } else {
      later("The server is not reachable. What you see is the last state it sent.");
    }
  }

  /**
   * @param {string} kind
   * @param {string} text
   * @param {Omit<import("./protocol.js").CommandMessage, "command_id">|Omit<import("./protocol.js").Fork, "command_id">
   *   |Omit<import("./protocol.js").Switch, "command_id">|Omit<import("./protocol.js").Name, "command_id">|Omit<import("./protocol.js").SequenceMessage, "command_id">
   *   |Omit<import("./protocol.js").Reset, "command_id">} message
   */
  function ask(kind, text, message) {
    lastId += 1;
    const command_id = `${Date.now().toString(36)}-${lastId}`;
    if (!tell({ ...message, command_id })) {
      notify(state, "error", `Not sent: ${text}. The server is not reachable.`, "unsent");
      return;
    }
    mended(state, "unsent");
    const entry = { text, kind, index: null, sent_at: performance.now() };
    state.pending.set(new Map(state.pending.get()).set(command_id, entry));
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    unpainted = 0;
    tell({ type: "key" });
  });
  window.addEventListener("online", () => {
    if (!socket) connect();
  });

  /** @type {Client} */
  const client = {
    start: connect,
    // In the past a command begins another timeline there.
    send(command, text) {
      const moment = state.past.get();
      if (!moment) ask(command.type, text, { type: "command", command });
      else ask(command.type, text, { type: "fork", command, tick: moment.tick, ...(moment.index === null ? {} : { index: moment.index }) });
    },
    name: (timeline, name) => ask("name", `name an ending ${name}`, { type: "name", timeline, name }),
    switchTo: (timeline) => ask("switch", "go on with another timeline", { type: "switch", timeline }),
    sequence(commands, text) {
      if (!state.past.get()) ask("sequence", text, { type: "sequence", commands });
      else if (commands.length === 1) client.send(commands[0], text);
      else notify(state, "error", "Several commands at once are for the present: go back to now first, or give them one by one here.");
    },
    reset: (config, text) => ask("reset", text, { type: "reset", config }),
    pace: (ticks_per_s) => void tell({ type: "pace", ticks_per_s }),
    step: (ticks) => void tell({ type: "step", ticks }),
    look,
    tell,
    detail: (pageblocks, fields) => tell({ type: "detail", pageblocks, ...(fields ? { fields } : {}) }),
    painted: credit,
    retryNow: connect,
  };
  return client;
}
