/**
 * The sentence above the maps, and the tab "Because": the same reasons design by design, with the block pointed at.
 */

import { el, lineSwatch, need, setText } from "../lib/dom.js";
import { count, splitKey } from "../lib/format.js";
import { DESIGN_LINES } from "../map/palette.js";
import { statIndex } from "../net/wire.js";
import { because, compared } from "../panels/because_text.js";
import { designWords, inSentence, splitLabel } from "../panels/design_text.js";
import { activity, blockText, scannerText } from "../panels/guest_text.js";

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 */
export function createSaid(state, painter) {
  const line = need("verdict-line", HTMLElement);
  const box = need("because", HTMLElement);
  const said = el("span.first");
  const why = el("span.then");
  line.append(said, " ", why);
  /** @type {{sentence: HTMLElement, doing: HTMLElement, block: HTMLElement}[]} */
  let parts = [];
  const hint = el("p.tab-note", {}, "Point at a block, or move there with the arrow keys, to read what holds it under each design.");

  function rebuild() {
    const welcome = state.welcome.get();
    if (!welcome) return;
    parts = welcome.designs.map(() => ({ sentence: el("p"), doing: el("p.note"), block: el("p.block-of") }));
    box.replaceChildren(...welcome.designs.map((design, i) => {
      const words = designWords(design.name);
      const { ours, since } = splitLabel(design.label);
      return el("article.reasons-of", { "data-design": design.key },
        el("h3", {}, lineSwatch(DESIGN_LINES[i % DESIGN_LINES.length]), words.title, el("span.key", {}, design.key)),
        el("p.note", {}, words.help, " ", ours && el("span.tag.ours", {}, ours), since && el("span.tag", {}, since)),
        parts[i].sentence, parts[i].doing, parts[i].block, toggles(design));
    }), hint);
  }

  /**
   * What the design's toggles are, where it stands; changed ones stand out.
   * @param {import("../net/wire.js").DesignInfo} design
   */
  function toggles(design) {
    const kinds = state.info.get()?.designs.find(({ name }) => name === design.name)?.toggles ?? [];
    const changed = splitKey(design.key).chosen;
    const values = Object.entries(design.toggles ?? {});
    if (!values.length) return null;
    return el("details.choices", { open: Object.keys(changed).length > 0 }, el("summary", {}, "Its toggles"), el("ul", {}, ...values.map(([name, value]) => {
      const words = `${name} ${value}`;
      return el("li", { title: kinds.find((kind) => kind.name === name)?.source ?? null }, el(name in changed ? "b" : "span", {}, words), `: ${kinds.find((kind) => kind.name === name)?.label ?? ""}`);
    })));
  }

  const show = painter.add("dom", () => {
    const welcome = state.welcome.get();
    const frame = state.frame.get();
    if (!welcome || !frame || parts.length > frame.designs.length) return; // of two endings, that of the session
    const at = statIndex(welcome.stat_fields);
    const of = (/** @type {number} */ i) => (/** @type {string} */ name) => frame.designs[i].stats[at[name]] ?? 0;
    const all = compared(welcome.designs.map(({ key, name }, i) => ({ title: inSentence(key), name, s: of(i) })));
    const past = state.past.get();
    setText(said, past ? `At tick ${count(frame.tick)}, ${all.said.charAt(0).toLowerCase()}${all.said.slice(1)}` : all.said);
    setText(why, all.why);
    line.title = `${said.textContent} ${all.why}`;
    const index = state.pageblock.get();
    welcome.designs.forEach(({ name }, i) => {
      const s = of(i);
      setText(parts[i].sentence, because(name, s));
      const now = activity(s, welcome.guest.zones, state.pace.get() === 0);
      setText(parts[i].doing, `${now.text.charAt(0).toUpperCase()}${now.text.slice(1)}. ${scannerText(s)}`);
      const words = index !== null && index < frame.nr_pageblocks ? blockText(frame.designs[i].planes, index) : null;
      parts[i].block.hidden = words === null;
      if (words) setText(parts[i].block, `${words.where}: ${words.counts}; ${words.holder}.`);
    });
    hint.hidden = index !== null;
  });

  state.welcome.subscribe(rebuild);
  for (const each of [state.welcome, state.frame, state.past, state.pageblock, state.pace]) each.subscribe(show);
}
