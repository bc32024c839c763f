/**
 * What is seen moving, in words: how many of how many. Pure.
 */

import { count, plural } from "../lib/format.js";

/**
 * @typedef {object} Seen in one panel, of one play
 * @property {string} title of the design
 * @property {string} key of the design, where there is no room for its title
 * @property {number} moves pages that moved, as moves
 * @property {number} shown of them, as flights
 * @property {number} taken pages that the balloon took
 * @property {number} given pages that it gave back
 * @property {number} freed pageblocks that came wholly free
 * @property {number} met MiB where the scanners met, -1 = they did not
 */

/**
 * Of the panel in which most moves.
 * @param {readonly Seen[]} panels
 * @param {boolean} calm whether nothing flies
 * @returns {{title: string, key: string, said: string}|null} null: nothing happened
 */
export function seenText(panels, calm) {
  const most = [...panels].sort((a, b) => b.moves + b.taken + b.given - (a.moves + a.taken + a.given))[0];
  if (!most || most.moves + most.taken + most.given + most.freed === 0) return null;
  const words = [];
  if (most.moves > 0) words.push(calm ? `${plural(most.moves, "move")}` : `showing ${count(most.shown)} of ${plural(most.moves, "move")}`);
  if (most.taken > 0) words.push(`${plural(most.taken, "page")} taken`);
  if (most.given > 0) words.push(`${plural(most.given, "page")} given back`);
  if (most.freed > 0) words.push(`${plural(most.freed, "block")} freed`);
  if (most.met >= 0) words.push(`scanners met at ${count(most.met)} MiB`);
  return { title: most.title, key: most.key, said: words.join(", ") };
}
