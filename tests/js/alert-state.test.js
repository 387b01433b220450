/** A call through its life, as its events tell it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { alertFrom, changedAlert, isRunning, isUnanswered, reachOf } from "../../dashboards/static/dashboards/core/alert-state.js";

const AT = "2026-05-01T04:00:00+00:00";
const event = (event_type, payload = {}, subject = "x") => ({ event_type, subject, payload, server_at: AT });
const after = (...events) => events.reduce(changedAlert, new Map()).get("x");
const raised = event("alert.raised", { seat: "A18", bay: "A", priority: "high", observation: "a", called_at: AT, is_drill: true });
const paged = (round, ...people) =>
  event("alert.paged", { step: 1, round, next_step_at: AT, pages: people.map((responder, n) => ({ page: `p${round}${n}`, responder, channel: responder ? "screen" : "board" })) });

test("a call is raised with its place, its time and whether it is a drill", () => {
  const alert = after(raised);

  assert.deepEqual([alert.seat, alert.calledAt, alert.isDrill, alert.state, alert.observation], ["A18", Date.parse(AT), true, "open", "a"]);
  assert.ok(isRunning(alert) && isUnanswered(alert));
});

test("a call that says nothing of itself is high and its time is the server's", () => {
  const alert = after(event("alert.raised", {}));

  assert.deepEqual([alert.priority, alert.calledAt, alert.place], ["high", Date.parse(AT), ""]);
});

test("pages add up over the rounds", () => {
  const alert = after(raised, paged(1, "u1", null), paged(2, "u1", "u2"));

  assert.deepEqual([alert.state, alert.round, alert.pages.size, alert.nextStepAt], ["paging", 2, 4, Date.parse(AT)]);
});

test("a page that no screen proved is joined by the one outside, and the call stays as it was", () => {
  const before = after(raised, paged(1, "u1"));
  const alert = after(raised, paged(1, "u1"), event("alert.unproved", { step: 1, round: 1, state: "paging", pages: [{ page: "out", responder: "u1", channel: "outside" }] }));

  assert.deepEqual([alert.state, alert.round, alert.nextStepAt], ["paging", 1, before.nextStepAt]);
  assert.deepEqual([...alert.pages.values()].map((page) => page.channel), ["screen", "outside"]);
});

test("the first answer silences, later ones join, and the server's state wins", () => {
  const alert = after(
    raised, paged(1, "u1"),
    event("alert.acknowledged", { responder: "u1", name: "Dr Li", state: "acknowledged" }),
    event("alert.joined", { responder: "u2", name: "Dr Wu", state: "acknowledged" }),
  );

  assert.equal(isUnanswered(alert), false);
  assert.deepEqual([...alert.responders], [["u1", { name: "Dr Li", state: "coming" }], ["u2", { name: "Dr Wu", state: "coming" }]]);
});

test("who declines after answering is kept, and the call is open again when the server says so", () => {
  const alert = after(raised, event("alert.acknowledged", { responder: "u1", name: "Dr Li" }), event("alert.declined", { responder: "u1", state: "paging" }));

  assert.deepEqual([alert.state, alert.responders.get("u1")], ["paging", { name: "Dr Li", state: "declined" }]);
});

test("the doctor arrives, the call is reopened, exhausted and resolved", () => {
  const states = [
    event("alert.arrived", { responder: "u1" }), event("alert.reopened", { reason: "nobody_arrived" }), event("alert.exhausted"), event("alert.resolved"),
  ].map((one, n, all) => after(raised, ...all.slice(0, n + 1)).state);

  assert.deepEqual(states, ["on_scene", "paging", "exhausted", "resolved"]);
  assert.equal(isRunning({ state: "resolved" }), false);
});

test("an answer from a locked device has no person and is shown all the same", () => {
  const alert = after(raised, event("alert.acknowledged", { responder: null, name: "Tablet 2" }));

  assert.deepEqual(alert.responders.get(null), { name: "Tablet 2", state: "coming" });
});

test("receipts find their page by the call or by the page alone, and count people once", () => {
  const alert = after(
    raised, paged(1, "u1", "u2", null), paged(2, "u1"),
    event("page.receipt", { page: "p10", kind: "received" }), event("page.receipt", { page: "p20", kind: "sounded" }),
    event("page.receipt", { page: "p11", kind: "displayed" }, "p11"), event("page.receipt", { page: "p12", kind: "displayed" }),
    event("page.receipt", { page: "unknown", kind: "displayed" }),
  );

  assert.deepEqual(reachOf(alert), { paged: 2, received: 2, displayed: 2, sounded: 1, acknowledged: 0 });
});

test("a page handed to a gateway has not been received", () => {
  const alert = after(raised, paged(1, "u1"), event("page.receipt", { page: "p10", kind: "handed_off" }));

  assert.deepEqual(reachOf(alert), { paged: 1, received: 0, displayed: 0, sounded: 0, acknowledged: 0 });
});

test("signs that became known later stand on the call without a reload", () => {
  const alert = after(raised, event("alert.described", { summary: { signs: ["breathing"] }, state: "open" }));

  assert.deepEqual(alert.summary, { signs: ["breathing"] });
});

test("an event about no call here leaves the calls as they are", () => {
  const alerts = changedAlert(new Map(), raised);

  assert.equal(changedAlert(alerts, event("alert.moved", { seat: "B1" }, "another")), alerts);
  assert.equal(changedAlert(alerts, event("duty.started")), alerts);
});

test("the API's form of a call and its receipts give the same call", () => {
  const alert = alertFrom({
    uuid: "x", state: "paging", priority: "medium", subject: "a", called_at: AT,
    pages: [{ uuid: "p1", responder: "u1", responder_name: "Dr Li", channel: "screen", receipts: [{ kind: "displayed", at: AT }] }],
    responders: [{ responder: "u1", name: "Dr Li", state: "coming", is_first: true }],
  });

  assert.equal(alert.observation, "a");
  assert.deepEqual(reachOf(alert).displayed, 1);
  assert.deepEqual(alert.responders.get("u1"), { name: "Dr Li", state: "coming" });
});
