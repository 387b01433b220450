/**
 * What each sound is made of: pulses in milliseconds from the start of a burst. Pure.
 *
 * The three priorities follow IEC 60601-1-8:2006 with Amd 1:2012, tables 3 and 4: pulse 75-200 ms (high) or 125-250 ms
 * (medium, low), rise and fall 10-40 % of a pulse, high 3 + 2 pulses twice, medium 3, low 1. The dead link sounds like
 * none of them: one falling pair, slowly repeated. `vibrate` is for `navigator.vibrate`.
 */

const HIGH_PULSE = 150;
const HIGH_GAP = 100;
const HIGH_REST = 350; // between the third and the fourth pulse: two gaps and a pulse
const HIGH_HALF = 500; // between the two halves of the ten pulses
const MEDIUM_PULSE = 200;
const MEDIUM_GAP = 200;

const HIGH_FIVE = [0, 1, 2].map((n) => n * (HIGH_PULSE + HIGH_GAP));
const FOURTH = HIGH_FIVE[2] + HIGH_PULSE + HIGH_REST;
const FIVE = [...HIGH_FIVE, FOURTH, FOURTH + HIGH_PULSE + HIGH_GAP];
const SECOND_FIVE = FIVE[4] + HIGH_PULSE + HIGH_HALF;
const HIGH_TUNE = [523, 659, 784, 659, 784];
const pulses = (starts, hertz, length) => starts.map((at, n) => ({ at, length, hertz: hertz[n % hertz.length] }));

/** Name → `{pulses: [{at, length, hertz}], period, vibrate}`; `period` is the time from burst to burst, null for once. */
export const PATTERNS = Object.freeze({
  high: {
    pulses: pulses([...FIVE, ...FIVE.map((at) => at + SECOND_FIVE)], HIGH_TUNE, HIGH_PULSE),
    period: 6500,
    vibrate: [150, 100, 150, 100, 150, 350, 150, 100, 150],
  },
  medium: {
    pulses: pulses([0, 1, 2].map((n) => n * (MEDIUM_PULSE + MEDIUM_GAP)), [523, 440, 523], MEDIUM_PULSE),
    period: 7500,
    vibrate: [200, 200, 200, 200, 200],
  },
  low: { pulses: pulses([0], [440], 200), period: null, vibrate: [200] },
  link: { pulses: pulses([0, 450], [330, 247], 400), period: 5000, vibrate: [400, 50, 400] },
  test: { pulses: pulses([0, 250], [523, 784], 180), period: null, vibrate: [80] },
});

const RANK = { high: 4, medium: 3, link: 2, low: 1, test: 0 };

/** Return which of the wanted sounds is heard: the most urgent one; null for none. */
export function loudest(names) {
  return [...names].sort((one, other) => RANK[other] - RANK[one])[0] ?? null;
}

/** Return the length of one burst in milliseconds. */
export function burstLength(name) {
  return Math.max(...PATTERNS[name].pulses.map(({ at, length }) => at + length));
}

/** Return the sound of a running alert's priority that nobody answered. */
export function soundOf({ priority }) {
  return priority in PATTERNS ? priority : "high";
}
