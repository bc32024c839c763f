/**
 * The page that reads a report: text is pasted, a file chosen or dropped; the answer comes from the server, which keeps nothing.
 */

import { el, need, setText } from "../lib/dom.js";
import { postReport, RestError } from "../net/rest.js";
import { cellText, freeMib, headline, markedLines, MEANING, readByFile, verdictRows, verdictsTitle, verdictText, whyFirst, zoneName } from "./report_text.js";

/** @typedef {import("./report_text.js").Answer} Answer */
/** @typedef {import("./report_text.js").Row} Row */

const MASKS = /** @type {Record<string, string>} */ ({
  GFP_KERNEL: "unmovable", GFP_HIGHUSER_MOVABLE: "movable", GFP_ATOMIC: "atomic",
});
const SHOWN_LINES = 5000;

const text = need("text", HTMLTextAreaElement);
const file = need("file", HTMLInputElement);
const order = need("order", HTMLSelectElement);
const gfp = need("gfp", HTMLSelectElement);
const answerBox = need("answer", HTMLElement);
/** @type {string|File} */
let last = "";
let asked = 0; // the answer to an older question is dropped

/** @param {string} words */
function refuse(words) {
  need("notices", HTMLDivElement).replaceChildren(...(words ? [el("div.notice.error", {}, el("p", {}, words))] : []));
}

/** @param {string|File} body */
async function read(body) {
  last = body;
  const question = ++asked;
  refuse("");
  document.body.dataset.busy = "true";
  setText(need("said", HTMLElement), "Reading…");
  try {
    const answer = await postReport(body, order.value, gfp.value);
    if (question === asked) show(answer, typeof body === "string" ? body : "");
  } catch (error) {
    if (question !== asked) return;
    answerBox.hidden = true;
    setText(need("said", HTMLElement), "");
    refuse(error instanceof RestError || error instanceof Error ? error.message : String(error));
  } finally {
    if (question === asked) document.body.dataset.busy = "false";
  }
}

/**
 * @param {Answer} answer
 * @param {string} pasted the text, where it was pasted
 */
function show(answer, pasted) {
  answerBox.hidden = false;
  setText(need("said", HTMLElement), `Read: ${answer.name}`);
  setText(need("headline", HTMLElement), `${headline(answer)}${/[.!?]$/.test(headline(answer)) ? "" : "."}`);
  const why = whyFirst(answer);
  need("why", HTMLElement).hidden = !why;
  setText(need("why", HTMLElement), `${why}.`);
  need("failures", HTMLElement).replaceChildren(...answer.requests.slice(0, 20).map((one) => requestItem(one, one.text === headline(answer))));
  showVerdicts(answer);
  for (const row of /** @type {Row[]} */ (["counts", "unusable_index", "fragmentation_index"])) showZones(answer, row);
  list("notices-of", answer.refused && headline(answer) !== answer.refused ? [answer.refused, ...answer.notices] : answer.notices);
  list("disagreements", answer.disagreements);
  list("assumed", answer.assumed);
  list("passed", answer.passed_over);
  showLines(answer, pasted);
  if (need("headline", HTMLElement).getBoundingClientRect().bottom > innerHeight) answerBox.scrollIntoView({ block: "start" });
}

/**
 * @param {import("./report_text.js").Failed} request
 * @param {boolean} said whether the headline has its words already
 */
function requestItem(request, said) {
  const agreeing = request.checks.filter((check) => check.agrees).map((check) => check.text);
  return el("li", {}, !said && el("p", {}, `${request.text}.`),
    el("details", {}, el("summary", {}, `${agreeing.length} pairs of counters agree, ${request.disagreements.length} do not`),
      el("ul.sentences", {}, ...request.disagreements.map((words) => el("li.off", {}, words)), ...agreeing.map((words) => el("li", {}, words)))));
}

/** @param {Answer} answer */
function showVerdicts(answer) {
  const { masks, rows } = verdictRows(answer.answers);
  const table = need("verdicts", HTMLTableElement);
  need("verdicts-card", HTMLElement).hidden = !answer.answers.length || !answer.zones.length;
  setText(need("verdicts-title", HTMLElement), verdictsTitle(answer));
  table.replaceChildren(
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Order"), ...masks.map((mask) => el("th", { scope: "col" }, `${MASKS[mask] ?? mask} (${mask})`)))),
    el("tbody", {}, ...rows.map(({ order: n, cells }) =>
      el("tr", {}, el("th", { scope: "row" }, String(n)),
        ...cells.map((one) => el(one.succeeds ? "td" : "td.no", { title: one.text }, verdictText(one)))))),
  );
}

/**
 * @param {Answer} answer
 * @param {Row} row
 */
function showZones(answer, row) {
  const several = answer.zones.some((zone) => zone.moment > 0);
  const size = Math.max(0, ...answer.zones.map((zone) => zone.counts.length));
  const orders = Array.from({ length: size }, (_, n) => n);
  need(`${row}-card`, HTMLElement).hidden = !answer.zones.length;
  setText(need(`${row}-note`, HTMLElement), MEANING[row]);
  need(row, HTMLTableElement).replaceChildren(
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Zone"), row === "counts" && el("th", { scope: "col" }, "free MiB"), ...orders.map((n) => el("th", { scope: "col" }, String(n))))),
    el("tbody", {}, ...answer.zones.map((zone) =>
      el("tr", {}, el("th", { scope: "row" }, zoneName(zone, several)), row === "counts" && el("td", {}, freeMib(zone, answer.page_kib)),
        ...orders.map((n) => el("td", {}, cellText(zone, row, n)))))),
  );
}

/**
 * @param {string} id
 * @param {string[]} sentences
 */
function list(id, sentences) {
  need(`${id}-card`, HTMLElement).hidden = !sentences.length;
  need(id, HTMLElement).replaceChildren(...sentences.slice(0, 100).map((words) => el("li", {}, words)));
}

/**
 * @param {Answer} answer
 * @param {string} pasted
 */
function showLines(answer, pasted) {
  need("files", HTMLElement).replaceChildren(...readByFile(answer.read).map(({ file: name, kinds, unread }) =>
    el("li", {}, `${name ? `${name}: ` : ""}${kinds || "nothing"}${unread ? `; not read: ${unread}` : ""}`)));
  const lines = pasted ? markedLines(pasted, answer.read) : [];
  need("lines", HTMLElement).replaceChildren(...lines.slice(0, SHOWN_LINES).map((line) =>
    el(line.as === null && line.text.trim() ? "li.unread" : "li", {}, el("span.as", {}, line.as ?? (line.text.trim() ? "not read" : "")), el("code", {}, line.text || " "))));
  need("lines-box", HTMLElement).hidden = !lines.length;
}

need("form", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  if (text.value.trim()) void read(text.value);
  else refuse("There is no text yet: paste some, or choose a file.");
});
file.addEventListener("change", () => file.files?.[0] && void read(file.files[0]));
for (const choice of [order, gfp]) choice.addEventListener("change", () => last && void read(last));
order.append(el("option", { value: "" }, "none in particular"), ...Array.from({ length: 14 }, (_, n) => el("option", { value: n }, String(n))));

document.addEventListener("dragover", (event) => event.dataTransfer?.types.includes("Files") && event.preventDefault());
document.addEventListener("drop", (event) => {
  const dropped = event.dataTransfer?.files[0];
  if (!dropped) return;
  event.preventDefault();
  void read(dropped);
});
document.body.dataset.busy = "false";
