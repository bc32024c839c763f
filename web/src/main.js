/**
 * Creates the parts of the page and connects them; the only file that knows them all.
 */

import { createState } from "./state.js";
import { createBecause } from "./because/because.js";
import { createCost } from "./because/cost.js";
import { createFreeLists } from "./because/free_lists.js";
import { createAccuracy } from "./accuracy/accuracy.js";
import { createControls } from "./controls/controls.js";
import { createDemands } from "./controls/demands.js";
import { createRanges } from "./controls/ranges.js";
import { createSetup } from "./controls/setup.js";
import { createDifference } from "./difference/difference_view.js";
import { createGuide } from "./guide/guide.js";
import { el, need, setText } from "./lib/dom.js";
import { guestName, mib } from "./lib/format.js";
import { createLessons } from "./lessons/lessons.js";
import { setPageblock } from "./lib/pageblock.js";
import { createPainter } from "./lib/paint.js";
import { createLegend } from "./map/legend.js";
import { MODES } from "./map/palette.js";
import { createMotion } from "./motion/motion.js";
import { addressFields, takePresenter, voterOf } from "./net/access.js";
import { createClient } from "./net/client.js";
import { getAnswers, getBecause, getFound, getFreeList, getMoment, getMoments, getObstacles, getPicture, getPublished, getReasons, getScenarios, getState, getStory, lessonRest, postTrace, postWish } from "./net/rest.js";
import { createCharts } from "./numbers/charts.js";
import { createScoreboard } from "./numbers/scoreboard.js";
import { createSpread } from "./numbers/spread.js";
import { createZones } from "./numbers/zones.js";
import { createAbout } from "./page/about.js";
import { createClaims } from "./page/claims.js";
import { createElsewhere } from "./controls/elsewhere.js";
import { createHelp } from "./page/help.js";
import { createView, parseView, viewText } from "./page/link.js";
import { createLinks, openEverything } from "./page/link_open.js";
import { createNotices } from "./page/notices.js";
import { createOlder } from "./page/older.js";
import { createPanels } from "./panels/panels.js";
import { createTextTable } from "./panels/text_table.js";
import { createPrice } from "./price/price.js";
import { createQuiz } from "./quiz/quiz.js";
import { sessionLink } from "./quiz/own_session.js";
import { createComparison } from "./recorded/comparison.js";
import { createRecordings } from "./recorded/loader.js";
import { createPreview } from "./recorded/preview.js";
import { createStory } from "./recorded/story.js";
import { createTwins } from "./recorded/twins.js";
import { createFollow } from "./room/follow.js";
import { createRoom } from "./room/room.js";
import { createSave, digestText } from "./save/save.js";
import { createCommandBox } from "./stage/command_box.js";
import { createConfirm } from "./stage/confirm.js";
import { createDrops } from "./stage/drops.js";
import { createInspector } from "./stage/inspector.js";
import { createLogList } from "./stage/log_list.js";
import { createSaid } from "./stage/said.js";
import { createTheme } from "./stage/theme.js";
import { createTour } from "./stage/tour.js";
import { createBeside } from "./timebar/beside.js";
import { createFind } from "./timebar/find.js";
import { createTimebar } from "./timebar/timebar.js";
import { createTrace } from "./trace/view.js";
import { createZoom } from "./zoom/zoom.js";

const ADDRESS_MS = 250;
takePresenter();
const state = createState();
const painter = createPainter();
// Before anybody else hears of a guest: how large its pageblocks are.
for (const each of [state.welcome, state.preview]) each.subscribe((known) => known && setPageblock(known.guest));

// Session and viewer's token are in the address, so that a reload or a shared link shows the same guests.
const address = {
  /** @param {string} name */
  get: (name) => addressFields().get(name),
  /**
   * @param {string} name
   * @param {string|null} value null removes it
   */
  set(name, value) {
    const fields = addressFields();
    if (fields.get(name) === value) return;
    if (value === null) fields.delete(name);
    else fields.set(name, value);
    const text = fields.toString().replace(/=(?=&|$)/g, "");
    history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
  },
  getSession: () => address.get("s") ?? "",
  /**
   * @param {string} id
   * @param {string} viewer token of those who look on
   */
  setSession(id, viewer) {
    address.set("s", id || null);
    address.set("t", viewer || null);
  },
};

const theme = createTheme((name) => state.theme.set(name));
const motion = createMotion(state, painter);
const client = createClient(state, address, motion);
const zoom = createZoom(state, painter, client, (design, pfn, tick) => getStory(address.getSession(), design, pfn, tick));
const view = createView(state, client.look, MODES.map((mode) => mode.key), zoom);
const linked = parseView(address.get("view") ?? "");
const follow = createFollow(state, view, { tell: client.tell, look: client.look }, !linked || linked.follow === true);
createNotices(state, painter, client.retryNow);
createOlder(state, client.retryNow);
const inspector = createInspector(state);
createDrops();
const ask = createConfirm(state, follow.look);
createPanels(state, painter, zoom, motion);
const difference = createDifference(state, painter, zoom, { moment: (tick, index) => getMoment(address.getSession(), tick, index), picture: getPicture });
createSaid(state, painter);
const reset = createElsewhere(state, client.reset);
createTwins(state, painter, { reset, ask, wipe: difference.wipe });
createLegend(state, painter);
createScoreboard(state, painter, createSpread(state));
createZones(state, painter);
createTextTable(state, painter);
createLogList(state, painter, follow.look);
const setup = createSetup(state, reset, ask);
const controls = createControls(state, painter, {
  send: client.send,
  pace: client.pace,
  step: client.step,
  startOver: setup.startOver,
});
createRanges(state, painter, client.send);
createDemands(state, painter, client.send);
const preview = createPreview(state, painter, address, client.sequence);
const story = createStory(state, painter, { send: client.send, startOver: setup.startOver, show: preview.go });
createComparison(state, painter);
const endings = createBeside(state, painter, { look: (moment) => follow.look(moment), name: client.name, hint: (text) => setText(need("time-hint", HTMLElement), text) });
const timebar = createTimebar(state, painter, { look: (moment) => follow.look(endings.within(moment)), moments: (design) => getMoments(address.getSession(), design), switchTo: client.switchTo });
createFind(state, { look: follow.look, find: (asked) => getFound(address.getSession(), asked) });
const trace = createTrace(state, painter, { pace: client.pace, step: client.step, trace: postTrace, reasons: getReasons });
const why = createBecause(state, painter, {
  because: (design, block, tick) => getBecause(address.getSession(), design, block, tick),
  obstacles: (design, tick) => getObstacles(address.getSession(), design, tick),
  reason: trace.reason,
  bring: zoom.bring,
});
createCost(state);
const lists = createFreeLists(state, painter, (order, type, tick) => getFreeList(address.getSession(), order, type, tick));
const guide = createGuide(state, painter, address, { sequence: client.sequence, reset, startOver: setup.startOver, read: getScenarios, ask });
const lessons = createLessons(state, painter, { reset, sequence: client.sequence, look: follow.look, ask, act: (what) => act(what), tell: client.tell, address, rest: lessonRest(address.getSession) });
const room = createRoom(state, painter, { tell: client.tell, attach: follow.attach, session: address.getSession });
createQuiz(state, painter, { tell: client.tell, voter: () => voterOf(address.getSession()), table: () => getAnswers(address.getSession()), parse: (line) => box.meaning(line), wish: (design, low, high) => postWish(address.getSession(), design, low, high), make: sessionLink });
const tour = createTour(state, painter, client);
const box = createCommandBox(state, { send: client.send, act: (what) => act(what) });
/** @param {string} what a key, a button or the command box asks for */
const act = (what) => {
  if (what === "setup") setup.open();
  else if (![box, save, tour, room, endings, timebar, lessons, guide, story, trace, why, difference, inspector, theme].some((part) => part.act(what))) controls.act(what);
};
createHelp(state, act);
createClaims(state);
createAbout(state);
createRecordings(state);
createAccuracy(state, getPublished);
createPrice(state, painter, getPublished);
const charts = createCharts(state, lists.choose);
painter.after(client.painted);

const showGuest = painter.add("dom", () => {
  const known = state.welcome.get() ?? state.preview.get();
  if (!known) return;
  const { guest, config } = known;
  const synthetic = config.source?.kind === "synthetic" ? config.source : null;
  const [kind, name] = synthetic
    ? ["Synthetic guest: ", `${synthetic.preset}, ${mib(synthetic.size_mib)}, seed ${synthetic.seed}`]
    : [config.source?.kind === "upload" ? "Your guest: " : "Real guest: ", guestName(guest.label)];
  const kernel = config.profile === "2012" ? ", rules of Linux 3.8" : "";
  need("guest-label", HTMLElement).replaceChildren(el("span.guest-kind", {}, kind), name + kernel);
  document.title = `${guestName(guest.label)}: fragscope`;
});
for (const each of [state.welcome, state.preview]) each.subscribe(showGuest);

// Links inside the page must not replace the session in the address.
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a[href^='#']") : null;
  const target = link && document.getElementById(link.getAttribute("href")?.slice(1) ?? "");
  if (!target) return;
  event.preventDefault();
  target.scrollIntoView({ block: "start" });
  target.focus({ preventScroll: true });
});
window.addEventListener("hashchange", () => location.reload());

// The frame painted last, for benchmarks and tests.
painter.after(() => {
  const frame = state.frame.get();
  if (!frame) return;
  document.body.dataset.seq = String(frame.seq);
  document.body.dataset.tick = String(frame.tick);
  document.body.dataset.log = String(frame.log_index);
});

// What is looked at is in the address too: a link shows exactly this. A follower's says that it follows as well.
if (linked) view.apply(linked);
let telling = 0; // browsers allow few changes of the address a second
for (const each of [state.mode, state.past, state.pageblock, state.view, state.beside, state.classroom]) each.subscribe(() => {
  clearTimeout(telling);
  telling = window.setTimeout(() => {
    const data = view.read();
    address.set("view", viewText(follow.follows() && Object.keys(data).length ? { follow: true, ...data } : data) || null);
  }, ADDRESS_MS);
});

motion.start(client.tell);
createLinks(state, view, address.getSession);
const save = createSave(state, { charts: charts.pictures, difference: difference.kept, digest: (moment) => digestText(getState, address.getSession(), moment) });
void openEverything(state, address, client.start);
