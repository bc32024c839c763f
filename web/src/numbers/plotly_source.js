/**
 * Where the chart library comes from: the server, out of the installed package.
 */

import { el } from "../lib/dom.js";

const URL = "vendor/plotly.min.js";

/** @returns {Promise<HTMLScriptElement>} not yet in the document */
export const plotlyScript = async () => el("script", { src: URL, async: true });
