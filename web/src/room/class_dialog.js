/**
 * The dialog "Class", for the presenter. Large, since a room looks at it: the code and the QR code by which one joins. Below:
 * who is here, who asks to drive, everybody to this moment, the end; and the link for the presenter's other device.
 */

import { el, need, setText } from "../lib/dom.js";
import { addressFields, linkOf, presenterOf } from "../net/access.js";
import { postCode, postQr } from "../net/rest.js";
import { takeCopy } from "./copy.js";
import { drivenByAnother, isOnlyHere, moreAsking, peopleText, spaced, upper } from "./room_text.js";

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 * @param {{tell: (message: import("../net/wire.js").UpMessage) => boolean, session: () => string}} intents
 */
export function createClassDialog(state, painter, intents) {
  const dialog = need("class", HTMLDialogElement);
  const code = el("output.class-code", { id: "class-code", "aria-label": "Code" });
  const qr = el("img.class-qr", { id: "class-qr", alt: "QR code of the viewer's link", hidden: true });
  const where = el("b");
  const problem = el("p.problem", { role: "status" });
  const here = el("p.class-here", { hidden: true }, "This address leads to this computer only. Open the page under the name or the address that it has in your network; code and QR code then work for the others.");
  const ends = el("p.class-ends", { hidden: true }, "This server runs in a container without a volume: sessions, and links to them, end with it.");
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
  const copy = el("button", { type: "button", id: "class-copy", title: "A session of its own from the moment looked at", click: () => void takeCopy(state, intents.session()) }, "Take a copy");
  const link = copyable("class-link");
  const mine = copyable("class-mine");
  const mineQr = el("img.class-qr", { alt: "QR code of the presenter's link", hidden: true });
  const other = el("details", { id: "class-other", toggle: () => void showMine() },
    el("summary", {}, "A link for your other device"),
    el("p", {}, "Whoever has this link commands. Do not show it to the room."), mine.box, mineQr);
  dialog.append(
    el("form", { method: "dialog" },
      el("div.dialog-head", {}, el("h2", { id: "class-title" }, "Class"), el("button", { value: "close" }, "Close"))),
    el("section.class-join", { "aria-label": "How to join" },
      el("div.class-words", {}, el("p.class-where", {}, "Go to ", where, " and type"), code, el("p.class-or", {}, "or take this picture with a phone, or pass on the link:"), link.box, ends, here, problem),
      qr),
    el("section.class-now", { "aria-label": "Who is here" }, people, asking, el("div.class-buttons", {}, everyone, take, end, copy)),
    other,
  );

  /** The picture of a link.
   * @param {HTMLImageElement} image
   * @param {string} address
   */
  async function picture(image, address) {
    const blob = await postQr(intents.session(), address);
    if (image.src) URL.revokeObjectURL(image.src);
    image.src = URL.createObjectURL(blob);
    image.hidden = false;
  }

  /** Code and picture, as they are now: the server has forgotten codes if it was started anew. */
  async function invite() {
    const session = intents.session();
    const viewer = addressFields().get("t") ?? "";
    const address = linkOf(session, viewer);
    const join = new URL("join", document.baseURI);
    link.set(address);
    setText(where, join.host + join.pathname);
    ends.hidden = !state.info.get()?.ends_with_container;
    here.hidden = !isOnlyHere(location.hostname);
    setText(problem, "");
    try {
      const [told] = await Promise.all([postCode(session, viewer), picture(qr, address)]);
      setText(code, spaced(told.code));
    } catch (error) {
      setText(problem, error instanceof Error ? error.message : String(error));
    }
  }

  async function showMine() {
    mine.set("");
    mineQr.hidden = true;
    if (!other.open) return;
    const session = intents.session();
    const address = linkOf(session, addressFields().get("t") ?? "", presenterOf(session));
    mine.set(address);
    await picture(mineQr, address).catch(() => {}); // the link is there in words
  }

  let named = "";
  const show = painter.add("dom", () => {
    const room = state.classroom.get();
    if (!room?.people) return;
    const ended = room.over ? " The class is over: everybody is on their own." : "";
    setText(people, `${peopleText(room.people, drivenByAnother(room) ? room.driver : null)}${ended}`);
    take.hidden = !drivenByAnother(room);
    end.hidden = room.over;
    setText(everyone, room.over ? "Begin again: everyone to this moment" : "Everyone to this moment");
    const text = `${room.people.asking.join()} ${room.people.nr_asking}`;
    if (text === named) return;
    named = text;
    asking.replaceChildren(...room.people.asking.map((name) => el("li", {}, `${upper(name)} asks to drive `,
      el("button", { type: "button", click: () => void intents.tell({ type: "drive", act: "hand_over", to: name }) }, "Hand over"))));
    const more = moreAsking(room.people);
    if (more) asking.append(el("li", {}, more));
  });
  state.classroom.subscribe(show);
  show();
  dialog.addEventListener("close", () => {
    other.open = false; // it is not shown by accident the next time
  });

  return {
    open() {
      if (dialog.open) return;
      void invite();
      dialog.showModal();
    },
  };
}

/**
 * A text that can be taken along.
 * @param {string} id
 */
function copyable(id) {
  const field = el("input", { type: "text", readonly: true, id, "aria-label": "Link", focus: () => field.select() });
  const button = el("button", { type: "button", click: () => void copy() }, "Copy");
  async function copy() {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      setText(button, "Copied");
    } catch {
      setText(button, "Selected: press Ctrl+C"); // clipboards are for safe origins
    }
  }
  return {
    box: el("span.class-link", {}, field, button),
    /** @param {string} text */
    set(text) {
      field.value = text;
      setText(button, "Copy");
    },
  };
}
