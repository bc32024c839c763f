/**
 * The dialog "Class", for the presenter: who is here, who asks to drive, everybody to this moment, the end.
 */

import { el, need, setText } from "../lib/dom.js";
import { drivenByAnother, moreAsking, peopleText } from "./room_text.js";

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 * @param {{tell: (message: import("../net/wire.js").UpMessage) => boolean}} intents
 */
export function createClassDialog(state, painter, intents) {
  const dialog = need("class", HTMLDialogElement);
  const people = el("p", { id: "class-people", role: "status" });
  const asking = el("ul.class-asking", { id: "class-asking" });
  /**
   * @param {string} id
   * @param {string} words
   * @param {import("../net/protocol.js").DriveAct["act"]} act
   */
  const button = (id, words, act) => el("button", { type: "button", id, click: () => void intents.tell({ type: "drive", act }) }, words);
  const everyone = button("class-everyone", "Everyone to this moment", "everyone");
  const take = button("class-take", "Take over", "take_over");
  const end = button("class-end", "End the class", "end");
  dialog.append(
    el("form", { method: "dialog" },
      el("div.dialog-head", {}, el("h2", { id: "class-title" }, "Class"), el("button", { value: "close" }, "Close"))),
    el("section.class-now", { "aria-label": "Who is here" }, people, asking, el("div.class-buttons", {}, everyone, take, end)),
  );

  let named = "";
  const show = painter.add("dom", () => {
    const room = state.classroom.get();
    if (!room?.people) return;
    const ended = room.over ? " The class is over: everybody looks by themselves." : "";
    setText(people, `${peopleText(room.people)}${drivenByAnother(room) ? ` ${room.driver} drives.` : ""}${ended}`);
    take.hidden = !drivenByAnother(room);
    end.hidden = room.over;
    setText(everyone, room.over ? "Begin again: everyone to this moment" : "Everyone to this moment");
    const text = `${room.people.asking.join()} ${room.people.nr_asking}`;
    if (text === named) return;
    named = text;
    asking.replaceChildren(...room.people.asking.map((name) => el("li", {}, `${name} asks to drive `,
      el("button", { type: "button", click: () => void intents.tell({ type: "drive", act: "hand_over", to: name }) }, "Hand over"))));
    const more = moreAsking(room.people);
    if (more) asking.append(el("li", {}, more));
  });
  state.classroom.subscribe(show);
  show();

  return {
    open() {
      if (!dialog.open) dialog.showModal();
    },
  };
}
