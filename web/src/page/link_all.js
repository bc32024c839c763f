/**
 * The link that holds everything: guest, seed, commands and view, so that any fragscope makes the session anew. Pure but
 * for the compression, which browsers do in streams.
 */

import { VERSION } from "./link.js";

export const MOST_BYTES = 8192; // of the fragment: longer addresses get cut off on their way
export const FIELD = "all";

/**
 * @typedef {object} Everything
 * @property {number} v
 * @property {object} session as GET /api/sessions/{id} answers it
 * @property {Record<string, unknown>|null} view
 * @property {string|null} name of the ending
 */

/**
 * @param {Uint8Array<ArrayBuffer>} data
 * @param {CompressionStream|DecompressionStream} through
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
async function run(data, through) {
  const stream = new Blob([data]).stream().pipeThrough(through);
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * @param {object} data
 * @returns {Promise<string>} base64url of the raw deflate of its JSON
 */
export async function packed(data) {
  const bytes = await run(new TextEncoder().encode(JSON.stringify(data)), new CompressionStream("deflate-raw"));
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/**
 * @param {string} text what packed() gave; anybody may have written it
 * @returns {Promise<Everything>}
 */
export async function unpacked(text) {
  try {
    const bytes = Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
    const data = JSON.parse(new TextDecoder().decode(await run(bytes, new DecompressionStream("deflate-raw"))));
    if (data?.v === VERSION && typeof data.session === "object" && data.session) return data;
  } catch {
    // Cut off on its way here, or no such link.
  }
  throw new Error("This link cannot be read: it was cut off, or is of another version.");
}

/**
 * What such a link holds.
 * @param {import("../net/wire.js").Welcome} welcome
 * @param {readonly import("../net/wire.js").Entry[]} log
 * @param {number} tick of the present
 * @param {Record<string, unknown>} view
 * @returns {Everything}
 */
export function everything(welcome, log, tick, view) {
  if (welcome.config.source?.kind === "upload") {
    throw new Error("This session starts from an uploaded file, which a link cannot hold: export the session as a file instead.");
  }
  const { timeline: _, beside: __, ...rest } = view; // there will be one ending
  const line = welcome.timelines.find(({ id }) => id === welcome.timeline);
  return {
    v: VERSION,
    session: { log_version: 1, engine: welcome.engine, config: welcome.config, tick, log },
    view: Object.keys(rest).length ? { v: VERSION, ...rest } : null,
    name: line?.name ?? null,
  };
}

/**
 * The fragment with everything in it.
 * @param {Everything} data
 */
export async function fragmentOf(data) {
  const fragment = `${FIELD}=${await packed(data)}`;
  if (fragment.length > MOST_BYTES) {
    throw new Error(`This session takes a link of ${(fragment.length / 1024).toFixed(1)} KiB, and 8 KiB is the limit: export it as a file instead.`);
  }
  return fragment;
}
