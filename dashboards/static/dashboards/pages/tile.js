/** One seat of the board: what it says and how it looks. State is icon + word + position, colour last. */
import { html, nothing } from "../core/vendor.js";
import { isRunning } from "../core/alert-state.js";
import { t } from "../core/i18n.js";
import { seatState, spokenState, stateWord, timeText } from "../core/time-left.js";

/** Flags of somebody whose lot was on hold at the dose or is since. */
const HELD = new Set(["lot_held", "lot_held_since"]);

/** Return the running call about the person of this tile. */
export function alertOf(tile, alerts) {
  return [...alerts.values()].find((alert) => isRunning(alert) && alert.observation === tile.uuid);
}

/** Return what the tile shows at `now`: state, time and words. */
export function shownOf(tile, now, alerts) {
  return seatState(now, tile, { calledAt: alertOf(tile, alerts)?.calledAt ?? null });
}

/** A named icon, or the icon of the state around it. */
export function icon(name = "") {
  return html`<span class="icon ${name ? `icon-${name}` : ""}" aria-hidden="true"></span>`;
}

function noteOf(tile, shown) {
  if (shown.isRecheckDue) return t("look again now");
  if (tile.flags?.some((flag) => HELD.has(flag))) return t("lot on hold");
  if (!tile.seat) return shown.isUnseated ? t("not seated for 3 min") : t("not yet seated");
  return tile.isSeatConfirmed ? "" : t("seat to be confirmed");
}

export function tileButton(tile, now, alerts, open) {
  const shown = shownOf(tile, now, alerts);
  const css = !tile.seat && shown.isUnseated && shown.state === "observing" ? "soon" : shown.state;
  const note = noteOf(tile, shown);
  return html`<button class="tile state-${css} ${tile.seat ? "" : "tile-unseated"}" data-tile=${tile.uuid} data-state=${shown.state}
    aria-label=${`${tile.seat ?? ""} #${tile.ticket} ${spokenState(shown)} ${note}`} @click=${() => open(tile)}>
    <span class="tile-seat">${tile.seat ?? "—"}</span><span class="tile-ticket">#${tile.ticket}</span>
    <span class="tile-time">${timeText(shown)}</span>
    <span class="tile-word">${icon()} ${stateWord(shown.state)}</span>
    ${note ? html`<span class="tile-note">${note}</span>` : nothing}
  </button>`;
}
