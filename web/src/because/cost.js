/**
 * What the last command cost, beside what it brought: the difference between the costs of now and of the moment before it.
 */

import { need, setText } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { statIndex } from "../net/wire.js";
import { inSentence } from "../panels/design_text.js";

/** Statistic and words; all only grow. @type {[string, string][]} */
const COSTS = [["pages_copied", "pages copied"], ["host_exits", "messages to the host"], ["extfrag_claim", "pageblocks claimed for another type"]];

/**
 * @param {string[]} keys what the designs are called
 * @param {(design: number, name: string) => number} spent on a name since the command
 * @returns {string} without a full stop
 */
export function costText(keys, spent) {
  const parts = COSTS.flatMap(([name, words]) => {
    const values = keys.map((_, i) => spent(i, name));
    if (values.every((value) => value === 0)) return [];
    if (values.every((value) => value === values[0])) return [`${words}: ${count(values[0])} each`];
    return [`${words}: ${keys.map((key, i) => `${key} ${count(values[i])}`).join(", ")}`];
  });
  return parts.length ? parts.join("; ") : "no page was copied, and the host was not asked";
}

/**
 * @param {import("../state.js").State} state
 */
export function createCost(state) {
  const line = need("act-cost", HTMLElement);
  /** @type {import("../net/wire.js").Frame|null} */
  let last = null;
  /** @type {import("../net/wire.js").Frame|null} */
  let before = null;
  state.welcome.subscribe(() => {
    last = before = null;
    state.cost.set("");
    setText(line, "");
  });
  state.frame.subscribe((frame) => {
    const welcome = state.welcome.get();
    if (!frame || !welcome || state.past.get()) return;
    if (last && (last.epoch !== frame.epoch || last.log_index > frame.log_index)) last = before = null;
    if (last && frame.log_index > last.log_index) before = last;
    last = frame;
    const from = before;
    if (!from || from.designs.length !== frame.designs.length) return;
    const at = statIndex(welcome.stat_fields);
    const text = costText(welcome.designs.map(({ key }) => inSentence(key)), (i, name) => frame.designs[i].stats[at[name]] - from.designs[i].stats[at[name]]);
    state.cost.set(`It cost: ${text}.`);
    setText(line, `Command ${count(frame.log_index)} so far: ${text}.`);
  });
}
