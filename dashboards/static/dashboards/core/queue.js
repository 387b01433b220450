/**
 * Commands that wait until the server answered them: kept on disk, sent in order, once in effect.
 *
 * Events: "changed" (detail: the summary), "sent" (`{entry, answer}`), "refused" (`{entry, problem}`),
 * "not-durable" (the browser keeps nothing; say it).
 */
import { afterAttempt, nextWait, outcomeOf, sendable, sourceOf, summaryOf } from "./queue-order.js";
import { MemoryStore, openStore } from "./queue-store.js";

const LOCK = "aefi-queue";
const OTHER_TAB = 1000;

/** Return a UUID; `crypto.randomUUID` is missing where the page came over plain HTTP. */
export function newKey() {
  if (globalThis.crypto.randomUUID) return globalThis.crypto.randomUUID();
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export class CommandQueue extends EventTarget {
  #store;
  #send;
  #now;
  #random;
  #locks;
  #busy = new Set();
  #own = new Set();
  #timer = null;
  #ownsOrder = false;
  #channel = null;
  #isStopped = false;

  constructor({ send, store = openStore(), now = () => Date.now(), random, locks = globalThis.navigator?.locks }) {
    super();
    this.#send = send;
    this.#store = Promise.resolve(store);
    this.#now = now;
    this.#random = random;
    this.#locks = locks;
  }

  /** Begin to send what waits, also from an earlier visit. */
  async start() {
    if (globalThis.BroadcastChannel) {
      this.#channel = new BroadcastChannel(LOCK);
      this.#channel.onmessage = () => this.#changed({ isOwn: false });
    }
    globalThis.addEventListener?.("online", () => this.retryNow());
    if (!(await this.#store).isDurable) this.dispatchEvent(new Event("not-durable"));
    this.#takeOrder();
    await this.#changed({ isOwn: false });
  }

  /** Send nothing more from this tab; what waits stays kept. */
  stop() {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#channel?.close();
    this.#channel = null;
  }

  /** Keep a command and send it as soon as it may leave; resolves with its key once it is kept. */
  async enqueue(command) {
    const defaults = { key: newKey(), method: "POST", body: {}, label: "", lane: "normal", after: null };
    const entry = { ...defaults, deviceAt: new Date(this.#now()).toISOString(), ...command };
    this.#own.add(entry.key);
    await this.#keep({ ...entry, attempts: 0, notBefore: 0, state: "waiting", problem: null });
    await this.#changed();
    return entry.key;
  }

  /** Call for help: kept, and sent at once beside everything else. */
  help(command) {
    return this.enqueue({ ...command, lane: "help" });
  }

  /** Every command that waits or was refused. */
  async entries() {
    try {
      return await (await this.#store).all();
    } catch (error) {
      await this.#fallBack(error, []);
      return [];
    }
  }

  async summary() {
    return { ...summaryOf(await this.entries()), isDurable: (await this.#store).isDurable };
  }

  /** Try everything that waits now: the network is back. */
  async retryNow() {
    const store = await this.#store;
    const waiting = (await store.all()).filter((entry) => entry.state === "waiting" && entry.notBefore > 0);
    waiting.sort((one, other) => (other.lane === "help") - (one.lane === "help"));
    for (const entry of waiting) await store.put({ ...entry, notBefore: 0 });
    await this.#changed();
  }

  /** Send a refused command again, in its old place. */
  async retry(key) {
    const entry = await this.#find(key);
    if (entry) await (await this.#store).put({ ...entry, state: "waiting", notBefore: 0, problem: null });
    await this.#changed();
  }

  /** Take a refused command off the list: a person has read why. */
  async dismiss(key) {
    const entry = await this.#find(key);
    if (entry?.state === "refused") await (await this.#store).remove(entry);
    await this.#changed();
  }

  async #find(key) {
    return (await this.entries()).find((entry) => entry.key === key);
  }

  async #keep(entry) {
    try {
      await (await this.#store).add(entry);
    } catch (error) {
      const kept = await this.entries();
      await this.#fallBack(error, [...kept, entry]);
    }
  }

  /** The browser's storage failed: go on in memory and say so. What it still holds leaves at the next visit. */
  async #fallBack(error, entries) {
    console.warn("Commands are kept in memory only:", error);
    const memory = new MemoryStore();
    for (const entry of entries) await memory.add(entry);
    this.#store = Promise.resolve(memory);
    this.dispatchEvent(new Event("not-durable"));
  }

  async #changed({ isOwn = true } = {}) {
    if (isOwn) this.#channel?.postMessage("changed");
    this.dispatchEvent(new CustomEvent("changed", { detail: await this.summary() }));
    await this.#pump();
  }

  /**
   * One tab at a time keeps the order; a call for help leaves at once from the tab it was tapped in. Without locks
   * (plain HTTP) every tab sends: the order holds, because a command goes only when the one before it was answered,
   * and the key makes the second copy harmless.
   */
  #takeOrder() {
    if (!this.#locks) {
      this.#ownsOrder = true;
      return;
    }
    this.#locks.request(LOCK, () => {
      this.#ownsOrder = true;
      this.#pump();
      return new Promise(() => {});
    });
  }

  async #pump() {
    const entries = await this.entries();
    if (this.#isStopped) return;
    const times = { now: this.#now(), busy: this.#busy };
    for (const entry of sendable(entries, times)) {
      if (this.#ownsOrder || (entry.lane === "help" && this.#own.has(entry.key))) this.#attempt(entry);
    }
    const wait = nextWait(entries, { now: this.#now(), busy: this.#busy });
    clearTimeout(this.#timer);
    if (wait !== null) this.#timer = setTimeout(() => this.#pump(), Math.max(wait, this.#ownsOrder ? 50 : OTHER_TAB));
  }

  async #attempt(entry) {
    this.#busy.add(entry.key);
    const answer = await this.#send({ ...entry, source: sourceOf(entry, this.#now()) }).catch((error) => ({
      status: 0,
      problem: { title: String(error), detail: "", errors: [] },
    }));
    try {
      await this.#settle(entry, answer);
    } finally {
      this.#busy.delete(entry.key);
    }
    await this.#changed();
  }

  async #settle(entry, answer) {
    const store = await this.#store;
    if (outcomeOf(answer) === "sent") {
      await store.remove(entry);
      this.dispatchEvent(new CustomEvent("sent", { detail: { entry, answer } }));
      return;
    }
    const next = afterAttempt(entry, answer, { now: this.#now(), random: this.#random });
    await store.put(next);
    if (next.state === "refused") this.dispatchEvent(new CustomEvent("refused", { detail: { entry: next, problem: next.problem } }));
  }
}
