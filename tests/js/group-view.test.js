/** The card of a group: neutral words, one card for the same people, the two hours to the second. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { clockOf, countText, evidenceText, hypothesisText, placeText, ruleText, shownGroups } from "../../dashboards/static/dashboards/pages/group-view.js";

const NOON = Date.parse("2026-11-22T04:00:00Z");
const FOUR = ["programme_error", "quality", "stress_response", "coincidence"];

const card = (changes = {}) => {
  const { people = ["a", "b", "c"], ...rest } = changes;
  return { uuid: `${rest.rule ?? "line_of_sight"}-${people.join("")}`, rule: "line_of_sight", state: "proposed", bay: null, group: null, lot: null,
    members: people.map((reaction) => ({ reaction })), others: [], observed: people.length, expected: null, proposed_at: "2026-11-22T04:00:00Z", clock_due_at: null, ...rest };
};
const headsOf = (groups) => shownGroups(groups).map(({ card: { rule }, also }) => [rule, ...also.map((one) => one.rule)]);

test("the same people are one card, whatever rules found them", () => {
  assert.deepEqual(headsOf([card({ rule: "burst" }), card()]), [["line_of_sight", "burst"]]);
  assert.deepEqual(headsOf([card({ people: ["a", "b"] }), card({ rule: "burst", people: ["a", "b", "c"] })]), [["burst", "line_of_sight"]]);
});

test("other people are a card of their own, also when some are the same", () => {
  assert.deepEqual(headsOf([card({ people: ["a", "b", "c"] }), card({ rule: "burst", people: ["c", "d"] })]), [["line_of_sight"], ["burst"]]);
});

test("the statutory rule leads, a question comes before what was declared, and what was put aside is not shown", () => {
  const declared = card({ rule: "lot_contrast", state: "declared", people: ["x", "y", "z"] });
  assert.deepEqual(headsOf([declared, card(), card({ rule: "statutory" })]), [["statutory", "line_of_sight"], ["lot_contrast"]]);
  assert.deepEqual(headsOf([card({ state: "undeclared" })]), []);
});

test("a question about people of a declared group stands on that card, and a declared group on its own", () => {
  const declared = card({ rule: "burst", state: "declared" });
  assert.deepEqual(headsOf([card(), declared]), [["burst", "line_of_sight"]]);
  assert.deepEqual(headsOf([card({ rule: "line_of_sight", state: "declared" }), declared]).length, 2);
});

test("the clock counts the two hours down and then up", () => {
  const due = card({ state: "declared", clock_due_at: "2026-11-22T06:00:00Z" });

  assert.equal(clockOf(card(), NOON), null);
  assert.deepEqual(clockOf(due, NOON), { text: "2:00:00", isOver: false });
  assert.deepEqual(clockOf(due, NOON + 7_199_000), { text: "0:00:01", isOver: false });
  assert.deepEqual(clockOf(due, NOON + 7_200_000), { text: "0:00:00", isOver: false });
  assert.deepEqual(clockOf(due, NOON + 7_261_000), { text: "0:01:01", isOver: true });
  assert.equal(clockOf({ ...due, reported_at: "2026-11-22T04:30:00Z" }, NOON), null);
});

test("the place is what the rule names", () => {
  assert.equal(placeText(card({ bay: "4" })), "Bay 4");
  assert.equal(placeText(card({ group: "3-2" })), "Class 3-2");
  assert.equal(placeText(card({ lot: "FLU L1" })), "Lot FLU L1");
  assert.equal(placeText(card()), "Whole hall");
});

test("what was expected is said where the rule compares", () => {
  assert.equal(countText(card()), "3 people");
  assert.equal(countText(card({ expected: 0.03 })), "3 people, < 0.1 expected");
  assert.equal(countText(card({ expected: 1.54 })), "3 people, 1.5 expected");
});

test("every code of the rules has words, and an unknown one is shown as it is", () => {
  const python = readFileSync(new URL("../../aefi/rules/hall_evidence.py", import.meta.url), "utf8");
  const codes = [...python.split("class Evidence")[1].split("@dataclass")[0].matchAll(/= "(\w+)"/g)].map(([, code]) => code);

  assert.ok(codes.length > 10);
  for (const code of codes) assert.notEqual(evidenceText([code]), code);
  for (const kind of FOUR) assert.notEqual(hypothesisText(kind), kind);
  for (const rule of ["statutory", "burst", "line_of_sight", "lot_contrast"]) assert.notEqual(ruleText(rule), rule);
  assert.equal(evidenceText(["one_lot", "new_code"]), "one lot, new_code");
  assert.equal(ruleText("new_rule"), "new_rule");
});

test("no word of the card is a label", () => {
  for (const name of ["group-view", "group-card"]) {
    const text = readFileSync(new URL(`../../dashboards/static/dashboards/pages/${name}.js`, import.meta.url), "utf8");
    assert.doesNotMatch(text, /psychogenic|hysteri|心因|癔症/i);
  }
});

test("the hall display knows nothing of groups of reactions", () => {
  const text = readFileSync(new URL("../../dashboards/static/dashboards/pages/hall.js", import.meta.url), "utf8");
  assert.doesNotMatch(text, /group-card|groups\//);
});
