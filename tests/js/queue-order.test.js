/** Which command goes next, what an answer means, and how long to wait. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  LIVE_LIMIT, afterAttempt, nextWait, outcomeOf, retryWait, sendable, sourceOf, summaryOf,
} from "../../dashboards/static/dashboards/core/queue-order.js";

const NOON = Date.UTC(2026, 4, 1, 4);
const entry = (n, changes = {}) => ({
  n, key: `k${n}`, lane: "normal", after: null, attempts: 0, notBefore: 0, state: "waiting", problem: null,
  deviceAt: new Date(NOON).toISOString(), label: `Release ${n}`, ...changes,
});
const keys = (entries) => entries.map((one) => one.key);

test("answers: 2xx is done, the network, the server's faults and 'later' are tried again, the rest is refused", () => {
  const outcomes = (list) => [...new Set(list.map((status) => outcomeOf({ status })))];

  assert.deepEqual(outcomes([200, 201, 204]), ["sent"]);
  assert.deepEqual(outcomes([0, 500, 502, 503, 504, 408, 425, 429, 401]), ["retry"]);
  assert.deepEqual(outcomes([400, 403, 404, 409, 410, 413, 422, 302]), ["refused"]);
  assert.equal(outcomeOf({}), "retry");
});

test("normal commands leave one by one, by their order and not by their place in the list", () => {
  assert.deepEqual(keys(sendable([entry(3), entry(1), entry(2)], { now: NOON })), ["k1"]);
  assert.deepEqual(keys(sendable([entry(1), entry(2)], { now: NOON, busy: new Set(["k1"]) })), []);
});

test("a command that waits for its next attempt holds those behind it", () => {
  const entries = [entry(1, { notBefore: NOON + 1 }), entry(2)];

  assert.deepEqual(keys(sendable(entries, { now: NOON })), []);
  assert.deepEqual(keys(sendable(entries, { now: NOON + 1 })), ["k1"]);
});

test("a refused command holds nobody up", () => {
  assert.deepEqual(keys(sendable([entry(1, { state: "refused" }), entry(2)], { now: NOON })), ["k2"]);
});

test("calls for help go before and beside everything else", () => {
  const entries = [entry(1), entry(2), entry(3, { lane: "help" }), entry(4, { lane: "help" })];

  assert.deepEqual(keys(sendable(entries, { now: NOON })), ["k3", "k4", "k1"]);
  assert.deepEqual(keys(sendable(entries, { now: NOON, busy: new Set(["k1", "k3"]) })), ["k4"]);
});

test("one call that fails does not hold the next call", () => {
  const entries = [entry(1, { lane: "help", notBefore: NOON + 900 }), entry(2, { lane: "help" })];

  assert.deepEqual(keys(sendable(entries, { now: NOON })), ["k2"]);
});

test("an undo waits for its call and leaves once that was answered or refused", () => {
  const call = entry(1, { lane: "help", notBefore: NOON + 500 });
  const undo = entry(2, { lane: "help", after: "k1" });

  assert.deepEqual(keys(sendable([call, undo], { now: NOON })), []);
  assert.deepEqual(keys(sendable([undo], { now: NOON })), ["k2"]);
  assert.deepEqual(keys(sendable([{ ...call, state: "refused" }, undo], { now: NOON })), ["k2"]);
});

test("waits double up to a limit, a call's stay short, and what the server asks for is kept", () => {
  const waits = (lane) => [1, 2, 3, 6, 60].map((attempts) => retryWait({ lane, attempts }, { random: () => 0.5 }));

  assert.deepEqual(waits("normal"), [500, 1000, 2000, 15000, 15000]);
  assert.deepEqual(waits("help"), [300, 600, 1000, 2000, 2000]);
  assert.equal(retryWait({ lane: "normal", attempts: 1 }, { retryAfter: 30000, random: () => 0.5 }), 30000);
});

test("jitter spreads waits by a fifth either way", () => {
  const at = (random) => retryWait({ lane: "normal", attempts: 1 }, { random: () => random });

  assert.deepEqual([at(0), at(1)].map(Math.round), [400, 600]);
});

test("a failed attempt is counted and waits; a refused one keeps the server's words", () => {
  const problem = { status: 409, title: "Not due" };
  const failed = afterAttempt(entry(1), { status: 503, retryAfter: 0, problem }, { now: NOON, random: () => 0.5 });
  const refused = afterAttempt(entry(1), { status: 409, problem }, { now: NOON });

  assert.deepEqual([failed.state, failed.attempts, failed.notBefore], ["waiting", 1, NOON + 500]);
  assert.deepEqual([refused.state, refused.attempts, refused.problem], ["refused", 1, problem]);
});

test("the next wake-up is for the first that may leave", () => {
  const entries = [entry(1, { notBefore: NOON + 4000 }), entry(2), entry(3, { lane: "help", notBefore: NOON + 600 })];

  assert.equal(nextWait(entries, { now: NOON }), 600);
  assert.equal(nextWait(entries, { now: NOON, busy: new Set(["k3"]) }), 4000);
  assert.equal(nextWait(entries.slice(0, 1), { now: NOON + 9000 }), 0);
  assert.equal(nextWait([entry(1, { state: "refused" })], { now: NOON }), null);
});

test("a command is live only when it leaves at its first attempt and soon after the tap", () => {
  assert.equal(sourceOf(entry(1), NOON + LIVE_LIMIT), "live");
  assert.equal(sourceOf(entry(1), NOON + LIVE_LIMIT + 1), "offline");
  assert.equal(sourceOf(entry(1, { attempts: 1 }), NOON), "offline");
});

test("the summary counts what waits and what was refused, and says when somebody must log in", () => {
  const entries = [entry(3, { state: "refused" }), entry(2, { lane: "help" }), entry(1, { problem: { status: 401 } })];
  const { refused, ...rest } = summaryOf(entries);

  assert.deepEqual(rest, { waiting: 2, help: 1, needsLogin: true, oldestAt: new Date(NOON).toISOString() });
  assert.deepEqual(keys(refused), ["k3"]);
  assert.deepEqual(summaryOf([]), { waiting: 0, help: 0, refused: [], needsLogin: false, oldestAt: null });
});
