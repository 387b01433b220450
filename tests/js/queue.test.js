/** The queue against a network that fails: order, once in effect, help first, nothing lost silently. */
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { CommandQueue, newKey } from "../../dashboards/static/dashboards/core/queue.js";
import { MemoryStore, openStore } from "../../dashboards/static/dashboards/core/queue-store.js";

const OK = { status: 201, data: {}, problem: null };
const DOWN = { status: 0, problem: { status: 0, title: "Failed to fetch", detail: "", errors: [] } };
const refusal = (status) => ({ status, problem: { status, title: "No", detail: "", errors: [] } });

/** A server that applies a key once and answers what the test says. */
class Server {
  applied = [];
  seen = [];
  answer = () => OK;

  send = async (command) => {
    this.seen.push(command);
    const answer = this.answer(command);
    if (answer.status === 201 && !this.applied.includes(command.key)) this.applied.push(command.key);
    return answer;
  };
}

const until = async (isTrue, limit = 3000) => {
  const end = Date.now() + limit;
  while (!(await isTrue())) {
    assert.ok(Date.now() < end, "it takes too long");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
const queues = [];
const makeQueue = (server, options = {}) => {
  const queue = new CommandQueue({ send: server.send, store: new MemoryStore(), random: () => 0, locks: undefined, ...options });
  queues.push(queue);
  return queue;
};
afterEach(() => queues.splice(0).forEach((queue) => queue.stop()));
const isEmpty = (queue) => async () => (await queue.entries()).length === 0;

test("commands arrive in the order they were tapped", async () => {
  const server = new Server();
  const queue = makeQueue(server);
  await queue.start();
  const keys = [];
  for (let n = 0; n < 20; n += 1) keys.push(await queue.enqueue({ path: `/release/${n}` }));
  await until(isEmpty(queue));

  assert.deepEqual(server.applied, keys);
  assert.ok(server.seen.every((command) => command.source === "live" && command.method === "POST"));
});

test("forty releases and a call made without network arrive once each, the call first", async () => {
  const server = new Server();
  server.answer = () => DOWN;
  const queue = makeQueue(server);
  await queue.start();
  const releases = [];
  for (let n = 0; n < 40; n += 1) releases.push(await queue.enqueue({ path: `/release/${n}` }));
  const call = await queue.help({ path: "/alerts/" });
  await until(async () => (await queue.entries()).some((entry) => entry.key === call && entry.attempts > 0));
  assert.deepEqual(server.applied, []);

  server.answer = () => OK;
  await queue.retryNow();
  await until(isEmpty(queue), 8000);

  assert.deepEqual(server.applied.filter((key) => key !== call), releases);
  assert.ok(server.applied.indexOf(call) <= 1);
  assert.equal(server.applied.length, 41);
  assert.ok(server.seen.filter((command) => command.source === "offline").length >= 1);
});

test("an answer that was lost leads to a repeat under the same key, with the same body and time", async () => {
  const server = new Server();
  const queue = makeQueue(server);
  await queue.start();
  let isLost = true;
  server.answer = () => (isLost ? DOWN : OK);
  const key = await queue.enqueue({ path: "/release/1", body: { seat: "A1" } });
  await until(() => server.seen.length >= 1);
  isLost = false;
  await until(isEmpty(queue));
  const [first, second] = server.seen;

  assert.deepEqual(server.applied, [key]);
  assert.deepEqual([second.key, second.body, second.deviceAt], [first.key, first.body, first.deviceAt]);
  assert.deepEqual([first.source, second.source], ["live", "offline"]);
});

test("a refused command is listed with its words and the next one goes on", async () => {
  const server = new Server();
  const queue = makeQueue(server);
  const refused = [];
  queue.addEventListener("refused", ({ detail }) => refused.push(detail.problem.status));
  await queue.start();
  server.answer = ({ path }) => (path === "/bad" ? refusal(409) : OK);
  const bad = await queue.enqueue({ path: "/bad", label: "Release 12" });
  const good = await queue.enqueue({ path: "/good" });
  await until(async () => server.applied.includes(good));
  const summary = await queue.summary();

  assert.deepEqual(refused, [409]);
  assert.deepEqual([summary.waiting, summary.refused.map((entry) => entry.label)], [0, ["Release 12"]]);
  await queue.dismiss(bad);
  assert.deepEqual(await queue.entries(), []);
});

test("a refused command can be sent again", async () => {
  const server = new Server();
  const queue = makeQueue(server);
  await queue.start();
  server.answer = () => refusal(403);
  const key = await queue.enqueue({ path: "/x" });
  await until(async () => (await queue.summary()).refused.length === 1);
  server.answer = () => OK;
  await queue.retry(key);
  await until(isEmpty(queue));

  assert.deepEqual(server.applied, [key]);
});

test("a waiting command cannot be dismissed", async () => {
  const server = new Server();
  server.answer = () => DOWN;
  const queue = makeQueue(server);
  const key = await queue.enqueue({ path: "/x" });
  await queue.dismiss(key);

  assert.equal((await queue.entries()).length, 1);
});

test("a call does not wait for a normal command that hangs", async () => {
  const server = new Server();
  const hanging = new Promise(() => {});
  const queue = makeQueue(server, { send: (command) => (command.path === "/slow" ? hanging : server.send(command)) });
  await queue.start();
  await queue.enqueue({ path: "/slow" });
  const call = await queue.help({ path: "/alerts/" });
  await until(() => server.applied.length === 1);

  assert.deepEqual(server.applied, [call]);
});

test("the undo of a call that is not sent yet comes after it", async () => {
  const server = new Server();
  server.answer = () => DOWN;
  const queue = makeQueue(server);
  await queue.start();
  const call = await queue.help({ path: "/alerts/" });
  const undo = await queue.help({ path: "/alerts/x/cancel/", after: call });
  await until(() => server.seen.length >= 2);
  assert.ok(server.seen.every((command) => command.key === call));
  server.answer = () => OK;
  await until(isEmpty(queue));

  assert.deepEqual(server.applied, [call, undo]);
});

test("the same key twice is one command", async () => {
  const server = new Server();
  const queue = makeQueue(server);
  await queue.start();
  await Promise.all([1, 2].map(() => queue.enqueue({ key: "same", path: "/x" })));
  await until(isEmpty(queue));

  assert.deepEqual(server.applied, ["same"]);
});

test("what an earlier visit left behind is sent at the start", async () => {
  const server = new Server();
  const store = new MemoryStore();
  await makeQueue({ send: async () => DOWN }, { store }).enqueue({ key: "old", path: "/x" });
  const queue = makeQueue(server, { store });
  await queue.retryNow();
  await queue.start();
  await until(isEmpty(queue));

  assert.deepEqual(server.applied, ["old"]);
});

test("a second tab sends calls but leaves the order to the first", async () => {
  const server = new Server();
  const store = new MemoryStore();
  const heldByAnother = { request: () => new Promise(() => {}) };
  const second = makeQueue(server, { store, locks: heldByAnother });
  await second.start();
  await second.enqueue({ key: "release", path: "/release/1" });
  await second.help({ key: "call", path: "/alerts/" });
  await until(() => server.applied.includes("call"));
  assert.deepEqual(server.applied, ["call"]);

  const first = makeQueue(server, { store });
  await first.start();
  await until(isEmpty(first));
  assert.deepEqual(server.applied, ["call", "release"]);
});

test("a storage that fails is said, and the command still goes", async () => {
  const server = new Server();
  const broken = { isDurable: true, all: async () => [], add: async () => { throw new Error("QuotaExceededError"); } };
  const queue = makeQueue(server, { store: broken });
  const said = [];
  queue.addEventListener("not-durable", () => said.push("not durable"));
  await queue.start();
  const key = await queue.help({ path: "/alerts/" });
  await until(() => server.applied.length === 1);

  assert.deepEqual([server.applied, said], [[key], ["not durable"]]);
  assert.equal((await queue.summary()).isDurable, false);
});

test("a browser without storage gets memory", async () => {
  const store = await openStore({ open: () => { throw new Error("SecurityError"); } });

  assert.ok(store instanceof MemoryStore);
  assert.equal(store.isDurable, false);
});

test("a send that throws counts as a network that failed", async () => {
  let calls = 0;
  const queue = makeQueue({ send: async () => { calls += 1; if (calls === 1) throw new Error("boom"); return OK; } });
  await queue.start();
  await queue.enqueue({ path: "/x" });
  await until(isEmpty(queue));

  assert.equal(calls, 2);
});

test("keys are version 4 UUIDs, with and without the secure-context function", () => {
  const shape = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  const secure = globalThis.crypto.randomUUID;
  assert.match(newKey(), shape);
  Object.defineProperty(globalThis.crypto, "randomUUID", { value: undefined, configurable: true });
  assert.match(newKey(), shape);
  assert.notEqual(newKey(), newKey());
  Object.defineProperty(globalThis.crypto, "randomUUID", { value: secure, configurable: true });
});
