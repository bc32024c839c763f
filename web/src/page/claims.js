/**
 * What each design claims, and the server's version.
 */

import { el, need } from "../lib/dom.js";
import { DESIGNS, designWords } from "../panels/design_text.js";

/** @param {import("../state.js").State} state */
export const createClaims = (state) => void state.info.subscribe(showClaims);

/** @param {import("../net/wire.js").Info|null} info */
function showClaims(info) {
  if (!info) return;
  need("claims", HTMLElement).replaceChildren(
    ...info.designs.map((design) =>
      el("article", { id: `claim-${design.name}`, tabindex: -1 },
        el("h3", {}, designWords(design.name).title, " ", el("span.key", {}, design.name)),
        el("p.label", {}, design.label),
        el("p", {}, DESIGNS[design.name]?.claim ?? ""),
        el("p.source", {}, el("b", {}, "Source: "), design.source))),
  );
  need("version", HTMLElement).textContent = `fragscope ${info.version}`;
}
