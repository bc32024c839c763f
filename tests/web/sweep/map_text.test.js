import assert from "node:assert/strict";
import { test } from "node:test";

import { betterOf, briefMark, decidedBy, facts, mapQuery, paragraphs, place, runQuery, sentence, short, statWords, step, varying } from "../../../web/src/sweep/map_text.js";

const standing = { mean: 40, low: 38, high: 42, runs: 3, failed: 0, balloon: 2560, smaller: false };
const cell = {
  at: { balloon: "5%", guest: "tight" }, state: /** @type {const} */ ("won"), leaders: ["lru_hook"], margin: 3, half: 1, rival: "pinned", pairs: 3,
  designs: { pinned: standing, lru_hook: standing }, mark: "B", words: "lru_hook wins",
};
const sweep = {
  name: "one", title: "One", question: "?", axes: ["balloon", "guest"], values: { guest: ["tight", "cycles"], size_mib: [256], balloon: ["5%", "20%"] },
  designs: [], seeds: [1, 2], judge: { stat: "huge_best", better: /** @type {const} */ ("high"), margin: 3 }, runs: 9, this_engine: true, checked: null, text: "",
};

test("numbers, axes and what decides are said in words", () => {
  assert.equal(short(null), "–");
  assert.equal(short(1234.56), "1,234.6");
  assert.equal(place(cell), "balloon: 5%; guest: tight");
  assert.equal(statWords("host_exits"), "messages to the host");
  assert.equal(betterOf("host_exits"), "low");
  const judge = { stat: "huge_best", better: /** @type {const} */ ("high"), margin: 3, margin_percent: 5 };
  const words = decidedBy({ axes: [], judge, designs: [], pooled: ["size_mib"], cells: [] });
  assert.match(words, /^Most huge pages handed out; a lead of 3, or 5 %, or less does not count\./);
  assert.match(words, /Pooled, as further pairs: size of the guest, MiB\.$/);
});

test("a cell's words become a sentence, and a design keeps its name", () => {
  assert.equal(sentence(cell), "lru_hook wins.");
  assert.equal(sentence({ ...cell, words: "undecided between lru_hook and pinned" }), "Undecided between lru_hook and pinned.");
});

test("which simulator played it is said where it is another one", () => {
  assert.equal(facts(sweep), "9 runs, 2 seeds.");
  assert.match(facts({ ...sweep, this_engine: false }), /may come to other numbers\.$/);
  assert.match(facts({ ...sweep, this_engine: false, checked: 200 }), /; 200 runs, drawn at random, came out the same under this one, to the byte\.$/);
});

test("only what varies can be an axis", () => {
  assert.deepEqual(varying(sweep), ["guest", "balloon"]);
});

test("a long mark is cut, and says how many more there are", () => {
  for (const [mark, shown] of [["B", "B"], ["B?", "B?"], ["A=B=C", "A=B=C"], ["A?B?C?D", "A?B?+2"], ["A=B=C=D=E", "A=B=+3"], ["–", "–"]]) {
    assert.equal(briefMark({ ...cell, mark }), shown);
  }
});

test("the map is asked for as the grid has it, or with another number and no margin", () => {
  const asked = { across: "balloon", down: "guest", stat: "huge_best", fixed: { course: "a b" } };
  assert.equal(String(mapQuery(asked, sweep)), "across=balloon&down=guest&fix.course=a+b");
  assert.equal(String(mapQuery({ ...asked, stat: "host_exits", fixed: {} }, sweep)), "across=balloon&down=guest&stat=host_exits&better=low&margin=0");
});

test("a run is named by its cell, what is fixed and what was chosen; the family is no coordinate", () => {
  const query = runQuery({ ...cell, at: { balloon: "5%", family: "lru_hook" } }, { guest: "tight" }, { seed: "2" });
  assert.deepEqual(Object.fromEntries(query), { guest: "tight", balloon: "5%", seed: "2", first: "lru_hook,pinned,lru_hook" });
});

test("what was found becomes paragraphs, and markup becomes parts", () => {
  const blocks = paragraphs("# Title\n\nOne `two`\nand **`three`**.\n\n## Head\n\n- a\n- b\n");
  assert.deepEqual(blocks.map(({ kind, parts }) => [kind, parts.map(({ text }) => text).join("|")]), [
    ["p", "One |two| and |three|."], ["h3", "Head"], ["li", "a"], ["li", "b"],
  ]);
  assert.deepEqual(blocks[0].parts.map(({ kind }) => kind), ["text", "code", "text", "b", "text"]);
});

test("arrow keys stay on the map", () => {
  assert.deepEqual(step("ArrowRight", 0, 0, 2, 3), [0, 1]);
  assert.deepEqual(step("End", 1, 0, 2, 3), [1, 2]);
  for (const [key, row, column] of /** @type {[string, number, number][]} */ ([["ArrowUp", 0, 1], ["ArrowDown", 1, 1], ["ArrowLeft", 1, 0], ["ArrowRight", 1, 2], ["a", 0, 0]])) {
    assert.equal(step(key, row, column, 2, 3), null);
  }
});
