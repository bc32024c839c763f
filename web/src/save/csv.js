/**
 * Tables as CSV (RFC 4180): what is on the page, number by number. Pure but for reading the table's elements.
 */

/** @param {string} text */
const quoted = (text) => (/[",\r\n]/.test(text) || /^[=+@\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/**
 * @param {readonly (readonly (string|number)[])[]} rows
 * @returns {string}
 */
export const csvText = (rows) => rows.map((row) => `${row.map((cell) => quoted(String(cell))).join(",")}\r\n`).join("");

/**
 * The words of a cell, or what it says a table has in their place; the exact number where it shows a rounded one, or is said to have it (a report's tables).
 * @param {Element} cell
 */
function cellText(cell) {
  const full = /** @type {HTMLElement} */ (cell).dataset.csv;
  if (full !== undefined) return full;
  const exact = /** @type {HTMLElement} */ (cell).dataset.value;
  if (exact !== undefined && (cell.closest("[data-keys]") || /^-?[\d.,]+( [kM])?$/.test((cell.textContent ?? "").trim()))) return exact;
  const copy = /** @type {HTMLElement} */ (cell.cloneNode(true));
  for (const part of copy.querySelectorAll(".tip, [aria-hidden=true], svg, button")) part.remove();
  for (const part of copy.querySelectorAll(".unit, br, p, li, dd")) part.prepend(" ");
  return (copy.textContent ?? "").replaceAll(/\s+/g, " ").trim();
}

/**
 * Rows of a table, head first. A cell over several columns stands in the first of them.
 * @param {HTMLTableElement} table
 * @returns {string[][]}
 */
export function tableRows(table) {
  return [...table.rows].filter((row) => !row.hidden && row.cells.length > 0).map((row) =>
    [...row.cells].flatMap((cell) => [cellText(cell), ...Array(cell.colSpan - 1).fill("")]));
}

/**
 * @param {HTMLTableElement} table
 * @returns {string}
 */
export const tableCsv = (table) => csvText(tableRows(table));
