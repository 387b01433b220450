/** HELP: one tap calls, the second names the seat while the team is already running. */
import { html, nothing, render } from "../core/vendor.js";
import { t } from "../core/i18n.js";
import { config, floor } from "./floor.js";

/** Call for help at once from `bay`, then offer to name the seat; undo sends a cancellation. */
export function openHelp(bay, tile = null) {
  const call = {
    uuid: crypto.randomUUID?.() ?? floor.newKey(),
    called_at: new Date(floor.now()).toISOString(),
    bay: tile?.bay ?? bay ?? undefined,
    seat: tile?.seat ?? undefined,
    subject: tile?.uuid,
    person_kind: tile ? "recipient" : "unknown",
  };
  floor.callForHelp(call);
  if (!tile?.seat) askSeat(call);
  return call.uuid;
}

function askSeat(call) {
  const dialog = document.body.appendChild(document.createElement("dialog"));
  dialog.className = "sheet sheet-help";
  const seats = floor.seatsOf(call.bay);
  render(helpSheet(call, seats, dialog), dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
}

function helpSheet(call, seats, dialog) {
  return html`<h1>${t("The team is being called")}</h1>
    <p>${t("Which seat? They are on their way in any case.")}</p>
    <div class="seat-choice">
      ${seats.map((seat) => html`<button class="seat" @click=${() => name(call, seat, dialog)}>${seat}</button>`)}
    </div>
    <form class="inline" @submit=${(event) => nameTyped(event, call, dialog)}>
      <label>${t("Seat or place")} <input name="place" autocomplete="off" maxlength="60"></label>
      <button>${t("Send place")}</button>
    </form>
    <div class="sheet-end">
      <button class="quiet" @click=${() => undo(call, dialog)}>${t("Called by mistake")}</button>
      <button class="primary" @click=${() => dialog.close()}>${t("Done")}</button>
    </div>
    ${config.hotline ? html`<p>${t("No answer? Shout, and phone {number}.", { number: config.hotline })}</p>` : nothing}`;
}

function name(call, seat, dialog) {
  floor.command(t("Place of the call"), `alerts/${call.uuid}/move/`, { seat }, { urgent: true });
  dialog.close();
}

function nameTyped(event, call, dialog) {
  event.preventDefault();
  const place = new FormData(event.target).get("place").trim();
  if (place) floor.command(t("Place of the call"), `alerts/${call.uuid}/move/`, { seat: place }, { urgent: true });
  dialog.close();
}

function undo(call, dialog) {
  floor.command(t("Cancel the call"), `alerts/${call.uuid}/cancel/`, { words: t("Called by mistake") }, { urgent: true });
  dialog.close();
}
