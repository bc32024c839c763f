/**
 * A session of one's own with a guest that was found: its address, of which the new tab takes the token out.
 */

import { linkOf } from "../net/access.js";
import { createSession } from "../net/rest.js";

/** @param {import("../net/wire.js").Config} config */
export async function sessionLink(config) {
  const made = await createSession(config);
  return linkOf(made.session, made.viewer, made.presenter);
}
