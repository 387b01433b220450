/** Key a floor sheet back in after a power cut: who left when, as written on paper. Nothing is paged for times past. */
import { html, render, repeat } from "../core/vendor.js";
import { t, word } from "../core/i18n.js";
import { floor } from "./floor.js";
import { ENDINGS } from "./endings.js";

const mount = document.querySelector("[data-page=paper]");

function save(event, tile) {
  event.preventDefault();
  const form = new FormData(event.target);
  const at = floor.instantToday(form.get("time"));
  const kind = form.get("kind");
  const label = t("From paper #{ticket}", { ticket: tile.ticket });
  const options = { source: "paper", deviceAt: at };
  if (kind === "complete") floor.command(label, `observations/${tile.uuid}/release/`, {}, options);
  else floor.command(label, `observations/${tile.uuid}/leave/`, { kind, reason: form.get("reason") }, options);
}

function row(tile) {
  return html`<li class="row"><form class="inline" @submit=${(event) => save(event, tile)}>
    <b>${tile.seat ?? "—"} #${tile.ticket}</b> <span>${t("may leave at {time}", { time: floor.timeText(tile.dueAt) })}</span>
    <label>${t("Left at")} <input name="time" type="time" required></label>
    <label>${t("How")} <select name="kind"><option value="complete">${t("Left after the full time")}</option>
      ${ENDINGS.map(([kind, word]) => html`<option value=${kind}>${word()}</option>`)}</select></label>
    <label>${t("Reason")} <input name="reason" maxlength="400"></label>
    <button>${t("Save")}</button></form></li>`;
}

function paint() {
  const open = [...floor.state.tiles.values()].filter((tile) => tile.endedAt === null).sort((a, b) => a.ticket - b.ticket);
  render(
    html`<h1>${t("Key in a floor sheet")}</h1>
      <p>${t("Times as written on the sheet, in the site's time. Entries are marked as keyed from paper.")}</p>
      <ul class="list">${repeat(open, (tile) => tile.uuid, row)}</ul>`,
    mount,
  );
}

floor.onChange(paint);
