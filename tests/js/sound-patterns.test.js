/** The sounds keep to the limits of IEC 60601-1-8 and cannot be taken for one another. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PATTERNS, burstLength, loudest, soundOf } from "../../dashboards/static/dashboards/core/sound-patterns.js";

const gaps = (name) => {
  const { pulses } = PATTERNS[name];
  return pulses.slice(1).map((pulse, n) => pulse.at - pulses[n].at - pulses[n].length);
};
const within = (value, low, high) => assert.ok(value >= low && value <= high, `${value} is not in ${low}..${high}`);

test("high is three and two pulses, twice", () => {
  const { pulses } = PATTERNS.high;
  const [x, second, third, fourth, halves, ...again] = gaps("high");

  assert.equal(pulses.length, 10);
  pulses.forEach(({ length }) => within(length, 75, 200));
  [x, second, fourth].forEach((gap) => within(gap, 50, 125));
  assert.equal(third, 2 * x + pulses[0].length);
  within(halves, 350, 1300);
  assert.deepEqual(again, [x, second, third, fourth]);
});

test("medium is three slower pulses, low one", () => {
  assert.deepEqual([PATTERNS.medium.pulses.length, PATTERNS.low.pulses.length], [3, 1]);
  for (const name of ["medium", "low"]) PATTERNS[name].pulses.forEach(({ length }) => within(length, 125, 250));
  gaps("medium").forEach((gap) => within(gap, 125, 250));
});

test("bursts repeat within the limits, and a line on the board does not repeat", () => {
  within(PATTERNS.high.period - burstLength("high"), 2500, 15000);
  within(PATTERNS.medium.period - burstLength("medium"), 2500, 30000);
  assert.equal(PATTERNS.low.period, null);
  assert.equal(PATTERNS.test.period, null);
});

test("every fundamental lies where ears and small speakers meet", () => {
  for (const { pulses } of Object.values(PATTERNS)) pulses.forEach(({ hertz }) => within(hertz, 150, 1000));
});

test("the dead link has pulses and a rhythm of its own", () => {
  const shape = (name) => JSON.stringify(PATTERNS[name].pulses.map(({ at, length }) => [at, length]));
  const others = Object.keys(PATTERNS).filter((name) => name !== "link").map(shape);

  assert.equal(others.includes(shape("link")), false);
  assert.ok(PATTERNS.link.pulses[0].length > 250);
});

test("the most urgent wish is heard", () => {
  assert.equal(loudest(["link", "low", "high", "medium"]), "high");
  assert.equal(loudest(["low", "link"]), "link");
  assert.equal(loudest(["medium", "link"]), "medium");
  assert.equal(loudest([]), null);
});

test("a call sounds by its priority, an unknown priority like the highest", () => {
  assert.deepEqual(["high", "medium", "low", "critical"].map((priority) => soundOf({ priority })), ["high", "medium", "low", "high"]);
});
