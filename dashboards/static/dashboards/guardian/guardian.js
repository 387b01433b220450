/** The guardian's page: countdowns on the server's clock, what became of a call; without it the page states the end times. */
import { jsonScript, t } from "../core/i18n.js";
import { probe, ServerClock } from "../core/server-clock.js";
import { formatLeft, phaseOf } from "../core/time-left.js";

const POLL = 5000;
const STALE = 30_000;
const config = jsonScript("config");
const clock = new ServerClock();
const stale = document.querySelector("[data-stale]");
const cards = new Map([...document.querySelectorAll("[data-watch]")].map((card) => [card.dataset.watch, card]));
let heardAt = performance.now();

const CALLS = {
  none: () => "",
  called: () => t("Staff have been called. Stay where you are."),
  coming: () => t("Somebody is coming to you."),
  here: () => t("Staff are with you."),
};

/** Write only what changed, so that a screen reader hears no ticking. */
function write(element, text) {
  if (element && element.textContent.trim() !== text) element.textContent = text;
}

function paint() {
  stale.hidden = performance.now() - heardAt < STALE;
  if (!clock.isSet) return;
  for (const card of cards.values()) paintCard(card, clock.now());
}

function paintCard(card, now) {
  if ("ended" in card.dataset) return;
  const dueAt = Date.parse(card.dataset.due);
  const isOver = phaseOf(now, { dueAt }) === "may-leave";
  write(card.querySelector("[data-time]"), isOver ? "0:00" : formatLeft(dueAt - now));
  write(card.querySelector("[data-word]"), isOver ? t("The time is over. Leave when staff agree.") : t("Please stay seated"));
}

function hear(member) {
  const card = cards.get(member.uuid);
  if (!card) return location.reload();
  const hasEnded = member.ended_at !== null;
  if (hasEnded !== "ended" in card.dataset) return location.reload();
  card.dataset.due = member.due_at;
  const call = card.querySelector("[data-call]");
  call.dataset.state = member.call;
  write(call, (CALLS[member.call] ?? CALLS.called)());
}

async function poll() {
  try {
    const answer = await probe(clock, config.state);
    heardAt = performance.now();
    answer.members.forEach(hear);
    paint();
  } catch {
    // The countdown runs on; the page says after half a minute that it is alone.
  }
  setTimeout(poll, POLL);
}

setInterval(paint, 1000);
poll();
