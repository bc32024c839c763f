/**
 * A session that another version of the simulator played: never silently another world. The person chooses to replay its
 * log under this version, or to look at the log.
 */

import { el, need } from "../lib/dom.js";
import { commandText } from "../controls/command_text.js";
import { getSession, postReplay } from "../net/rest.js";
import { notify } from "../state.js";

/**
 * @param {import("../state.js").State} state
 * @param {() => void} connect
 */
export function createOlder(state, connect) {
  const box = need("older", HTMLElement);

  /** @param {unknown} error */
  const say = (error) => notify(state, "error", error instanceof Error ? error.message : String(error));

  /** @param {string} session */
  async function replay(session) {
    try {
      await postReplay(session);
      state.older.set("");
      connect();
    } catch (error) {
      say(error);
    }
  }

  /** @param {string} session */
  async function look(session) {
    try {
      const { log, tick, engine } = await getSession(session);
      const lines = log.map((entry) => el("li", {}, `tick ${entry.tick}: ${commandText(entry.command)}`));
      box.querySelector(".log")?.remove();
      box.append(el("div.log", {}, el("p", {}, `Played by ${engine} up to tick ${tick}; ${lines.length} commands.`), el("ol", {}, ...lines)));
    } catch (error) {
      say(error);
    }
  }

  state.older.subscribe((session) => {
    box.hidden = !session;
    box.replaceChildren();
    if (!session) return;
    box.append(
      el("p", {}, "Another version of the simulator played this session. This one may come to other numbers from the same commands."),
      el("button", { type: "button", id: "older-replay", click: () => void replay(session) }, "Replay under this version"),
      el("button.quiet", { type: "button", id: "older-log", click: () => void look(session) }, "Look at the log"),
    );
  });
}
