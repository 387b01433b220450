/** The age of the link: its limits, frozen tabs, sleeping devices, clocks that jump, a pager that is silent. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GRACE, LOST_AFTER, LinkState, PAGER_SILENT, TRIAL_SILENT, SLOW_AFTER } from "../../dashboards/static/dashboards/core/link-state.js";

const WALL = Date.UTC(2026, 4, 1);
const makeLink = () => {
  const link = new LinkState(0, WALL);
  let now = 0;
  const runTo = (end) => {
    let line;
    for (now += 500; now <= end; now += 500) line = link.tick(now, WALL + now);
    now = end;
    return line;
  };
  return { link, runTo };
};

test("it connects, and before the first word it turns amber and then red like any other silence", () => {
  const { runTo } = makeLink();

  assert.deepEqual([runTo(4500), runTo(5000), runTo(8000)].map((line) => line.state), ["connecting", "slow", "lost"]);
});

test("a beat makes it live; five seconds of silence amber, eight red, at the limits themselves", () => {
  const link = new LinkState(0, WALL);
  link.heard(1000);
  const states = [];
  for (let now = 1000; now <= 1000 + LOST_AFTER; now += 500) states.push([now - 1000, link.tick(now, WALL + now).state]);
  const firstOf = (state) => states.find((row) => row[1] === state)[0];

  assert.deepEqual([firstOf("ok"), firstOf("slow"), firstOf("lost")], [0, SLOW_AFTER, LOST_AFTER]);
});

test("the next beat after red is live again at once", () => {
  const { link, runTo } = makeLink();
  runTo(20000);
  link.heard(20000);

  assert.deepEqual(link.tick(20500, WALL + 20500).state, "ok");
});

test("a frozen tab is amber while it asks, and red when nobody answers within the grace", () => {
  const { link, runTo } = makeLink();
  link.heard(0);
  runTo(1000);
  const thawed = link.tick(600000, WALL + 600000);

  assert.deepEqual([thawed.state, thawed.hasResumed, thawed.age], ["slow", true, 600000]);
  assert.equal(link.tick(600000 + GRACE - 1, WALL + 600000 + GRACE - 1).state, "slow");
  assert.equal(link.tick(600000 + GRACE, WALL + 600000 + GRACE).state, "lost");
});

test("a frozen tab that hears a beat after waking is live", () => {
  const { link, runTo } = makeLink();
  link.heard(0);
  runTo(1000);
  link.tick(600000, WALL + 600000);
  link.heard(600400);

  assert.equal(link.tick(600500, WALL + 600500).state, "ok");
});

test("beats that waited in a frozen tab do not make old data live", () => {
  const { link, runTo } = makeLink();
  link.heard(0);
  runTo(1000);
  link.tick(600000, WALL + 600000);
  link.heard(600010, { late: 590000 });

  assert.equal(link.tick(600500, WALL + 600500).state, "slow");
  assert.ok(link.tick(603000, WALL + 603000).age > 590000);
});

test("sleep that only the wall clock saw counts as age", () => {
  const { link, runTo } = makeLink();
  link.heard(0);
  runTo(1000);
  const woken = link.tick(1500, WALL + 1500 + 600000);

  assert.deepEqual([woken.state, woken.hasResumed, woken.age], ["slow", true, 601500]);
  link.heard(2000);
  assert.equal(link.tick(2000, WALL + 602000).age, 0);
});

test("a device clock set back changes nothing; set forward it costs one beat of amber", () => {
  const { link, runTo } = makeLink();
  link.heard(0);
  runTo(1000);
  assert.equal(link.tick(1500, WALL - 3600000).state, "ok");
  assert.equal(link.tick(2000, WALL + 500).state, "slow");
  link.heard(2100);

  assert.equal(link.tick(2500, WALL + 1000).state, "ok");
});

test("a pager that does not run is said even while the link is live", () => {
  const link = new LinkState(0, WALL);
  const silent = (pagerAge) => {
    link.heard(100, { pagerAge });
    return link.tick(200, WALL + 200).isPagerSilent;
  };

  assert.deepEqual([0, PAGER_SILENT, PAGER_SILENT + 1, null].map(silent), [false, false, true, true]);
});

test("three trial pages that did not leave make the pager silent", () => {
  const link = new LinkState(0, WALL);
  const silent = (trialAge) => {
    link.heard(100, { pagerAge: 0, trialAge });
    return link.tick(200, WALL + 200).isPagerSilent;
  };

  assert.deepEqual([null, 0, TRIAL_SILENT, TRIAL_SILENT + 1, null].map(silent), [false, false, false, true, false]);
});

test("nothing is said of the pager before the first word", () => {
  assert.equal(new LinkState(0, WALL).tick(100, WALL + 100).isPagerSilent, false);
});
