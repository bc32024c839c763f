/**
 * The class in the bar: who drives and whether one follows, in a few words and at most two buttons; the rest is in the
 * dialog. Alone, a presenter sees nothing but the button that opens it.
 */

import { el, need, setText } from "../lib/dom.js";
import { mayCommand } from "../state.js";
import { createClassDialog } from "./class_dialog.js";
import { takeCopy } from "./copy.js";
import { badgeText, drivenByAnother, presents, whereText } from "./room_text.js";

/**
 * @typedef {object} Intents
 * @property {(message: import("../net/wire.js").UpMessage) => boolean} tell
 * @property {(on: boolean) => void} attach follow, or not
 * @property {() => string} session
 */

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 * @param {Intents} intents
 * @returns {{act: (what: string) => boolean}} what a shortcut may ask for; whether it was for here
 */
export function createRoom(state, painter, intents) {
  const box = need("room", HTMLElement);
  const dialog = createClassDialog(state, painter, intents);

  /** @param {import("../net/protocol.js").DriveAct} message */
  const drive = (message) => void intents.tell(message);
  const words = el("span.room-words", { role: "status" });
  /** @type {[name: string, button: HTMLButtonElement, shown: (room: import("../net/protocol.js").ClassState) => boolean][]} */
  const buttons = [
    ["return", el("button.primary", { type: "button", "aria-keyshortcuts": "f", title: "Follow the class again (f)", click: () => intents.attach(true) }, "Follow again"),
      (room) => !room.following && !room.over && !room.driving && (!presents(room) || drivenByAnother(room))],
    ["take-over", el("button.primary", { type: "button", click: () => drive({ type: "drive", act: "take_over" }) }, "Take over"),
      (room) => presents(room) && drivenByAnother(room)],
    ["give-back", el("button.primary", { type: "button", click: () => drive({ type: "drive", act: "hand_over" }) }, "Give back"),
      (room) => room.driving && !presents(room)],
    ["ask", el("button", { type: "button", title: "Ask the presenter to let you command", click: () => drive({ type: "drive", act: "ask" }) }, "Ask to drive"),
      (room) => !room.asking && !room.driving && !room.over && !presents(room) && room.driver !== null],
    ["withdraw", el("button", { type: "button", "aria-pressed": "true", title: "Take your hand down", click: () => drive({ type: "drive", act: "withdraw" }) }, "Asked to drive ✕"),
      (room) => room.asking],
    ["copy", el("button", { type: "button", title: "Go on alone from this moment, in a session of your own", click: () => void takeCopy(state, intents.session()) }, "Take a copy"),
      (room) => !presents(room)],
  ];
  const hand = el("button.primary.room-hand", { type: "button", click: () => {
    const name = state.classroom.get()?.people?.asking[0];
    if (name) drive({ type: "drive", act: "hand_over", to: name });
  } });
  const badge = el("span.room-badge");
  const open = el("button", { type: "button", id: "open-class", "aria-haspopup": "dialog", click: dialog.open }, "Class", badge);
  for (const [name, button] of buttons) button.id = `room-${name}`;
  box.append(words, ...buttons.map(([, button]) => button), hand, open);

  const show = painter.add("dom", () => {
    const room = state.classroom.get();
    box.hidden = !room;
    if (!room) return;
    setText(words, whereText(room));
    for (const [, button, shown] of buttons) button.hidden = !shown(room);
    const first = mayCommand(state) || presents(room) ? room.people?.asking[0] : undefined;
    hand.hidden = !first;
    setText(hand, first ? `Let ${first} drive` : "");
    open.hidden = !presents(room);
    setText(badge, room.people ? badgeText(room.people) : "");
    document.body.dataset.class = room.over ? "over" : room.driving ? "driving" : room.following ? "following" : "alone";
  });
  for (const each of [state.classroom, state.role]) each.subscribe(show);
  show();

  return {
    act(what) {
      if (what !== "follow") return false;
      const room = state.classroom.get();
      if (room && !room.following && !room.driving && !room.over) intents.attach(true);
      return true;
    },
  };
}
