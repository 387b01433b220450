import assert from "node:assert/strict";
import { test } from "node:test";

import { actOf, isTyping, moved, overall } from "../../dashboards/static/dashboards/cases/keys.js";

test("each key has its act", () => {
  const acts = ["j", "k", "x", "/", "?", "Enter"].map((key) => actOf({ key }));

  assert.deepEqual(acts, ["next", "previous", "tick", "search", "legend", "open"]);
});

test("other keys and the browser's own are left alone", () => {
  const presses = [{ key: "a" }, { key: "toString" }, { key: "j", ctrlKey: true }, { key: "k", metaKey: true }, { key: "x", altKey: true }];

  assert.deepEqual(presses.map(actOf), [null, null, null, null, null]);
});

test("while typing letters are letters, also through an input method", () => {
  assert.equal(actOf({ key: "j", target: { tagName: "INPUT", type: "text" } }), null);
  assert.equal(actOf({ key: "j", target: { tagName: "TEXTAREA" } }), null);
  assert.equal(actOf({ key: "j", target: { tagName: "SELECT" } }), null);
  assert.equal(actOf({ key: "j", isComposing: true }), null);
  assert.ok(isTyping({ tagName: "DIV", isContentEditable: true }));
});

test("a check box is no place to type", () => {
  assert.equal(actOf({ key: "x", target: { tagName: "INPUT", type: "checkbox" } }), "tick");
});

test("the first move goes to the first line, and the ends hold", () => {
  assert.equal(moved("next", -1, 3), 0);
  assert.equal(moved("previous", -1, 3), 0);
  assert.equal(moved("next", 2, 3), 2);
  assert.equal(moved("previous", 1, 3), 0);
  assert.equal(moved("next", -1, 0), -1);
});

test("the box over all is full, half or empty", () => {
  assert.deepEqual(overall(0, 3), { checked: false, indeterminate: false });
  assert.deepEqual(overall(2, 3), { checked: false, indeterminate: true });
  assert.deepEqual(overall(3, 3), { checked: true, indeterminate: false });
  assert.deepEqual(overall(0, 0), { checked: false, indeterminate: false });
});
