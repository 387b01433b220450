/**
 * The service worker: the shell of the hall's pages opens without network. Served from the root.
 *
 * Vendored files never change under their path: cache first. Our own files: network first, so that a deploy reaches
 * every tablet at its next load and modules of two versions never mix; the cache when the network is gone or slow.
 * Of pages only the shells of the hall are kept (they hold no person's data). The API is never kept.
 */
"use strict";

const VERSION = "1";
const SHELL = `aefi-shell-${VERSION}`;
const PAGES = `aefi-pages-${VERSION}`;
const STATIC_LIMIT = 2000;
const PAGE_LIMIT = 4000;

const OWN = "/static/dashboards/";
const VENDOR = "/static/vendor/";
const CORE = [
  "alarm-sound", "alert-state", "api", "app", "barcode", "board-state", "faults", "i18n", "link-state", "live", "queue", "queue-order",
  "queue-store", "server-clock", "sound", "sound-patterns", "stream-position", "ticker", "time-left", "toasts", "vendor", "wedge",
];
const ELEMENTS = ["all", "due-timer", "help-button", "link-state", "scan-field", "sound-arm", "toast-list"];
const ICONS = [
  "alarm", "close", "icon", "left-early", "live", "may-leave", "no-data", "observing", "person", "queue", "scan", "soon", "sound",
  "sound-off", "stress", "undo", "watch",
];
const FIRST = [
  `${OWN}base.css`,
  `${OWN}floor.css`,
  ...CORE.map((name) => `${OWN}core/${name}.js`),
  ...ELEMENTS.map((name) => `${OWN}elements/${name}.js`),
  ...ICONS.map((name) => `${OWN}icons/${name}.svg`),
  ...["lit-html", "directive", "directive-helpers", "directives/class-map", "directives/live", "directives/repeat"].map(
    (name) => `${VENDOR}lit-html-3.3.3/${name}.js`,
  ),
];
/** Wanted for scanning without network, but no reason to delay the rest. */
const LATER = [
  `${VENDOR}barcode-detector-3.2.2/ponyfill.js`,
  `${VENDOR}barcode-detector-3.2.2/zxing-exported.js`,
  `${VENDOR}zxing-wasm-3.1.3/zxing_reader.wasm`,
];
const HALL_PAGE = /^\/(sites\/[0-9a-f-]{36}\/(board|check-in|station|hall|lead|muster|paper|alarm(\/[0-9a-f-]{36}\/run-sheet)?)|alarm\/[0-9a-f-]{36}|lock)\/$/;

/** Return "vendor", "static", "page", "leave" or null (the network alone) for a request. */
function routeOf({ method, mode }, url) {
  if (url.origin !== self.location.origin) return null;
  if (method !== "GET") return url.pathname === "/leave/" ? "leave" : null;
  if (url.pathname.startsWith(VENDOR)) return "vendor";
  if (url.pathname.startsWith("/static/")) return "static";
  return mode === "navigate" ? "page" : null;
}

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(
    caches.open(SHELL).then((cache) => {
      cache.addAll(LATER).catch((error) => console.warn("Scanning without network is not prepared:", error));
      return cache.addAll(FIRST);
    }),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOthers().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const route = routeOf(event.request, url);
  if (route === "leave") event.waitUntil(caches.delete(PAGES));
  else if (route === "vendor") event.respondWith(cacheFirst(event.request));
  else if (route === "static") event.respondWith(networkFirst(event, SHELL, STATIC_LIMIT));
  else if (route === "page") event.respondWith(page(event, url));
});

async function dropOthers() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("aefi-") && name !== SHELL && name !== PAGES).map((name) => caches.delete(name)));
}

async function cacheFirst(request) {
  const kept = await caches.match(request);
  if (kept) return kept;
  return keep(SHELL, request, await fetch(request));
}

/** Answer from the network within `limit`, else from the cache, else from the network however long it takes. */
async function networkFirst(event, name, limit) {
  const { request } = event;
  const fresh = fetch(request).then((response) => keep(name, request, response));
  event.waitUntil(fresh.catch(() => null));
  const late = new Promise((resolve) => setTimeout(() => resolve(null), limit));
  const first = await Promise.race([fresh.catch(() => null), late]);
  return first ?? (await caches.match(request)) ?? fresh;
}

async function page(event, url) {
  if (!HALL_PAGE.test(url.pathname)) return fetch(event.request).catch(offline);
  return networkFirst(event, PAGES, PAGE_LIMIT).catch(offline);
}

/** Keep a good answer; a redirect to the log-in page or an error is passed on unkept. */
async function keep(name, request, response) {
  if (response.ok && !response.redirected && response.type === "basic") {
    const cache = await caches.open(name);
    await cache.put(request, response.clone());
  }
  return response;
}

function offline() {
  const words = `<!DOCTYPE html><html lang="zh-Hans"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<link rel="stylesheet" href="${OWN}base.css"><title>离线 · Offline</title>
<main class="page page-narrow"><h1>离线 · Offline</h1>
<p>服务器无法连接。请使用纸质留观单，并大声呼救。</p>
<p lang="en">The server cannot be reached. Use the paper floor sheet and call by voice.</p>
<p><a class="button" href="">重试 · Try again</a></p></main></html>`;
  return new Response(words, { status: 503, headers: { "Content-Type": "text/html; charset=utf-8" } });
}
