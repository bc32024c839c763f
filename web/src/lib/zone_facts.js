/**
 * The guest's zones: their names, with the node where there are several, the main one, and what each has free.
 */

import { pageblock } from "./pageblock.js";

/**
 * Which node each zone belongs to; all 0 where nobody said.
 * @param {Pick<import("../net/wire.js").GuestInfo, "zones"|"summary">} guest
 * @returns {number[]}
 */
export function nodesOf({ zones, summary }) {
  const told = Array.isArray(summary.zones) ? summary.zones.map((zone) => zone?.node) : summary.nodes;
  return zones.map((_, i) => (Array.isArray(told) && Number.isInteger(told[i]) ? told[i] : 0));
}

/**
 * A name for each zone that tells it from all others.
 * @param {Pick<import("../net/wire.js").GuestInfo, "zones"|"summary">} guest
 * @returns {string[]}
 */
export function zoneNames(guest) {
  const nodes = nodesOf(guest);
  const several = new Set(nodes).size > 1;
  return guest.zones.map(({ name }, i) => (several ? `Node ${nodes[i]} ${name}` : `Zone ${name}`));
}

/**
 * The zone with the most memory, of those that bear its name.
 * @param {Pick<import("../net/wire.js").GuestInfo, "zones"|"main_zone">} guest
 */
export const mainZone = ({ zones, main_zone }) =>
  zones.filter(({ name }) => name === main_zone).reduce((most, zone) => (zone.managed > most.managed ? zone : most));

/**
 * Free pages and wholly free pageblocks of each zone.
 * @param {ArrayLike<number>} free plane: free pages of each pageblock
 * @param {{start_pfn: number, end_pfn: number}[]} zones
 * @returns {{pages: number, blocks: number}[]}
 */
export function freeOf(free, zones) {
  return zones.map(({ start_pfn, end_pfn }) => {
    const sum = { pages: 0, blocks: 0 };
    for (let block = start_pfn / pageblock.pages; block < end_pfn / pageblock.pages; block++) {
      sum.pages += free[block];
      sum.blocks += free[block] === pageblock.pages ? 1 : 0;
    }
    return sum;
  });
}
