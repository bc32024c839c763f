/**
 * The REST requests of docs/PROTOCOL.md; every refusal becomes a RestError whose message is the server's sentence.
 */

import { tokenOf } from "./access.js";

/** @typedef {import("./wire.js").Config} Config */

export class RestError extends Error {
  /**
   * @param {string} text
   * @param {number} status
   */
  constructor(text, status) {
    super(text);
    this.status = status;
  }
}

/**
 * @param {string} url
 * @param {RequestInit} [options]
 * @returns {Promise<any>}
 */
export async function call(url, options) {
  let response;
  try {
    response = await fetch(url, options);
  } catch {
    throw new RestError("The server does not answer.", 0);
  }
  let body = null;
  try {
    body = await response.json();
  } catch {
    // Not JSON: a proxy's page, say. The status has to suffice.
  }
  if (!response.ok) {
    throw new RestError(body?.error ?? body?.status ?? `The server answered with status ${response.status}.`, response.status);
  }
  return body;
}

/**
 * A request about one session, with what lets this page into it.
 * @param {string} session
 * @param {string} path below the session's address
 * @param {RequestInit} [options]
 */
export const about = (session, path, options = {}) =>
  call(`api/sessions/${encodeURIComponent(session)}${path}`, { ...options, headers: { ...options.headers, ...bearer(session) } });

/** @param {string} session */
const bearer = (session) => ({ authorization: `Bearer ${tokenOf(session)}` });

/**
 * @param {string} example
 * @returns {Promise<import("../recorded/recording.js").Recorded>}
 */
export const getRecorded = (example) => call(`api/recorded/${encodeURIComponent(example)}`);

/**
 * The memory of a real machine after a step, as a key frame.
 * @param {string} example
 * @param {string} design
 * @param {number} step
 * @returns {Promise<ArrayBuffer>}
 */
export const getPicture = (example, design, step) =>
  bytes(`api/recorded/${encodeURIComponent(example)}/${encodeURIComponent(design)}/${step}`, `the picture of step ${step} under ${design}`);

/**
 * @param {string} url
 * @param {string} what
 * @param {RequestInit} [options]
 */
async function bytes(url, what, options) {
  const response = await fetch(url, options).catch(() => null);
  if (!response?.ok) throw new RestError(`${what} could not be read`, response?.status ?? 0);
  return response.arrayBuffer();
}

/**
 * What is known of a session while the simulator is being compiled.
 * @param {string} session
 * @returns {Promise<import("../recorded/still.js").Told>}
 */
export const getPreview = (session) => about(session, "/preview");

/**
 * The captured memory that a session starts from, as a key frame.
 * @param {string} session
 */
export const getStart = (session) =>
  bytes(`api/sessions/${encodeURIComponent(session)}/start`, "the captured memory", { headers: bearer(session) });

/**
 * @param {string} session
 * @returns {Promise<import("../state.js").Spread>}
 */
export const postSpread = (session) => about(session, "/spread", { method: "POST" });

/**
 * @param {string} session
 * @returns {Promise<import("../state.js").Spread>}
 */
export const getSpread = (session) => about(session, "/spread");

/**
 * A published result that ships with the examples.
 * @param {string} name of info.published
 * @returns {Promise<any>}
 */
export const getPublished = (name) => call(`api/${encodeURIComponent(name)}`);

/** @returns {Promise<import("../guide/scenario.js").Catalog>} */
export const getScenarios = () => call("api/scenarios");

/**
 * What the next ticks of one design will do, page by page; the session is left unchanged.
 * @param {string} session
 * @param {string} design
 * @param {number} ticks
 * @returns {Promise<import("../trace/handled.js").Trace>}
 */
export const postTrace = (session, design, ticks) =>
  about(session, "/trace", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ design, ticks }),
  });

/**
 * @typedef {object} Found when something was true
 * @property {string} words
 * @property {number|null} first
 * @property {number|null} last
 * @property {number} total stretches of ticks
 * @property {[number, number][]} stretches
 * @property {number} tick as far as was looked
 *
 * @param {string} session
 * @param {Record<string, string>} asked what, design, pageblock, pages
 * @returns {Promise<Found>}
 */
export const getFound = (session, asked) => about(session, `/find?${new URLSearchParams(asked)}`);

/**
 * What became of a page, by replay.
 * @param {string} session
 * @param {string} design
 * @param {number} pfn
 * @param {number} tick at which it is that page
 * @returns {Promise<import("../zoom/page_text.js").Story>}
 */
export const getStory = (session, design, pfn, tick) => about(session, `/story?${new URLSearchParams({ design, pfn: String(pfn), tick: String(tick) })}`);

/**
 * Why a pageblock is not free, and who could empty it.
 * @param {string} session
 * @param {string} design
 * @param {number} pageblock
 * @param {number} tick
 * @returns {Promise<import("../because/answer.js").Answer>}
 */
export const getBecause = (session, design, pageblock, tick) => about(session, `/because?${new URLSearchParams({ design, pageblock: String(pageblock), tick: String(tick) })}`);

/**
 * The pageblocks nearest to becoming free that cannot.
 * @param {string} session
 * @param {string} design
 * @param {number} tick
 * @returns {Promise<import("../because/answer.js").Obstacles>}
 */
export const getObstacles = (session, design, tick) => about(session, `/obstacles?${new URLSearchParams({ design, tick: String(tick) })}`);

/**
 * Where the free blocks of one order lie.
 * @param {string} session
 * @param {number} order
 * @param {string} type migratetype of their pageblocks, or "all"
 * @param {number} tick
 * @returns {Promise<import("../because/answer.js").FreeList>}
 */
export const getFreeList = (session, order, type, tick) => about(session, `/freelist?${new URLSearchParams({ order: String(order), type, tick: String(tick) })}`);

/**
 * Every answer to the session's questions, as CSV.
 * @param {string} session
 * @returns {Promise<string>}
 */
export async function getAnswers(session) {
  const response = await fetch(`api/sessions/${encodeURIComponent(session)}/answers`, { headers: bearer(session) }).catch(() => null);
  if (!response?.ok) throw new RestError("The table of answers could not be read.", response?.status ?? 0);
  return response.text();
}

/**
 * A guest in which a range were true; takes 20 s at most.
 * @param {string} session
 * @param {string} design
 * @param {number} low
 * @param {number} high
 * @returns {Promise<import("../quiz/quiz_text.js").WishTold>}
 */
export const postWish = (session, design, low, high) => about(session, "/wish", posted({ design, low, high }));

/**
 * The picture of an earlier moment, as a frame of the past.
 * @param {string} session
 * @param {number} tick
 * @param {number} index commands that it contains
 * @returns {Promise<ArrayBuffer>}
 */
export const getMoment = (session, tick, index) =>
  bytes(`api/sessions/${encodeURIComponent(session)}/frame?tick=${tick}&index=${index}`, `the picture of tick ${tick}`, { headers: bearer(session) });

/**
 * Ticks at which a pageblock of a design came free.
 * @param {string} session
 * @param {string} design
 * @returns {Promise<{emptied: number[], tick: number}>}
 */
export const getMoments = (session, design) => about(session, `/moments?${new URLSearchParams({ design })}`);

/** @param {unknown} data */
export const posted = (data) => ({ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(data) });

/**
 * What a code stands for.
 * @param {string} code as it was typed
 * @returns {Promise<{session: string, viewer: string}>}
 */
export const postJoin = (code) => call("api/join", posted({ code }));

/**
 * The code of a session's class.
 * @param {string} session
 * @param {string} viewer token of its viewers
 * @returns {Promise<{code: string}>}
 */
export const postCode = (session, viewer) => about(session, "/code", posted({ viewer }));

/**
 * A link as a QR code.
 * @param {string} session
 * @param {string} link
 * @returns {Promise<Blob>} an SVG
 */
export async function postQr(session, link) {
  const options = posted({ link });
  const data = await bytes(`api/sessions/${encodeURIComponent(session)}/qr`, "the QR code", { ...options, headers: { ...options.headers, ...bearer(session) } });
  return new Blob([data], { type: "image/svg+xml" });
}

/**
 * A session of one's own from a moment of this one.
 * @param {string} session
 * @param {import("../timebar/moments.js").Moment|null} moment null: now
 * @returns {Promise<{session: string, presenter: string, viewer: string}>}
 */
export const postCopy = (session, moment) =>
  about(session, "/copy", posted(moment ? { tick: moment.tick, ...(moment.index === null ? {} : { index: moment.index }) } : {}));

/** @returns {Promise<{reasons: import("../trace/handled.js").Reason[]}>} every reason a trace can give */
export const getReasons = () => call("api/reasons");

/** @returns {Promise<import("./wire.js").Info>} */
export const getInfo = () => call("api/info");

/**
 * @param {Config} config
 * @returns {Promise<{session: string, presenter: string, viewer: string}>}
 */
export const createSession = (config) =>
  call("api/sessions", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(config),
  });

/**
 * A session of another version of the simulator: play its log under this one.
 * @param {string} session
 */
export const postReplay = (session) => about(session, "/replay", { method: "POST" });

/**
 * A session's config and log, whether or not it can be played.
 * @param {string} session
 * @returns {Promise<{engine: string, tick: number, log: import("./wire.js").Entry[]}>}
 */
export const getSession = (session) => about(session, "");

/**
 * @param {File} file
 * @returns {Promise<{capture: string, pageblock_order: number, summary: Record<string, unknown>}>}
 */
export const uploadCapture = (file) =>
  call(`api/captures?name=${encodeURIComponent(file.name)}`, {
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
    body: file,
  });

/**
 * What a text or an archive of texts says about a machine's free memory; the server keeps nothing.
 * @param {string|File} body
 * @param {string} order of a request to judge, empty: none
 * @param {string} gfp its mask
 * @returns {Promise<import("../report/report_text.js").Answer>}
 */
export const postReport = (body, order, gfp) =>
  call(`api/report?${new URLSearchParams({ name: typeof body === "string" ? "" : body.name, order, gfp: order && gfp })}`, {
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
    body,
  });

/**
 * @param {import("../race/race_text.js").Setting} setting
 * @returns {Promise<import("../race/race_text.js").Result>}
 */
export const getRace = (setting) => call(`api/race?${new URLSearchParams(setting)}`);

/** @returns {Promise<import("../race/race_text.js").Settings>} */
export const getRaceSettings = () => call("api/race/settings");

/**
 * @param {import("../race/race_text.js").Setting} setting
 * @param {number[]} path the choices taken so far
 * @returns {Promise<import("../race/race_text.js").Play>}
 */
export const getRacePlay = (setting, path) => call(`api/race/play?${new URLSearchParams({ ...setting, path: path.join(",") })}`);

/**
 * A session as one file that plays without a server.
 * @param {string} session
 * @param {{charts: boolean, sure: boolean}} how with the library for the charts; also if it is large
 * @returns {Promise<Blob>}
 */
export async function getPlayback(session, { charts, sure }) {
  const asked = new URLSearchParams({ as: "html", link: document.baseURI.replace(/[?#].*/, ""), ...(charts ? { charts: "yes" } : {}), ...(sure ? { yes: "yes" } : {}) });
  return exported(session, asked);
}

/**
 * @param {string} session
 * @param {URLSearchParams} asked
 * @returns {Promise<Blob>}
 */
async function exported(session, asked) {
  const response = await fetch(`api/sessions/${encodeURIComponent(session)}/export?${asked}`, { headers: bearer(session) }).catch(() => null);
  if (response?.ok) return response.blob();
  throw new RestError((await response?.json().catch(() => null))?.error ?? "The server does not answer.", response?.status ?? 0);
}

/**
 * A session's report as one file: numbers, pictures, tables, and how to make it again.
 * @param {string} session
 * @returns {Promise<Blob>}
 */
export const getPaper = (session) => exported(session, new URLSearchParams({ as: "report" }));

/**
 * Make a session from an export.
 * @param {object} exported as GET /api/sessions/{id} answers it
 * @returns {Promise<{session: string, presenter: string, viewer: string}>}
 */
export const importSession = (exported) => call("api/sessions/import", { method: "POST", body: JSON.stringify(exported) });

/**
 * The numbers of all designs, and the digest of their state.
 * @param {string} session
 * @param {import("../timebar/moments.js").Moment|null} moment null: now
 * @returns {Promise<{tick: number, digest: string}>}
 */
export const getState = (session, moment) =>
  about(session, moment ? `/state?tick=${moment.tick}${moment.index === null ? "" : `&index=${moment.index}`}` : "/state");

/**
 * Everything about lessons; what looks at guests looks at those of this page's session.
 * @param {() => string} session
 * @returns {import("../lessons/lessons.js").Rest}
 */
export function lessonRest(session) {
  const path = (/** @type {string} */ name, rest = "") => `api/lessons/${encodeURIComponent(name)}${rest}`;
  const post = (/** @type {string} */ url, /** @type {object} */ body) =>
    call(url, { method: "POST", headers: bearer(session()), body: JSON.stringify({ session: session(), ...body }) });
  return {
    list: () => call("api/lessons"),
    lesson: (name) => call(path(name)),
    way: (name, number) => call(path(name, `/steps/${number}/way`)),
    solution: (name, number) => call(path(name, `/steps/${number}/solution`)),
    begin: (name, number) => post(path(name, `/steps/${number}/begin`), {}),
    check: (name, number, body) => post(path(name, `/steps/${number}/check`), body),
  };
}
