/** The one clock, queue, sound and live line of a page, from the `config` document that the server put into it. */
import { AlarmSound } from "./alarm-sound.js";
import { get, problemText, send } from "./api.js";
import { changedFaults } from "./faults.js";
import { jsonScript, t } from "./i18n.js";
import { Live } from "./live.js";
import { CommandQueue } from "./queue.js";
import { ServerClock } from "./server-clock.js";
import { Sound } from "./sound.js";
import { tickBy } from "./ticker.js";
import { showToast } from "./toasts.js";

/** What the server told the page: site, device, roles, language, time zone, rate. */
export const config = jsonScript("config");
export const clock = new ServerClock();
export const queue = new CommandQueue({ send });
export const sound = new Sound();
/** The sounds of the calls: pages let it follow `runningAlerts(floor)`. */
export const alarmSound = new AlarmSound(sound);
tickBy(clock);
/** The live line of the page's site; null on a page without one, and until `start`. */
export let live = null;

/**
 * Start what every page of a site needs: the queue, the service worker, and with `isLive` the live line.
 * Add listeners to the returned live line before the next turn of the event loop.
 */
export function start({ isLive = Boolean(config.site) } = {}) {
  if (config.server_time) {
    const loaded = performance.getEntriesByType("navigation")[0]?.responseEnd ?? performance.now();
    clock.beat({ serverTime: config.server_time, receivedAt: loaded, rate: config.rate });
  }
  queue.addEventListener("refused", ({ detail: { entry, problem } }) => {
    showToast(t("Refused: {label}. {why}", { label: entry.label, why: problemText(problem) }), { kind: "refused", seconds: 20 });
  });
  queue.addEventListener("not-durable", () => {
    showToast(t("This browser keeps nothing: do not close the page while commands wait."), { kind: "refused", seconds: 20 });
  });
  queue.start();
  registerWorker();
  if (isLive) startLive();
  return live;
}

function startLive() {
  live = new Live({ site: config.site, device: config.device, clock, get });
  live.addEventListener("link", ({ detail }) => document.dispatchEvent(new CustomEvent("link", { detail })));
  followFaults();
  queueMicrotask(() => live.start());
  reportDevice();
}

/** Tell the page which technical faults last, at every change. */
function followFaults() {
  let faults = new Set();
  const tell = (next) => {
    if (next === faults) return;
    faults = next;
    document.dispatchEvent(new CustomEvent("faults", { detail: [...faults] }));
  };
  live.addEventListener("snapshot", ({ detail }) => tell(new Set(detail.faults)));
  live.addEventListener("event", ({ detail }) => tell(changedFaults(faults, detail)));
}

/** Tell the server whether this device can be heard and how wrong its clock is. */
function reportDevice() {
  if (!config.device) return;
  const report = () => {
    const state = { sound_armed: sound.state === "armed", clock_offset_ms: clock.deviceOffset() };
    send({ path: "/api/v1/devices/me/state/", body: state, deviceAt: new Date().toISOString() });
  };
  sound.addEventListener("change", report);
  live.addEventListener("snapshot", report);
}

function registerWorker() {
  if (!globalThis.navigator?.serviceWorker) return;
  navigator.serviceWorker.register("/sw.js").catch((error) => console.warn("No offline shell:", error));
}
