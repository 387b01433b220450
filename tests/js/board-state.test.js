/** The floor after each event: what changes, what stays, what is ignored. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EMPTY, alarmed, bySeat, countsOf, fromSnapshot, reduce, runningAlerts, shownTiles, sweepOf, tileFrom } from "../../dashboards/static/dashboards/core/board-state.js";
import { MINUTE } from "../../dashboards/static/dashboards/core/time-left.js";

const NOON = Date.UTC(2026, 4, 1, 4);
const iso = (minutes) => new Date(NOON + minutes * MINUTE).toISOString();
const event = (event_type, subject, payload = {}, changes = {}) => ({ event_type, subject, payload, server_at: iso(0), ...changes });
const next = (floor, one) => reduce(floor, { seq: floor.seq + 1, ...one });
const after = (floor, ...events) => events.reduce(next, floor);
const started = (subject, facts = {}) =>
  event("observation.started", subject, { ticket: `T${subject}`, party: null, started_at: iso(0), due_at: iso(30), flags: [], seat: null, bay: null, ...facts });
const withOne = (...events) => after(EMPTY, started("a", { seat: "A18", bay: "A" }), ...events);
const tileAfter = (...events) => withOne(...events).tiles.get("a");

test("a check-in makes a tile", () => {
  const tile = withOne().tiles.get("a");

  assert.deepEqual([tile.ticket, tile.seat, tile.dueAt, tile.endedAt, tile.reaction], ["Ta", "A18", NOON + 30 * MINUTE, null, null]);
});

test("the old floor stays as it was", () => {
  const before = withOne();
  const changed = next(before, event("observation.extended", "a", { due_at: iso(60) }));

  assert.equal(before.tiles.get("a").dueAt, NOON + 30 * MINUTE);
  assert.equal(changed.tiles.get("a").dueAt, NOON + 60 * MINUTE);
  assert.equal(changed.alerts, before.alerts);
});

test("an event that was applied before changes nothing", () => {
  const moved = { ...event("observation.moved", "a", { seat: "B2", bay: "B" }), seq: 2 };
  const floor = withOne(moved);

  assert.equal(reduce(floor, moved), floor);
  assert.equal(reduce(floor, { ...moved, seq: 1, payload: { seat: "C3" } }), floor);
});

test("unknown events and unknown people only move the stream on", () => {
  const before = withOne();
  const floor = after(before, event("moon.rose", "a", { x: 1 }), event("observation.moved", "nobody", { seat: "B2" }), event("toString", "a"));

  assert.deepEqual([floor.tiles, floor.alerts, floor.seq], [before.tiles, before.alerts, before.seq + 3]);
});

test("an event without facts does no harm", () => {
  assert.equal(tileAfter({ ...event("observation.moved", "a"), payload: null }).seat, null);
});

test("a seat is given, confirmed and changed", () => {
  const late = tileAfter(event("observation.not_seated", "a"));
  const seated = tileAfter(event("observation.not_seated", "a"), event("observation.seated", "a", { seat: "A2", bay: "A", is_confirmed: true, seated_at: iso(2) }));
  const moved = tileAfter(event("observation.moved", "a", { seat: "B1", bay: "B" }));

  assert.equal(late.isNotSeated, true);
  assert.deepEqual([seated.seat, seated.isSeatConfirmed, seated.seatedAt, seated.isNotSeated], ["A2", true, NOON + 2 * MINUTE, false]);
  assert.deepEqual([moved.seat, moved.bay], ["B1", "B"]);
});

test("the other names of the same facts are understood", () => {
  const seated = tileAfter(event("observation.unseated_amber", "a"), event("observation.seated", "a", { seat: "A2", bay: "A", confirmed: true }));
  const reacted = tileAfter(event("observation.reaction", "a", { reaction: "r", suspected_stress_response: true, has_danger: false }));

  assert.deepEqual([seated.isSeatConfirmed, seated.seatedAt], [true, NOON]);
  assert.deepEqual(reacted.reaction, { uuid: "r", danger: false, stressSubtype: "suspected" });
  assert.equal(tileFrom({ uuid: "b", given_at: iso(1) }).startedAt, NOON + MINUTE);
});

test("a second look begins, is renewed and ends", () => {
  const watch = event("observation.watch_started", "a", { recheck_at: iso(5) }, { server_at: iso(0) });
  const again = event("observation.rechecked", "a", { recheck_at: iso(10) });
  const watched = tileAfter(watch, again);

  assert.deepEqual([watched.watchedSince, watched.recheckAt], [NOON, NOON + 10 * MINUTE]);
  const over = tileAfter(event("observation.watch_started", "a", { recheck_at: iso(5) }), event("observation.watch_ended", "a"));
  assert.deepEqual([over.watchedSince, over.recheckAt], [null, null]);
});

test("an observation ends, and one that left early stays until it is settled", () => {
  const left = withOne(event("observation.ended", "a", { kind: "left_early", ended_at: iso(12) }));
  const settled = next(left, event("observation.settled", "a"));

  assert.deepEqual(shownTiles(left, NOON + 13 * MINUTE).map((row) => row.shown.state), ["left-early"]);
  assert.deepEqual(shownTiles(settled, NOON + 13 * MINUTE), []);
});

test("a reaction is shown, and undone only by its own undo", () => {
  const report = () => event("reaction.reported", "r1", { reaction: "r1", observation: "a", signs: {}, danger: false, stress_subtype: "faint" });

  assert.deepEqual(tileAfter(report()).reaction, { uuid: "r1", danger: false, stressSubtype: "faint" });
  assert.equal(tileAfter(report(), event("reaction.undone", "r2", { reaction: "r2", observation: "a" })).reaction.uuid, "r1");
  assert.equal(tileAfter(report(), event("reaction.undone", "r1", { reaction: "r1", observation: "a" })).reaction, null);
});

const raised = (subject, facts = {}) => event("alert.raised", subject, { seat: "A18", bay: "A", priority: "high", is_drill: false, observation: "a", called_at: iso(1), summary: "A18", ...facts });

test("a call makes its seat an alarm until it is over", () => {
  const floor = withOne(raised("x"));
  const shownAt = (state) => shownTiles(state, NOON).map((row) => row.shown.state);

  assert.deepEqual([shownAt(floor), countsOf(floor, NOON).alarm], [["alarm"], 1]);
  for (const end of ["alert.resolved", "alert.cancelled", "alert.reviewed"]) {
    assert.deepEqual(shownAt(next(floor, event(end, "x"))), ["observing"]);
  }
});

test("a low call is a line, not an alarm", () => {
  const floor = withOne(raised("x", { priority: "low" }));

  assert.equal(alarmed(floor).size, 0);
  assert.equal(runningAlerts(floor).length, 1);
  assert.deepEqual([...alarmed(next(floor, event("alert.raised_to_high", "x")))], [["a", NOON + MINUTE]]);
});

test("a call for somebody who has no tile stands among the calls", () => {
  const floor = withOne(raised("x", { observation: null, seat: null, place: "Gate 2" }));

  assert.deepEqual(runningAlerts(floor).map((alert) => alert.place), ["Gate 2"]);
  assert.deepEqual([...alarmed(floor)], []);
});

test("two calls for one person count from the first", () => {
  const floor = withOne(raised("late", { called_at: iso(5) }), raised("first", { called_at: iso(2), priority: "medium" }));

  assert.deepEqual([...alarmed(floor)], [["a", NOON + 2 * MINUTE]]);
});

test("calls are ordered by urgency and then by age", () => {
  const floor = after(EMPTY, raised("m", { priority: "medium", called_at: iso(0) }), raised("h2", { called_at: iso(3) }), raised("h1", { called_at: iso(2) }));

  assert.deepEqual(runningAlerts(floor).map((alert) => alert.uuid), ["h1", "h2", "m"]);
});

test("the alarm follows the patient to another seat", () => {
  const floor = withOne(raised("x"), event("alert.moved", "x", { seat: "B4", bay: "B" }));

  assert.equal(floor.alerts.get("x").seat, "B4");
});

test("a sweep resets the bay's age, by code or by key", () => {
  const floor = fromSnapshot({ epoch: "e", head: 0, bays: [{ uuid: "u", code: "A", swept_at: null }] });
  const byKey = next(floor, event("bay.swept", "u", { bay: "u", at: iso(0) }));
  const byCode = next(floor, event("bay.swept", "u", { bay: "A", at: iso(1) }));

  assert.equal(byKey.bays.get("A").sweptAt, NOON);
  assert.equal(byCode.bays.get("A").sweptAt, NOON + MINUTE);
  assert.deepEqual(sweepOf(byKey.bays.get("A"), NOON + 8 * MINUTE), { minutes: 8, isLate: true });
  assert.equal(sweepOf(byKey.bays.get("A"), NOON + 8 * MINUTE - 1).isLate, false);
  assert.deepEqual(sweepOf({}, NOON), { minutes: null, isLate: false });
});

test("an evacuation starts with an empty muster list, is ticked and ends", () => {
  const floor = withOne(event("muster.ticked", "a", { observation: "a", is_seen: true }), event("site.evacuation_started", "s", { at: iso(4) }));
  assert.deepEqual([floor.evacuatingSince, floor.muster.size], [NOON + 4 * MINUTE, 0]);

  const ticked = after(floor, event("muster.ticked", "s", { observation: "a", is_seen: false }), event("muster.ticked", "s", { observation: "b", mark: "seen" }));
  assert.deepEqual([...ticked.muster], [["a", false], ["b", "seen"]]);
  assert.equal(next(ticked, event("site.evacuation_ended", "s")).evacuatingSince, null);
});

test("lots are held and released", () => {
  const held = after(EMPTY, event("lot.held", "l1", { lot: "L1" }), event("lot.held", "l2", { lot: "L2" }), event("lot.released", "l1", { lot: "L1" }));

  assert.deepEqual([...held.heldLots], ["L2"]);
});

test("a snapshot gives the same tile as its event", () => {
  const { uuid, ...facts } = { uuid: "a", ticket: "Ta", seat: "A18", bay: "A", started_at: iso(0), due_at: iso(30), flags: ["allergy"] };
  const floor = fromSnapshot({ epoch: "e", head: 7, tiles: [{ uuid, ...facts }], alerts: [], bays: [], evacuating_since: null });
  const fromEvent = reduce(EMPTY, { seq: 1, event_type: "observation.started", subject: uuid, payload: facts, server_at: iso(0) });

  assert.deepEqual(floor.tiles.get("a"), fromEvent.tiles.get("a"));
  assert.deepEqual([floor.seq, floor.epoch], [7, "e"]);
});

test("a snapshot of a floor nobody is on is empty", () => {
  const floor = fromSnapshot({ epoch: "e", head: 0 });

  assert.deepEqual([floor.tiles.size, floor.alerts.size, floor.heldLots.size, floor.evacuatingSince], [0, 0, 0, null]);
});

test("tiles are in the order people count seats; who has none comes last", () => {
  const seats = ["A10", null, "B1", "A2"].map((seat, n) => ({ seat, ticket: `T${n}` }));

  assert.deepEqual(seats.sort(bySeat).map((tile) => tile.seat), ["A2", "A10", "B1", null]);
});

test("counts are of people, each in its phase", () => {
  const floor = after(
    EMPTY,
    started("a", { due_at: iso(30) }), started("b", { due_at: iso(4) }), started("c", { due_at: iso(-1) }),
    started("d", { due_at: iso(-1) }), event("observation.watch_started", "d", { recheck_at: iso(5) }),
    started("e"), event("observation.ended", "e", { kind: "left_early", ended_at: iso(0) }),
    started("f"), event("observation.ended", "f", { kind: "complete", ended_at: iso(0) }),
  );

  assert.deepEqual(countsOf(floor, NOON), { present: 4, soon: 1, mayLeave: 2, watch: 1, alarm: 0, leftEarly: 1, unseated: 0 });
  assert.equal(countsOf(floor, NOON + 3 * MINUTE).unseated, 4);
});

test("three hundred tiles and a thousand events stay fast", () => {
  const many = after(EMPTY, ...Array.from({ length: 300 }, (_, n) => started(`o${n}`, { seat: `A${n}` })));
  const before = performance.now();
  const floor = after(many, ...Array.from({ length: 1000 }, (_, n) => event("observation.extended", `o${n % 300}`, { due_at: iso(n) })));
  shownTiles(floor, NOON);

  assert.ok(performance.now() - before < 1000);
});
