/** Keyboard scanners against fingers; codes held before the camera. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FASTEST_FINGERS, Seen, WedgeReader } from "../../dashboards/static/dashboards/core/wedge.js";

const feed = (reader, keys, gap, start = 1000) => {
  let found = null;
  keys.forEach((key, n) => {
    found = reader.take(typeof key === "string" ? { key } : key, start + n * gap) ?? found;
  });
  return found;
};

test("quick keys that end with Enter or Tab are a code", () => {
  assert.equal(feed(new WedgeReader(), [..."T-0042", "Enter"], 8), "T-0042");
  assert.equal(feed(new WedgeReader(), [..."690123", "Tab"], FASTEST_FINGERS), "690123");
});

test("typing is not a scan", () => {
  assert.equal(feed(new WedgeReader(), [..."T-0042", "Enter"], FASTEST_FINGERS + 1), null);
});

test("a pause begins anew, so a key pressed before does not stick to the code", () => {
  const reader = new WedgeReader();
  reader.take({ key: "x" }, 0);

  assert.equal(feed(reader, [..."A18B", "Enter"], 5), "A18B");
});

test("short bursts and modifiers are nothing", () => {
  assert.equal(feed(new WedgeReader(), ["a", "b", "c", "Enter"], 5), null);
  assert.equal(feed(new WedgeReader(), ["Shift", "A", "Shift", "B", "C", "D", "Enter"], 5), "ABCD");
  assert.equal(feed(new WedgeReader(), [{ key: "c", ctrlKey: true }, ..."1234", "Enter"], 5), "1234");
});

test("the group separator of a GS1 code survives", () => {
  const keys = [..."10LOT", { key: "]", ctrlKey: true }, ..."17260501", "Enter"];

  assert.equal(feed(new WedgeReader(), keys, 5), "10LOT\u001d17260501");
});

test("two scans in a row are two codes", () => {
  const reader = new WedgeReader();

  assert.deepEqual([feed(reader, [..."1111", "Enter"], 5), feed(reader, [..."2222", "Enter"], 5, 1030)], ["1111", "2222"]);
});

test("a code in view is read once, another at once, the same again after it was away", () => {
  const seen = new Seen(3000);
  const looks = [["a", 0], ["a", 200], ["a", 3100], ["b", 3200], ["a", 3300], ["a", 6301]];

  assert.deepEqual(looks.map(([text, at]) => seen.isNew(text, at)), [true, false, false, true, true, true]);
});
