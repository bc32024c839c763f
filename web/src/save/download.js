/**
 * A file out of the page, to wherever the browser puts it.
 */

import { el } from "../lib/dom.js";

const REVOKE_MS = 60_000; // a browser reads it when it has asked where to

/**
 * @param {Blob|string} content
 * @param {string} name of the file
 * @param {string} [type] of a text
 */
export function download(content, name, type = "text/plain") {
  const blob = typeof content === "string" ? new Blob([content], { type: `${type};charset=utf-8` }) : content;
  const link = el("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), REVOKE_MS);
}

/**
 * A name that every system takes.
 * @param {...(string|number)} parts
 */
export const fileName = (...parts) => parts.map((part) => String(part).trim().toLowerCase().replaceAll(/[^\p{L}\p{N}_]+/gu, "-").replaceAll(/^-|-$/g, "")).filter(Boolean).join("-").slice(0, 120);
