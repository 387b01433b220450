/**
 * The site's live line: snapshot, then events in order by WebSocket, by polling while that fails.
 *
 * Events: "snapshot" (detail: the board), "event" (detail: one event, each once, in order), "beat", "link"
 * (detail: `LinkState.tick`, at every change of state and once a second), "refused" (detail: 4401 or 4404).
 */
import { LinkState } from "./link-state.js";
import { StreamPosition } from "./stream-position.js";

const TICK = 500;
/** Shorter than the amber limit, so that polling alone keeps the age of the data honest. */
const POLL_WAIT = 4;
const FAILURES_BEFORE_POLLING = 3;
const LATE = 2000;
const LATE_BEATS = 3;
const SEEN_EVERY = 1000;
const HELLO_LIMIT = 4000;

/** Return the wait before the next try: at once, then at most 2 s for five tries, then at most 10 s; full jitter. */
export function reconnectWait(failures, random = Math.random) {
  if (failures === 0) return 0;
  return random() * Math.min(failures <= 5 ? 2000 : 10000, 250 * 2 ** failures);
}

export class Live extends EventTarget {
  #deps;
  #site;
  #device;
  #clock;
  #link;
  #position;
  #socket = null;
  #failures = 0;
  #lateBeats = 0;
  #seenSent = 0;
  #helloAt = null;
  #openedAt = 0;
  #isFilling = false;
  #isPolling = false;
  #isStopped = false;
  #fetching = null;
  #retry = null;
  #shown = "";

  constructor({ site, device = null, clock, get, deps = {} }) {
    super();
    const { monotonic = () => performance.now(), wall = () => Date.now(), random = Math.random } = deps;
    const scheme = globalThis.location?.protocol === "https:" ? "wss:" : "ws:";
    const openSocket = deps.openSocket ?? ((path) => new WebSocket(`${scheme}//${globalThis.location.host}${path}`));
    this.#deps = { monotonic, wall, random, openSocket, get };
    this.#site = site;
    this.#device = device;
    this.#clock = clock;
    this.#link = new LinkState(monotonic(), wall());
    this.#position = new StreamPosition({ id: site });
  }

  /** The sequence number of the last event applied. */
  get seq() {
    return this.#position.seq;
  }

  /** Fetch the board, follow the stream, and come back by itself after every kind of interruption. */
  async start() {
    this.ticker = setInterval(() => this.tick(), TICK);
    for (const name of ["online", "pageshow", "focus"]) globalThis.addEventListener?.(name, () => this.wake());
    globalThis.document?.addEventListener("visibilitychange", () => !document.hidden && this.wake());
    await this.#snapshot();
    this.#connect();
  }

  stop() {
    this.#isStopped = true;
    clearInterval(this.ticker);
    clearTimeout(this.#retry);
    this.#socket?.close();
  }

  /** Tell the server what became of a page on this device. */
  receipt(page, kind) {
    this.#tell({ type: "receipt", page, kind });
  }

  /** Look at the line now: the tab was shown, the network came back. */
  wake() {
    const { state, age } = this.tick();
    if (this.#isStopped || (state === "ok" && age < LATE)) return;
    this.#failures = 0;
    this.#reconnect();
  }

  /** Judge the line; the ticker calls it twice a second. */
  tick() {
    const { monotonic, wall } = this.#deps;
    const line = this.#link.tick(monotonic(), wall());
    const isDead = line.state === "lost" && monotonic() - this.#openedAt > HELLO_LIMIT;
    if (isDead && !this.#isStopped && this.#retry === null) this.#reconnect();
    const shown = `${line.state} ${line.isPagerSilent} ${Math.floor(line.age / 1000)}`;
    if (shown !== this.#shown) this.dispatchEvent(new CustomEvent("link", { detail: line }));
    this.#shown = shown;
    return line;
  }

  #connect() {
    this.#retry = null;
    if (this.#isStopped) return;
    const socket = this.#deps.openSocket(`/ws/sites/${this.#site}/`);
    this.#socket = socket;
    this.#openedAt = this.#deps.monotonic();
    socket.onopen = () => {
      this.#helloAt = this.#deps.monotonic();
      this.#tell({ type: "hello", device: this.#device, streams: [this.#position.hello()] });
    };
    socket.onmessage = ({ data }) => socket === this.#socket && this.#take(JSON.parse(data));
    socket.onclose = ({ code }) => socket === this.#socket && this.#closed(code);
  }

  #reconnect() {
    const old = this.#socket;
    this.#socket = null;
    old?.close();
    clearTimeout(this.#retry);
    this.#connect();
  }

  #closed(code) {
    this.#socket = null;
    if (code === 4401 || code === 4404) this.dispatchEvent(new CustomEvent("refused", { detail: code }));
    const wait = reconnectWait(code === 4408 ? 0 : ++this.#failures, this.#deps.random);
    if (this.#failures >= FAILURES_BEFORE_POLLING) this.#poll();
    this.#retry = setTimeout(() => this.#connect(), wait);
  }

  #take(frame) {
    if (frame.type === "event") return this.#takeEvent(frame);
    if (frame.type === "beat") return this.#takeBeat(frame);
    if (frame.type === "welcome") return this.#takeWelcome(frame);
    return frame.type === "snapshot_needed" ? this.#snapshot() : undefined;
  }

  #takeWelcome({ server_time: serverTime, epoch, rate }) {
    const receivedAt = this.#deps.monotonic();
    this.#failures = 0;
    this.#clock.sample({ serverTime, sentAt: this.#helloAt ?? receivedAt, receivedAt, rate });
    this.#heard();
    if (epoch !== this.#position.epoch) this.#snapshot();
  }

  #takeBeat(beat) {
    const { server_time: serverTime, rate, head, pager_age_ms: pagerAge, trial_age_ms: trialAge } = beat;
    this.#clock.beat({ serverTime, rate });
    const late = this.#clock.lateness(serverTime);
    this.#heard({ late, pagerAge, trialAge });
    this.#lateBeats = late > LATE ? this.#lateBeats + 1 : 0;
    this.dispatchEvent(new CustomEvent("beat", { detail: beat }));
    if (this.#lateBeats >= LATE_BEATS) {
      this.#lateBeats = 0;
      this.#reconnect();
    } else if (this.#position.isBehind(head)) this.#fill();
  }

  #takeEvent(event) {
    this.#heard();
    this.#emit(this.#position.offer(event));
    if (this.#position.hasGap) this.#fill();
  }

  #heard(words = {}) {
    this.#link.heard(this.#deps.monotonic(), words);
    this.tick();
  }

  #emit(events) {
    for (const event of events) this.dispatchEvent(new CustomEvent("event", { detail: event }));
    const now = this.#deps.monotonic();
    if (events.length === 0 || now - this.#seenSent < SEEN_EVERY) return;
    this.#seenSent = now;
    this.#tell({ type: "seen", seq: this.seq });
  }

  #tell(frame) {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(frame));
  }

  /** Fetch what is missing until the stream is whole again. */
  async #fill() {
    if (this.#isFilling) return;
    this.#isFilling = true;
    let more = true;
    while (more && !this.#isStopped) more = await this.#page(0);
    this.#isFilling = false;
  }

  /** Fetch one page of events; true when another should follow at once. */
  async #page(wait) {
    const path = `/api/v1/streams/${this.#site}/events?after=${this.seq}&link=${this.#position.link}&wait=${wait}`;
    const { ok, data } = await this.#deps.get(path);
    if (!ok || this.#isStopped) return false;
    if (data.snapshot_needed || data.epoch !== this.#position.epoch) {
      await this.#snapshot();
      return false;
    }
    const before = this.seq;
    this.#heard();
    this.#emit(data.events.flatMap((event) => this.#position.offer(event)));
    return this.seq > before && (this.#position.hasGap || this.#position.isBehind(data.head));
  }

  async #poll() {
    if (this.#isPolling) return;
    this.#isPolling = true;
    while (!this.#isStopped && this.#failures >= FAILURES_BEFORE_POLLING) {
      const [started, seq] = [this.#deps.monotonic(), this.seq];
      await this.#page(POLL_WAIT);
      const isIdle = seq === this.seq && this.#deps.monotonic() - started < TICK;
      if (isIdle) await new Promise((resolve) => setTimeout(resolve, 2 * TICK));
    }
    this.#isPolling = false;
  }

  /** Fetch the board; a second wish while one is under way is the same fetch. */
  #snapshot() {
    this.#fetching ??= this.#fetchBoard().finally(() => {
      this.#fetching = null;
    });
    return this.#fetching;
  }

  async #fetchBoard() {
    const sentAt = this.#deps.monotonic();
    const { ok, data } = await this.#deps.get(`/api/v1/sites/${this.#site}/board/`);
    if (!ok || this.#isStopped) return;
    const receivedAt = this.#deps.monotonic();
    this.#clock.sample({ serverTime: data.server_time, sentAt, receivedAt, rate: data.rate });
    this.#heard();
    const overtaken = this.seq > data.head && this.#position.epoch === data.epoch;
    this.dispatchEvent(new CustomEvent("snapshot", { detail: data }));
    this.#emit(this.#position.restart({ epoch: data.epoch, seq: data.head, link: data.link }));
    if (overtaken || this.#position.hasGap) this.#fill();
  }
}
