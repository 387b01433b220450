/** A fault is shown from its first word to its last. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { changedFaults } from "../../dashboards/static/dashboards/core/faults.js";

const told = (type, code) => ({ event_type: `technical.${type}`, payload: { code } });

test("a fault stands from its first word to its last, others beside it", () => {
  const both = [told("raised", "disk_low"), told("raised", "pages_late"), told("raised", "disk_low")].reduce(changedFaults, new Set());
  assert.deepEqual([...both], ["disk_low", "pages_late"]);

  assert.deepEqual([...changedFaults(both, told("cleared", "disk_low"))], ["pages_late"]);
  assert.deepEqual([...changedFaults(both, told("cleared", "timers_late"))], ["disk_low", "pages_late"]);
});

test("an event about something else changes nothing", () => {
  const faults = new Set(["disk_low"]);

  assert.equal(changedFaults(faults, { event_type: "alert.raised", payload: { code: "x" } }), faults);
});
