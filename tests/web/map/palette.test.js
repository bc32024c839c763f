import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { DESIGN_LINES, freeTable, mix, MODES, packed, table } from "../../../web/src/map/palette.js";

const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255);
const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const luminance = (hex) => {
  const [r, g, b] = rgb(hex).map(linear);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a, b) => {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
};

// Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB.
const VISION = {
  normal: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protan: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deutan: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritan: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};

/** CIE Lab of a colour as a kind of vision sees it. */
function lab(hex, vision) {
  const [r, g, b] = VISION[vision].map((row) => {
    const [x, y, z] = rgb(hex).map(linear);
    return Math.min(1, Math.max(0, row[0] * x + row[1] * y + row[2] * z));
  });
  const f = (t) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}
const distance = (a, b, vision) => Math.hypot(...lab(a, vision).map((v, i) => v - lab(b, vision)[i]));

for (const mode of MODES.filter((each) => each.key !== "free")) {
  test(`colours of the mode "${mode.label}" can be told apart with every kind of colour vision`, () => {
    for (const vision of Object.keys(VISION)) {
      for (const [i, a] of mode.entries.entries()) {
        for (const b of mode.entries.slice(i + 1)) {
          const apart = distance(a.hex, b.hex, vision);
          assert.ok(apart >= 11, `${vision}: ${a.name} ${a.hex} and ${b.name} ${b.hex} are only ${apart.toFixed(1)} apart`);
        }
      }
    }
  });
}

const TOKENS = readFileSync(new URL("../../../web/styles/tokens.css", import.meta.url), "utf8");
/** A colour of tokens.css: [light, dark]. */
const token = (name) => new RegExp(`--${name}: (?:light-dark\\((#\\w+), (#\\w+)\\)|(#\\w+))`).exec(TOKENS).slice(1).filter(Boolean);

test("a map's colours stand out from the page around it in every theme, with every kind of colour vision", () => {
  for (const paper of [...token("paper"), "#ffffff"]) {
    for (const vision of Object.keys(VISION)) {
      for (const { name, hex } of MODES.filter((mode) => mode.key === "content").flatMap((mode) => mode.entries)) {
        const apart = distance(hex, paper, vision);
        assert.ok(apart >= 6, `${vision}: ${name} ${hex} on ${paper} is only ${apart.toFixed(1)} apart`);
      }
    }
  }
});

test("words, accent and alert are readable on both grounds of every theme", () => {
  const projector = /data-theme="projector"\] \{([^}]*)\}/.exec(TOKENS)[1];
  const inRoom = (name) => new RegExp(`--${name}: (#\\w+)`).exec(projector)?.[1] ?? token(name)[0];
  for (const name of ["ink", "muted", "accent", "alert"]) {
    for (const ground of ["paper", "card"]) {
      [0, 1].forEach((dark) => assert.ok(contrast(token(name)[dark], token(ground)[dark]) >= 4.5, `${name} on ${ground}, ${dark ? "dark" : "light"}`));
      assert.ok(contrast(inRoom(name), inRoom(ground)) >= 7, `${name} on ${ground}, projector`);
    }
  }
});

test("free share grows lighter step by step", () => {
  const { entries } = MODES.find((mode) => mode.key === "free");
  for (let i = 1; i < entries.length; i++) assert.ok(luminance(entries[i].hex) > luminance(entries[i - 1].hex));
});

test("lines of the charts stand out from the paper", () => {
  for (const { hex, dark } of DESIGN_LINES) {
    assert.ok(contrast(hex, "#ffffff") >= 4.5, hex);
    assert.ok(contrast(dark, token("card")[1]) >= 4.5, dark);
  }
  assert.equal(new Set(DESIGN_LINES.map(({ hex, dash }) => hex + dash)).size, DESIGN_LINES.length);
});

test("no colour lacks its words", () => {
  for (const mode of MODES) for (const entry of mode.entries) assert.ok(entry.name.length > 2);
});

test("a packed colour is what a little-endian pixel holds", () => {
  const bytes = new Uint8Array(Uint32Array.of(packed("#ea8a0b")).buffer);
  assert.deepEqual([...bytes], [0xea, 0x8a, 0x0b, 0xff]);
  assert.equal(mix(packed("#000000"), packed("#ffffff"), 0), packed("#000000"));
  assert.equal(mix(packed("#102030"), packed("#ffffff"), 256), packed("#ffffff"));
});

test("tables cover every byte and every count of free pages", () => {
  const entries = MODES[3].entries;
  const t = table(entries);
  entries.forEach((entry, i) => assert.equal(t[i], packed(entry.hex)));
  assert.equal(t.length, 256);
  const free = freeTable();
  assert.equal(free.length, 513);
  assert.equal(free[0], packed(MODES[1].entries[0].hex));
  assert.equal(free[512], packed(MODES[1].entries.at(-1).hex));
});
