/**
 * The engine's answer about a pageblock in words and rows. Pure; the sentences are the engine's own.
 */

import { commandText } from "../controls/command_text.js";
import { count, plural } from "../lib/format.js";
import { inSentence } from "../panels/design_text.js";

/**
 * @typedef {object} Way one way to empty a pageblock
 * @property {string} way
 * @property {boolean} could
 * @property {string} reason
 * @property {string} sentence
 * @property {string} source
 * @property {number|null} pfn
 * @property {number} stays
 *
 * @typedef {object} Holder
 * @property {number} pfn
 * @property {string} kind
 * @property {number} order
 * @property {string} reason
 * @property {string} sentence
 *
 * @typedef {object} ByDesign
 * @property {string} design
 * @property {boolean} own
 * @property {boolean} could
 * @property {string|null} reason
 * @property {string} sentence
 *
 * @typedef {object} Brought
 * @property {string} kind
 * @property {number} pages
 * @property {number|null} command 0 = there at the start, null = not found in time
 *
 * @typedef {object} Answer of GET /api/sessions/{id}/because
 * @property {string} design
 * @property {number} tick
 * @property {number} pageblock
 * @property {number} start_pfn
 * @property {string} type
 * @property {string} zone
 * @property {boolean} empty
 * @property {{kind: string, pages: number}[]} kinds
 * @property {{order: number, nr: number}[]} free_blocks
 * @property {Holder[]} holders
 * @property {number} holders_total
 * @property {Way[]} ways
 * @property {ByDesign[]} designs
 * @property {Brought[]} brought
 *
 * @typedef {object} Obstacle
 * @property {number} pageblock
 * @property {number} pages
 * @property {number} in_use
 * @property {number} pfn
 * @property {string} reason
 * @property {string} sentence
 *
 * @typedef {object} Obstacles of GET /api/sessions/{id}/obstacles
 * @property {number} tick
 * @property {number} total
 * @property {Obstacle[]} obstacles
 *
 * @typedef {object} FreeList of GET /api/sessions/{id}/freelist
 * @property {number} order
 * @property {number} tick
 * @property {Record<string, {total: number, pageblocks: number, blocks: [number, number][]}>} designs
 */

/** Words for each way, in the order of the answer. @type {Record<string, string>} */
export const WAY_WORDS = {
  compaction: "Compaction", reclaim: "Reclaim", offlining: "Offlining", contiguous: "CMA (alloc_contig_range)",
};

/** @param {string} text */
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** @param {Pick<Answer, "pageblock"|"design">} answer */
export const titleOf = (answer) => `Pageblock ${count(answer.pageblock)}, ${inSentence(answer.design)}`;

/** What is in it, in one line. @param {Answer} answer */
export function contentText(answer) {
  const kinds = answer.kinds.map(({ kind, pages }) => `${count(pages)} ${kind === "pcp" ? "in a per-CPU list" : kind}`).join(", ");
  const free = answer.free_blocks.map(({ order, nr }) => `${count(nr)} of order ${order}`).join(", ");
  return `${answer.type} pageblock of zone ${answer.zone}, from page ${count(answer.start_pfn)}, at tick ${count(answer.tick)}: ${kinds}.${free ? ` Free blocks: ${free}.` : ""}`;
}

/**
 * Under which commands its pages came, one line a command.
 * @param {Answer} answer
 * @param {readonly {index: number, command: import("../net/wire.js").Command}[]} log
 */
export function broughtLines(answer, log) {
  /** @type {Map<number|null, string[]>} */
  const by = new Map();
  for (const { kind, pages, command } of answer.brought) by.set(command, [...(by.get(command) ?? []), `${count(pages)} ${kind}`]);
  const order = [...by.keys()].sort((a, b) => (a ?? -1) - (b ?? -1));
  return order.map((command) => {
    const what = (by.get(command) ?? []).join(", ");
    if (command === null) return `${what}: from before the replay got to in its time`;
    if (command === 0) return `${what}: was there at the start`;
    const entry = log.find(({ index }) => index === command);
    return `${what}: came under command ${command}${entry ? `, ${commandText(entry.command)}` : ""}`;
  });
}

/** One sentence for ears: yes and no, and why not. @param {Answer} answer */
export function spokenText(answer) {
  if (answer.empty) return `${titleOf(answer)}: it is free.`;
  const could = answer.ways.filter((way) => way.could).map(({ way }) => WAY_WORDS[way] ?? way);
  const first = answer.ways.find((way) => !way.could);
  const yes = could.length ? `${could.join(", ")} could empty it` : "nothing could empty it";
  return `${titleOf(answer)}: ${yes}.${first ? ` ${WAY_WORDS[first.way]} could not: ${first.sentence}.` : ""}`;
}

/** @param {Holder} holder */
export const holderText = ({ pfn, kind, order, sentence }) => `page ${count(pfn)}, ${kind}${order ? ` of order ${order}` : ""}: ${sentence}`;

/** @param {Way} way */
export const wayText = (way) => `${capital(way.sentence)}.`;

/**
 * Where an obstacle stands among all of them.
 * @param {Obstacle} obstacle
 * @param {number} place from 0
 * @param {number} total
 */
export const obstacleText = (obstacle, place, total) => `Obstacle ${count(place + 1)} of ${count(total)}: ${obstacle.sentence}.`;

/**
 * The place of the next obstacle.
 * @param {readonly Obstacle[]} list in their order
 * @param {number|null} pageblock stood at
 * @param {number} by 1 or -1
 */
export function nextPlace(list, pageblock, by) {
  const at = list.findIndex((one) => one.pageblock === pageblock);
  if (at < 0) return by > 0 ? 0 : list.length - 1;
  return (at + by + list.length) % list.length;
}

/**
 * Where the blocks of a free list lie, for one design.
 * @param {string} key
 * @param {FreeList} found
 */
export function listText(key, found) {
  const { total, pageblocks, blocks } = found.designs[key];
  if (!total) return "none";
  const some = blocks.slice(0, 12).map(([block]) => count(block)).join(", ");
  return `${plural(total, "free block")} in ${plural(pageblocks, "pageblock")}: ${some}${pageblocks > 12 ? ", …" : ""}`;
}
