/** My duty: begin, leave, hand over with what is open; accept what a colleague hands over. */
import { problemText } from "../core/api.js";
import { named, t, word } from "../core/i18n.js";
import { showToast } from "../core/toasts.js";
import { html, nothing } from "../core/vendor.js";
import { config, floor, post } from "./floor.js";

const ROLES = ["observer", "physician", "backup", "paediatrician", "anaesthetist", "psychologist", "nurse", "vaccinator", "lead"];
const data = { offered: [], session: null };

/** Load the open session and what waits for this person's acceptance. */
export async function loadDuty() {
  if (!config.user) return;
  const [site, offered] = await Promise.all([floor.fetch(`sites/${config.site}/`), floor.fetch("handovers/")]);
  data.session = site?.session ?? null;
  data.offered = offered ?? [];
  floor.paint();
}

async function act(path, body = {}) {
  const answer = await post(path, body);
  if (!answer.ok) {
    const isLast = answer.problem.facts && answer.status === 409 && path.endsWith("/leave/") && !body.confirm;
    if (isLast && confirm(problemText(answer.problem))) return act(path, { confirm: true });
    showToast(problemText(answer.problem), { kind: "refused" });
  }
  return loadDuty();
}

/** Seats watched closely and calls of my bay go along with the duty. */
function watchedIn(bay) {
  const tiles = [...floor.state.tiles.values()];
  return tiles.filter((tile) => tile.endedAt === null && tile.watchedSince && (!bay || tile.bay === bay)).map((tile) => tile.uuid);
}

function handOver(event, duty) {
  event.preventDefault();
  const form = new FormData(event.target);
  act(`duties/${duty.duty}/hand-over/`, { to: form.get("to"), note: form.get("note"), subjects: watchedIn(duty.bay) });
  showToast(t("Offered. Your duty ends when it is accepted."));
}

function mine(duty) {
  const others = floor.duties.filter((one) => one.user !== config.user);
  const people = [...new Map(others.map((one) => [one.user, one.name]))];
  return html`<li class="row"><b>${word(duty.role)}</b> ${duty.bay ?? named(duty, "area") ?? ""}
    <button class="quiet" @click=${() => act(`duties/${duty.duty}/leave/`)}>${t("Off duty")}</button>
    <details><summary>${t("Hand over")}</summary><form class="inline" @submit=${(event) => handOver(event, duty)}>
      <label>${t("To")} <select name="to" required>${people.map(([key, name]) => html`<option value=${key}>${name}</option>`)}</select></label>
      <label>${t("Note")} <input name="note" maxlength="400"></label><button>${t("Offer")}</button></form></details></li>`;
}

function offer(handover) {
  const from = handover.duty;
  return html`<li class="row"><b>${t("{name} hands over: {role}", { name: from.name, role: word(from.role) })}</b>
    ${t("{calls} open calls, {seats} watched seats", { calls: handover.alerts.length, seats: handover.subjects.length })} ${handover.note}
    <button class="primary" @click=${() => act(`handovers/${handover.uuid}/accept/`)}>${t("Accept")}</button></li>`;
}

function begin(event) {
  event.preventDefault();
  const form = new FormData(event.target);
  act(`sessions/${data.session.uuid}/duties/`, { role: form.get("role"), bay: form.get("bay") || null });
}

/** The card; empty for a device with nobody logged in. */
export function dutyCard() {
  if (!config.user) return nothing;
  const own = floor.duties.filter((duty) => duty.user === config.user);
  return html`<section class="card"><h2>${t("My duty")}</h2>
    <ul class="list">${data.offered.map(offer)} ${own.map(mine)}</ul>
    ${own.length ? nothing : html`<p class="quiet-text">${t("You are not on duty: no page reaches you.")}</p>`}
    ${data.session ? html`<details><summary>${t("Go on duty")}</summary><form class="inline" @submit=${begin}>
      <label>${t("Role")} <select name="role">${ROLES.map((role) => html`<option value=${role}>${word(role)}</option>`)}</select></label>
      <label>${t("Bay")} <select name="bay"><option value="">–</option>${floor.bays.map((bay) => html`<option>${bay.code}</option>`)}</select></label>
      <button>${t("Go on duty")}</button></form></details>` : nothing}
  </section>`;
}

if (config.site) {
  loadDuty();
  for (const type of ["duty.started", "duty.ended", "duty.handed_over", "duty.offered", "session.opened"]) floor.onEvent(type, loadDuty);
}
