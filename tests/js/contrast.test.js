/** The colours of base.css meet WCAG AA in both themes, and the sizes are those a gloved hand and a tired eye need. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const STATIC = new URL("../../dashboards/static/dashboards/", import.meta.url);
const BASE = readFileSync(new URL("base.css", STATIC), "utf8");
const FLOOR = readFileSync(new URL("floor.css", STATIC), "utf8");

const tokensOf = (selector) => {
  const start = BASE.indexOf(`${selector} {`);
  assert.notEqual(start, -1, `${selector} is in base.css`);
  const block = BASE.slice(start, BASE.indexOf("}", start));
  return Object.fromEntries([...block.matchAll(/--([a-z-]+):\s*([^;]+);/g)].map((hit) => [hit[1], hit[2]]));
};
const LIGHT = tokensOf("\n:root");
const DARK = tokensOf(':root:not([data-theme="light"])');
const CHOSEN_DARK = tokensOf('\n:root[data-theme="dark"]');

const luminance = (hex) => {
  const channel = (at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
};
const contrast = (one, other) => {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
};

const TEXT = 4.5; // WCAG 2.2, 1.4.3
const EDGE = 3; // WCAG 2.2, 1.4.11
const STATES = ["observing", "soon", "may-leave", "watch", "stress", "left-early", "no-data"];
const PAIRS = [
  ...["page", "surface", "notice-tile"].map((under) => ["ink", under, TEXT]),
  ...["page", "surface", "left-early-tile"].map((under) => ["ink-quiet", under, TEXT]),
  ...["page", "surface"].flatMap((under) => [["accent", under, TEXT], ["alarm-text", under, TEXT]]),
  ["on-fill", "accent-fill", TEXT],
  ["alarm-ink", "alarm-tile", TEXT],
  ["warning-ink", "warning-tile", TEXT],
  ["notice-ink", "notice-tile", TEXT],
  ["demo-ink", "demo-tile", TEXT],
  ["link-slow-ink", "link-slow-tile", TEXT],
  ["link-lost-ink", "link-lost-tile", TEXT],
  ["link-lost-ink", "link-lost-stripe", TEXT],
  ["watch-ink", "watch-stripe", TEXT],
  ["no-data-ink", "no-data-stripe", TEXT],
  ...STATES.flatMap((state) => [[`${state}-ink`, `${state}-tile`, TEXT], ["ink", `${state}-tile`, TEXT], ["ink-quiet", `${state}-tile`, TEXT]]),
  ...["surface", "page"].flatMap((under) => [["line-strong", under, EDGE], ["focus", under, EDGE]]),
];

for (const [theme, tokens] of [["light", LIGHT], ["dark", { ...LIGHT, ...DARK }]]) {
  test(`every text and edge of the ${theme} theme has enough contrast`, () => {
    const weak = PAIRS.map(([over, under, least]) => [over, under, contrast(tokens[over], tokens[under]), least])
      .filter(([, , found, least]) => !(found >= least))
      .map(([over, under, found, least]) => `${over} on ${under}: ${found.toFixed(2)} < ${least}`);

    assert.deepEqual(weak, []);
  });
}

test("contrast agrees with the two ends of the WCAG scale", () => {
  assert.equal(contrast("#000000", "#ffffff"), 21);
  assert.equal(contrast("#777777", "#777777"), 1);
  assert.ok(Math.abs(contrast("#767676", "#ffffff") - 4.54) < 0.01);
});

test("both ways into the dark theme give the same colours", () => {
  assert.deepEqual(DARK, CHOSEN_DARK);
});

test("dark names every colour of light", () => {
  const colours = Object.keys(LIGHT).filter((name) => LIGHT[name].startsWith("#"));

  assert.deepEqual(colours.filter((name) => !(name in DARK)), []);
});

test("the filled alarm is told apart from every other tile, and from the lost link", () => {
  for (const tokens of [LIGHT, DARK]) {
    const others = Object.keys(tokens).filter((name) => name.endsWith("-tile") && name !== "alarm-tile");
    assert.ok(others.every((name) => tokens[name] !== tokens["alarm-tile"]));
    assert.notEqual(tokens["link-lost-tile"], tokens["alarm-edge"]);
  }
});

test("touch targets, digits and text are no smaller than the floor needs", () => {
  assert.deepEqual([LIGHT.touch, LIGHT["touch-primary"], LIGHT["touch-help"]], ["48px", "64px", "96px"]);
  assert.match(LIGHT["text-digits"], /^max\(28px/);
  assert.match(LIGHT["text-hall"], /^max\(32px/);
  const small = [...(BASE + FLOOR).matchAll(/font-size:\s*([\d.]+)rem/g)].filter((hit) => Number(hit[1]) < 1);
  assert.deepEqual(small, []);
});

test("every state has a colour, a tile and an icon that exists", () => {
  for (const state of [...STATES, "alarm"]) {
    const rule = FLOOR.match(new RegExp(`\\.state-${state} \\{([^}]+)\\}`))[1];
    assert.match(rule, new RegExp(`var\\(--${state}-ink\\).*var\\(--${state}-tile\\)`));
    assert.match(readFileSync(new URL(rule.match(/icons\/[a-z-]+\.svg/)[0], STATIC), "utf8"), /^<svg /);
  }
});

test("nothing flashes more than three times a second", () => {
  const periods = [...(BASE + FLOOR).matchAll(/animation:[^;]*?([\d.]+)s/g)].map((hit) => Number(hit[1]));

  assert.ok(periods.length > 0 && periods.every((seconds) => seconds >= 1 / 3));
});
