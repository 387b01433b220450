/** The hall display: ticket numbers only. Never a name, never a reaction, never a sound on a call. */
import { html, render, repeat } from "../core/vendor.js";
import { t } from "../core/i18n.js";
import { config, floor } from "./floor.js";

const mount = document.querySelector("[data-page=hall]");
const SOON = 5 * 60_000;
let announced = null;

/** Tickets by what their holders may do; a call or a close watch shows as "please stay" like any other. */
export function groups(tiles, now) {
  const open = tiles.filter((tile) => tile.endedAt === null).sort((a, b) => a.dueAt - b.dueAt);
  const held = (tile) => Boolean(tile.watchedSince || tile.reaction);
  return {
    leave: open.filter((tile) => tile.dueAt <= now && !held(tile)),
    soon: open.filter((tile) => tile.dueAt > now && tile.dueAt - now <= SOON && !held(tile)),
    stay: open.filter((tile) => tile.dueAt - now > SOON || held(tile)),
  };
}

function announce(tiles) {
  const numbers = new Set(tiles.map((tile) => tile.ticket));
  if (announced && "speechSynthesis" in window) {
    const fresh = [...numbers].filter((number) => !announced.has(number)).slice(0, 3);
    for (const number of fresh) speak(number);
  }
  announced = numbers;
}

function speak(number) {
  const spoken = new SpeechSynthesisUtterance(t("Number {n} may leave.", { n: number }));
  spoken.lang = config.language;
  speechSynthesis.speak(spoken);
}

function column(title, tiles, state) {
  return html`<section class="state-${state}">
    <h2>${title}</h2>
    <ul class="hall-numbers">${repeat(tiles, (tile) => tile.uuid, (tile) => html`<li class="hall-number">${tile.ticket}</li>`)}</ul>
  </section>`;
}

function paint() {
  const now = floor.now();
  const { leave, soon, stay } = groups([...floor.state.tiles.values()], now);
  announce(leave);
  render(
    html`<header class="row"><h1>${config.site_name}</h1><p class="hall-clock row-end">${floor.timeText(now)}</p></header>
      <div class="hall">
        ${column(t("May leave"), leave.slice(0, 60), "may-leave")}
        ${column(t("Soon"), soon.slice(0, 40), "soon")}
        ${column(t("Please stay seated"), stay.slice(0, 200), "observing")}
      </div>
      <p class="hall-advice">${t("Unwell? Raise your hand and stay seated: staff come to you.")}</p>`,
    mount,
  );
}

floor.onChange(paint);
