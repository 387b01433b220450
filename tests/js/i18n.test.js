/** Texts: the catalogue, the places in them, and the list of all texts that translators get. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fill, jsonScript, setCatalogue, t, named } from "../../dashboards/static/dashboards/core/i18n.js";

test("a text is translated, and an unknown one stays English", () => {
  setCatalogue({ "{n} min left": "还剩 {n} 分钟" });

  assert.equal(t("{n} min left", { n: 3 }), "还剩 3 分钟");
  assert.equal(t("Call the team"), "Call the team");
});

test("an empty translation counts as none", () => {
  setCatalogue({ Soon: "" });

  assert.equal(t("Soon"), "Soon");
});

test("places are filled once, with zero too, and a missing value stays visible", () => {
  assert.equal(fill("{a} of {b}, {c}", { a: 0, b: "{a}" }), "0 of {a}, {c}");
});

test("without a page there is no document to read", () => {
  assert.deepEqual(jsonScript("catalogue"), {});
  setCatalogue(undefined);
  assert.equal(t("Soon"), "Soon");
});

test("a row is named in the reader's language, and in Chinese where it has no English name", () => {
  const lot = { vaccine_name: "流感病毒裂解疫苗", vaccine_name_en: "Influenza vaccine, split virion" };
  const names = (lang) => {
    globalThis.document = { documentElement: { lang } };
    return [named(lot, "vaccine_name"), named({ vaccine_name: "卡介苗", vaccine_name_en: "" }, "vaccine_name")];
  };
  assert.deepEqual(names("zh-Hans"), ["流感病毒裂解疫苗", "卡介苗"]);
  assert.deepEqual(names("en"), ["Influenza vaccine, split virion", "卡介苗"]);
  delete globalThis.document;
});
