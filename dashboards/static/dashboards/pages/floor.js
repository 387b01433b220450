/** What every page of the hall stands on: the live state of the site, its clock, and commands that are never lost. */
import "../elements/all.js";
import { get, send } from "../core/api.js";
import { alarmSound, clock, config, live, queue, sound, start } from "../core/app.js";
import { EMPTY, fromSnapshot, reduce, runningAlerts } from "../core/board-state.js";
import { t } from "../core/i18n.js";
import { newKey } from "../core/queue.js";
import { onSecond } from "../core/ticker.js";
import { formatClock } from "../core/time-left.js";
import { showToast } from "../core/toasts.js";

export { config };
const API = "/api/v1/";
const KEPT = `board-${config.site}`;
const SECOND = 1000;
const SILENT_PAGES = new Set(["hall"]);

/** Send a command that waits for nobody and is not kept: forms of the desk. */
export function post(path, body = {}) {
  return send({ path: API + path, body, key: newKey(), deviceAt: new Date().toISOString() });
}

class Floor {
  state = EMPTY;
  duties = [];
  #bays = [];
  #painters = new Set();
  #listeners = new Map();
  #waiting = new Map();
  #receipted = new Set();
  #local = new Map();

  begin() {
    start();
    live.addEventListener("snapshot", ({ detail }) => this.#restart(detail));
    live.addEventListener("event", ({ detail }) => this.#take(detail));
    queue.addEventListener("sent", ({ detail: { entry, answer } }) => this.#settle(entry.key, answer.data));
    queue.addEventListener("refused", ({ detail: { entry } }) => this.#settle(entry.key, null));
    sound.addEventListener("sounded", () => this.#prove("sounded"));
    this.#remember();
    this.#loadSite();
    onSecond(() => this.paint());
  }

  /** The server's present instant in milliseconds. */
  now() {
    return clock.now();
  }

  newKey() {
    return newKey();
  }

  timeText(at, seconds = false) {
    return formatClock(at, config.timezone, { seconds });
  }

  /** Return the instant of a wall-clock time "hh:mm" of today at the site. */
  instantToday(text) {
    const [hour, minute] = text.split(":").map(Number);
    const [nowHour, nowMinute, nowSecond] = this.timeText(this.now(), true).split(":").map(Number);
    const back = (nowHour - hour) * 3600 + (nowMinute - minute) * 60 + nowSecond;
    return new Date(this.now() - back * SECOND).toISOString();
  }

  /** Repaint on every change and once a second; returns how to stop. */
  onChange(painter) {
    this.#painters.add(painter);
    queueMicrotask(painter);
    return () => this.#painters.delete(painter);
  }

  onEvent(type, listener) {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  paint() {
    for (const painter of this.#painters) painter();
    this.#ring();
  }

  say(text) {
    showToast(text);
  }

  /** Ask the API; null when it cannot be asked or says no. */
  async fetch(path) {
    const answer = await get(API + path);
    return answer.ok ? answer.data : null;
  }

  /** Keep a command and send it as soon as the network allows; resolves with its answer, null if refused. */
  command(label, path, body = {}, { urgent = false, source, deviceAt } = {}) {
    const key = newKey();
    const after = this.#local.get(path.split("/")[1])?.key ?? null;
    const answer = new Promise((resolve) => this.#waiting.set(key, resolve));
    const entry = { key, label, path: API + path, body, lane: urgent ? "help" : "normal", after };
    if (source) entry.source = source;
    if (deviceAt) entry.deviceAt = deviceAt;
    queue.enqueue(entry);
    return answer;
  }

  /** Call for help: shown and sounded here at once, kept, and sent beside all else. */
  callForHelp(call) {
    const place = call.seat ?? call.bay ?? config.device_name;
    const facts = { ...call, place, observation: call.subject, state: "open", priority: "high" };
    const key = newKey();
    this.#local.set(call.uuid, { facts, key });
    this.#showLocal();
    this.#waiting.set(key, () => this.#local.delete(call.uuid));
    queue.help({ key, label: t("Call for help"), path: `${API}sites/${config.site}/alerts/`, body: call });
    this.paint();
  }

  /** True while a call of this screen has not reached the server. */
  isUnsent(alert) {
    return this.#local.has(alert.uuid);
  }

  /** Prove that this screen shows the pages of the running calls. */
  displayed() {
    this.#prove("received");
    this.#prove("displayed");
  }

  /** Running calls, the most urgent first. */
  calls() {
    return runningAlerts(this.state);
  }

  isMine(page) {
    return page.responder !== null && page.responder === config.user;
  }

  nameOf(key) {
    return this.duties.find((duty) => duty.user === key)?.name ?? t("somebody");
  }

  myBay() {
    return this.duties.find((duty) => duty.user === config.user && duty.bay)?.bay ?? null;
  }

  /** The bays in order with their seats: from the site's map, swept as the events say. */
  get bays() {
    return this.#bays.map((bay) => ({ ...bay, ...this.state.bays.get(bay.code) }));
  }

  seats() {
    return this.#bays.flatMap((bay) => bay.seatCodes);
  }

  seatsOf(code) {
    return this.#bays.find((bay) => bay.code === code)?.seatCodes ?? [];
  }

  #restart(board) {
    this.state = fromSnapshot(board);
    this.#showLocal();
    this.#keep(board);
    this.#loadPeople();
    this.paint();
  }

  #take(event) {
    this.state = reduce(this.state, event);
    for (const listener of this.#listeners.get(event.event_type) ?? []) listener(event);
    if (/^(duty|device)\./.test(event.event_type)) this.#loadPeople();
    this.paint();
  }

  #showLocal() {
    const unsent = [...this.#local.values()].map((call) => call.facts).filter((facts) => !this.state.alerts.has(facts.uuid));
    if (!unsent.length) return;
    const shown = fromSnapshot({ alerts: unsent }).alerts;
    this.state = { ...this.state, alerts: new Map([...this.state.alerts, ...shown]) };
  }

  #settle(key, data) {
    this.#waiting.get(key)?.(data);
    this.#waiting.delete(key);
  }

  /** Staff boards ring for every unanswered call, a phone for those that page its person; displays never. */
  #ring() {
    if (SILENT_PAGES.has(config.page)) return;
    const isHere = (alert) => config.page !== "alarm" || [...alert.pages.values()].some((page) => this.isMine(page));
    alarmSound.follow([...this.state.alerts.values()].filter((alert) => alert.priority !== "low" && isHere(alert)));
  }

  #prove(kind) {
    for (const alert of this.calls()) {
      for (const [uuid, page] of alert.pages) {
        const isHere = this.isMine(page) || (page.channel === "board" && config.device);
        if (!isHere || this.#receipted.has(uuid + kind)) continue;
        this.#receipted.add(uuid + kind);
        live.receipt(uuid, kind);
      }
    }
  }

  async #loadPeople() {
    this.duties = (await this.fetch(`sites/${config.site}/people/`)) ?? this.duties;
  }

  async #loadSite() {
    const kept = `map-${config.site}`;
    const site = (await this.fetch(`sites/${config.site}/`)) ?? JSON.parse(localStorage.getItem(kept) ?? "null");
    if (!site) return;
    localStorage.setItem(kept, JSON.stringify(site));
    this.#bays = site.bays.map((bay) => ({ ...bay, seatCodes: bay.seats.map((seat) => seat.code) }));
    this.paint();
  }

  /** After a reload without network the last board is shown; the link says how old it is. */
  #remember() {
    const kept = localStorage.getItem(KEPT);
    if (kept) this.state = { ...fromSnapshot(JSON.parse(kept)), epoch: null, seq: 0 };
  }

  #keep(board) {
    try {
      localStorage.setItem(KEPT, JSON.stringify(board));
    } catch (error) {
      console.warn("The board is not kept for a reload without network:", error);
    }
  }
}

export const floor = new Floor();
if (config.site) floor.begin();
