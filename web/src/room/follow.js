/**
 * Following: what the driver's page shows is sent, what it sends is shown here. Any gesture of one's own detaches; the person
 * of a presenter's page takes the lead by it instead, unless a viewer drives.
 */

import { mayCommand, notify } from "../state.js";
import { presents, withinClass } from "./room_text.js";

const POINT_MS = 66; // 15 words a second at most
const SHOW_MS = 66;

/**
 * @typedef {object} View what a page shows, as web/src/page/link.js has it
 * @property {() => Record<string, unknown>} read
 * @property {(data: Record<string, unknown>) => void} apply
 * @property {(listener: () => void) => void} watch told of every gesture but that of another moment
 *
 * @typedef {object} Intents
 * @property {(message: import("../net/wire.js").UpMessage) => boolean} tell
 * @property {(moment: import("../timebar/moments.js").Moment|null) => void} look
 */

/**
 * @param {import("../state.js").State} state
 * @param {View} view
 * @param {Intents} intents
 * @param {boolean} wanted whether this page follows when it opens
 */
export function createFollow(state, view, intents, wanted) {
  const maps = document.getElementById("panels");
  let wants = wanted;
  let greeted = false;
  let following = false;
  let applying = false;
  let inside = false; // one's own pointer is on a map
  let shown = "";
  let shownAt = -Infinity;
  let showing = 0;
  let pointed = "null 0";
  let timer = 0;

  /** @param {() => void} act */
  const quietly = (act) => {
    applying = true;
    act();
    applying = false;
  };

  // -- leading
  const seen = () => {
    const { pageblock: _, ...data } = view.read(); // where one points goes its own, faster way
    return { v: 1, ...data };
  };
  function show() {
    const data = seen();
    const text = JSON.stringify(data);
    if (text === shown) return;
    clearTimeout(showing);
    const wait = SHOW_MS - (performance.now() - shownAt);
    if (wait > 0) showing = window.setTimeout(show, wait);
    else if (intents.tell({ type: "show", view: data })) [shown, shownAt] = [text, performance.now()];
  }
  function point() {
    timer = 0;
    const room = state.classroom.get();
    const text = `${state.pageblock.get()} ${state.panel.get()}`;
    if (!room?.driving || !room.people?.following || text === pointed) return;
    if (intents.tell({ type: "point", pageblock: state.pageblock.get(), panel: state.panel.get() })) pointed = text;
    timer = window.setTimeout(point, POINT_MS);
  }

  // -- what one's own person does
  function gesture() {
    const room = state.classroom.get();
    if (applying || !room) return;
    if (mayCommand(state)) show();
    else if (room.following) attach(false);
  }

  /** @param {boolean} on */
  function attach(on) {
    wants = on;
    const room = state.classroom.get();
    if (!room || !intents.tell({ type: "follow", on })) return;
    if (on) return;
    state.classroom.set({ ...room, following: false }); // at once: a view may be on its way
    state.shown.set(null);
  }

  view.watch(() => {
    const room = state.classroom.get();
    if (room?.driving) show();
    else gesture();
  });
  for (const each of [state.past, state.view, state.beside]) each.subscribe(() => {
    if (state.classroom.get()?.driving) show();
  });
  for (const each of [state.pageblock, state.panel]) each.subscribe(() => {
    if (!applying && !timer) point();
  });
  maps?.addEventListener("pointerenter", () => (inside = true), true);
  maps?.addEventListener("pointerleave", (event) => {
    if (event.target === maps) inside = false;
  }, true);
  maps?.addEventListener("pointerdown", gesture, true);
  maps?.addEventListener("keydown", (event) => {
    if (event.key.startsWith("Arrow")) gesture();
  });

  // -- what the class is, and what its driver shows
  state.classroom.subscribe((room) => {
    if (!room) {
      greeted = false; // the socket is gone: a new one is told anew
      shown = "";
      following = false;
      return;
    }
    if (!greeted) {
      greeted = true;
      if (wants && !presents(room) && !room.over && !room.driving) intents.tell({ type: "follow", on: true });
    } else if (room.following) wants = true;
    if (!room.driving) shown = "";
    else if (room.people && room.people.following + room.people.detached > 0) show();
    if (room.following && !following) follow();
    following = room.following;
  });
  function follow() {
    const data = state.shown.get();
    if (!data || !state.classroom.get()?.following || !state.welcome.get()) return;
    quietly(() => view.apply(data));
  }
  for (const each of [state.shown, state.welcome]) each.subscribe(follow);
  state.pointed.subscribe((at) => {
    if (!at || inside || !state.classroom.get()?.following) return;
    const frame = state.frame.get();
    if (at.pageblock !== null && (!frame || at.pageblock >= frame.nr_pageblocks)) return;
    quietly(() => {
      state.panel.set(at.panel);
      state.pageblock.set(at.pageblock);
    });
  });

  return {
    /** Follow again, or not any more. */
    attach,
    /** Whether this page would follow: what its address should say. */
    follows: () => wants && state.role.get() === "viewer" && !state.recording.get(),
    /**
     * One's own look at a moment.
     * @param {import("../timebar/moments.js").Moment|null} moment
     */
    look(moment) {
      gesture();
      const bound = state.classroom.get()?.moment ?? null;
      const { moment: allowed, held } = withinClass(moment, bound);
      if (held) notify(state, "info", `The class has come to tick ${bound}: you can go back from there, not ahead.`);
      intents.look(allowed);
    },
  };
}
