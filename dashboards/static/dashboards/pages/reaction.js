/** A reaction in three taps: sign, confirm, done. Signs first, diagnosis never; danger signs call by themselves. */
import { html, nothing, render } from "../core/vendor.js";
import { t, word } from "../core/i18n.js";
import { config, floor } from "./floor.js";
import { icon } from "./tile.js";

export const SIGNS = [
  ["breathing", () => t("Breathing / throat"), true],
  ["swelling", () => t("Face / lips swollen"), true],
  ["rash", () => t("Rash"), true],
  ["collapse", () => t("Collapsed / fainted"), true],
  ["vomiting", () => t("Vomiting"), false],
  ["fit", () => t("Fit"), true],
  ["dizzy", () => t("Dizzy / pale"), false],
  ["panic", () => t("Panic / crying / tingling"), false],
  ["fever", () => t("Fever"), false],
  ["arm_sore", () => t("Arm sore"), false],
];

const DANGERS = [
  ["noisy_breathing", () => t("Noisy or laboured breathing")],
  ["swelling", () => t("Swelling of face, lips, tongue")],
  ["rash_beyond_site", () => t("Rash beyond the injection site")],
  ["repeated_vomiting", () => t("Repeated vomiting")],
  ["limp_child", () => t("Limp small child")],
  ["not_recovered", () => t("Not awake and pink within 2 min lying flat")],
];

const SUBTYPES = [
  ["acute_stress", () => t("Fear, fast breathing, tingling (acute stress)")],
  ["vasovagal", () => t("Pale, slow pulse, fainted (vasovagal)")],
  ["dissociative", () => t("Odd movements, weakness, not reacting (dissociative)")],
];

const PERSON_KINDS = [
  ["unknown", () => t("Not known")],
  ["before_dose", () => t("Not yet vaccinated")],
  ["released", () => t("Vaccinated, already released")],
  ["visitor", () => t("Visitor")],
  ["staff", () => t("Staff")],
];

/** Open the reaction sheet for a person on the floor, or for somebody else when `tile` is null. */
export function openReaction(tile, kind = "unknown") {
  const sheet = { tile, kind, signs: new Set(), dangers: {}, subtype: "", step: "signs", dialog: document.createElement("dialog") };
  sheet.dialog.className = "sheet sheet-reaction";
  document.body.append(sheet.dialog);
  sheet.paint = () => render(views[sheet.step](sheet), sheet.dialog);
  sheet.dialog.addEventListener("close", () => sheet.dialog.remove());
  sheet.paint();
  sheet.dialog.showModal();
}

function title(sheet) {
  const where = sheet.tile ? sheet.tile.seat ?? `#${sheet.tile.ticket}` : t("Somebody else");
  return html`<h1>${t("What do you see?")} <small>${where}</small></h1> ${sheet.tile ? nothing : somebody(sheet)}`;
}

/** Who it is when nobody on the floor: only the vaccinated count in AEFI rates. */
function somebody(sheet) {
  const choose = (event) => (sheet[event.target.name] = event.target.value);
  return html`<div class="inline">
    <label>${t("Who")} <select name="kind" @change=${choose}>${PERSON_KINDS.map(([kind, label]) => html`<option value=${kind} ?selected=${kind === sheet.kind}>${label()}</option>`)}</select></label>
    <label>${t("Where")} <input name="place" maxlength="60" @change=${choose}></label></div>`;
}

function go(sheet, step) {
  sheet.step = step;
  sheet.paint();
}

function toggle(sheet, code) {
  if (!sheet.signs.delete(code)) sheet.signs.add(code);
  sheet.paint();
}

// A faint that recovered lying flat and a rash at the site only do not call, once danger was looked for.
const CALMED_BY_LOOKING = new Set(["collapse", "rash"]);

function isLookedFor(sheet) {
  return DANGERS.every(([code]) => sheet.dangers[code] === "no");
}

export function hasDanger(sheet) {
  if (Object.values(sheet.dangers).includes("yes")) return true;
  const calm = isLookedFor(sheet) ? CALMED_BY_LOOKING : new Set();
  return SIGNS.some(([code, , isDanger]) => isDanger && sheet.signs.has(code) && !calm.has(code));
}

const views = {
  signs: (sheet) => html`${title(sheet)}
    <div class="signs">
      ${SIGNS.map(([code, word, isDanger]) => html`<button class="sign ${isDanger ? "sign-danger" : ""}" aria-pressed=${sheet.signs.has(code)} @click=${() => toggle(sheet, code)}>${word()}</button>`)}
    </div>
    ${hasDanger(sheet) ? html`<p class="banner banner-alarm">${t("Confirming calls the team at once.")}</p>` : nothing}
    <div class="sheet-end">
      <button class="quiet" @click=${() => sheet.dialog.close()}>${t("Close")}</button>
      <button @click=${() => go(sheet, "stress")}>${t("Stress response?")}</button>
      <button class="primary" ?disabled=${!sheet.signs.size} @click=${() => save(sheet)}>${hasDanger(sheet) ? t("Confirm and call") : t("Confirm")}</button>
    </div>`,
  stress: (sheet) => html`${title(sheet)}
    <h2>${t("Danger signs looked for?")}</h2>
    <p>${t("A stress response is logged only once each of these was looked for and is absent.")}</p>
    <div class="dangers">${DANGERS.map(([code, word]) => dangerRow(sheet, code, word()))}</div>
    ${isPresent(sheet)
      ? html`<p class="banner banner-alarm">${t("A danger sign is present: this calls the team.")}</p>
          <div class="sheet-end"><button class="primary" @click=${() => save(sheet)}>${t("Confirm and call")}</button></div>`
      : subtypeChoice(sheet)}`,
  done: (sheet) => html`<h1>${t("Logged")}</h1>
    <p>${sheet.called ? t("The team is being called.") : t("No call was made.")}</p>
    ${stressFields(sheet)}
    <div class="sheet-end">
      <button class="quiet" @click=${() => undo(sheet)}>${t("Undo")}</button>
      <button class="primary" @click=${() => details(sheet)}>${t("Done")}</button>
    </div>`,
};

function isPresent(sheet) {
  const certain = ["breathing", "swelling", "fit"].some((code) => sheet.signs.has(code));
  return certain || Object.values(sheet.dangers).includes("yes");
}

function dangerRow(sheet, code, word) {
  const set = (value) => {
    sheet.dangers[code] = value;
    sheet.paint();
  };
  return html`<div class="danger-row"><span>${word}</span>
    <button aria-pressed=${sheet.dangers[code] === "no"} @click=${() => set("no")}>${t("absent")}</button>
    <button aria-pressed=${sheet.dangers[code] === "yes"} class="sign-danger" @click=${() => set("yes")}>${t("present")}</button>
  </div>`;
}

function subtypeChoice(sheet) {
  const isLooked = isLookedFor(sheet);
  return html`<fieldset class="choices" ?disabled=${!isLooked}><legend>${t("Suspected stress response")}</legend>
      ${SUBTYPES.map(([code, word]) => html`<button class="sign" aria-pressed=${sheet.subtype === code} @click=${() => ((sheet.subtype = code), sheet.paint())}>${word()}</button>`)}
    </fieldset>
    <div class="sheet-end">
      <button class="quiet" @click=${() => go(sheet, "signs")}>${t("Back")}</button>
      <button class="primary" ?disabled=${!isLooked || !sheet.subtype} @click=${() => save(sheet)}>${t("Log suspected stress response")}</button>
    </div>`;
}

function save(sheet) {
  sheet.uuid = floor.newKey();
  sheet.called = hasDanger(sheet) || Boolean(sheet.subtype);
  const signs = Object.fromEntries([...sheet.signs].map((code) => [code, "yes"]));
  const body = {
    uuid: sheet.uuid,
    signs: { ...signs, ...sheet.dangers },
    stress_subtype: sheet.subtype,
    danger_absent: Boolean(sheet.subtype) && !hasDanger(sheet),
    call_for_help: hasDanger(sheet),
    seen_at: new Date(floor.now()).toISOString(),
    ...(sheet.tile ? {} : { person_kind: sheet.kind, place: sheet.place ?? "" }),
  };
  const path = sheet.tile ? `observations/${sheet.tile.uuid}/reactions/` : `sites/${config.site}/reactions/`;
  floor.command(t("Reaction"), path, body, { urgent: sheet.called, isCall: hasDanger(sheet) });
  go(sheet, "done");
}

function stressFields(sheet) {
  return html`<form class="sheet-form" data-details>
    ${sheet.subtype ? html`<label>${t("Minutes standing before")} <input name="standing_minutes" type="number" min="0" max="600"></label>` : nothing}
    <label class="choice"><input type="checkbox" name="fell"> ${t("Fell")}</label>
    <label class="choice"><input type="checkbox" name="head_injury"> ${t("Head injury")}</label>
    <label class="choice"><input type="checkbox" name="recovered"> ${t("Recovered now")}</label>
    <label class="choice"><input type="checkbox" name="saw_others_ill"> ${t("Saw others ill")}</label>
    <label>${t("Note")} <input name="note" maxlength="1000"></label>
  </form>`;
}

function details(sheet) {
  const form = new FormData(sheet.dialog.querySelector("[data-details]"));
  const found = {};
  for (const name of ["fell", "head_injury", "saw_others_ill"]) if (form.get(name)) found[name] = true;
  if (form.get("standing_minutes")) found.standing_minutes = Number(form.get("standing_minutes"));
  const body = { details: found, note: form.get("note") ?? "" };
  if (form.get("recovered")) body.recovered_at = new Date(floor.now()).toISOString();
  if (Object.keys(found).length || body.note || body.recovered_at) {
    floor.command(t("Details of the reaction"), `reactions/${sheet.uuid}/details/`, body);
  }
  sheet.dialog.close();
}

function undo(sheet) {
  floor.command(t("Undo the reaction"), `reactions/${sheet.uuid}/undo/`, {}, { urgent: true });
  sheet.dialog.close();
}
