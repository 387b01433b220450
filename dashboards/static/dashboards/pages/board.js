/** The board: my bay in large tiles, every alarm of the hall pinned, the whole hall as a map of small cells. */
import { html, nothing, render, repeat } from "../core/vendor.js";
import { t } from "../core/i18n.js";
import { formatSince, isUnsettled, stateWord, SWEEP_LIMIT, UNSEATED_LIMIT } from "../core/time-left.js";
import { config, floor } from "./floor.js";
import { callCard } from "./call-card.js";
import { dutyCard } from "./duty-card.js";
import { groupCards } from "./group-card.js";
import { openSheet } from "./sheet.js";
import { openHelp } from "./help.js";
import { openReaction } from "./reaction.js";
import { icon, shownOf, tileButton } from "./tile.js";

const MOST_TILES = 48;
const mount = document.querySelector("[data-page=board]");
const choice = { bay: null, overview: false, isExit: false };

function tilesOf(bay) {
  return [...floor.state.tiles.values()].filter((tile) => tile.bay === bay);
}

function isOnFloor(tile) {
  return tile.endedAt === null || isUnsettled(tile);
}

function bySeat(a, b) {
  return (a.seat ?? "").localeCompare(b.seat ?? "", "en", { numeric: true }) || a.ticket - b.ticket;
}

function counts(now) {
  const found = { soon: 0, "may-leave": 0, seated: 0 };
  for (const tile of floor.state.tiles.values()) {
    if (tile.endedAt !== null) continue;
    found.seated += 1;
    const { phase } = shownOf(tile, now, floor.state.alerts);
    if (phase in found) found[phase] += 1;
  }
  return found;
}

function headline(now) {
  const { soon, "may-leave": mayLeave, seated } = counts(now);
  const alarms = floor.calls().length;
  const seats = floor.seats().length;
  return html`<section class="counts" aria-label=${t("Counts")}>
    <span class="count"><b>${seated}</b>/${seats} ${t("watched")}</span>
    <span class="count state-soon">${icon()} ${t("Soon")} <b>${soon}</b></span>
    <span class="count state-may-leave">${icon()} ${t("May leave")} <b>${mayLeave}</b></span>
    <span class="count ${alarms ? "state-alarm" : ""}">${icon("help")} ${t("Alarm")} <b>${alarms}</b></span>
    <scan-field class="row-end" @scan=${found}></scan-field>
    <button aria-pressed=${choice.isExit} @click=${() => choose({ isExit: !choice.isExit })}>${t("Exit scan")}</button>
    <sound-arm></sound-arm>
    <button class="help" data-help @click=${() => openHelp(choice.overview ? null : choice.bay)}>HELP <span class="help-line">${t("Help")}</span></button>
  </section>`;
}

function found(event) {
  const text = event.detail.text.trim();
  const tile = [...floor.state.tiles.values()].find(
    (one) => one.endedAt === null && (String(one.ticket) === text.replace("#", "") || one.seat === text || one.uuid === text),
  );
  if (tile && choice.isExit && tile.dueAt <= floor.now()) floor.command(t("Exit {ticket}", { ticket: tile.ticket }), `observations/${tile.uuid}/release/`);
  else if (tile) openSheet(tile);
  else floor.say(t("Nobody on the floor with “{text}”.", { text }));
}

function bayTabs(now) {
  return html`<nav class="tabs" aria-label=${t("Bays")}>
    ${floor.bays.map((bay) => bayTab(bay, now))}
    <button aria-current=${choice.overview} @click=${() => choose({ overview: true })}>${t("Whole hall")}</button>
  </nav>`;
}

function bayTab(bay, now) {
  const isOld = now - (bay.sweptAt ?? 0) > SWEEP_LIMIT && tilesOf(bay.code).some((tile) => tile.endedAt === null);
  const isChosen = !choice.overview && choice.bay === bay.code;
  return html`<button data-bay=${bay.code} class=${isOld ? "bay-unswept" : ""} aria-current=${isChosen} @click=${() =>
    choose({ bay: bay.code, overview: false })}>
    ${bay.code}${isOld ? html`&nbsp;<small>${t("sweep")}</small>` : nothing}
  </button>`;
}

function choose(change) {
  Object.assign(choice, change);
  localStorage.setItem("bay", choice.bay ?? "");
  paint();
}

function bayView(now) {
  const bay = floor.bays.find((one) => one.code === choice.bay);
  if (!bay) return nothing;
  const tiles = tilesOf(bay.code).filter(isOnFloor).sort(bySeat);
  const due = tiles.filter((tile) => tile.endedAt === null && tile.dueAt <= now).length;
  return html`<section aria-label=${t("Bay {code}", { code: bay.code })}>
    <div class="row bay-actions">
      <button @click=${() => floor.command(t("Sweep {code}", { code: bay.code }), `bays/${bay.uuid}/sweep/`)}>
        ${t("All looked at")} ${bay.sweptAt ? html`<small>${formatSince(now - bay.sweptAt)}</small>` : nothing}
      </button>
      <button ?disabled=${!due} @click=${() => releaseBay(bay)}>${icon("tick")} ${t("Release all due ({n})", { n: due })}</button>
    </div>
    <div class="tiles">
      ${repeat(tiles.slice(0, MOST_TILES), (tile) => tile.uuid, (tile) => tileButton(tile, now, floor.state.alerts, openSheet))}
    </div>
    ${tiles.length ? nothing : html`<p class="empty">${t("Nobody is seated in this bay.")}</p>`}
  </section>`;
}

function releaseClass(event) {
  const group = event.target.value;
  if (group) floor.command(t("Release class {group}", { group }), `sites/${config.site}/releases/`, { group });
  event.target.value = "";
}

/** Classes with somebody due, and reactions of people who are not on the floor. */
function others() {
  const now = floor.now();
  const due = [...floor.state.tiles.values()].filter((tile) => tile.endedAt === null && tile.dueAt <= now && tile.group);
  const groups = [...new Set(due.map((tile) => tile.group))].sort();
  return html`<div class="row others">
    ${groups.length ? html`<label>${t("Release a class")} <select @change=${releaseClass}><option value="">–</option>${groups.map((group) => html`<option>${group}</option>`)}</select></label>` : nothing}
    <button @click=${() => openReaction(null)}>${t("Somebody else reacts")}</button>
  </div>`;
}

function releaseBay(bay) {
  floor.command(t("Release bay {code}", { code: bay.code }), `sites/${config.site}/releases/`, { bay: bay.code });
}

function overview(now) {
  const { bays } = floor;
  return html`<section class="bays" aria-label=${t("Whole hall")}>
    ${bays.map((bay) => html`<div class="bay"><h2 class="bay-head">${bay.code}</h2><div class="cells">${cells(bay, now)}</div></div>`)}
  </section>`;
}

function cells(bay, now) {
  const tiles = tilesOf(bay.code).filter((tile) => tile.endedAt === null).sort(bySeat);
  return tiles.map((tile) => {
    const { state } = shownOf(tile, now, floor.state.alerts);
    return html`<button class="cell state-${state}" aria-label=${`${tile.seat} ${stateWord(state)}`} @click=${() => openSheet(tile)}>
      ${icon()}<span>${tile.seat.slice(bay.code.length)}</span>
    </button>`;
  });
}

function strip(title, tiles, now, note) {
  if (!tiles.length) return nothing;
  return html`<section class="strip" aria-label=${title}>
    <h2>${title} <small>${note ?? ""}</small></h2>
    <div class="tiles">
      ${repeat(tiles, (tile) => tile.uuid, (tile) => tileButton(tile, now, floor.state.alerts, openSheet))}
    </div>
  </section>`;
}

function strips(now) {
  const all = [...floor.state.tiles.values()].filter(isOnFloor);
  const waiting = all.filter((tile) => tile.endedAt === null && !tile.seat).sort((a, b) => a.startedAt - b.startedAt);
  const late = waiting.filter((tile) => now - tile.startedAt >= UNSEATED_LIMIT);
  const rest = waiting.filter((tile) => !late.includes(tile)).slice(0, 24);
  const early = all.filter(isUnsettled);
  const elsewhere = all.filter((tile) => tile.bay !== choice.bay && tile.watchedSince && tile.endedAt === null).sort(bySeat);
  return html`${strip(t("Not seated for 3 minutes"), late, now)} ${strip(t("Left early, not settled"), early, now)}
    ${strip(t("Watched closely elsewhere"), elsewhere, now)} ${strip(t("Not yet seated"), rest, now)}`;
}

function paint() {
  floor.displayed();
  const now = floor.now();
  if (floor.state.evacuatingSince) location.assign(`/sites/${config.site}/muster/`);
  choice.bay ??= localStorage.getItem("bay") || floor.myBay() || floor.bays[0]?.code;
  render(
    html`${headline(now)}
      ${floor.calls().map((alert) => callCard(alert, now))} ${groupCards(now)}
      ${bayTabs(now)} ${choice.overview ? overview(now) : bayView(now)} ${strips(now)} ${others()} ${dutyCard()}`,
    mount,
  );
}

floor.onChange(paint);
