/**
 * A lesson's text as elements: only tags of this list are made, and text is always text.
 */

import { el } from "../lib/dom.js";

/** @typedef {import("./lesson.js").Block} Block */

const TAGS = /** @type {const} */ (["p", "ul", "ol", "li", "blockquote", "em", "strong", "code", "pre", "table", "thead", "tbody", "tr", "th", "td", "h3", "h4", "hr"]);
const SAFE = /^(https:\/\/|#(tab|argument|scenario|lesson)-|(race|report)\.html|(lesson|scenario)-[\w-]+\.html$)/;

/**
 * @param {string|Block} part
 * @returns {Node}
 */
function node(part) {
  if (typeof part === "string") return document.createTextNode(part);
  if (part.tag === "number") return part.text ? el("b.lesson-number", {}, part.text) : el("span.lesson-blank", { title: "a number that the run will give" }, "____");
  const children = (part.parts ?? []).map(node);
  if (part.tag === "a" && SAFE.test(part.href ?? "")) {
    const away = part.href?.startsWith("https://");
    return el("a", { href: part.href, ...(away ? { rel: "noreferrer", target: "_blank" } : {}) }, ...children);
  }
  const tag = TAGS.find((one) => one === part.tag);
  if (part.tag === "table") return el("div.scroll", { role: "region", "aria-label": "Table", tabindex: 0 }, el("table", {}, ...children));
  return tag ? el(tag, {}, ...children) : el("span", {}, ...children);
}

/**
 * @param {Block[]|undefined} blocks
 * @returns {Node[]}
 */
export const elements = (blocks) => (blocks ?? []).map(node);
