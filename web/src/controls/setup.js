/**
 * The dialog that chooses guest, seed and designs, and the upload of a capture. Its one intent: start over.
 */

import { el, need } from "../lib/dom.js";
import { designKey, parseWhole, plural, sizeText, sizesMib, splitKey } from "../lib/format.js";
import { designWords } from "../panels/design_text.js";
import { uploadCapture } from "../net/rest.js";
import { orderOf, rememberOrder } from "./elsewhere.js";
import { pageblock } from "../lib/pageblock.js";
import { mended, notify } from "../state.js";

const CMA_MIB = [0, 16, 64, 256];
const MOST_DESIGNS = 8;
const UPLOAD = "upload"; // what notices about a file are about
/** @type {{value: NonNullable<Config["profile"]>, label: string, text: string}[]} */
const PROFILES = [
  { value: "modern", label: "Linux 6.12", text: "The kernel that was recorded: simulation and reality can be compared." },
  { value: "2012", label: "Linux 3.8, the thread’s kernel", text: "As it was when the four designs were discussed. Nothing was recorded under it." },
  { value: "2012+3.14", label: "Linux 3.8 with one repair of 3.14", text: "Compaction notices that its two scanners have met. Whatever differs from 3.8 is due to that defect." },
];

/**
 * @typedef {import("../net/wire.js").Config} Config
 *
 * @typedef {object} Setup
 * @property {() => void} open
 * @property {() => void} startOver the same guest and designs again
 */

/**
 * @param {import("../state.js").State} state
 * @param {import("../net/client.js").Client["reset"]} reset
 * @param {(what: string, go: () => void) => void} ask before anything is erased
 * @returns {Setup}
 */
export function createSetup(state, reset, ask) {
  const dialog = need("setup", HTMLDialogElement);
  const drop = need("drop-hint", HTMLElement);
  /** @type {ReturnType<typeof form>|null} */
  let shown = null;
  need("open-setup", HTMLButtonElement).addEventListener("click", open);

  /** @returns {Config} */
  const current = () => state.welcome.get()?.config ?? {};

  const startOver = () => ask("start over", () => reset(current(), "start over"));

  /**
   * A capture of the person's own is read, and chosen in the dialog: designs and seed can be chosen before it becomes the guest.
   * @param {File} file
   */
  async function load(file) {
    notify(state, "info", `Reading ${file.name}…`, UPLOAD);
    try {
      const { capture, pageblock_order } = await uploadCapture(file);
      rememberOrder(capture, pageblock_order);
      mended(state, UPLOAD);
      open();
      shown?.add({ kind: "upload", capture }, file.name);
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      notify(state, "error", words.includes(file.name) ? words : `${file.name}: ${words}`, UPLOAD);
    }
  }

  function open() {
    const info = state.info.get();
    if (!info || dialog.open) return;
    shown = form(info, current(), {
      start(config) {
        dialog.close();
        reset(config, "start over with a new choice");
      },
      load,
      close: () => dialog.close(),
    }, state.present.get().log_index);
    dialog.replaceChildren(shown.element);
    dialog.showModal();
  }

  // -- a file dropped anywhere
  let depth = 0;
  const carriesFile = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") ?? false;
  document.addEventListener("dragenter", (event) => {
    if (!carriesFile(event)) return;
    depth += 1;
    drop.hidden = false;
  });
  document.addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    drop.hidden = depth === 0;
  });
  document.addEventListener("dragover", (event) => {
    if (carriesFile(event)) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    depth = 0;
    drop.hidden = true;
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    event.preventDefault();
    load(file);
  });
  return { open, startOver };
}

/**
 * @param {import("../net/wire.js").Info} info
 * @param {Config} config
 * @param {{start: (config: Config) => void, load: (file: File) => void, close: () => void}} on
 * @param {number} given commands that the session has, which starting over would erase
 */
function form(info, config, on, given) {
  const source = config.source ?? info.default_source;
  const seed = el("input", { type: "number", id: "setup-seed", min: 0, max: 2147483647, value: config.seed ?? 1, inputmode: "numeric" });
  const guest = guestChoice(info, source, on.load);
  const designs = designChoice(info, config.designs ?? info.default_designs);
  const profile = profileChoice(config.profile ?? PROFILES[0].value);
  const problem = el("p.problem", { role: "alert" });
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const number = parseWhole(seed.value, "The seed", 0, 2147483647, "");
    const chosen = guest.read(number.value ?? 1);
    const keys = designs.read();
    const error = number.error ?? chosen.error ?? (new Set(keys).size < keys.length ? "Two panels would show the same design with the same toggles: change one." : null);
    problem.textContent = error ?? "";
    if (error === null && number.value !== null && chosen.source) on.start({ source: chosen.source, designs: keys, seed: number.value, profile: profile.read() });
  };
  const element = el("form", { submit },
    el("div.dialog-head", {}, el("h2", { id: "setup-title" }, "Guest and designs"), el("button", { type: "button", click: on.close }, "Close")),
    guest.element, profile.element, designs.element,
    el("div.setup-foot", {},
      el("span.field", {}, el("label", { for: "setup-seed" }, "Seed"), seed),
      el("span.why", {}, given ? `The ${plural(given, "command")} given so far ${given === 1 ? "is" : "are"} erased.` : "The same seed and the same commands give the same bytes."),
      problem, el("button.primary", { type: "submit" }, "Start over with this")));
  return { element, add: guest.add };
}

/**
 * @param {import("../net/wire.js").Info} info
 * @param {import("../net/wire.js").Source} source
 * @param {(file: File) => void} load
 */
function guestChoice(info, source, load) {
  const radio = (/** @type {string} */ value, /** @type {boolean} */ checked, /** @type {string} */ label, /** @type {string} */ text) =>
    el("label.choice", {}, el("input", { type: "radio", name: "guest", value, checked }), el("span", {}, el("b", {}, label), el("span.why", {}, text)));
  const captures = info.captures.map((capture) =>
    radio(`capture ${capture.name}`, source.kind === "capture" && source.name === capture.name, capture.label, capture.text));
  const presets = info.presets.map((preset) =>
    radio(`preset ${preset.name}`, source.kind === "synthetic" && source.preset === preset.name, preset.label, preset.text));
  const now = source.kind === "synthetic" ? source.size_mib ?? 4096 : 4096;
  const size = el("select", { id: "setup-size" },
    ...sizesMib(info.limits, now).map((n) => el("option", { value: n, selected: n === now }, sizeText(n))));
  const area = source.kind === "synthetic" ? source.cma_mib ?? 0 : 0;
  const cma = el("select", { id: "setup-cma" },
    ...[...new Set([...CMA_MIB, area])].sort((a, b) => a - b).map((n) => el("option", { value: n, selected: n === area }, n ? `${n} MiB` : "none")));
  const file = el("input", {
    type: "file", id: "setup-file", accept: info.upload_suffixes.join(","),
    change: () => file.files?.[0] && load(file.files[0]),
  });
  const own = el("div");
  /** @type {import("../net/wire.js").Source|null} */
  let uploaded = source.kind === "upload" ? source : null;
  if (uploaded) own.append(radio("upload", true, "Your capture", "the file loaded now"));
  const element = el("fieldset.guests", {}, el("legend", {}, "Guest"),
    el("div.guest-columns", {},
      el("div", {}, el("h3", {}, "Real captures"), own, ...captures,
        el("p.upload", {}, el("label", { for: "setup-file" }, "Your own machine: a file made by ", el("code", {}, "fragscope capture")), file),
        el("p.why", {}, "Only text, such as buddyinfo or an OOM report? ", el("a", { href: "report.html" }, "Read a report"))),
      el("div", {}, el("h3", {}, "Synthetic guests"), el("p.field", {}, el("label", { for: "setup-size" }, "Size"), size, " ",
        el("label", { for: "setup-cma" }, "CMA area"), cma), ...presets)));
  return {
    element,
    /**
     * @param {import("../net/wire.js").Source} one that has just been uploaded
     * @param {string} name of its file
     */
    add(one, name) {
      uploaded = one;
      const other = one.kind === "upload" && orderOf(one, pageblock.order) !== pageblock.order;
      own.replaceChildren(radio("upload", true, name, `your capture, just read${other ? ": its pageblocks are of another size, so it gets a session of its own" : ""}`));
    },
    /** @param {number} seed */
    read(seed) {
      const chosen = element.querySelector("input[name=guest]:checked");
      const value = chosen instanceof HTMLInputElement ? chosen.value : "";
      const [kind, name] = [value.slice(0, value.indexOf(" ")), value.slice(value.indexOf(" ") + 1)];
      /** @type {import("../net/wire.js").Source|null} */
      let picked = null;
      if (kind === "capture") picked = { kind: "capture", name };
      else if (kind === "preset") picked = { kind: "synthetic", preset: name, size_mib: Number(size.value), seed, ...(Number(cma.value) ? { cma_mib: Number(cma.value) } : {}) };
      else if (value === "upload") picked = uploaded;
      return { source: picked, error: picked ? null : "No guest is chosen." };
    },
  };
}

/** @param {NonNullable<Config["profile"]>} now */
function profileChoice(now) {
  const element = el("fieldset.profiles", {}, el("legend", {}, "Kernel rules, shared by all designs"),
    el("div.guest-columns", {}, ...PROFILES.map(({ value, label, text }) =>
      el("label.choice", {}, el("input", { type: "radio", name: "profile", value, checked: value === now }),
        el("span", {}, el("b", {}, label), el("span.why", {}, text))))));
  return {
    element,
    read: () => {
      const chosen = /** @type {HTMLInputElement|null} */ (element.querySelector("input:checked"))?.value;
      return PROFILES.find(({ value }) => value === chosen)?.value ?? now;
    },
  };
}

/**
 * @param {import("../net/wire.js").Info} info
 * @param {string[]} keys
 */
function designChoice(info, keys) {
  const list = el("ol.design-list");
  const add = el("button", { type: "button", click: () => addRow(info.designs[0].name) }, "Add a panel");
  const full = () => {
    add.disabled = list.children.length >= MOST_DESIGNS;
    const buttons = /** @type {NodeListOf<HTMLButtonElement>} */ (list.querySelectorAll("button.remove"));
    for (const button of buttons) button.disabled = list.children.length <= 1;
  };
  /** @param {string} key */
  function addRow(key) {
    const { name, chosen } = splitKey(key);
    const toggles = el("div.toggle-list");
    const select = el("select", { "aria-label": "Design", change: () => showToggles({}) },
      ...info.designs.map((design) => el("option", { value: design.name, selected: design.name === name }, `${design.name}: ${designWords(design.name).title.toLowerCase()}`)));
    const remove = el("button.remove.quiet", { type: "button", click: () => { row.remove(); full(); } }, "Remove");
    const row = el("li", {}, el("div.design-row", {}, select, remove), toggles);
    /** @param {Record<string, string>} values */
    function showToggles(values) {
      const kind = info.designs.find((design) => design.name === select.value);
      toggles.replaceChildren(
        ...(kind?.toggles ?? []).map((toggle) =>
          el("label.toggle", { title: toggle.source },
            el("span.toggle-words", {}, el("code", {}, toggle.name), ` ${toggle.label}`, el("span.why", {}, toggle.source)),
            el("select", { "data-toggle": toggle.name },
              ...toggle.values.map((value, i) =>
                el("option", { value, selected: (values[toggle.name] ?? toggle.values[0]) === value }, i === 0 ? `${value} (default)` : value))))),
      );
      if (!kind?.toggles.length) toggles.append(el("p.why", {}, "No options."));
    }
    showToggles(chosen);
    list.append(row);
    full();
  }
  keys.forEach(addRow);
  return {
    element: el("fieldset.designs", {}, el("legend", {}, "Designs, one panel each"), list, add),
    read: () =>
      [...list.children].map((row) => {
        const selects = [...row.querySelectorAll("select")];
        const name = selects[0].value;
        const kind = info.designs.find((design) => design.name === name);
        const chosen = Object.fromEntries(selects.slice(1).map((select) => [select.dataset.toggle ?? "", select.value]));
        return designKey(name, kind?.toggles ?? [], chosen);
      }),
  };
}
