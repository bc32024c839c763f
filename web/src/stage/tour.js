/**
 * The first minute: led through the real program, one act after the other, in the line above the maps. Nothing is covered, every
 * step is a command that anybody could give, and whoever gives a command of their own has left it. Never shown again unasked.
 */

import { commandText } from "../controls/command_text.js";
import { el, need, onPress, setOff, setText } from "../lib/dom.js";
import { mib } from "../lib/format.js";
import { statIndex } from "../net/wire.js";
import { compared } from "../panels/because_text.js";
import { HPAGE_ORDER, pageblock } from "../lib/pageblock.js";
import { inSentence } from "../panels/design_text.js";

const SEEN = "fragscope.tour";
const MIB_PAGES = 256;
const SHARE = 0.2; // of a guest that was not recorded goes into the balloon
const HUGE = 2000;
const PACE = 120; // ticks a second: the whole tour takes less than a minute

/** @param {number} per pageblocks of a cell */
export function cellWords(per) {
  if (per > 1) return `Each cell is ${per} pageblocks of ${pageblock.size}; where it is all light, they can become huge pages.`;
  return `Each cell is ${pageblock.size}; an empty one, all light, can become ${pageblock.order === HPAGE_ORDER ? "a huge page" : "huge pages of 2 MiB"}.`;
}

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 * @param {Pick<import("../net/client.js").Client, "send"|"pace">} intents
 * @returns {{act: (what: string) => boolean}} what a shortcut may ask for; whether it was for here
 */
export function createTour(state, painter, { send, pace }) {
  const root = need("tour", HTMLElement);
  const nr = el("span.nr");
  const words = el("p", { id: "tour-words", role: "status" });
  const next = el("button.primary", { type: "button", id: "tour-next" });
  const leave = el("button", { type: "button", id: "tour-leave", click: () => finish() }, "Leave");
  root.append(nr, words, el("div.tour-buttons", {}, next, leave));
  let at = -1; // -1 = no tour
  let before = 0; // pace before the tour, 0 = as it is
  let base = 0; // commands that the session had when the tour began

  /** MiB that the host asks for: as was recorded, or a share of the guest. */
  const size = () => {
    const first = state.recorded.get()?.operations[0]?.command;
    if (first && "nr_pages" in first && first.nr_pages) return first.nr_pages / MIB_PAGES;
    const most = (state.welcome.get()?.guest.nr_pages ?? 0) / MIB_PAGES;
    return Math.max(2, Math.round((most * SHARE) / 10) * 10);
  };

  /** The designs with what is counted of each, of the picture that is shown. */
  const designs = () => {
    const welcome = state.welcome.get();
    const frame = state.frame.get();
    if (!welcome || !frame) return [];
    const fields = statIndex(welcome.stat_fields);
    return welcome.designs.map(({ key, name }, i) => ({ title: inSentence(key), name, s: (/** @type {string} */ field) => frame.designs[i].stats[fields[field]] ?? 0 }));
  };
  const inflating = () => designs().some(({ s }) => s("balloon_actual") < s("balloon_target") && !s("balloon_stopped"));

  /** @type {{words: () => string, why?: () => string, watch?: () => string, next: () => string, command: (() => import("../net/wire.js").Command)|null}[]} */
  const STEPS = [
    { words: () => `One guest’s memory, as several kernels would treat it. ${cellWords(Number(need("panels", HTMLElement).dataset.per ?? 1))}`,
      next: () => `Give ${mib(size())} to the host`, command: () => ({ type: "balloon_target", nr_pages: size() * MIB_PAGES }) },
    { words: () => "The balloon took the orange pages for the host. One orange page is enough to spoil a block.",
      watch: () => (inflating() ? "The balloon takes free pages for the host: orange. Watch the light blocks go…"
        : "The balloon is full. What still moves is the work that a design, or the kernel in the background, adds to it…"),
      next: () => "Compact", command: () => ({ type: "compact" }) },
    { watch: () => "Watch two scanners close in: ▲ looks for pages to move, ▽ for room to put them. Blocks left empty count up…",
      words: () => "Compaction pushed pages together so that whole blocks come free. Where orange pages may not move, it could not.",
      next: () => "Take huge pages", command: () => ({ type: "huge", nr: HUGE }) },
    { watch: () => "Each empty block is taken as a huge page, counted, and given back…",
      words: () => compared(designs()).said, why: () => compared(designs()).why, next: () => "Now you", command: null },
    { words: () => "Now you: move the balloon, or press a block or a number to ask about it. Lessons has scenarios, one question at a time; ? lists the keys.",
      next: () => "Done", command: null },
  ];

  const working = () => {
    const welcome = state.welcome.get();
    const frame = state.frame.get();
    if (!welcome || !frame || state.pending.get().size > 0 || state.log.get().length > frame.log_index) return true;
    const busy = statIndex(welcome.stat_fields).busy;
    return frame.designs.some(({ stats }) => stats[busy] !== 0);
  };

  function remember() {
    try {
      localStorage.setItem(SEEN, "seen");
    } catch {
      // Storage is blocked: it is back at the next visit.
    }
  }
  const seen = () => {
    try {
      return localStorage.getItem(SEEN) !== null;
    } catch {
      return false;
    }
  };

  function finish() {
    if (root.contains(document.activeElement)) need("panels", HTMLElement).focus(); // it must be somewhere when its button is gone
    at = -1;
    remember();
    if (before) pace(before);
    before = 0;
    show();
  }

  function begin() {
    at = 0;
    const now = state.pace.get();
    if (now > 0 && now < PACE) pace(PACE);
    before = now > 0 && now < PACE ? now : before;
    base = state.log.get().length;
    show();
  }

  onPress(next, () => {
    if (at < 0 || (STEPS[at].command && working())) return;
    const make = STEPS[at].command;
    if (at === STEPS.length - 1) {
      finish();
      return;
    }
    at += 1;
    if (make) {
      const command = make();
      send(command, commandText(command));
    }
    show();
  });

  /**
   * @param {string} said
   * @param {string} why where there is room; on a phone it stands under the map
   */
  function tellWords(said, why) {
    if (words.dataset.told === said + why) return; // it is read aloud whenever it changes
    words.dataset.told = said + why;
    words.replaceChildren(said, ...(why ? [el("span.tour-why", {}, ` ${why}`), el("span.tour-there", {}, " Under each map stands why.")] : []));
  }

  const show = painter.add("dom", () => {
    root.hidden = at < 0;
    document.body.dataset.touring = String(at >= 0);
    if (at < 0) return;
    const busy = working();
    const step = STEPS[at];
    setText(nr, `${at + 1} of ${STEPS.length}`);
    tellWords(busy && step.watch ? step.watch() : step.words(), busy ? "" : step.why?.() ?? "");
    setText(next, step.next());
    setOff(next, busy);
  });

  /** A fresh visit to a session of one's own that nothing has happened in. */
  function onFrame() {
    if (at < 0 && !seen() && !started && state.frame.get()) { // before it, the pace is not known either
      started = true;
      if (state.role.get() === "presenter" && state.present.get().log_index === 0 && state.present.get().tick === 0 && !state.scenario.get() && !state.past.get()) begin();
    }
    if (at >= 0) show();
  }
  let started = false;

  // A command that the tour has not given: this person knows what to do.
  state.log.subscribe((log) => {
    if (at >= 0 && log.length > base + Math.min(at, 3)) finish();
  });
  for (const each of [state.scenario, state.past]) each.subscribe((now) => {
    if (now && at >= 0) finish();
  });
  state.welcome.subscribe((welcome) => {
    if (welcome && at > 0) finish();
  });
  for (const each of [state.frame, state.pending]) each.subscribe(onFrame);
  need("tour-again", HTMLButtonElement).addEventListener("click", begin);
  show();
  return {
    act(what) {
      if (what === "tour-leave" && at >= 0) finish();
      else if (what === "tour") begin();
      else return what === "tour-leave";
      return true;
    },
  };
}
