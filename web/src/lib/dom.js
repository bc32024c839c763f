/**
 * Elements without a framework: `el("p.note", {id: "x"}, "words", child)`. Text is always set as text.
 */

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K | `${K}.${string}`} what tag, with classes after dots
 * @param {Record<string, string|number|boolean|((event: any) => void)|null|undefined>} [attributes] functions are listeners ("click": fn)
 * @param {...(Node|string|null|undefined|false)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(what, attributes = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child) element.append(child);
  return /** @type {HTMLElementTagNameMap[K]} */ (element);
}

/**
 * What scrolls by itself when it is wider than its place; a region of its own, so that keys scroll it too.
 * @param {string} label
 * @param {...Node} children
 */
export function scrolling(label, ...children) {
  return el("div.scroll", { role: "region", "aria-label": label, tabindex: 0 }, ...children);
}

/**
 * An element that the page must have.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function need(id, kind) {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`the page has no <${kind.name}> with the id ${id}`);
  return element;
}

/**
 * Set text only if it differs: unchanged text then costs no layout and is not read out again.
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Switch a button off for a while without taking the focus from it, as `disabled` would: a keyboard user keeps their place.
 * Its action must be registered with onPress.
 * @param {HTMLButtonElement} button
 * @param {boolean} off
 */
export function setOff(button, off) {
  if (off) button.setAttribute("aria-disabled", "true");
  else button.removeAttribute("aria-disabled");
}

/**
 * What a button does when pressed; nothing while setOff has switched it off.
 * @param {HTMLButtonElement} button
 * @param {() => void} act
 */
export function onPress(button, act) {
  button.addEventListener("click", () => {
    if (!button.hasAttribute("aria-disabled")) act();
  });
}

/**
 * An SVG element.
 * @param {string} tag
 * @param {Record<string, string|number>} attributes
 * @param {...(Node|string)} children
 */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/**
 * A short line in a design's colour and dash, as in the charts.
 * @param {{hex: string, dark: string, svg: string}} line
 */
export function lineSwatch(line) {
  const path = svg("path", { d: "M0 3H28", "stroke-width": 4, ...(line.svg ? { "stroke-dasharray": line.svg } : {}) });
  path.style.stroke = `light-dark(${line.hex}, ${line.dark})`;
  return svg("svg", { viewBox: "0 0 28 6", class: "swatch-line", "aria-hidden": "true" }, path);
}

/**
 * A design's key that may break across lines after each part, but never within a word.
 * @param {string} key
 * @returns {(string|HTMLElement)[]}
 */
export const breakable = (key) => key.split(/(?<=[_:+=])/).flatMap((part, i) => (i ? [el("wbr"), part] : [part]));
