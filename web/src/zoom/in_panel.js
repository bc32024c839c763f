/**
 * What a panel shows of its map as it is looked at: the whole or a window, and the words for what is pointed at.
 */

import { TYPE_PAST } from "../net/wire.js";
import { blockText } from "../panels/guest_text.js";
import { shownSide } from "./lens.js";
import { cellText, pageFacts, pageText } from "./page_text.js";

/**
 * @typedef {import("../state.js").State} State
 * @typedef {import("../map/geometry.js").Geometry} Geometry
 * @typedef {Record<string, import("../net/wire.js").Plane>} Planes
 *
 * @typedef {object} Drawn
 * @property {import("../map/heatmap.js").Heatmap} map
 * @property {import("./closeup.js").Closeup} closeup of a part of the map, over it
 * @property {Uint8Array} worst of each cell or pageblock drawn last
 */

/**
 * The pages of what is shown; null: none have come, or those of another moment.
 * @param {State} state
 */
function pagesOf(state) {
  const [closeup, frame] = [state.closeup.get(), state.frame.get()];
  if (!closeup || !frame || closeup.past !== (frame.type === TYPE_PAST)) return null;
  return closeup.past && (closeup.tick !== frame.tick || closeup.log_index !== frame.log_index) ? null : closeup;
}

/**
 * @param {Drawn} panel its `worst` is written
 * @param {number} i place of its design
 * @param {Planes} planes
 * @param {State} state
 * @param {Geometry} g
 * @param {number} now milliseconds
 * @returns {boolean} whether something is still glowing
 */
export function paintPanel(panel, i, planes, state, g, now) {
  const { map, closeup } = panel;
  const view = state.view.get();
  const cells = view.z === 1 || shownSide(g, view) > 1;
  const again = cells && map.paint(planes, now);
  panel.worst = map.worst;
  if (view.z > 1) {
    const pages = pagesOf(state);
    const scene = { planes, cells: map.cells, fields: pages?.designs.get(i) ?? null, at: pages?.at ?? new Map(), mode: state.mode.get() };
    const worst = closeup.paint(g, view, scene);
    if (!cells) panel.worst = worst;
  }
  return again;
}

/**
 * What is pointed at: a page where its fields are there, else a pageblock, or the several of one cell.
 * @param {Drawn} panel
 * @param {number} i
 * @param {Planes} planes
 * @param {number} index pageblock
 * @param {State} state
 * @param {Geometry|null} g
 * @returns {{where: string, counts: string, holder: string}}
 */
export function wordsOf(panel, i, planes, index, state, g) {
  const closeup = pagesOf(state);
  const page = state.page.get();
  const fields = closeup?.designs.get(i);
  const first = closeup?.at.get(index);
  if (page !== null && fields?.mobility && first !== undefined) return pageText(pageFacts(fields, first, page));
  const cells = g && shownSide(g, state.view.get()) > 1 ? panel.map.several : null;
  if (!cells || !g) return blockText(planes, index);
  const cell = Math.floor(index / g.per);
  return cellText(cells, cell, cell * g.per, Math.min(g.nr, (cell + 1) * g.per) - 1);
}
