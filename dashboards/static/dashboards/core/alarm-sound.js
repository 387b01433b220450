/** Keeps the sound of this device in step with the calls: one reason per unanswered call. Pure but for `sound`. */
import { isRunning, isUnanswered } from "./alert-state.js";
import { soundOf } from "./sound-patterns.js";

/** Return the calls that should be heard: running, unanswered, and not silenced on this device. */
export function audible(alerts, silenced = new Set()) {
  return alerts.filter((alert) => isRunning(alert) && isUnanswered(alert) && !silenced.has(alert.uuid));
}

export class AlarmSound {
  #sound;
  #wanted = new Map();
  #silenced = new Set();
  #unsent = new Set();

  constructor(sound) {
    this.#sound = sound;
  }

  /** Start and stop sounds after any change of the calls; pages call it on every snapshot and event. */
  follow(alerts) {
    const known = [...alerts];
    for (const { uuid } of known) this.#unsent.delete(uuid);
    const wanted = new Map([...this.#wanted].filter(([uuid]) => this.#unsent.has(uuid)));
    for (const alert of audible(known, this.#silenced)) wanted.set(alert.uuid, soundOf(alert));
    for (const uuid of this.#wanted.keys()) if (!wanted.has(uuid)) this.#sound.stop(uuid);
    for (const [uuid, name] of wanted) if (this.#wanted.get(uuid) !== name) this.#sound.start(uuid, name);
    this.#wanted = wanted;
  }

  /** Ring for a call of this device, until the server's word of it takes over. */
  ring(uuid, name = "high") {
    this.#unsent.add(uuid);
    this.#wanted.set(uuid, name);
    this.#sound.start(uuid, name);
  }

  /** This person has heard it; other devices go on. */
  silence(uuid) {
    this.#silenced.add(uuid);
    this.#unsent.delete(uuid);
    this.#wanted.delete(uuid);
    this.#sound.stop(uuid);
  }
}
