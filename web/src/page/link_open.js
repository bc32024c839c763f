/**
 * Buttons for the link with everything and for the digest of the state looked at; and opening such a link.
 */

import { rememberPresenter } from "../net/access.js";
import { getPaper, getPlayback, getState, importSession, RestError } from "../net/rest.js";
import { el, need, onPress, setText } from "../lib/dom.js";
import { notify } from "../state.js";
import { FIELD, everything, fragmentOf, unpacked } from "./link_all.js";
import { viewText } from "./link.js";

const REVOKE_MS = 60_000; // a browser reads it when it has asked where to

/** @param {unknown} error */
const words = (error) => (error instanceof Error ? error.message : String(error));

/**
 * @param {import("../state.js").State} state
 * @param {{read: () => Record<string, unknown>}} view
 * @param {() => string} session
 */
export function createLinks(state, view, session) {
  const all = el("button", { type: "button", id: "link-all", title: "A link that holds guest, seed, commands and view: it opens on any fragscope, without this session" }, "Link with everything");
  const digest = el("button", { type: "button", id: "copy-digest", title: "The digest of the state looked at: whoever plays the same log comes to the same one" }, "Digest");
  const file = el("button", { type: "button", id: "save-playback", title: "This session as one HTML file: it plays without a server, from the disk or from any web server" }, "Save as a file that plays");
  const paper = el("button", { type: "button", id: "save-report", title: "This session as a page to read and to print: the answer, maps, lines, every number and command, and how to make it again; as fragscope report writes it" }, "Save the report");
  const charts = el("input", { type: "checkbox", id: "playback-charts" });
  const shown = el("input", { id: "copied", readonly: true, hidden: true, "aria-label": "Copied" });
  const said = el("span", { role: "status" });
  need("find", HTMLElement).after(el("details.drop.up", { id: "links" }, el("summary", {}, "Links"),
    el("div.drop-box.time-copies", {}, all, " ", digest, " ", file, " ", el("label.switch", {}, charts, " with charts (1.9 MB more)"), " ", paper, " ", said, " ", shown)));

  /**
   * @param {string} text
   * @param {string} what
   */
  async function give(text, what) {
    shown.hidden = false;
    shown.value = text;
    shown.select();
    const copied = await navigator.clipboard?.writeText(text).then(() => true, () => false);
    setText(said, copied ? `${what} is in the clipboard.` : `${what}, to be copied:`);
  }
  onPress(all, async () => {
    const welcome = state.welcome.get();
    if (!welcome) return;
    try {
      const fragment = await fragmentOf(everything(welcome, state.log.get(), state.present.get().tick, view.read()));
      await give(new URL(`./#${fragment}`, document.baseURI).href, "The link with everything");
    } catch (error) {
      notify(state, "error", words(error));
    }
  });
  /**
   * @param {Blob} blob
   * @param {string} name
   */
  function keep(blob, name) {
    const link = el("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), REVOKE_MS);
  }
  onPress(paper, async () => {
    setText(said, "Writing the report…");
    try {
      const blob = await getPaper(session());
      keep(blob, `fragscope-${session()}-report.html`);
      setText(said, `The report has ${(blob.size / 1e6).toFixed(1)} MB.`);
    } catch (error) {
      setText(said, "");
      notify(state, "error", words(error));
    }
  });
  let sure = "";
  onPress(file, async () => {
    setText(said, "Making the file…");
    try {
      const blob = await getPlayback(session(), { charts: charts.checked, sure: sure === session() });
      sure = "";
      keep(blob, `fragscope-${session()}.html`);
      setText(said, `The file has ${(blob.size / 1e6).toFixed(1)} MB.`);
    } catch (error) {
      // Large: told, and made when the button is pressed again.
      if (error instanceof RestError && error.status === 409 && !sure) {
        sure = session();
        setText(said, `${words(error)}. Press again to make it all the same.`);
        return;
      }
      setText(said, "");
      notify(state, "error", words(error));
    }
  });
  onPress(digest, async () => {
    try {
      const moment = state.past.get();
      const found = await getState(session(), moment);
      await give(found.digest, `The digest of tick ${found.tick}`);
    } catch (error) {
      notify(state, "error", words(error));
    }
  });
}

/**
 * Make the session of a link with everything, and go to it.
 * @param {import("../state.js").State} state
 * @param {{get: (name: string) => string|null, set: (name: string, value: string|null) => void}} address
 * @param {() => void} otherwise where there is nothing to open, or it cannot be opened
 */
export async function openEverything(state, address, otherwise) {
  const text = address.get(FIELD);
  if (text === null) return otherwise();
  try {
    const data = await unpacked(text);
    const made = await importSession({ ...data.session, ...(data.name ? { name: data.name } : {}) });
    rememberPresenter(made.session, made.presenter);
    const view = data.view ? viewText(data.view) : "";
    const fields = new URLSearchParams({ s: made.session, t: made.viewer, ...(view ? { view } : {}) });
    location.replace(`#${fields}`); // another session in the address: the page starts over
  } catch (error) {
    address.set(FIELD, null);
    notify(state, "error", words(error));
    otherwise();
  }
}
