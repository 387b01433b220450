/** The trust page: tries whether this browser trusts the certificate, shows it, tells the server. */
import { platform, report, verdict } from "./verdict.js";

const PATIENCE_MS = 5000;
const config = JSON.parse(document.getElementById("config").textContent);
const page = document.querySelector("[data-page=trust]");
const isPlain = location.protocol === "http:";
const origin = isPlain ? config.origin : location.origin;

function show(name, isShown) {
  for (const element of page.querySelectorAll(name)) element.hidden = !isShown;
}

/** Say whether the server answers over TLS; an opaque answer is proof enough. */
async function answers() {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE_MS);
  const options = { mode: "no-cors", cache: "no-store", credentials: "omit", signal: stop.signal };
  try {
    await fetch(`${origin}/health/live`, options);
    return true;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

/** Say whether a picture comes over TLS; some browsers block an opaque JSON answer. */
function showsPicture() {
  return new Promise((resolve) => {
    const picture = new Image();
    const timer = setTimeout(() => resolve(false), PATIENCE_MS);
    const settle = (isLoaded) => () => {
      clearTimeout(timer);
      resolve(isLoaded);
    };
    picture.onload = settle(true);
    picture.onerror = settle(false);
    picture.src = `${origin}/static/dashboards/icons/icon-192.png?at=${Date.now()}`;
  });
}

/** Try a service worker that does nothing; browsers refuse it under an untrusted certificate. */
async function tryWorker() {
  if (!("serviceWorker" in navigator)) return "missing";
  try {
    const url = new URL("./probe-worker.js", import.meta.url);
    const registration = await navigator.serviceWorker.register(url);
    await registration.unregister();
    return "works";
  } catch (error) {
    return error.name === "SecurityError" ? "refused" : "unknown";
  }
}

async function tell(isTrusted) {
  if (isPlain || !config.device || isTrusted === null) return true;
  try {
    const answer = await fetch("/api/v1/devices/me/state/", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ is_trusted: isTrusted }),
    });
    return answer.ok;
  } catch {
    return false;
  }
}

async function check() {
  show("[data-result]", false);
  show("[data-result=waiting]", true);
  const isReached = (await answers()) || (isPlain && (await showsPicture()));
  const worker = isPlain ? "unknown" : await tryWorker();
  const { isSecureContext } = window;
  const result = verdict({ isPlain, isSecureContext, isReached, worker });
  page.dataset.verdict = result;
  show("[data-result]", false);
  show(`[data-result=${result}]`, true);
  show("[data-without-trust]", ["untrusted", "no-worker"].includes(result));
  show("[data-start]", ["trusted", "no-worker"].includes(result));
  show("[data-check]", true);
  show("[data-result=not-reported]", !(await tell(report(result))));
}

const steps = platform(navigator.userAgent, navigator.maxTouchPoints);
page.querySelector(`[data-platform=${steps}]`).open = true;
page.querySelector("[data-check]").addEventListener("click", check);
// Back from the system's settings, the answer may have changed.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") check();
});
check();
