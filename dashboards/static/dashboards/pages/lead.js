/** The session lead: readiness, flow, who is on duty and reachable, stations, lots, devices, closing the day. */
import { html, nothing, render } from "../core/vendor.js";
import { problemText } from "../core/api.js";
import { named, t, word } from "../core/i18n.js";
import { dutyCard } from "./duty-card.js";
import { ENDINGS } from "./endings.js";
import { config, floor, post } from "./floor.js";
import { groupCards } from "./group-card.js";
import { icon } from "./tile.js";

const mount = document.querySelector("[data-page=lead]");
const data = { site: null, people: [], lots: [], stations: [], open: null, problem: "", endings: new Map() };

const CHECKS = [
  ["kit", () => t("Emergency kit complete, nothing expired")],
  ["ambulance", () => t("Ambulance on site or called")],
  ["hospital", () => t("Green channel to the hospital confirmed")],
  ["clock", () => t("The clock on this page agrees with the wall clock")],
  ["drill", () => t("Call drilled today, a person answered")],
  ["signal", () => t("Sound armed on board and phones")],
];

async function load() {
  [data.site, data.people, data.lots, data.stations] = await Promise.all([
    floor.fetch(`sites/${config.site}/`),
    floor.fetch(`sites/${config.site}/people/`),
    floor.fetch(`sites/${config.site}/lots/`),
    floor.fetch(`sites/${config.site}/stations/`),
  ]);
  paint();
}

async function act(path, body = {}) {
  const answer = await post(path, body);
  data.problem = answer.ok ? "" : problemText(answer.problem);
  if (!answer.ok && answer.problem.facts?.open) data.open = answer.problem.facts.open;
  await load();
  return answer;
}

function readiness() {
  const session = data.site?.session;
  if (!session) {
    return html`<section class="card"><h2>${t("No session is open")}</h2>
      <form class="inline" @submit=${openSession}><label>${t("Name of the session")} <input name="name" required maxlength="80"></label>
      <button class="primary">${t("Open the session")}</button></form></section>`;
  }
  return html`<section class="card"><h2>${session.name} <small>${t("open since {time}", { time: floor.timeText(Date.parse(session.opened_at)) })}</small></h2>
    <ul class="list checks">${CHECKS.map(([code, word]) => html`<li><label class="choice"><input type="checkbox" ?checked=${session.checks[code] === true}
      @change=${(event) => act(`sessions/${session.uuid}/checks/`, { checks: { [code]: event.target.checked } })}> ${word()}</label></li>`)}</ul>
    <button class="danger" @click=${() => act(`sites/${config.site}/alerts/`, { is_drill: true, place: t("Drill") })}>${t("Start a drill")}</button>
  </section>`;
}

function openSession(event) {
  event.preventDefault();
  act(`sites/${config.site}/sessions/`, { name: new FormData(event.target).get("name") });
}

function flow(now) {
  const open = [...floor.state.tiles.values()].filter((tile) => tile.endedAt === null);
  const seats = floor.seats().length;
  const free = seats - open.filter((tile) => tile.seat).length;
  const soon = open.filter((tile) => tile.dueAt - now <= 600_000).length;
  return html`<section class="card"><h2>${t("Flow")}</h2><dl class="figures">
    <div><dt>${t("watched now")}</dt><dd>${open.length}</dd></div>
    <div><dt>${t("seats free now")}</dt><dd>${free}</dd></div>
    <div><dt>${t("seats free in 10 min, at most")}</dt><dd>${free + soon}</dd></div>
    <div><dt>${t("not seated")}</dt><dd>${open.filter((tile) => !tile.seat).length}</dd></div>
  </dl></section>`;
}

function duty() {
  return html`<section class="card"><h2>${t("On duty")}</h2><ul class="list">
    ${data.people.map((one) => html`<li class="row"><b>${one.name}</b> ${word(one.role)} ${one.bay ?? named(one, "area") ?? ""}
      ${one.is_reachable ? html`<span class="good">${icon("tick")} ${t("reachable")}</span>` : html`<b class="flag">${icon("broken-link")} ${t("cannot be rung: SMS or voice follows")}</b>`}
      <button class="quiet" @click=${() => leave(one)}>${t("Off duty")}</button></li>`)}
  </ul>${data.people.some((one) => one.role === "physician" || one.role === "paediatrician") ? nothing : html`<p class="banner banner-stop">${t("No physician is on duty.")}</p>`}</section>`;
}

async function leave(one) {
  const answer = await act(`duties/${one.duty}/leave/`);
  if (!answer.ok && answer.problem.type.endsWith("last_physician") && confirm(problemText(answer.problem))) {
    act(`duties/${one.duty}/leave/`, { confirm: true });
  }
}

function lots() {
  return html`<section class="card"><h2>${t("Lots")}</h2><ul class="list">
    ${data.lots.map((lot) => html`<li class="row"><b>${named(lot, "vaccine_name")} · ${lot.number}</b> ${t("until {date}", { date: lot.expires_on })}
      ${lot.held_at
        ? html`<b class="flag">${t("HELD")} ${lot.held_reason}</b><button @click=${() => act(`lots/${lot.uuid}/release/`)}>${t("Release the lot")}</button>`
        : html`<button class="danger" @click=${() => hold(lot)}>${t("Hold the lot")}</button>`}</li>`)}
  </ul></section>`;
}

function hold(lot) {
  const reason = prompt(t("Why is lot {number} held?", { number: lot.number }));
  if (reason) act(`lots/${lot.uuid}/hold/`, { reason });
}

function stations() {
  return html`<section class="card"><h2>${t("Stations")}</h2><ul class="list">
    ${(data.stations ?? []).map((one) => html`<li class="row"><b>${t("Station {name}", { name: one.station })}</b>
      ${one.stopped_at
        ? html`<b class="flag">${t("STOPPED since {time}", { time: floor.timeText(Date.parse(one.stopped_at)) })} ${one.reason}</b><button @click=${() => act(`sites/${config.site}/stations/resume/`, { station: one.station })}>${t("Let it go on")}</button>`
        : html`<button class="danger" @click=${() => stop(one.station)}>${t("Stop the station")}</button>`}</li>`)}
  </ul><form class="inline" @submit=${stopNamed}><label>${t("Another station")} <input name="station" required maxlength="20" autocomplete="off"></label>
    <button>${t("Stop the station")}</button></form></section>`;
}

function stop(station) {
  const reason = prompt(t("Why is station {name} stopped?", { name: station }));
  if (reason) act(`sites/${config.site}/stations/stop/`, { station, reason });
}

function stopNamed(event) {
  event.preventDefault();
  stop(new FormData(event.target).get("station").trim());
  event.target.reset();
}

function closing() {
  const session = data.site?.session;
  if (!session) return nothing;
  return html`<section class="card"><h2>${t("Close the day")}</h2>
    ${data.open ? html`<p>${t("{n} observations are still open. Say how each ended.", { n: data.open.length })}</p>
      <ul class="list">${data.open.map((row) => html`<li class="row"><b>#${row.ticket}</b> ${row.seat ?? ""}
        <select @change=${(event) => data.endings.set(row.uuid, event.target.value)}><option value="">–</option>
        ${ENDINGS.map(([kind, word]) => html`<option value=${kind}>${word()}</option>`)}<option value="complete">${t("Left after the full time")}</option></select></li>`)}</ul>` : nothing}
    <button class="primary" @click=${() => close(session)}>${t("Close the session")}</button></section>`;
}

async function close(session) {
  const endings = [...data.endings].filter(([, kind]) => kind).map(([observation, kind]) => ({ observation, kind, reason: t("Close the day") }));
  const answer = await act(`sessions/${session.uuid}/close/`, { endings });
  if (answer.ok) {
    data.open = null;
    data.endings.clear();
    paint();
  }
}

function links() {
  return html`<section class="card links"><h2>${t("More")}</h2>
    <a class="button" href=${`/sites/${config.site}/floor-sheet/`}>${t("Print the floor sheet")}</a>
    <a class="button" href=${`/sites/${config.site}/paper/`}>${t("Key in a floor sheet")}</a>
    <a class="button" href=${`/sites/${config.site}/persons/`}>${t("Persons recorded twice")}</a>
    <a class="button" href=${`/sites/${config.site}/devices/`}>${t("Devices")}</a>
    <a class="button" href=${`/sites/${config.site}/figures/`}>${t("Figures")}</a>
    <a class="button" href=${`/sites/${config.site}/hall/`}>${t("Hall display")}</a>
    <button class="danger" @click=${evacuate}>${t("Evacuate the hall")}</button></section>`;
}

function evacuate() {
  if (confirm(t("Turn every board into a muster list?"))) act(`sites/${config.site}/evacuation/`).then(() => location.assign(`/sites/${config.site}/muster/`));
}

function paint() {
  const now = floor.now();
  render(html`<p class="wall-clock digits">${floor.timeText(now, true)}</p>
    ${data.problem ? html`<p class="banner banner-stop" role="alert">${data.problem}</p>` : nothing}
    ${groupCards(now)}
    <div class="cards">${readiness()} ${flow(now)} ${dutyCard()} ${duty()} ${stations()} ${lots()} ${closing()} ${links()}</div>`, mount);
}

floor.onChange(paint);
for (const type of ["duty.started", "duty.ended", "lot.held", "lot.released", "station.stopped", "station.resumed", "device.lost", "device.heard", "session.closed"]) floor.onEvent(type, load);
load();
