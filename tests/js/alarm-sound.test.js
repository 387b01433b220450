/** The sound follows the calls: it starts with a call, ends with an answer, and a call of this device rings at once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AlarmSound, audible } from "../../dashboards/static/dashboards/core/alarm-sound.js";

class Speaker {
  reasons = new Map();
  starts = 0;
  start(reason, name) {
    this.starts += 1;
    this.reasons.set(reason, name);
  }
  stop(reason) {
    this.reasons.delete(reason);
  }
}
const call = (uuid, changes = {}) => ({ uuid, state: "paging", priority: "high", ...changes });
const make = () => {
  const speaker = new Speaker();
  return { speaker, alarms: new AlarmSound(speaker) };
};

test("unanswered calls are heard, answered and ended ones are not", () => {
  const states = ["open", "paging", "exhausted", "acknowledged", "on_scene", "resolved", "cancelled", "reviewed"];

  assert.deepEqual(audible(states.map((state) => call(state, { state }))).map((alert) => alert.uuid), ["open", "paging", "exhausted"]);
});

test("a sound starts once, changes with the priority and stops with the answer", () => {
  const { speaker, alarms } = make();
  alarms.follow([call("x", { priority: "medium" })]);
  alarms.follow([call("x", { priority: "medium" })]);
  assert.deepEqual([...speaker.reasons, speaker.starts], [["x", "medium"], 1]);

  alarms.follow([call("x")]);
  assert.equal(speaker.reasons.get("x"), "high");
  alarms.follow([call("x", { state: "acknowledged" })]);
  assert.equal(speaker.reasons.size, 0);
});

test("a call that comes back to paging is heard again", () => {
  const { speaker, alarms } = make();
  for (const state of ["paging", "acknowledged", "paging"]) alarms.follow([call("x", { state })]);

  assert.deepEqual([...speaker.reasons.keys()], ["x"]);
});

test("a call made here rings before the server knows it and goes on while others change", () => {
  const { speaker, alarms } = make();
  alarms.ring("mine");
  alarms.follow([call("other")]);
  assert.deepEqual([...speaker.reasons.keys()].sort(), ["mine", "other"]);

  alarms.follow([call("mine", { state: "acknowledged" })]);
  assert.equal(speaker.reasons.size, 0);
  alarms.follow([]);
  assert.equal(speaker.reasons.size, 0);
});

test("a silenced call stays silent here", () => {
  const { speaker, alarms } = make();
  alarms.ring("mine");
  alarms.silence("mine");
  alarms.follow([call("mine")]);

  assert.equal(speaker.reasons.size, 0);
});
