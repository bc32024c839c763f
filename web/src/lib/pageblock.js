/**
 * How large a pageblock of the guest is: one value for all of the page, set when a guest is shown, before anything of it is drawn.
 */

/** Pages of a huge page, whatever a pageblock is. */
export const HPAGE_ORDER = 9;
export const HPAGE_NR_PAGES = 2 ** HPAGE_ORDER;

/** cols, rows: its pages on the grid that one looks at closely. */
export const pageblock = { pages: 512, order: 9, mib: 2, size: "2 MiB", cols: 16, rows: 32 };

/** @param {number} order its pages are two to the power of it */
export function setPageblockOrder(order) {
  const cols = 2 ** Math.floor(order / 2);
  const mib = 2 ** (order - 8);
  Object.assign(pageblock, { pages: 2 ** order, order, mib, size: `${mib} MiB`, cols, rows: 2 ** order / cols });
}

/** @param {{nr_pages: number, nr_pageblocks: number}} guest of `welcome`, or of a preview */
export const setPageblock = ({ nr_pages, nr_pageblocks }) => setPageblockOrder(Math.round(Math.log2(nr_pages / Math.max(1, nr_pageblocks))));

/** @param {number} pfn */
export const pageblockOf = (pfn) => Math.floor(pfn / pageblock.pages);
