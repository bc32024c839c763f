/**
 * About the guest: zones, pages by kind, how far a capture agrees with itself, and what had to be assumed.
 */

import { el, need } from "../lib/dom.js";
import { count, guestName, pagesText } from "../lib/format.js";
import { zoneNames } from "../lib/zone_facts.js";
import { notify } from "../state.js";

const FILES = "files"; // what notices about a capture's files are about

/** @param {import("../state.js").State} state */
export function createAbout(state) {
  const list = need("about-list", HTMLDListElement);
  let told = ""; // a notice that was dismissed does not come back with the next connection
  state.welcome.subscribe((welcome) => {
    if (!welcome) return;
    const { guest, engine } = welcome;
    const { summary } = guest;
    /** @type {[string, string][]} */
    const rows = [
      ["Guest", `${guestName(guest.label)}: ${count(guest.nr_pages)} pages of 4 KiB in ${count(guest.nr_pageblocks)} pageblocks`],
      ...zoneNames(guest).map((name, i) => /** @type {[string, string]} */ ([name, zoneText(guest.zones[i], i, summary)])),
    ];
    if (isRecord(summary.pages)) {
      const kinds = Object.entries(summary.pages).map(([kind, n]) => `${kind} ${pagesText(Number(n))}`);
      rows.push(["Pages by kind", kinds.join(", ")]);
    }
    const warnings = Array.isArray(summary.warnings) ? summary.warnings.map((words) => `${words}.`).join(" ") : "";
    if (warnings) rows.push(["Beware", warnings]);
    if (warnings && warnings !== told) notify(state, "info", `Beware: ${warnings}`, FILES);
    told = warnings;
    if (Array.isArray(summary.assumed)) rows.push(["Assumed", summary.assumed.map(String).join("; ")]);
    for (const [key, value] of Object.entries(summary)) {
      if (typeof value === "string" && key !== "name") rows.push([key.replaceAll("_", " "), value]);
    }
    rows.push(["Simulator", `code ${engine}: the same code, seed and commands give the same bytes`]);
    list.replaceChildren(...rows.flatMap(([term, words]) => [el("dt", {}, term), el("dd", {}, words)]));
  });
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
const isRecord = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * @param {import("../net/wire.js").Zone} zone
 * @param {number} i its place among the guest's, and among those that the capture was read with
 * @param {Record<string, unknown>} summary
 */
function zoneText(zone, i, summary) {
  const range = `${pagesText(zone.start_pfn)} to ${pagesText(zone.end_pfn)}, ${pagesText(zone.managed)} managed`;
  const read = Array.isArray(summary.zones) ? summary.zones[i] : null;
  if (!isRecord(read) || read.zone !== zone.name) return range;
  const parts = [range];
  if (typeof read.free_agreement === "number") {
    parts.push(`free blocks derived from the pages agree with buddyinfo to ${(100 * read.free_agreement).toFixed(1)} %`);
  }
  if (typeof read.migratetypes === "string") parts.push(`migratetypes by ${read.migratetypes}`);
  return parts.join("; ");
}
