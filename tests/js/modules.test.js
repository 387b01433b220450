/** The modules keep to the house: small, self-contained, nothing that a strict content policy forbids. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const STATIC = new URL("../../dashboards/static/dashboards/", import.meta.url);
const MODULES = readdirSync(STATIC, { recursive: true })
  .filter((name) => name.endsWith(".js"))
  .map((name) => ({ name, url: new URL(name, STATIC), text: readFileSync(new URL(name, STATIC), "utf8") }));
const offenders = (isWrong) => MODULES.filter(isWrong).map(({ name }) => name);

test("no module is longer than 250 lines and each says what it is", () => {
  assert.ok(MODULES.length > 20);
  assert.deepEqual(offenders(({ text }) => text.split("\n").length > 251), []);
  assert.deepEqual(offenders(({ text }) => !text.startsWith("/**")), []);
});

test("imports are files of ours: nothing bare, nothing from another host", () => {
  const targets = MODULES.flatMap(({ name, url, text }) =>
    [...text.matchAll(/(?:^(?:import|export)\b[^;"]*from |^import |import\()"([^"]+)"/gm)].map(([, target]) => ({ name, target, url })),
  );

  assert.ok(targets.length > 50);
  assert.deepEqual(targets.filter(({ target, url }) => !target.startsWith(".") || !existsSync(new URL(target, url))), []);
});

test("nothing breaks the content policy: no inline style, no markup from text, no code from text", () => {
  assert.deepEqual(offenders(({ text }) => /\sstyle=|\.innerHTML|insertAdjacentHTML|\beval\(|new Function|unsafeHTML/.test(text)), []);
});

test("texts are literals, so that translators' tools find them", () => {
  const calls = MODULES.filter(({ name }) => !name.endsWith("i18n.js")).flatMap(({ text }) => [...text.matchAll(/\bt\((.)/g)]);

  assert.ok(calls.length > 30);
  assert.deepEqual(calls.filter(([, first]) => first !== '"').map(([call]) => call), []);
});
