/** The speaker of a device: mute until touched, the most urgent reason heard, silence when all are gone. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Sound } from "../../dashboards/static/dashboards/core/sound.js";
import { PATTERNS } from "../../dashboards/static/dashboards/core/sound-patterns.js";

/** An audio context that writes down what it was told to play. */
class FakeContext {
  static isAllowed = true;
  static last = null;
  currentTime = 10;
  state = "suspended";
  played = [];

  constructor() {
    FakeContext.last = this;
  }
  async resume() {
    if (FakeContext.isAllowed) this.state = "running";
  }
  async close() {
    this.state = "closed";
  }
  createPeriodicWave() {
    return {};
  }
  createGain() {
    return { gain: { setValueAtTime() {}, linearRampToValueAtTime() {} }, connect: (to) => to };
  }
  createOscillator() {
    const voice = { frequency: {}, setPeriodicWave() {}, connect: (to) => to, stop() {}, disconnect: () => (voice.isCut = true) };
    voice.start = (at) => this.played.push({ at, hertz: voice.frequency.value, voice });
    return voice;
  }
}

let speaker;
beforeEach(() => {
  globalThis.AudioContext = FakeContext;
  FakeContext.isAllowed = true;
  speaker = new Sound();
});
afterEach(async () => {
  await speaker.disarm();
  delete globalThis.AudioContext;
});

test("arming plays the test tone and says that the device can be heard", async () => {
  const states = [];
  speaker.addEventListener("change", ({ detail }) => states.push(detail));

  assert.equal(speaker.state, "off");
  assert.equal(await speaker.arm(), "armed");
  assert.deepEqual(states, ["armed"]);
  assert.deepEqual(FakeContext.last.played.map(({ hertz }) => hertz), PATTERNS.test.pulses.map(({ hertz }) => hertz));
});

test("a browser that allows no sound, or has none, is blocked", async () => {
  FakeContext.isAllowed = false;
  assert.equal(await speaker.arm(), "blocked");
  assert.deepEqual(FakeContext.last.played, []);

  delete globalThis.AudioContext;
  assert.equal(await new Sound().arm(), "blocked");
});

test("the pulses of a burst start at their times", async () => {
  await speaker.arm();
  const before = FakeContext.last.played.length;
  speaker.start("call", "high");
  const pulses = FakeContext.last.played.slice(before);

  assert.equal(pulses.length, 10);
  pulses.forEach(({ at }, n) => assert.ok(Math.abs(at - pulses[0].at - PATTERNS.high.pulses[n].at / 1000) < 1e-9));
});

test("the most urgent reason is heard, and the next one when it is over", async () => {
  await speaker.arm();
  speaker.start("link", "link");
  speaker.start("call", "high");
  assert.equal(speaker.playing, "high");
  speaker.stop("call");
  assert.equal(speaker.playing, "link");
  speaker.stop("link");

  assert.equal(speaker.playing, null);
});

test("an answer cuts the burst that is sounding", async () => {
  await speaker.arm();
  speaker.start("call", "high");
  const { voice } = FakeContext.last.played.at(-1);
  speaker.stop("call");

  assert.equal(voice.isCut, true);
});

test("a second call of the same priority does not start the burst anew", async () => {
  await speaker.arm();
  speaker.start("one", "high");
  const before = FakeContext.last.played.length;
  speaker.start("two", "high");
  speaker.stop("one");

  assert.deepEqual([FakeContext.last.played.length, speaker.playing], [before, "high"]);
});

test("a call that came while mute is heard at once when the sound is unlocked", async () => {
  const sounded = [];
  speaker.addEventListener("sounded", ({ detail }) => sounded.push(detail));
  speaker.start("call", "high");
  assert.deepEqual(sounded, []);
  await speaker.arm();

  assert.deepEqual(sounded, ["high"]);
});

test("a browser that takes the sound away is noticed", async () => {
  await speaker.arm();
  FakeContext.last.state = "interrupted";
  FakeContext.last.onstatechange();

  assert.equal(speaker.state, "blocked");
});

test("the end of the shift silences everything", async () => {
  await speaker.arm();
  speaker.start("call", "high");
  await speaker.disarm();

  assert.deepEqual([speaker.playing, speaker.state], [null, "off"]);
});
