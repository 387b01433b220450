import assert from "node:assert/strict";
import { test } from "node:test";

import { platform, report, verdict } from "../../dashboards/static/dashboards/lan/verdict.js";

const secure = { isPlain: false, isSecureContext: true, isReached: true, worker: "works" };
const plain = { isPlain: true, isSecureContext: false, isReached: true, worker: "unknown" };

test("a device with the authority is trusted", () => {
  assert.equal(verdict(secure), "trusted");
});

test("a warning clicked away is not trust", () => {
  assert.equal(verdict({ ...secure, worker: "refused" }), "untrusted");
});

test("a page that is no secure context is not trusted", () => {
  assert.equal(verdict({ ...secure, isSecureContext: false }), "untrusted");
});

test("a browser without service workers is told apart from a missing certificate", () => {
  assert.equal(verdict({ ...secure, worker: "missing" }), "no-worker");
});

test("a server that does not answer says nothing about trust", () => {
  assert.equal(verdict({ ...secure, isReached: false }), "unreachable");
});

test("the plain page sends a trusting device on and keeps the others", () => {
  assert.equal(verdict(plain), "ready");
  assert.equal(verdict({ ...plain, isReached: false }), "untrusted");
});

test("only a proven result is told to the server", () => {
  const told = ["trusted", "untrusted", "no-worker", "unreachable", "ready"].map(report);

  assert.deepEqual(told, [true, false, null, null, null]);
});

test("each device finds its own steps unfolded", () => {
  const agents = {
    "Mozilla/5.0 (Linux; Android 13; M2012K11AC) Chrome/126": "android",
    "Mozilla/5.0 (Linux; Android 12; HarmonyOS; NOH-AN00) Chrome/99": "harmony",
    "Mozilla/5.0 (Phone; OpenHarmony 5.0) ArkWeb/4.1": "harmony",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Safari/604.1": "ios",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Edg/126": "windows",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605.1": "other",
  };

  for (const [agent, name] of Object.entries(agents)) assert.equal(platform(agent), name);
  assert.equal(platform("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", 5), "ios");
});
