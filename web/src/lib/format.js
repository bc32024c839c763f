/**
 * Numbers as text: pages → "512 MiB", per mille → "84.1 %", counters → "1,234". Pure; the only place where units change.
 */

import { pageblock } from "./pageblock.js";

export const MIB_PAGES = 256;

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** @param {number} n */
export const count = (n) => whole.format(n);

/**
 * A counter in few characters: 950, 12.3 k, 4.56 M.
 * @param {number} n
 */
export function short(n) {
  const size = Math.abs(n);
  if (size < 10_000) return whole.format(n);
  if (size < 1_000_000) return `${(n / 1000).toFixed(size < 100_000 ? 1 : 0)} k`;
  return `${(n / 1_000_000).toFixed(size < 10_000_000 ? 2 : 1)} M`;
}

/**
 * MiB with its unit; GiB from 10 GiB up, TiB from 1 TiB up.
 * @param {number} sizeMib
 */
export function mib(sizeMib) {
  if (sizeMib >= 1_048_576) return `${+(sizeMib / 1_048_576).toFixed(2)} TiB`;
  if (sizeMib >= 10_240) return `${+(sizeMib / 1024).toFixed(1)} GiB`;
  return `${whole.format(sizeMib)} MiB`;
}

/**
 * Sizes to choose from: every power of two that the server allows, its largest, and the present one.
 * @param {Record<string, number>} limits of /api/info
 * @param {number} now
 */
export function sizesMib(limits, now) {
  const sizes = [limits.max_size_mib, now];
  for (let n = limits.min_size_mib; n < limits.max_size_mib; n *= 2) sizes.push(n);
  return [...new Set(sizes)].sort((a, b) => a - b);
}

/** @param {number} n MiB */
export function sizeText(n) {
  if (n >= 1_048_576) return `${n / 1_048_576} TiB`;
  return n % 1024 ? `${n} MiB` : `${n / 1024} GiB`;
}

/** @param {number} pages */
export const pagesToMib = (pages) => pages / MIB_PAGES;

/**
 * Pages as MiB without the unit; one decimal if the number is small and not whole.
 * @param {number} pages
 */
export function mibNumber(pages) {
  const value = pages / MIB_PAGES;
  return Number.isInteger(value) || value >= 1000 ? whole.format(value) : value.toFixed(1);
}

/** @param {number} pages */
export const pagesText = (pages) => mib(Math.round(pages / MIB_PAGES));

/** @param {number} value per mille */
export const perMille = (value) => (value / 1000).toFixed(3);

/** @param {number} tick */
export const tickText = (tick) => `tick ${whole.format(tick)}`;

/**
 * Milliseconds as seconds: one decimal below ten, none above.
 * @param {number} ms
 */
export function secondsText(ms) {
  const seconds = ms / 1000;
  return `${seconds < 10 ? +seconds.toFixed(1) : whole.format(seconds)} s`;
}

/**
 * What the guests' clocks show, where they differ from the earliest to the latest.
 * @param {number[]} ms one a guest, at least one
 */
export function clocksText(ms) {
  const [from, to] = [Math.min(...ms), Math.max(...ms)].map(secondsText);
  return from === to ? from : `${from.slice(0, -2)} to ${to}`;
}

/**
 * Largest order in words.
 * @param {number} order -1 = none
 */
export function orderText(order) {
  if (order < 0) return "none";
  const kib = 4 * 2 ** order;
  return `${order} (${kib < 1024 ? `${kib} KiB` : `${kib / 1024} MiB`})`;
}

/**
 * Address range of a pageblock.
 * @param {number} index
 */
export function blockRange(index) {
  return `${whole.format(index * pageblock.mib)} to ${whole.format((index + 1) * pageblock.mib)} MiB`;
}

/**
 * @param {number} n
 * @param {string} one
 * @param {string} [many]
 */
export const plural = (n, one, many = `${one}s`) => `${whole.format(n)} ${n === 1 ? one : many}`;

// -- speed: a slider from -50 to 100 on a logarithmic scale of 1/32 to 1000 ticks a second

const SLOWEST = 1 / 32; // of the 32 pages that a tick may move: one a second

/** @param {number} position -50 to 100 */
export const speedOf = (position) => (position < 0 ? Math.max(SLOWEST, +(10 ** ((3 * position) / 100)).toPrecision(2)) : Math.round(10 ** ((3 * position) / 100)));

/** @param {number} ticks_per_s */
export const positionOf = (ticks_per_s) =>
  Math.round((100 * Math.log10(Math.min(1000, Math.max(SLOWEST, ticks_per_s)))) / 3);

/**
 * A whole number that the user typed.
 * @param {string} text
 * @param {string} what
 * @param {number} low
 * @param {number} high
 * @param {string} unit "" = none
 * @returns {{value: number, error: null} | {value: null, error: string}}
 */
export function parseWhole(text, what, low, high, unit) {
  const trimmed = text.trim();
  const value = Number(trimmed);
  if (trimmed === "" || !Number.isInteger(value) || value < low || value > high) {
    const shown = trimmed === "" ? "empty" : trimmed.slice(0, 40);
    return {
      value: null,
      error: `${what} is ${shown}: a whole number${unit && ` of ${unit}`} from ${whole.format(low)} to ${whole.format(high)} is needed.`,
    };
  }
  return { value, error: null };
}

/**
 * A design and its toggles as a key on the wire: NAME[:TOGGLE[=VALUE][+TOGGLE…]]; defaults are left out.
 * @param {string} name
 * @param {{name: string, values: string[]}[]} toggles
 * @param {Record<string, string>} chosen
 */
export function designKey(name, toggles, chosen) {
  const parts = toggles
    .filter((t) => t.name in chosen && chosen[t.name] !== t.values[0])
    .map((t) => (chosen[t.name] === "on" ? t.name : `${t.name}=${chosen[t.name]}`));
  return parts.length ? `${name}:${parts.join("+")}` : name;
}

/**
 * The inverse: the name and the toggles that a key spells out.
 * @param {string} key
 * @returns {{name: string, chosen: Record<string, string>}}
 */
export function splitKey(key) {
  const [name, rest = ""] = key.split(":", 2);
  /** @type {Record<string, string>} */
  const chosen = {};
  for (const part of rest.split("+").filter(Boolean)) {
    const [toggle, value = "on"] = part.split("=", 2);
    chosen[toggle] = value;
  }
  return { name, chosen };
}

/**
 * The server's words as a sentence: capitalised, with a full stop.
 * @param {string} text
 */
export function sentence(text) {
  const trimmed = text.trim();
  const whole = /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`;
  return whole.charAt(0).toUpperCase() + whole.slice(1);
}

/**
 * The name of a guest: an uploaded file's, without what says how it is packed.
 * @param {string} label as the server has it
 */
export const guestName = (label) => label.replace(/\.(tar(\.\w+)?|t[gx]z)$/, "");
