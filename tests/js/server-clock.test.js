/** The server's time as the browser estimates it: delays, wrong device clocks, sleeping devices, the fast demo clock. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ServerClock, probe } from "../../dashboards/static/dashboards/core/server-clock.js";

const NOON = Date.UTC(2026, 4, 1, 4, 0, 0);

const makeClock = ({ deviceWrongBy = 0 } = {}) => {
  const time = { mono: 1000 };
  const clock = new ServerClock({ monotonic: () => time.mono, wall: () => NOON + deviceWrongBy + time.mono });
  return { clock, time };
};
/** A round trip at real time `sent`, with these one-way delays, to a server whose clock is NOON + offset + mono. */
const roundTrip = (clock, { sent, there, back, offset = 0, rate = 1 }) =>
  clock.sample({ serverTime: NOON + offset + rate * (sent + there), sentAt: sent, receivedAt: sent + there + back, rate });

test("before any answer it shows the device's clock and says that it is not set", () => {
  const { clock } = makeClock({ deviceWrongBy: 5 });

  assert.equal(clock.isSet, false);
  assert.equal(clock.now(), NOON + 5 + 1000);
  assert.equal(clock.deviceOffset(), null);
});

test("one symmetric round trip gives the exact time, whatever the device's clock says", () => {
  const { clock, time } = makeClock({ deviceWrongBy: 7 * 60000 });
  roundTrip(clock, { sent: 1000, there: 40, back: 40 });
  time.mono = 9000;

  assert.equal(clock.now(), NOON + 9000);
  assert.equal(clock.deviceOffset(), -7 * 60000);
  assert.ok(Math.abs(clock.uncertainty - 40) < 2);
});

test("the shortest of the last round trips counts", () => {
  const { clock, time } = makeClock();
  roundTrip(clock, { sent: 1000, there: 900, back: 10 });
  roundTrip(clock, { sent: 2000, there: 5, back: 5 });
  roundTrip(clock, { sent: 3000, there: 10, back: 700 });
  time.mono = 4000;

  assert.ok(Math.abs(clock.now() - (NOON + 4000)) < 1);
});

test("old round trips are forgotten after eight newer ones", () => {
  const { clock, time } = makeClock();
  roundTrip(clock, { sent: 1000, there: 1, back: 1 });
  for (let n = 1; n <= 8; n += 1) roundTrip(clock, { sent: 1000 + n * 100, there: 30, back: 30, offset: 20 });
  time.mono = 2000;

  assert.ok(Math.abs(clock.now() - (NOON + 20 + 2000)) < 1);
});

test("beats alone give the best lower bound", () => {
  const { clock, time } = makeClock();
  clock.beat({ serverTime: NOON + 1000 - 300, receivedAt: 1000 });
  clock.beat({ serverTime: NOON + 3000 - 20, receivedAt: 3000 });
  clock.beat({ serverTime: NOON + 5000 - 400, receivedAt: 5000 });
  time.mono = 6000;

  assert.ok(Math.abs(clock.now() - (NOON + 6000 - 20)) < 2);
  assert.equal(clock.uncertainty, Infinity);
});

test("a beat corrects a round trip whose way back was slow", () => {
  const { clock, time } = makeClock();
  roundTrip(clock, { sent: 1000, there: 0, back: 800 });
  clock.beat({ serverTime: NOON + 3000 - 5, receivedAt: 3000 });
  time.mono = 4000;

  assert.ok(Math.abs(clock.now() - (NOON + 4000 - 5)) < 2);
});

test("the shown time never runs backwards for a small correction", () => {
  const { clock, time } = makeClock();
  clock.beat({ serverTime: NOON + 1400, receivedAt: 1000 });
  time.mono = 2000;
  const before = clock.now();
  for (let n = 0; n < 9; n += 1) roundTrip(clock, { sent: 2000 + n, there: 0, back: 0 });
  clock.reset();
  roundTrip(clock, { sent: 2010, there: 0, back: 0 });
  time.mono = 2100;

  assert.equal(clock.now(), before);
  time.mono = 3000;
  assert.ok(Math.abs(clock.now() - (NOON + 3000)) < 1);
});

test("a server whose clock was set an hour back is believed after one round trip", () => {
  const { clock, time } = makeClock();
  roundTrip(clock, { sent: 1000, there: 10, back: 10 });
  time.mono = 5000;
  clock.now();
  roundTrip(clock, { sent: 5000, there: 10, back: 10, offset: -3600000 });
  time.mono = 6000;

  assert.ok(Math.abs(clock.now() - (NOON + 6000 - 3600000)) < 1);
});

test("a device that slept, its monotonic clock standing still, is put right by the first beat", () => {
  const { clock, time } = makeClock();
  roundTrip(clock, { sent: 1000, there: 10, back: 10 });
  time.mono = 2000;
  clock.beat({ serverTime: NOON + 2000 + 600000, receivedAt: 2000 });

  assert.ok(Math.abs(clock.now() - (NOON + 602000)) < 1);
});

test("a late beat does not pull the time back, and its lateness is known", () => {
  const { clock, time } = makeClock();
  roundTrip(clock, { sent: 1000, there: 5, back: 5 });
  time.mono = 31000;
  clock.beat({ serverTime: NOON + 1000, receivedAt: 31000 });

  assert.ok(Math.abs(clock.now() - (NOON + 31000)) < 1);
  assert.ok(Math.abs(clock.lateness(NOON + 1000, 31000) - 30000) < 5);
});

test("the demonstration's clock runs at its rate", () => {
  const { clock, time } = makeClock();
  roundTrip(clock, { sent: 1000, there: 20, back: 20, rate: 20 });
  time.mono = 2000;

  assert.ok(Math.abs(clock.now() - (NOON + 20 * 2000)) < 1);
  assert.ok(Math.abs(clock.lateness(NOON + 20 * 1500, 2000) - 500) < 5);
});

test("a new rate starts the estimate anew", () => {
  const { clock, time } = makeClock();
  roundTrip(clock, { sent: 1000, there: 5, back: 5 });
  clock.beat({ serverTime: NOON + 7000, receivedAt: 2000, rate: 10 });
  time.mono = 2100;

  assert.equal(clock.rate, 10);
  assert.ok(Math.abs(clock.now() - (NOON + 8000)) < 1);
});

test("nonsense is ignored: no instant, an answer before its question, a rate of zero", () => {
  const { clock } = makeClock();
  clock.beat({ serverTime: "soon" });
  clock.sample({ serverTime: NOON, sentAt: 2000, receivedAt: 1000 });
  assert.equal(clock.isSet, false);

  clock.beat({ serverTime: NOON, receivedAt: 1000, rate: 0 });
  assert.equal(clock.rate, 1);
});

test("instants are read from ISO text as the server writes it", () => {
  const { clock } = makeClock();
  clock.sample({ serverTime: "2026-05-01T12:00:01+08:00", sentAt: 1000, receivedAt: 1000 });

  assert.equal(clock.now(), NOON + 1000);
});

test("a probe times its request and learns from the answer", async () => {
  const { clock, time } = makeClock();
  const fetcher = async () => {
    time.mono += 60;
    return { json: async () => ({ server_time: NOON + 1030, rate: 1, head: 4 }) };
  };
  const body = await probe(clock, "/health/live", { fetcher, monotonic: () => time.mono });

  assert.equal(body.head, 4);
  assert.equal(clock.now(), NOON + 1060);
});
