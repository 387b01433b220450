/** The sheet of one person: who it is, and what an observer does about them. */
import { html, nothing, render } from "../core/vendor.js";
import { named, t, word } from "../core/i18n.js";
import { stateWord, timeText } from "../core/time-left.js";
import { config, floor } from "./floor.js";
import { endingForm } from "./endings.js";
import { openHelp } from "./help.js";
import { openReaction } from "./reaction.js";
import { icon, shownOf } from "./tile.js";

/** Open the sheet of `tile`; it stays live until it is closed. */
export function openSheet(tile) {
  const sheet = { uuid: tile.uuid, person: null, mode: "main", dialog: document.createElement("dialog") };
  sheet.dialog.className = "sheet";
  document.body.append(sheet.dialog);
  const paint = () => render(view(sheet), sheet.dialog);
  const stop = floor.onChange(paint);
  sheet.repaint = paint;
  sheet.dialog.addEventListener("close", () => {
    stop();
    sheet.dialog.remove();
  });
  sheet.dialog.showModal();
  floor.fetch(`observations/${tile.uuid}/`).then((answer) => {
    sheet.person = answer;
    paint();
  });
}

function view(sheet) {
  const tile = floor.state.tiles.get(sheet.uuid);
  if (!tile) return html`<p>${t("No longer on the floor.")}</p>${closeButton(sheet)}`;
  const now = floor.now();
  return html`${head(tile, now)} ${person(sheet, sheet.person)}
    ${sheet.mode === "main" ? actions(sheet, tile, now) : modes[sheet.mode](sheet, tile)}
    ${history(sheet.person)} ${closeButton(sheet)}`;
}

function head(tile, now) {
  const shown = shownOf(tile, now, floor.state.alerts);
  return html`<header class="sheet-head">
    <h1>${tile.seat ?? t("Not seated")} <small>#${tile.ticket}</small></h1>
    <p class="tag state-${shown.state}">${icon()} ${stateWord(shown.state)} <b class="digits">${timeText(shown)}</b></p>
  </header>
  <p class="quiet-text">${t("may leave at {time}", { time: floor.timeText(tile.dueAt) })}</p>`;
}

function consent(sheet, who) {
  floor.command(t("Guardian agreed"), `recipients/${who.uuid}/consent/`);
  who.consent_at = new Date(floor.now()).toISOString();
  sheet.repaint();
}

function person(sheet, found) {
  if (!found) return html`<p class="quiet-text">${t("Loading the person…")}</p>`;
  const who = found.person ?? {};
  return html`<section class="sheet-person">
    <p><b>${who.name || t("No name recorded")}</b> ${who.born_on ?? ""} ${who.group_name ?? ""}</p>
    ${(found.doses ?? []).map((dose) => html`<p>${named(dose, "vaccine_name")} · ${t("lot")} ${dose.lot} ${dose.flags?.length ? html`<b class="flag">${dose.flags.join(", ")}</b>` : nothing}</p>`)}
    ${who.risks?.length ? html`<p class="flag">${who.risks.map((risk) => word(risk)).join(", ")}</p>` : nothing}
    ${who.needs_consent && !who.consent_at ? html`<p><b class="flag">${t("Guardian's consent is not recorded")}</b> <button @click=${() => consent(sheet, who)}>${t("Guardian agreed")}</button></p>` : nothing}
    ${found.party_members?.length ? html`<p>${t("Came together with {list}", { list: found.party_members.map((one) => one.seat ?? `#${one.ticket}`).join(", ") })}</p>` : nothing}
  </section>`;
}

function actions(sheet, tile, now) {
  if (tile.endedAt !== null) return settleForm(sheet, tile);
  const isDue = tile.dueAt <= now;
  return html`<div class="sheet-actions">
    <button class="help" @click=${() => help(sheet, tile)}>HELP <span class="help-line">${t("Help")}</span></button>
    <button class="primary" @click=${() => reaction(sheet, tile)}>${t("Reaction")}</button>
    <button class="primary" ?disabled=${!isDue} @click=${() => release(sheet, tile)}>${icon("tick")} ${t("Release")}
      ${isDue ? nothing : html`<small>${t("not due yet")}</small>`}</button>
    ${watchButton(sheet, tile)}
    <a class="button" href=${`/sites/${config.site}/guardian/${tile.uuid}/`} target="_blank">${t("QR for the family")}</a>
    ${tile.party && isDue ? html`<button @click=${() => releaseParty(sheet, tile)}>${t("Release the whole family")}</button>` : nothing}
    <button @click=${() => switchTo(sheet, "move")}>${t("Move")}</button>
    <button @click=${() => switchTo(sheet, "extend")}>${t("Extend")}</button>
    <button @click=${() => switchTo(sheet, "ending")}>${t("Left early or other ending")}</button>
  </div>`;
}

function watchButton(sheet, tile) {
  if (!tile.watchedSince) {
    return html`<button @click=${() => act(tile, t("Watch"), "watch")}>${t("Watch closely")}</button>`;
  }
  return html`<button @click=${() => act(tile, t("Re-check"), "recheck")}>${t("Checked again, fine so far")}</button>
    <button @click=${() => act(tile, t("Unwatch"), "unwatch")}>${t("End the close watch")}</button>`;
}

function act(tile, word, verb, body) {
  floor.command(`${word} ${tile.seat ?? "#" + tile.ticket}`, `observations/${tile.uuid}/${verb}/`, body);
}

function help(sheet, tile) {
  sheet.dialog.close();
  openHelp(tile.bay, tile);
}

function reaction(sheet, tile) {
  sheet.dialog.close();
  openReaction(tile);
}

function release(sheet, tile) {
  act(tile, t("Release"), "release");
  sheet.dialog.close();
}

function releaseParty(sheet, tile) {
  floor.command(t("Release the family of #{ticket}", { ticket: tile.ticket }), `sites/${config.site}/releases/`, { party: tile.party });
  sheet.dialog.close();
}

function switchTo(sheet, mode) {
  sheet.mode = mode;
  sheet.repaint();
}

function send(sheet, tile, word, verb, body) {
  act(tile, word, verb, body);
  sheet.dialog.close();
}

const modes = {
  move: (sheet, tile) => html`<form class="sheet-form" @submit=${(event) => move(event, sheet, tile)}>
      <label>${t("New seat")} <input name="seat" required maxlength="8" autocomplete="off" autofocus></label>
      <button class="primary">${t("Move")}</button>
    </form>`,
  extend: (sheet, tile) => html`<form class="sheet-form" @submit=${(event) => extend(event, sheet, tile)}>
      <label>${t("Minutes longer")} <input name="minutes" type="number" min="1" max="240" value="15" required></label>
      <label>${t("Reason")} <input name="reason" required maxlength="200"></label>
      <button class="primary">${t("Extend")}</button>
    </form>`,
  ending: (sheet, tile) => endingForm((body) => send(sheet, tile, t("End"), "leave", body)),
};

function move(event, sheet, tile) {
  event.preventDefault();
  send(sheet, tile, t("Move"), "move", { seat: new FormData(event.target).get("seat").trim().toUpperCase() });
}

function extend(event, sheet, tile) {
  event.preventDefault();
  const form = new FormData(event.target);
  send(sheet, tile, t("Extend"), "extend", { minutes: Number(form.get("minutes")), reason: form.get("reason") });
}

function settleForm(sheet, tile) {
  return html`<form class="sheet-form" @submit=${(event) => settle(event, sheet, tile)}>
    <label>${t("What was done?")} <input name="note" required maxlength="400"></label>
    <button class="primary">${t("Settled")}</button>
  </form>`;
}

function settle(event, sheet, tile) {
  event.preventDefault();
  send(sheet, tile, t("Settle"), "settle", { note: new FormData(event.target).get("note") });
}

function history(found) {
  if (!found?.history?.length) return nothing;
  return html`<details class="sheet-history"><summary>${t("History")}</summary>
    <ol>${found.history.map((row) => html`<li>${floor.timeText(Date.parse(row.at))} ${word(row.type)} ${row.by} ${row.source === "live" ? "" : word(row.source)}</li>`)}</ol>
  </details>`;
}

function closeButton(sheet) {
  return html`<div class="sheet-end"><button class="quiet" @click=${() => sheet.dialog.close()}>${t("Close")}</button></div>`;
}
