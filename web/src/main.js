/**
 * Creates the parts of the page and joins them; the only file that knows all of them.
 */

import { createClient } from "./client.js";
import { need, setText } from "./dom.js";
import { mib } from "./format.js";
import { createPainter } from "./paint.js";
import { createState } from "./state.js";
import { createAbout } from "./views/about.js";
import { createCharts } from "./views/charts.js";
import { createControls } from "./views/controls.js";
import { createHelp } from "./views/help.js";
import { createLegend } from "./views/legend.js";
import { createNotices } from "./views/notices.js";
import { createPanels } from "./views/panels.js";
import { createScoreboard } from "./views/scoreboard.js";
import { createSetup } from "./views/setup.js";

const state = createState();
const painter = createPainter();

// The address remembers the session, so that a reload and a shared link show the same guests.
const address = {
  getSession: () => new URLSearchParams(location.hash.slice(1)).get("s") ?? "",
  /** @param {string} id */
  setSession: (id) => history.replaceState(null, "", id ? `#s=${encodeURIComponent(id)}` : location.pathname + location.search),
};

const client = createClient(state, address);
createNotices(state, painter, client.retryNow);
createPanels(state, painter);
createLegend(state, painter);
createScoreboard(state, painter);
const setup = createSetup(state, client.reset);
const controls = createControls(state, painter, {
  send: client.send,
  pace: client.pace,
  step: client.step,
  startOver: setup.startOver,
});
createHelp(state, controls.act, setup.open);
createAbout(state);
createCharts(state);
painter.after(client.painted);

const showGuest = painter.add("dom", () => {
  const welcome = state.welcome.get();
  if (!welcome) return;
  const { guest, config } = welcome;
  const synthetic = config.source?.kind === "synthetic" ? config.source : null;
  const words = synthetic
    ? `Synthetic guest: ${synthetic.preset}, ${mib(synthetic.size_mib)}, seed ${synthetic.seed}`
    : `Real guest: ${guest.label}`;
  setText(need("guest-label", HTMLElement), words);
  document.title = `${guest.label}: fragscope`;
});
state.welcome.subscribe(showGuest);

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

// Which frame was painted last, for benchmarks and tests.
painter.after(() => {
  const frame = state.frame.get();
  if (!frame) return;
  document.body.dataset.seq = String(frame.seq);
  document.body.dataset.tick = String(frame.tick);
  document.body.dataset.log = String(frame.log_index);
});

client.start();
