/** The run sheet: what was done, when, one tap each; append-only, and it works without the network. */
import { html, nothing, render, repeat } from "../core/vendor.js";
import { t, word } from "../core/i18n.js";
import { formatSince } from "../core/time-left.js";
import { config, floor } from "./floor.js";

const mount = document.querySelector("[data-page=run_sheet]");
const REPEAT = 5 * 60_000;
const sheet = { entries: [], form: null };

const QUICK = [
  ["position", () => t("Laid flat, legs raised"), { position: "supine_legs_raised" }],
  ["position", () => t("Sitting up to breathe"), { position: "sitting" }],
  ["oxygen", () => t("Oxygen, high flow"), { flow: "high" }],
  ["ambulance", () => t("120 called"), {}],
];

const FORMS = {
  adrenaline: [
    ["mg", () => t("Adrenaline, mg"), "0.01", "2"],
    ["ml", () => t("mL of 1:1000 (1 mg/mL)"), "0.01", "2"],
  ],
  fluid: [["ml", () => t("Fluid, mL"), "1", "3000"]],
  vitals: [
    ["heart_rate", () => t("Pulse /min"), "1", "300"],
    ["systolic", () => t("Systolic mmHg"), "1", "300"],
    ["respiratory_rate", () => t("Breaths /min"), "1", "120"],
    ["spo2", () => t("SpO2 %"), "1", "100"],
  ],
};

function alert() {
  return floor.state.alerts.get(config.alert);
}

async function load() {
  const answer = await floor.fetch(`alerts/${config.alert}/entries/`);
  if (!answer) return;
  const known = new Set((answer.results ?? answer).map((entry) => entry.uuid));
  sheet.entries = [...(answer.results ?? answer), ...sheet.entries.filter((entry) => entry.isWaiting && !known.has(entry.uuid))];
  paint();
}

function enter(kind, data) {
  const entry = { uuid: floor.newKey(), kind, at: new Date(floor.now()).toISOString(), data };
  sheet.entries = [...sheet.entries, { ...entry, isWaiting: true }];
  sheet.form = null;
  floor.command(t("Run sheet"), `alerts/${config.alert}/entries/`, entry, { urgent: true }).then(load);
  paint();
}

function since(kind) {
  const times = sheet.entries.filter((entry) => entry.kind === kind && !entry.replaced_by).map((entry) => Date.parse(entry.at));
  return times.length ? Math.max(...times) : null;
}

function clocks(now) {
  const call = alert();
  const recognised = since("recognised") ?? call?.calledAt ?? null;
  const adrenaline = since("adrenaline");
  const dose = call?.summary?.minutes_since_dose;
  return html`<section class="clocks">
    <p><span>${t("since recognition")}</span><b class="digits">${recognised ? formatSince(now - recognised) : "–"}</b></p>
    <p><span>${t("since the dose")}</span><b class="digits">${dose == null ? "–" : t("{n} min at the call", { n: dose })}</b></p>
    <p class=${adrenaline && now - adrenaline >= REPEAT ? "is-due" : ""}><span>${t("since the last adrenaline")}</span>
      <b class="digits">${adrenaline ? formatSince(now - adrenaline) : t("none given")}</b></p>
  </section>`;
}

function buttons() {
  return html`<section class="run-buttons">
    <button class="adrenaline" @click=${() => open("adrenaline")}>${t("ADRENALINE given")} <small>${t("IM, mid outer thigh")}</small></button>
    ${QUICK.map(([kind, word, data]) => html`<button @click=${() => enter(kind, data)}>${word()}</button>`)}
    <button @click=${() => open("fluid")}>${t("Fluid")}</button>
    <button @click=${() => open("vitals")}>${t("Vital signs")}</button>
    <button @click=${() => open("note")}>${t("Note")}</button>
  </section>
  <p class="quiet-text">${t("No dose is computed here. Doses follow the site's approved protocol; the medical lead answers for it.")}</p>`;
}

function open(kind) {
  sheet.form = { kind, isConfirmed: false };
  paint();
}

function form() {
  if (!sheet.form) return nothing;
  const { kind } = sheet.form;
  const fields = FORMS[kind] ?? [];
  return html`<form class="card sheet-form" @submit=${(event) => submit(event, kind)}>
    <h2>${word(kind)}</h2>
    ${fields.map(([name, word, step, max]) => html`<label>${word()} <input name=${name} type="number" inputmode="decimal" min="0" step=${step} max=${max} ?required=${kind !== "vitals"}></label>`)}
    ${kind === "note" ? html`<label>${t("Note")} <input name="text" required maxlength="400"></label>` : nothing}
    ${kind === "adrenaline" ? html`<label class="choice"><input type="checkbox" name="confirmed" required> ${t("I read mg and mL aloud and they are right")}</label>` : nothing}
    <div class="sheet-end"><button type="button" class="quiet" @click=${() => ((sheet.form = null), paint())}>${t("Close")}</button>
      <button class="primary">${kind === "adrenaline" ? t("Given now") : t("Enter")}</button></div>
  </form>`;
}

function submit(event, kind) {
  event.preventDefault();
  const data = {};
  for (const [name, value] of new FormData(event.target)) {
    if (value === "on") data[name] = true;
    else if (value !== "") data[name] = name === "text" ? value : Number(value);
  }
  enter(kind, data);
}

function line(entry) {
  const words = Object.entries(entry.data ?? {}).filter(([name]) => name !== "confirmed").map(([name, value]) => `${word(name)} ${word(String(value))}`);
  return html`<li class=${entry.isWaiting ? "is-waiting" : ""}><time class="digits">${floor.timeText(Date.parse(entry.at), true)}</time>
    <b>${word(entry.kind)}</b> ${words.join(", ")} ${entry.isWaiting ? html`<em>${t("waiting to be sent")}</em>` : nothing}</li>`;
}

function paint() {
  const now = floor.now();
  const call = alert();
  const inOrder = [...sheet.entries].sort((a, b) => a.at.localeCompare(b.at));
  render(
    html`<h1>${t("Run sheet")} ${call?.place ?? ""} ${call?.isDrill ? html`<b class="drill">${t("DRILL")}</b>` : nothing}</h1>
      ${clocks(now)} ${form()} ${buttons()}
      <ol class="timeline">${repeat(inOrder, (entry) => entry.uuid, line)}</ol>`,
    mount,
  );
}

floor.onChange(paint);
floor.onEvent("run_sheet.entered", load);
load();
