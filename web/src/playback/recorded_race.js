/**
 * In place of the REST requests of the race explorer: what was explored when the file was made. Free play leads as far as
 * the schedules in it.
 */

import { packedBytes } from "./tape.js";

export class RestError extends Error {}

/**
 * @typedef {object} Explored
 * @property {import("../race/race_text.js").Settings} settings
 * @property {Record<string, import("../race/race_text.js").Result>} races by raceKey()
 * @property {Record<string, Record<string, import("../race/race_text.js").Play>>} plays by raceKey(), by the choices with commas
 */

/** @type {Promise<Explored>|null} */
let reading = null;

/** @returns {Promise<Explored>} */
const explored = () => (reading ??= packedBytes("playback-race").then((bytes) => {
  if (!bytes) throw new RestError("There is nothing explored in this file.");
  return JSON.parse(new TextDecoder().decode(bytes));
}));

/**
 * @param {import("../race/race_text.js").Setting} setting
 * @returns {string} as the file has it
 */
export const raceKey = ({ compactors, page_lock, refcount_test, era, known_defects }) => [compactors, page_lock, refcount_test, era, known_defects].join(" ");

export const getRaceSettings = async () => (await explored()).settings;

/** @param {import("../race/race_text.js").Setting} setting */
export async function getRace(setting) {
  const found = (await explored()).races[raceKey(setting)];
  if (!found) throw new RestError("This file has each era without its defects and with all of them; single ones are explored by a fragscope of your own.");
  return found;
}

/**
 * @param {import("../race/race_text.js").Setting} setting
 * @param {number[]} path the choices taken so far
 */
export async function getRacePlay(setting, path) {
  const found = (await explored()).plays[raceKey(setting)]?.[path.join(",")];
  if (!found) throw new RestError("This way is not among the schedules of this file: free play is for a fragscope of your own.");
  return found;
}
