/** The live line against sockets that drop, skip, repeat and fall silent. */
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Live, reconnectWait } from "../../dashboards/static/dashboards/core/live.js";
import { ServerClock } from "../../dashboards/static/dashboards/core/server-clock.js";

const NOON = Date.UTC(2026, 4, 1, 4);
const event = (seq) => ({ type: "event", stream: "s", seq, event_type: "x", subject: "", payload: {}, server_at: "" });

class Socket {
  readyState = 0;
  sent = [];
  open(welcome) {
    this.readyState = 1;
    this.onopen();
    if (welcome) this.say(welcome);
  }
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  say(frame) {
    this.onmessage({ data: JSON.stringify(frame) });
  }
  drop(code = 1006) {
    this.readyState = 3;
    this.onclose({ code });
  }
  close() {
    this.readyState = 3;
  }
}

/** A server with `head` events, of which HTTP serves any range; its answers may fail. */
class World {
  sockets = [];
  asked = [];
  head = 10;
  epoch = "e1";
  isDown = false;
  mono = 1000;
  seen = [];

  constructor() {
    this.clock = new ServerClock({ monotonic: () => this.mono, wall: () => NOON + this.mono });
    this.live = new Live({
      site: "s",
      device: "d",
      clock: this.clock,
      get: (path) => this.get(path),
      deps: { monotonic: () => this.mono, wall: () => NOON + this.mono, random: () => 0, openSocket: (path) => this.openSocket(path) },
    });
    this.live.addEventListener("event", ({ detail }) => this.seen.push(detail.seq));
    this.live.addEventListener("snapshot", ({ detail }) => this.seen.push(`snapshot ${detail.head}`));
  }

  openSocket(path) {
    const socket = new Socket();
    socket.path = path;
    this.sockets.push(socket);
    return socket;
  }

  async get(path) {
    this.asked.push(path);
    await null;
    if (this.isDown) return { ok: false, status: 0 };
    const base = { epoch: this.epoch, head: this.head, server_time: NOON + this.mono, rate: 1 };
    const after = Number(path.match(/after=(\d+)/)?.[1]);
    if (!path.includes("/events")) return { ok: true, data: { ...base, tiles: [] } };
    const events = Array.from({ length: Math.min(3, this.head - after) }, (_, n) => event(after + n + 1));
    return { ok: true, data: { ...base, events, snapshot_needed: false } };
  }

  get socket() {
    return this.sockets.at(-1);
  }

  get welcome() {
    return { type: "welcome", server_time: NOON + this.mono, epoch: this.epoch, head: this.head, rate: 1 };
  }

  beat(changes = {}) {
    this.socket.say({ type: "beat", server_time: NOON + this.mono, head: this.head, timer_lag_ms: 3, pager_age_ms: 200, rate: 1, ...changes });
  }
}

const worlds = [];
const settle = async () => {
  for (let n = 0; n < 60; n += 1) await new Promise((resolve) => setImmediate(resolve));
};
const startWorld = async () => {
  const world = new World();
  worlds.push(world.live);
  await world.live.start();
  return world;
};
const openWorld = async () => {
  const world = await startWorld();
  world.socket.open(world.welcome);
  return world;
};
afterEach(() => worlds.splice(0).forEach((live) => live.stop()));

test("it fetches the board, then says where it stands", async () => {
  const world = await openWorld();

  assert.deepEqual(world.seen, ["snapshot 10"]);
  assert.equal(world.socket.path, "/ws/sites/s/");
  assert.deepEqual(world.socket.sent[0], { type: "hello", device: "d", streams: [{ id: "s", epoch: "e1", last_seq: 10, link: "" }] });
  assert.equal(world.clock.now(), NOON + world.mono);
});

test("events pass in order, once, and the server hears how far it got", async () => {
  const world = await openWorld();
  [11, 12, 12, 11, 13].forEach((seq) => world.socket.say(event(seq)));

  assert.deepEqual(world.seen.slice(1), [11, 12, 13]);
  assert.deepEqual(world.socket.sent.filter((frame) => frame.type === "seen"), [{ type: "seen", seq: 11 }]);
});

test("a hole is fetched over HTTP, page by page, before what came after it", async () => {
  const world = await openWorld();
  world.head = 20;
  world.socket.say(event(20));
  assert.deepEqual(world.seen, ["snapshot 10"]);
  await settle();

  assert.deepEqual(world.seen.slice(1), [11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
  assert.equal(world.asked.filter((path) => path.includes("/events?after=")).length >= 3, true);
});

test("a beat whose head is ahead shows that the last event was lost", async () => {
  const world = await openWorld();
  world.head = 12;
  world.beat();
  await settle();

  assert.deepEqual(world.seen.slice(1), [11, 12]);
});

test("another epoch and a stream that was cut both lead to a new board", async () => {
  const world = await startWorld();
  world.epoch = "e2";
  world.socket.open(world.welcome);
  await settle();
  assert.deepEqual(world.seen, ["snapshot 10", "snapshot 10"]);

  world.head = 900;
  world.socket.say({ type: "snapshot_needed", head: 900 });
  await settle();
  assert.deepEqual(world.seen.at(-1), "snapshot 900");
  assert.equal(world.live.seq, 900);
});

test("events that come while the board is fetched are neither lost nor doubled", async () => {
  const world = await openWorld();
  world.socket.say({ type: "snapshot_needed", head: 10 });
  [11, 12].forEach((seq) => world.socket.say(event(seq)));
  world.head = 12;
  await settle();

  assert.equal(world.live.seq, 12);
  const sinceBoard = world.seen.slice(world.seen.lastIndexOf(world.seen.findLast((one) => String(one).startsWith("snapshot"))) + 1);
  assert.ok(sinceBoard.length === 0 || sinceBoard.at(-1) === 12);
});

test("a dropped socket is opened again and says where it stopped", async () => {
  const world = await openWorld();
  world.socket.say(event(11));
  world.socket.drop();
  await new Promise((resolve) => setTimeout(resolve, 20));
  world.socket.open(world.welcome);

  assert.equal(world.sockets.length, 2);
  assert.equal(world.socket.sent[0].streams[0].last_seq, 11);
});

test("after three failures it polls, and stops when the socket is back", async () => {
  const world = await openWorld();
  world.head = 12;
  for (let n = 0; n < 3; n += 1) {
    world.socket.drop();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await settle();
  assert.deepEqual(world.seen.slice(1), [11, 12]);
  assert.ok(world.asked.some((path) => path.endsWith("wait=4")));

  world.socket.open(world.welcome);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const asked = world.asked.length;
  await new Promise((resolve) => setTimeout(resolve, 1100));
  assert.equal(world.asked.length, asked);
});

test("silence turns it slow and lost, and a dead socket is replaced", async () => {
  const world = await openWorld();
  const lines = [];
  world.live.addEventListener("link", ({ detail }) => lines.push(detail.state));
  world.beat();
  for (let second = 0; second < 9; second += 1) {
    world.mono += 1000;
    world.live.tick();
  }

  assert.deepEqual([...new Set(lines)], ["ok", "slow", "lost"]);
  assert.equal(world.sockets.length, 2);
  world.socket.open(world.welcome);
  assert.equal(lines.at(-1), "ok");
});

test("words of a socket that was given up are not heard", async () => {
  const world = await openWorld();
  const old = world.socket;
  world.mono += 60000;
  world.live.wake();
  old.say(event(11));

  assert.deepEqual(world.seen, ["snapshot 10"]);
  assert.equal(world.sockets.length, 2);
});

test("waking with a live line opens nothing", async () => {
  const world = await openWorld();
  world.beat();
  world.live.wake();

  assert.equal(world.sockets.length, 1);
});

test("a device that slept asks at once and does not call its data live", async () => {
  const world = await openWorld();
  world.beat();
  world.mono += 600000;
  world.live.wake();

  assert.equal(world.sockets.length, 2);
  assert.equal(world.live.tick().state, "slow");
});

test("beats that are late three times make it open a new line", async () => {
  const world = await openWorld();
  world.beat();
  const said = NOON + world.mono;
  world.mono += 3000;
  for (let n = 0; n < 3; n += 1) world.beat({ server_time: said });

  assert.equal(world.sockets.length, 2);
});

test("a refusal is told to the page", async () => {
  const world = await openWorld();
  const codes = [];
  world.live.addEventListener("refused", ({ detail }) => codes.push(detail));
  world.socket.drop(4401);
  world.socket.drop(1006);

  assert.deepEqual(codes, [4401]);
});

test("a server that is down at the start is asked for the board once it answers", async () => {
  const world = new World();
  worlds.push(world.live);
  world.isDown = true;
  await world.live.start();
  assert.deepEqual(world.seen, []);
  world.isDown = false;
  world.socket.open(world.welcome);
  await settle();

  assert.deepEqual(world.seen, ["snapshot 10"]);
});

test("a receipt goes over the open line", async () => {
  const world = await openWorld();
  world.live.receipt("p1", "displayed");

  assert.deepEqual(world.socket.sent.at(-1), { type: "receipt", page: "p1", kind: "displayed" });
});

test("waits before the next try: at once, within two seconds five times, then within ten", () => {
  const longest = [0, 1, 2, 3, 5, 6, 50].map((failures) => reconnectWait(failures, () => 1));

  assert.deepEqual(longest, [0, 500, 1000, 2000, 2000, 10000, 10000]);
  assert.equal(reconnectWait(9, () => 0), 0);
});
