/** What a seat shows: both sides of every limit, and the words. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setCatalogue } from "../../dashboards/static/dashboards/core/i18n.js";
import {
  MINUTE, SOON, UNSEATED_LIMIT, formatAge, formatClock, formatLeft, formatPast, formatSince, instant, phaseOf, seatState,
  spokenState, stateWord, timeText,
} from "../../dashboards/static/dashboards/core/time-left.js";

setCatalogue({});
const DUE = Date.UTC(2026, 4, 1, 4, 30);
const seat = (changes = {}) => ({
  startedAt: DUE - 30 * MINUTE, seatedAt: DUE - 29 * MINUTE, dueAt: DUE, endedAt: null, endKind: null, settledAt: null,
  watchedSince: null, recheckAt: null, reaction: null, ...changes,
});

test("the phase changes at its limits to the millisecond", () => {
  const phases = [DUE - SOON, DUE - SOON + 1, DUE - 1, DUE].map((now) => phaseOf(now, { dueAt: DUE }));

  assert.deepEqual(phases, ["observing", "soon", "soon", "may-leave"]);
});

test("an ended observation has ended, also after its time", () => {
  assert.equal(phaseOf(DUE + MINUTE, { dueAt: DUE, endedAt: DUE - MINUTE }), "ended");
});

test("without a known end the watch goes on", () => {
  assert.equal(phaseOf(DUE, { dueAt: null }), "observing");
  assert.equal(timeText(seatState(DUE, seat({ dueAt: null }))), "–");
});

test("an alarm covers everything, also data that is old and people who left", () => {
  const watched = seat({ watchedSince: 1, endedAt: DUE, endKind: "left_early" });

  const shown = seatState(DUE, watched, { calledAt: DUE - 41000, isStale: true });

  assert.deepEqual([shown.state, timeText(shown), spokenState(shown)], ["alarm", "00:41", "Alarm, 0 min since the call"]);
});

test("old data is shown as offline, but the countdown is still known", () => {
  const shown = seatState(DUE - 10 * MINUTE, seat(), { isStale: true });

  assert.deepEqual([shown.state, shown.phase, timeText(shown)], ["no-data", "observing", "10:00"]);
});

test("a second look covers the countdown and a stress response, and says when to look again", () => {
  const watched = seat({ watchedSince: DUE - 9 * MINUTE, recheckAt: DUE - 4 * MINUTE, reaction: { stressSubtype: "faint" } });

  assert.equal(seatState(DUE - 5 * MINUTE, watched).state, "watch");
  assert.equal(seatState(DUE - 4 * MINUTE - 1, watched).isRecheckDue, false);
  assert.equal(seatState(DUE - 4 * MINUTE, watched).isRecheckDue, true);
});

test("a stress response stays visible when the time is over", () => {
  const shown = seatState(DUE + 3 * MINUTE, seat({ reaction: { stressSubtype: "faint" } }));

  assert.deepEqual([shown.state, shown.phase, timeText(shown)], ["stress", "may-leave", "+3"]);
});

test("who left early stays until somebody says what was done", () => {
  for (const endKind of ["left_early", "refused", "unwitnessed"]) {
    assert.equal(seatState(DUE, seat({ endedAt: DUE - MINUTE, endKind })).state, "left-early");
  }
  assert.equal(seatState(DUE, seat({ endedAt: DUE - MINUTE, endKind: "left_early", settledAt: DUE })).state, "ended");
  assert.equal(seatState(DUE, seat({ endedAt: DUE, endKind: "complete" })).state, "ended");
});

test("a ticket nobody seated turns amber after three minutes", () => {
  const waiting = seat({ seatedAt: null });
  const start = waiting.startedAt;

  assert.equal(seatState(start + UNSEATED_LIMIT - 1, waiting).isUnseated, false);
  assert.equal(seatState(start + UNSEATED_LIMIT, waiting).isUnseated, true);
});

test("time left is rounded up, so that 0:00 means over", () => {
  assert.deepEqual([30 * MINUTE, 61000, 60001, 1, 0, -5].map(formatLeft), ["30:00", "1:01", "1:01", "0:01", "0:00", "0:00"]);
  assert.equal(formatLeft(75 * MINUTE), "75:00");
});

test("time past is in whole minutes, time since in minutes and seconds", () => {
  assert.deepEqual([0, 59999, 60000, 12.5 * MINUTE].map(formatPast), ["+0", "+0", "+1", "+12"]);
  assert.deepEqual([0, 41999, 754000].map(formatSince), ["00:00", "00:41", "12:34"]);
});

test("the age of data has a decimal only while it is young", () => {
  assert.deepEqual([400, 9949, 10000, 119000, 120000].map(formatAge), ["0.4 s", "9.9 s", "10 s", "119 s", "2 min"]);
});

test("the wall clock is the site's, 24 h, also at midnight", () => {
  assert.equal(formatClock(Date.UTC(2026, 4, 1, 16, 5, 9), "Asia/Shanghai"), "00:05");
  assert.equal(formatClock(Date.UTC(2026, 4, 1, 16, 5, 9), "Asia/Shanghai", { seconds: true }), "00:05:09");
});

test("spoken words hold whole minutes only, so that they change at most once a minute", () => {
  const at = (now) => spokenState(seatState(now, seat()));

  assert.equal(at(DUE - 10 * MINUTE + 1), "Observing, 10 min left");
  assert.equal(at(DUE - 10 * MINUTE + 50000), "Observing, 10 min left");
  assert.equal(at(DUE + 4.9 * MINUTE), "May leave, 4 min past");
  assert.equal(spokenState(seatState(DUE, seat({ endedAt: 1, endKind: "complete" }))), "Ended");
});

test("every state has a word in the reader's language", () => {
  setCatalogue({ "May leave": "可离场", Observing: "留观中" });

  assert.equal(stateWord("may-leave"), "可离场");
  assert.equal(stateWord("observing"), "留观中");
  assert.equal(stateWord("watch"), "Watch");
  setCatalogue({});
});

test("instants that are none are null", () => {
  assert.deepEqual([instant(null), instant(""), instant("later"), instant(5)], [null, null, null, 5]);
  assert.equal(instant("2026-05-01T12:30:00+08:00"), DUE);
});
