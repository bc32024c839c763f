/**
 * The tokens of sessions: who has the presenter's may command, who has the viewer's may look on. The presenter's stays in
 * this browser's storage; the viewer's is in the address, which may be passed on.
 */

const PRESENTER = "fragscope.presenter.";

/** @type {Map<string, string>} */
const remembered = new Map(); // where storage is blocked, and to ask it once

/**
 * @param {string} session
 * @returns {string} "" = this browser does not present it
 */
export function presenterOf(session) {
  const known = remembered.get(session);
  if (known !== undefined) return known;
  let token = "";
  try {
    token = localStorage.getItem(PRESENTER + session) ?? "";
  } catch {
    // Storage is blocked: this page knows what it has made itself.
  }
  remembered.set(session, token);
  return token;
}

/**
 * @param {string} session
 * @param {string} token
 */
export function rememberPresenter(session, token) {
  remembered.set(session, token);
  try {
    localStorage.setItem(PRESENTER + session, token);
  } catch {
    // Storage is blocked: lost when the page is left.
  }
}

/** @param {string} session */
export function forgetPresenter(session) {
  remembered.delete(session);
  try {
    localStorage.removeItem(PRESENTER + session);
  } catch {
    // Storage is blocked: there is nothing to forget.
  }
}

const VOTER = "fragscope.voter.";
/** @type {Map<string, string>} */
const voters = new Map(); // where storage is blocked

/**
 * Who this browser is among those who answer a session's questions: random, and the same after a reload.
 * @param {string} session
 */
export function voterOf(session) {
  let voter = voters.get(session) ?? "";
  try {
    voter ||= localStorage.getItem(VOTER + session) ?? "";
  } catch {
    // Storage is blocked: the same as long as the page is open.
  }
  voter ||= crypto.getRandomValues(new Uint32Array(5)).join("-");
  try {
    localStorage.setItem(VOTER + session, voter);
  } catch {
    // As above.
  }
  voters.set(session, voter);
  return voter;
}

/** The fields of the address, behind the #. */
export const addressFields = () => new URLSearchParams(location.hash.slice(1));

/**
 * What lets this page into a session: the presenter's token where it has it, else the one in the address.
 * @param {string} session
 */
export function tokenOf(session) {
  return presenterOf(session) || (addressFields().get("t") ?? "");
}

/** Take a presenter's token out of the address, where a link for one's other device has it, and keep it. */
export function takePresenter() {
  const fields = addressFields();
  const session = fields.get("s");
  const token = fields.get("p");
  if (!session || !token) return;
  rememberPresenter(session, token);
  fields.delete("p");
  history.replaceState(null, "", `#${fields}`);
}

/**
 * The address of a session for others, or (with the presenter's token) for one's other device.
 * @param {string} session
 * @param {string} viewer token of those who look on
 * @param {string} [presenter] token of who may command
 */
export function linkOf(session, viewer, presenter = "") {
  const fields = new URLSearchParams({ s: session, t: viewer, ...(presenter ? { p: presenter } : {}) });
  return new URL(`./#${fields}`, document.baseURI).href;
}
