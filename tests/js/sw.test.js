/** The service worker: what it keeps, what it must never keep, and that its list of files is complete. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { runInNewContext } from "node:vm";

const STATIC = new URL("../../dashboards/static/", import.meta.url);
const SOURCE = readFileSync(new URL("dashboards/sw.js", STATIC), "utf8");
const ORIGIN = "https://hall.example";
const SITE = "0b9f1c7e-1111-4222-8333-444455556666";

/** Run the worker in a browser of maps; `network` answers or throws. */
const startWorker = (network) => {
  const handlers = {};
  const stores = new Map();
  const open = async (name) => {
    if (!stores.has(name)) stores.set(name, new Map());
    const store = stores.get(name);
    return {
      put: async (request, response) => store.set(request.url, response),
      addAll: async (paths) => {
        for (const path of paths) store.set(ORIGIN + path, await network({ url: ORIGIN + path }));
      },
    };
  };
  const caches = {
    open,
    keys: async () => [...stores.keys()],
    delete: async (name) => stores.delete(name),
    match: async ({ url }) => [...stores.values()].map((store) => store.get(url)).find(Boolean),
  };
  const self = { location: { origin: ORIGIN }, addEventListener: (name, handler) => (handlers[name] = handler), skipWaiting() {}, clients: { claim: async () => {} } };
  runInNewContext(SOURCE, { self, caches, URL, Response, Promise, console, setTimeout: (done) => setTimeout(done, 5), fetch: (request) => network(request) });
  const dispatch = async (name, extra = {}) => {
    const waits = [];
    let answer;
    handlers[name]({ ...extra, waitUntil: (wait) => waits.push(wait), respondWith: (promise) => (answer = promise) });
    const answered = await answer;
    await Promise.all(waits);
    return answered;
  };
  const ask = (path, changes = {}) => dispatch("fetch", { request: { url: ORIGIN + path, method: "GET", mode: "cors", ...changes } });
  const open_ = (path) => ask(path, { mode: "navigate" });
  return { dispatch, ask, openPage: open_, stores, kept: () => [...stores.values()].flatMap((store) => [...store.keys()]) };
};

const online = async ({ url }) => ({ ok: true, redirected: false, type: "basic", url, status: 200, clone: () => ({ url, isCopy: true }) });
const offline = async () => {
  throw new TypeError("Failed to fetch");
};
const flaky = () => {
  const network = (request) => (network.isDown ? offline(request) : online(request));
  network.isDown = false;
  return network;
};

test("the list holds every module, style and icon, and nothing that is not there", async () => {
  const worker = startWorker(online);
  await worker.dispatch("install");
  const listed = worker.kept().map((url) => url.replace(`${ORIGIN}/static/`, ""));
  const present = ["core", "elements", "icons"].flatMap((folder) =>
    readdirSync(new URL(`dashboards/${folder}/`, STATIC)).filter((name) => !name.endsWith(".png")).map((name) => `dashboards/${folder}/${name}`),
  );

  assert.deepEqual(present.filter((name) => !listed.includes(name)), []);
  assert.deepEqual(listed.filter((name) => !existsSync(new URL(name, STATIC))), []);
});

test("the API, the admin and posts are the network's alone", async () => {
  const worker = startWorker(online);
  for (const path of ["/api/v1/sites/x/board/", "/fhir/Immunization", "/health/live"]) assert.equal(await worker.ask(path), undefined);
  assert.equal(await worker.ask("/api/v1/sites/x/alerts/", { method: "POST" }), undefined);
  assert.equal(await worker.ask("https://elsewhere.example/static/x.js".replace(ORIGIN, "")), undefined);

  assert.deepEqual(worker.kept(), []);
});

test("the hall's pages open without network once they were seen", async () => {
  const network = flaky();
  const worker = startWorker(network);
  await worker.openPage(`/sites/${SITE}/board/`);
  network.isDown = true;
  const shell = await worker.openPage(`/sites/${SITE}/board/`);

  assert.equal(shell.isCopy, true);
});

test("the desk's pages are never kept; without network they say so in both languages", async () => {
  const network = flaky();
  const worker = startWorker(network);
  await worker.openPage("/cases/12/");
  assert.deepEqual(worker.kept(), []);
  network.isDown = true;
  const answer = await worker.openPage("/cases/12/");
  const text = await answer.text();

  assert.equal(answer.status, 503);
  assert.match(text, /纸质留观单/);
  assert.match(text, /paper floor sheet/);
  assert.doesNotMatch(text, /<script|style=/);
});

test("a redirect to the log-in page and an error are passed on and not kept", async () => {
  const answers = [{ redirected: true }, { ok: false, status: 500 }];
  const network = async (request) => ({ ...(await online(request)), ...answers.shift() });
  const worker = startWorker(network);
  await worker.openPage(`/sites/${SITE}/board/`);
  const error = await worker.openPage(`/sites/${SITE}/board/`);

  assert.deepEqual([error.status, worker.kept()], [500, []]);
});

test("our own files come fresh while there is a network, and from the cache when it hangs", async () => {
  const network = flaky();
  const worker = startWorker((request) => (network.hangs ? new Promise(() => {}) : network(request)));
  assert.equal((await worker.ask("/static/dashboards/base.css")).isCopy, undefined);
  assert.equal((await worker.ask("/static/dashboards/base.css")).isCopy, undefined);
  network.isDown = true;

  assert.equal((await worker.ask("/static/dashboards/base.css")).isCopy, true);
});

test("vendored files are asked for once", async () => {
  let asked = 0;
  const worker = startWorker((request) => {
    asked += 1;
    return online(request);
  });
  for (let n = 0; n < 3; n += 1) await worker.ask("/static/vendor/lit-html-3.3.3/lit-html.js");

  assert.equal(asked, 1);
});

test("locking the screen forgets the kept pages", async () => {
  const worker = startWorker(online);
  await worker.openPage(`/sites/${SITE}/board/`);
  assert.equal(worker.kept().length, 1);
  await worker.ask("/leave/", { method: "POST", mode: "navigate" });

  assert.deepEqual(worker.kept(), []);
});

test("a new version drops the caches of the old one and leaves others alone", async () => {
  const worker = startWorker(online);
  for (const name of ["aefi-shell-0", "aefi-pages-0", "another"]) worker.stores.set(name, new Map());
  await worker.dispatch("activate");

  assert.deepEqual([...worker.stores.keys()], ["another"]);
});
