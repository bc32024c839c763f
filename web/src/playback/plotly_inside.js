/**
 * Where the chart library comes from in a playback: the file itself, if it was asked for.
 */

import { el } from "../lib/dom.js";
import { packedBytes } from "./tape.js";

/** @returns {Promise<HTMLScriptElement>} not yet in the document */
export async function plotlyScript() {
  const bytes = await packedBytes("playback-plotly", true);
  if (!bytes) throw new Error("The charts are not in this file (it was made without --charts); the scoreboard has the same numbers.");
  const script = el("script");
  script.textContent = new TextDecoder().decode(bytes);
  return script;
}
