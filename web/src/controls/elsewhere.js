/**
 * A process of the server simulates pageblocks of one size, and so does a session. A guest with pageblocks of another size gets a
 * session of its own, and this page goes there; any other one is this session's next guest.
 */

import { HPAGE_ORDER, pageblock } from "../lib/pageblock.js";
import { sessionLink } from "../quiz/own_session.js";
import { notify } from "../state.js";

/** @typedef {import("../net/wire.js").Config} Config */

/** @type {Map<string, number>} pageblock order of each capture that this page has uploaded */
const orders = new Map();

/**
 * @param {string} capture id of an upload
 * @param {number} order of its pageblocks
 */
export const rememberOrder = (capture, order) => void orders.set(capture, order);

/**
 * The pageblock order of a guest: examples and synthetic guests have the usual one.
 * @param {Config["source"]} source
 * @param {number} now of the session's guest
 */
export function orderOf(source, now) {
  if (source?.kind !== "upload") return HPAGE_ORDER;
  return orders.get(source.capture) ?? now;
}

/**
 * @param {import("../state.js").State} state
 * @param {import("../net/client.js").Client["reset"]} reset of the session shown
 * @returns {import("../net/client.js").Client["reset"]}
 */
export function createElsewhere(state, reset) {
  return async (config, text) => {
    if (orderOf(config.source, pageblock.order) === pageblock.order) {
      reset(config, text);
      return;
    }
    try {
      location.assign(await sessionLink(config));
      location.reload(); // only what stands behind the # has changed
    } catch (error) {
      notify(state, "error", error instanceof Error ? error.message : String(error), text);
    }
  };
}
