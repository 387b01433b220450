/** Each event once, in order, nothing left out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamPosition } from "../../dashboards/static/dashboards/core/stream-position.js";

const event = (seq) => ({ seq });
const seqs = (events) => events.map((one) => one.seq);
const at = (seq, epoch = "e1") => new StreamPosition({ id: "site", epoch, seq });

test("events in order pass one by one", () => {
  const position = at(4);

  assert.deepEqual([5, 6].map((seq) => seqs(position.offer(event(seq)))), [[5], [6]]);
  assert.equal(position.hasGap, false);
});

test("an event is passed once, however often it arrives", () => {
  const position = at(4);
  position.offer(event(5));

  assert.deepEqual([position.offer(event(5)), position.offer(event(3))], [[], []]);
  assert.equal(position.seq, 5);
});

test("after a hole events wait and come in order once it is filled", () => {
  const position = at(4);
  assert.deepEqual([7, 6].flatMap((seq) => position.offer(event(seq))), []);
  assert.equal(position.hasGap, true);

  assert.deepEqual(seqs(position.offer(event(5))), [5, 6, 7]);
  assert.equal(position.hasGap, false);
});

test("a snapshot passes over what it holds and keeps what came after it", () => {
  const position = at(4);
  for (const seq of [7, 9, 11]) position.offer(event(seq));

  assert.deepEqual(seqs(position.restart({ epoch: "e1", seq: 8 })), [9]);
  assert.deepEqual([position.seq, position.hasGap], [9, true]);
});

test("a new epoch forgets events of the old one", () => {
  const position = at(4);
  position.offer(event(6));

  assert.deepEqual(position.restart({ epoch: "e2", seq: 5 }), []);
  assert.deepEqual([position.epoch, position.seq, position.hasGap], ["e2", 5, false]);
});

test("shuffled and doubled deliveries give the same order", () => {
  const position = at(0);
  const arrivals = [3, 1, 1, 5, 2, 9, 4, 3, 8, 6, 10, 7, 7];

  assert.deepEqual(arrivals.flatMap((seq) => seqs(position.offer(event(seq)))), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test("the head of a beat tells what is missing", () => {
  const position = at(4);

  assert.deepEqual([4, 5, undefined].map((head) => position.isBehind(head)), [false, true, false]);
  assert.deepEqual(position.hello(), { id: "site", epoch: "e1", last_seq: 4, link: "" });
});

test("a number that another life of the stream gave out is not taken for the next one", () => {
  const position = new StreamPosition({ id: "site", epoch: "e1", seq: 4, link: "a4" });
  position.offer({ seq: 5, link: "a5", follows: "a4" });

  assert.deepEqual(position.offer({ seq: 6, link: "b6", follows: "b5" }), []);
  assert.deepEqual([position.seq, position.hasGap, position.isBehind(6)], [5, false, true]);
  assert.equal(position.hello().link, "a5");

  assert.deepEqual(position.restart({ epoch: "e1", seq: 6, link: "b6" }), []);
  assert.deepEqual(seqs(position.offer({ seq: 7, link: "b7", follows: "b6" })), [7]);
});
