/**
 * States, changes and verdicts of the race explorer in words; touches no document.
 */

/**
 * @typedef {{refcount: number, locked_by: string|null, balloon: boolean, isolated: boolean, marked: boolean, place: string}} PageFields
 * @typedef {{pages: Record<string, PageFields>, nr_isolated: number, mutex: string|null}} Fields
 * @typedef {{actor: string, function: string, step: string, words: string, after: Fields, breaks: string[], choice?: number}} Turn
 * @typedef {{property: string, text: string, steps: number, schedule: Turn[]}} Violation
 * @typedef {{compactors: string, page_lock: string, refcount_test: string, era: string, known_defects: string}} Setting
 * @typedef {{states: number, transitions: number, violations: Violation[], start: Fields, compactors: number}} Result
 * @typedef {{schedule: Turn[], moves: Turn[], over: boolean, broken_at_rest: string[], start: Fields}} Play
 * @typedef {{eras: Record<string, {name: string, text: string, mended: string}[]>, properties: Record<string, string>}} Settings
 */

/** A shape for each actor, so that colour alone never tells them apart. @type {Record<string, string>} */
export const SHAPES = { C1: "●", C2: "■", C3: "◆", driver: "▲" };

/** @type {Record<string, string>} */
export const TITLES = {
  double_isolation: "Isolated twice",
  newpage_isolated: "Target taken in mid-move",
  stale_isolation: "Taken off a list it is no longer on",
  deflate_isolated: "Driver takes an isolated page",
  wrong_putback: "Put back in the wrong place",
  freed_in_use: "Freed while in use",
  lost_page: "Page lost",
  forgotten_page: "Page never recognised again",
  leaked_reference: "Reference leaked",
  isolated_count: "Isolated count wrong",
  balloon_size: "Balloon grew on its own",
  kernel_bug: "Kernel hits a BUG",
  deadlock: "Deadlock: everyone waits",
};

/** Rows of the field table: title and a page's value. @type {[string, (page: PageFields) => string][]} */
export const ROWS = [
  ["where", (page) => page.place],
  ["references", (page) => String(page.refcount)],
  ["page lock", (page) => (page.locked_by ? `held by ${page.locked_by}` : "free")],
  ["balloon page", (page) => (page.balloon ? "yes" : "no")],
  ["isolated", (page) => (page.isolated ? "yes" : page.marked ? "marked so" : "no")],
];

/**
 * What a step changed, in a few words: "P references 1 → 2".
 * @param {Fields} before
 * @param {Fields} after
 * @returns {string[]}
 */
export function changes(before, after) {
  const found = [];
  for (const [name, page] of Object.entries(after.pages)) {
    for (const [title, value] of ROWS) {
      const [old, now] = [value(before.pages[name]), value(page)];
      if (old !== now) found.push(`${name} ${title}: ${old} → ${now}`);
    }
  }
  if (before.mutex !== after.mutex) found.push(after.mutex ? `driver's mutex: taken by ${after.mutex}` : "driver's mutex: free");
  return found;
}

/**
 * Where pages can be, as lanes; the driver's hands and the LRU list only if a page gets there.
 * @param {string[]} actors
 * @param {string[]} used lanes that hold a page at some step
 * @returns {string[]}
 */
export function lanes(actors, used) {
  const all = ["free", "balloon list", ...actors.map((actor) => `in the hands of ${actor}`), "off every list", "LRU list"];
  return all.filter((lane) => !["in the hands of driver", "LRU list"].includes(lane) || used.includes(lane));
}

/** @param {string} place */
export function laneOf(place) {
  const held = /^(?:private list|target) of (.+)$/.exec(place);
  return held ? `in the hands of ${held[1]}` : place;
}

/**
 * @param {Result} result
 * @param {Setting} setting
 */
export function verdict(result, setting) {
  const tried = `${result.states.toLocaleString("en")} states, all of them visited`;
  const count = result.violations.length;
  const with_ = setting.page_lock === "on" && setting.refcount_test === "on" ? "with both protections" : setting.page_lock === "on" ? "without the count test" : setting.refcount_test === "on" ? "without the page lock" : "without either";
  if (!count) return { text: `Nothing breaks ${with_}`, note: `${tried}. Pick moves below to see how each attempt is turned away.` };
  return {
    text: `${count === 1 ? "One thing breaks" : `${count} things break`} ${with_}`,
    note: `${tried}. Each is shown with the shortest order that leads to it; the first few are causes, the rest follow from them.`,
  };
}
