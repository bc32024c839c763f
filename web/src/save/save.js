/**
 * "Save…": every picture and table of the page as PNG, SVG or CSV, in one dialog. The names of the files say guest, design and tick.
 */

import { el, need, onPress, setText } from "../lib/dom.js";
import { count, tickText } from "../lib/format.js";
import { CONTENT, MODES } from "../map/palette.js";
import { statIndex } from "../net/wire.js";
import { designTitle } from "../panels/design_text.js";
import { csvText, tableCsv } from "./csv.js";
import { download, fileName } from "./download.js";
import { differenceRows, freeListRows, logRows, mapRows, spreadRows, statRows } from "./map_rows.js";
import { pngBlob, svgText } from "./picture.js";
import { differenceScene, sceneOf } from "./scene.js";

const LEAST_SCALE = 2; // device pixels: a picture is shown larger than the page

/**
 * @typedef {object} Chart what the charts offer
 * @property {string} title
 * @property {() => (string|number)[][]} rows
 * @property {(format: "png"|"svg") => Promise<Blob>} image
 */

/**
 * The digest of a moment in words; of a recording's moments only the last has one.
 * @param {(session: string, moment: import("../timebar/moments.js").Moment|null) => Promise<{tick: number, digest: string}>} read
 * @param {string} session
 * @param {import("../timebar/moments.js").Moment} moment
 */
export async function digestText(read, session, moment) {
  try {
    return `digest ${(await read(session, moment)).digest}`;
  } catch {
    const end = await read(session, null).catch(() => null);
    return end ? `digest of tick ${count(end.tick)}: ${end.digest}` : "no digest: the server does not answer";
  }
}

/**
 * @param {import("../state.js").State} state
 * @param {{digest: (moment: import("../timebar/moments.js").Moment) => Promise<string>, charts: () => Chart[], difference: () => import("./map_rows.js").DifferenceKept|null}} ways
 * @returns {{act: (what: string) => boolean}} what a shortcut may ask for; whether it was for here
 */
export function createSave(state, ways) {
  const dialog = need("save", HTMLDialogElement);
  const list = el("div.save-list", {});
  const said = el("p", { role: "status", id: "save-said" });
  const close = el("button", { type: "button", id: "save-close" }, "Close");
  const note = el("p.note", { id: "save-note" });
  dialog.append(el("div.dialog-head", {}, el("h2", { id: "save-title" }, "Save a picture or a table"), close), note, list, said);
  onPress(close, () => dialog.close());

  /** The moment shown when a button is pressed: planes are written to by later frames, so all of it is copied at once. */
  function shown() {
    const [welcome, frame] = [state.welcome.get(), state.frame.get()];
    if (!welcome || !frame) return null;
    const at = statIndex(welcome.stat_fields);
    const maps = welcome.designs.map(({ key }, i) => ({
      name: key,
      title: `${designTitle(key)} (${key})`,
      note: `${count(frame.designs[i].stats[at.free_blocks_all])} free 2 MiB blocks`,
      scanners: frame.designs[i].stats[at.compact_active] ? { migrate: frame.designs[i].stats[at.migrate_pfn], free: frame.designs[i].stats[at.free_pfn] } : null,
      planes: Object.fromEntries(Object.entries(frame.designs[i].planes).map(([name, plane]) => [name, plane.slice()])),
    }));
    const guest = welcome.guest.label;
    return { welcome, frame: { tick: frame.tick, index: frame.log_index, designs: [...frame.designs] }, at, maps, guest };
  }
  /** @typedef {NonNullable<ReturnType<typeof shown>>} Shown */

  /**
   * @param {Shown} now
   * @param {...string} parts
   */
  const nameOf = ({ guest, frame }, ...parts) => fileName("fragscope", guest, ...parts, "tick", frame.tick);

  /**
   * One file; told what became of it.
   * @param {string} name
   * @param {() => Promise<Blob|string>|Blob|string} make
   * @param {string} [type]
   */
  async function give(name, make, type) {
    try {
      download(await make(), name, type);
      setText(said, `Saved ${name}.`);
    } catch (error) {
      setText(said, `Not saved: ${error instanceof Error ? error.message : String(error)}.`);
    }
  }

  /**
   * Maps with everything that says what they are.
   * @param {Shown} now
   * @param {number|null} design null: all of them
   */
  async function scene({ maps, frame, guest, welcome }, design) {
    const mode = MODES.find(({ key }) => key === state.mode.get()) ?? CONTENT;
    const chosen = design === null ? maps : [maps[design]];
    const digest = await ways.digest({ tick: frame.tick, index: frame.index });
    return sceneOf(chosen, mode, `${guest}, ${tickText(frame.tick)}${design === null ? "" : `: ${maps[design].name}`}`, [
      `${mode.label}; after ${count(frame.index)} commands; seed ${welcome.config.seed}; simulated by fragscope`, digest,
    ]);
  }

  /**
   * @param {string} words
   * @param {Record<string, (now: Shown) => void>} formats
   */
  function row(words, formats) {
    const buttons = Object.entries(formats).map(([format, act]) =>
      el("button", { type: "button", "aria-label": `${words} as ${format}`, "data-save": `${fileName(words)}.${format.toLowerCase()}`, click: () => {
        const now = shown();
        if (now) act(now);
      } }, format));
    return el("li.save-row", {}, el("span.save-words", {}, words), el("span.save-formats", {}, ...buttons));
  }

  /**
   * @param {string} words
   * @param {number|null} design
   */
  const mapRow = (words, design) => row(words, {
    PNG: (now) => void give(`${nameOf(now, design === null ? "all" : now.maps[design].name, state.mode.get())}.png`, async () => pngBlob(await scene(now, design), Math.max(LEAST_SCALE, window.devicePixelRatio))),
    SVG: (now) => void give(`${nameOf(now, design === null ? "all" : now.maps[design].name, state.mode.get())}.svg`, async () => svgText(await scene(now, design)), "image/svg+xml"),
    CSV: (now) => void give(`${nameOf(now, design === null ? "all" : now.maps[design].name, "pageblocks")}.csv`, () => csvText(mapRows(design === null ? now.maps : [now.maps[design]])), "text/csv"),
  });

  /** Two memories as one map, as the tab Difference compares them. @returns {HTMLElement[]} */
  function differenceRow() {
    const kept = ways.difference();
    if (!kept) return [];
    const picture = async (/** @type {Shown} */ { frame, guest, welcome }) => differenceScene(kept, `${guest}, ${tickText(frame.tick)}: difference`, [
      `After ${count(frame.index)} commands; seed ${welcome.config.seed}; simulated by fragscope`, await ways.digest({ tick: frame.tick, index: frame.index })]);
    return [row("Difference", {
      PNG: (now) => void give(`${nameOf(now, "difference")}.png`, async () => pngBlob(await picture(now), Math.max(LEAST_SCALE, window.devicePixelRatio))),
      SVG: (now) => void give(`${nameOf(now, "difference")}.svg`, async () => svgText(await picture(now)), "image/svg+xml"),
      CSV: (now) => void give(`${nameOf(now, "difference")}.csv`, () => csvText(differenceRows(kept)), "text/csv"),
    })];
  }

  /** Tables of the tabs, with what they are called. @returns {[string, HTMLTableElement][]} */
  function tables() {
    const found = /** @type {HTMLTableElement[]} */ ([...document.querySelectorAll("#inspector table")]);
    return found.filter((table) => table.rows.length > 1 && !table.closest("[data-unsaved], section[hidden]:not(.tab)")).map((table) => {
      const label = table.caption?.textContent || table.closest("[aria-label]")?.getAttribute("aria-label") || table.id || "table";
      return [label.trim(), table];
    });
  }

  function show() {
    const now = shown();
    if (!now) return;
    setText(note, `${now.guest}, ${tickText(now.frame.tick)}. A picture has title, moment, digest and legend in it; it shows the whole memory, whatever part is looked at.`);
    const [charts, spread] = [ways.charts(), state.spread.get()];
    const group = (/** @type {string} */ words, /** @type {HTMLElement[]} */ rows) => (rows.length ? [el("h3", {}, words), el("ul", {}, ...rows)] : []);
    list.replaceChildren(
      ...group("Maps", [...(now.maps.length > 1 ? [mapRow("All maps", null)] : []), ...now.maps.map(({ name }, i) => mapRow(name, i)), ...differenceRow()]),
      ...group("Charts", charts.map((chart) => row(chart.title, {
        PNG: (then) => void give(`${nameOf(then, chart.title)}.png`, () => chart.image("png")),
        SVG: (then) => void give(`${nameOf(then, chart.title)}.svg`, () => chart.image("svg")),
        CSV: (then) => void give(`${nameOf(then, chart.title)}.csv`, () => csvText(chart.rows()), "text/csv"),
      }))),
      ...(charts.length ? [] : [el("p.note", {}, "Charts can be saved here once their tab has been open.")]),
      ...group("Tables", [
        ...tables().map(([label, table]) => row(label, { CSV: (then) => void give(`${nameOf(then, label)}.csv`, () => tableCsv(table), "text/csv") })),
        row("Every statistic, exactly", { CSV: (then) => void give(`${nameOf(then, "statistics")}.csv`, () => csvText(statRows(then.welcome.designs, then.welcome.stat_fields, then.frame.designs)), "text/csv") }),
        ...(spread?.state === "done" ? [row(`How sure? ${spread.seeds.length} seeds`, { CSV: (then) => void give(`${nameOf(then, "spread")}.csv`, () => csvText(spreadRows(spread)), "text/csv") })] : []),
        row("Free lists of the main zone", { CSV: (then) => void give(`${nameOf(then, "free-lists")}.csv`, () => csvText(freeListRows(then.welcome.designs, then.frame.designs, then.at)), "text/csv") }),
        row("Log of commands", { CSV: (then) => void give(`${nameOf(then, "log")}.csv`, () => csvText(logRows(state.log.get().slice(0, then.frame.index))), "text/csv") }),
      ]));
    setText(said, "");
  }

  function open() {
    if (dialog.open) return;
    show();
    if (!state.welcome.get() || !state.frame.get()) return;
    dialog.showModal();
    /** @type {HTMLElement|null} */ (list.querySelector("button"))?.focus();
  }
  need("save-open", HTMLButtonElement).addEventListener("click", open);
  const near = document.getElementById("save-playback");
  if (near) near.before(el("button", { type: "button", id: "save-things", title: "Maps, charts and tables as PNG, SVG and CSV (e)", click: open }, "Save a picture or a table…"), " ");
  return {
    act(what) {
      if (what !== "save") return false;
      open();
      return true;
    },
  };
}
