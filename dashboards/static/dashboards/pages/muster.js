/** The muster list of an evacuation: by bay, seen or missing; the timers run on. */
import { html, nothing, render, repeat } from "../core/vendor.js";
import { t } from "../core/i18n.js";
import { config, floor } from "./floor.js";
import { callCard } from "./call-card.js";

const mount = document.querySelector("[data-page=muster]");

function tick(tile, isSeen) {
  floor.command(t("Muster #{ticket}", { ticket: tile.ticket }), `sites/${config.site}/muster/`, { observation: tile.uuid, is_seen: isSeen });
}

function markOf(tile) {
  const isSeen = floor.state.muster.get(tile.uuid);
  return isSeen === undefined ? "open" : isSeen ? "seen" : "missing";
}

function row(tile) {
  return html`<li class="row muster-${markOf(tile)}"><b>${tile.seat ?? "—"}</b> #${tile.ticket}
    <button aria-pressed=${markOf(tile) === "seen"} @click=${() => tick(tile, true)}>${t("Seen")}</button>
    <button aria-pressed=${markOf(tile) === "missing"} class="sign-danger" @click=${() => tick(tile, false)}>${t("Missing")}</button>
  </li>`;
}

function paint() {
  const now = floor.now();
  const open = [...floor.state.tiles.values()].filter((tile) => tile.endedAt === null);
  const groups = new Map();
  for (const tile of open) groups.set(tile.bay ?? "", [...(groups.get(tile.bay ?? "") ?? []), tile]);
  const missing = open.filter((tile) => markOf(tile) === "missing").length;
  const unseen = open.filter((tile) => markOf(tile) === "open").length;
  render(
    html`<h1>${t("Muster list")}</h1>
      ${floor.state.evacuatingSince ? html`<p class="banner banner-stop">${t("EVACUATION since {time}", { time: floor.timeText(floor.state.evacuatingSince) })}</p>` : html`<p>${t("No evacuation is running.")}</p>`}
      <p class="figures"><b>${t("not yet ticked: {n}", { n: unseen })}</b> <b class="flag">${t("missing: {n}", { n: missing })}</b>
        <button @click=${() => window.print()}>${t("Print")}</button>
        ${floor.state.evacuatingSince ? html`<button @click=${end}>${t("End the evacuation")}</button>` : nothing}</p>
      ${floor.calls().map((alert) => callCard(alert, now))}
      ${[...groups].sort().map(([bay, tiles]) => html`<section class="card"><h2>${bay ? t("Bay {code}", { code: bay }) : t("Not seated")}</h2>
        <ul class="list">${repeat(tiles.sort((a, b) => (a.seat ?? "").localeCompare(b.seat ?? "", "en", { numeric: true })), (tile) => tile.uuid, row)}</ul></section>`)}`,
    mount,
  );
}

function end() {
  floor.command(t("End the evacuation"), `sites/${config.site}/evacuation/end/`);
}

floor.onChange(paint);
