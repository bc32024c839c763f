/**
 * Requests of the pages beside the stage: the watched machine, the sweeps. Refusals as in rest.js.
 */

import { about, call, posted } from "./rest.js";

/** @typedef {import("./wire.js").Config} Config */

/**
 * What is new of this machine's own memory since a look; -1: all.
 * @param {number} look
 * @returns {Promise<import("../live/looks.js").Told>}
 */
export const getLive = (look) => call(`api/live?since=${look}`);

/**
 * What is kept of it, in a few hundred points.
 * @returns {Promise<import("../live/kept.js").Summary>}
 */
export const getLiveHistory = () => call("api/live/history");

/**
 * One look that is kept.
 * @param {number} look
 * @returns {Promise<import("../live/looks.js").Told>}
 */
export const getLivePast = (look) => call(`api/live/past?look=${look}`);

/**
 * This machine's memory at this moment as a capture.
 * @returns {Promise<{capture: string, summary: Record<string, unknown>}>}
 */
export const postFreeze = () => call("api/live/freeze", { method: "POST" });

/** @returns {Promise<{sweeps: import("../sweep/map_text.js").Sweep[], rule: string}>} */
export const getSweeps = () => call("api/sweeps");

/**
 * @param {string} name
 * @param {URLSearchParams} query
 * @returns {Promise<import("../sweep/map_text.js").Winners>}
 */
export const getSweepMap = (name, query) => call(`api/sweeps/${encodeURIComponent(name)}/map?${query}`);

/**
 * @param {string} name
 * @param {URLSearchParams} at coordinates of the run
 * @returns {Promise<{config: Config, commands: object[]}>}
 */
export const getSweepRun = (name, at) => call(`api/sweeps/${encodeURIComponent(name)}/run?${at}`);

/**
 * Give a command and wait until every guest is idle.
 * @param {string} session
 * @param {object} command
 */
export const giveCommand = (session, command) =>
  about(session, "/commands?wait=idle", posted({ command }));
