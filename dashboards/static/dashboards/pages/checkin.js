/** Check-in at the seat: scan or type a ticket, then the seat; or the last ten of a station in bulk. */
import { html, nothing, render, repeat } from "../core/vendor.js";
import { t } from "../core/i18n.js";
import { formatSince } from "../core/time-left.js";
import { config, floor } from "./floor.js";
import { icon } from "./tile.js";

const mount = document.querySelector("[data-page=check_in]");
const form = { ticket: "", seat: "", found: [], seated: null };

function waiting() {
  const open = [...floor.state.tiles.values()].filter((tile) => tile.endedAt === null);
  return open.filter((tile) => !tile.seat || !tile.isSeatConfirmed).sort((a, b) => a.startedAt - b.startedAt);
}

function freeSeats() {
  const taken = new Set([...floor.state.tiles.values()].filter((tile) => tile.endedAt === null).map((tile) => tile.seat));
  return floor.seats().filter((seat) => !taken.has(seat));
}

function seatOne(ticket, seat) {
  floor.command(t("Seat #{ticket} at {seat}", { ticket, seat }), `sites/${config.site}/check-ins/`, { ticket, seat });
  form.seated = [...floor.state.tiles.values()].find((tile) => tile.endedAt === null && tile.ticket === Number(ticket)) ?? null;
  form.ticket = form.seat = "";
  paint();
}

function submit(event) {
  event.preventDefault();
  const data = new FormData(event.target);
  const ticket = String(data.get("ticket")).trim().replace("#", "");
  const seat = String(data.get("seat")).trim().toUpperCase();
  if (ticket && seat) seatOne(/^\d+$/.test(ticket) ? Number(ticket) : ticket, seat);
}

function scanned(event) {
  const text = event.detail.text.trim();
  if (floor.seats().includes(text.toUpperCase())) form.seat = text.toUpperCase();
  else form.ticket = text;
  paint();
  if (form.ticket && form.seat) seatOne(form.ticket, form.seat);
}

function bulk(event) {
  event.preventDefault();
  const data = new FormData(event.target);
  const body = { station: data.get("station"), last: Number(data.get("last")), bay: data.get("bay") };
  floor.command(t("Seat the last {n} of station {station}", { n: body.last, station: body.station }), `sites/${config.site}/check-ins/`, body);
}

function stations() {
  const known = new Set([...floor.state.tiles.values()].map((tile) => tile.station).filter(Boolean));
  return [...known].sort();
}

async function search(event) {
  event.preventDefault();
  const text = new FormData(event.target).get("q");
  const answer = await floor.fetch(`sites/${config.site}/observations/?q=${encodeURIComponent(text)}`);
  form.found = answer?.results ?? answer ?? [];
  paint();
}

function guardianLink({ uuid, ticket }) {
  return html`<a class="button" href=${`/sites/${config.site}/guardian/${uuid}/`} target="_blank">${t("QR for the family")} #${ticket}</a>`;
}

function row(tile, now) {
  const isLate = !tile.seat && now - tile.startedAt > 180_000;
  return html`<li class="row ${isLate ? "row-late" : ""}">
    <b>#${tile.ticket}</b> <span>${tile.seat ? html`${tile.seat} ${t("to be confirmed")}` : t("not seated for {time}", { time: formatSince(now - tile.startedAt) })}</span>
    <button @click=${() => ((form.ticket = String(tile.ticket)), (form.seat = tile.seat ?? form.seat), paint())}>${t("Choose")}</button>
    ${tile.seat ? html`<button @click=${() => seatOne(tile.ticket, tile.seat)}>${icon("tick")} ${t("Is at {seat}", { seat: tile.seat })}</button>` : nothing}
  </li>`;
}

function paint() {
  const now = floor.now();
  const rows = waiting();
  const free = freeSeats();
  render(
    html`<section class="card"><h1>${t("Check-in")}</h1>
      <scan-field @scan=${scanned}></scan-field>
      <form class="inline" @submit=${submit}>
        <label>${t("Ticket")} <input name="ticket" .value=${form.ticket} required autocomplete="off" maxlength="40"></label>
        <label>${t("Seat")} <input name="seat" .value=${form.seat} required autocomplete="off" maxlength="8" list="free-seats"></label>
        <datalist id="free-seats">${free.slice(0, 400).map((seat) => html`<option value=${seat}></option>`)}</datalist>
        <button class="primary">${t("Seat")}</button>
      </form>
      ${form.seated ? html`<p>${guardianLink(form.seated)}</p>` : nothing}
      <p class="quiet-text">${t("{n} seats free", { n: free.length })}</p></section>
    <section class="card"><h2>${t("Many at once")}</h2>
      <form class="inline" @submit=${bulk}>
        <label>${t("Station")} <input name="station" required list="stations" maxlength="20"></label>
        <datalist id="stations">${stations().map((name) => html`<option value=${name}></option>`)}</datalist>
        <label>${t("Last")} <input name="last" type="number" min="1" max="50" value="10"></label>
        <label>${t("Bay")} <select name="bay">${floor.bays.map((bay) => html`<option>${bay.code}</option>`)}</select></label>
        <button>${t("Seat them, confirm by scan")}</button>
      </form></section>
    <section class="card"><h2>${t("Find")}</h2>
      <form class="inline" @submit=${search}><label>${t("Name, ticket, seat or class")} <input name="q" maxlength="60"></label><button>${t("Find")}</button></form>
      <ul class="list">${form.found.map((one) => html`<li class="row"><b>#${one.ticket}</b> ${one.seat ?? t("Not seated")} ${one.name ?? one.person?.name ?? ""} ${one.namesakes?.length ? html`<b class="flag">${t("namesake: check the birth date")}</b>` : nothing} ${guardianLink(one)}</li>`)}</ul></section>
    <section class="card"><h2>${t("Waiting for a seat ({n})", { n: rows.length })}</h2>
      <ul class="list">${repeat(rows.slice(0, 60), (tile) => tile.uuid, (tile) => row(tile, now))}</ul></section>`,
    mount,
  );
}

floor.onChange(paint);
