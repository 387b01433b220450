/**
 * Sound and vibration. A browser stays mute until somebody touched the page: `arm()` belongs in a tap.
 *
 * Events: "change" (detail: "off", "armed" or "blocked"), "sounded" (detail: the name, at its first burst).
 */
import { PATTERNS, loudest } from "./sound-patterns.js";

const RISE = 0.02;
const HARMONICS = [0, 1, 0.7, 0.5, 0.35, 0.25];

export class Sound extends EventTarget {
  #context = null;
  #wave = null;
  #wanted = new Map();
  #playing = null;
  #voices = [];
  #timer = null;
  #state = "off";

  /** "off" until armed, "armed", or "blocked" when the browser took the sound away again. */
  get state() {
    return this.#state;
  }

  /** The sound that is repeating now; null in silence. */
  get playing() {
    return this.#playing;
  }

  /** Unlock sound within a tap: the test tone, or the alarm that was mute until now; resolves with the state. */
  async arm() {
    const Context = globalThis.AudioContext ?? globalThis.webkitAudioContext;
    if (!Context) return this.#become("blocked");
    if (!this.#context) {
      this.#context = new Context();
      this.#wave = this.#context.createPeriodicWave(new Float32Array(HARMONICS.length), new Float32Array(HARMONICS));
      this.#context.onstatechange = () => this.#look();
    }
    await Promise.race([this.#context.resume(), new Promise((resolve) => setTimeout(resolve, 1000))]);
    if (this.#look() === "armed" && this.#wanted.size === 0) this.#burst("test");
    if (this.#playing !== null) this.#hush();
    this.#playing = null;
    this.#renew();
    return this.#state;
  }

  /** Go quiet on this device: the shift is over. */
  async disarm() {
    this.#wanted.clear();
    this.#renew();
    await this.#context?.close();
    this.#context = null;
    return this.#become("off");
  }

  /** Want a sound for a reason (an alert's key, "link"): the most urgent of all reasons is heard until it is stopped. */
  start(reason, name) {
    this.#wanted.set(reason, name);
    this.#renew();
  }

  /** A reason is over: answered, cancelled, back online. */
  stop(reason) {
    if (this.#wanted.delete(reason)) this.#renew();
  }

  #renew() {
    const name = loudest(this.#wanted.values());
    if (name !== null && name === this.#playing) return;
    clearTimeout(this.#timer);
    if (this.#playing !== null) this.#hush();
    this.#playing = name;
    if (name) this.#repeat(name);
  }

  #repeat(name) {
    this.#burst(name);
    if (this.#state === "armed") this.dispatchEvent(new CustomEvent("sounded", { detail: name }));
    const { period } = PATTERNS[name];
    if (period) this.#timer = setTimeout(() => this.#repeat(name), period);
  }

  #burst(name) {
    vibrate(PATTERNS[name].vibrate);
    if (this.#look() !== "armed") return;
    const start = this.#context.currentTime + 0.05;
    this.#voices = PATTERNS[name].pulses.map((pulse) => this.#pulse(start, pulse));
  }

  #pulse(start, { at, length, hertz }) {
    const voice = this.#context.createOscillator();
    const volume = this.#context.createGain();
    const begin = start + at / 1000;
    const end = begin + length / 1000;
    voice.setPeriodicWave(this.#wave);
    voice.frequency.value = hertz;
    volume.gain.setValueAtTime(0, begin);
    volume.gain.linearRampToValueAtTime(0.9, begin + RISE);
    volume.gain.setValueAtTime(0.9, end - RISE);
    volume.gain.linearRampToValueAtTime(0, end);
    voice.connect(volume).connect(this.#context.destination);
    voice.start(begin);
    voice.stop(end);
    return voice;
  }

  #hush() {
    for (const voice of this.#voices) voice.disconnect();
    this.#voices = [];
    vibrate(0);
  }

  #look() {
    if (!this.#context) return this.#state;
    return this.#become(this.#context.state === "running" ? "armed" : "blocked");
  }

  #become(state) {
    const isNew = state !== this.#state;
    this.#state = state;
    if (isNew) this.dispatchEvent(new CustomEvent("change", { detail: state }));
    return state;
  }
}

/** Vibrate where the device can and somebody has touched the page: browsers refuse it before. */
export function vibrate(pattern) {
  const { navigator } = globalThis;
  if (navigator?.vibrate && (navigator.userActivation?.hasBeenActive ?? true)) navigator.vibrate(pattern);
}
