/** The physician's phone: every running call, full screen, one big tap to answer; and the quiet page in between. */
import { html, nothing, render } from "../core/vendor.js";
import { named, t, word } from "../core/i18n.js";
import { formatSince } from "../core/time-left.js";
import { dutyCard } from "./duty-card.js";
import { config, floor } from "./floor.js";
import { answers, reachLine, signsLine } from "./call-card.js";

const mount = document.querySelector("[data-page=alarm]");
const people = new Map();

function mine(alert) {
  return alert.responders.has(config.user) || [...alert.pages.values()].some((page) => floor.isMine(page));
}

/** The named call first, then calls that page me, then the others, the oldest first. */
function inOrder(alerts) {
  const rank = (alert) => (alert.uuid === config.alert ? 0 : mine(alert) ? 1 : 2);
  return alerts.sort((a, b) => rank(a) - rank(b) || a.calledAt - b.calledAt);
}

function personOf(alert) {
  if (!alert.observation || !config.user) return null;
  if (!people.has(alert.observation)) {
    people.set(alert.observation, null);
    floor.fetch(`observations/${alert.observation}/`).then((found) => {
      people.set(alert.observation, found);
      paint();
    });
  }
  return people.get(alert.observation);
}

function bigCall(alert, now) {
  return html`<article class="alarm-screen" role="alert" data-alert=${alert.uuid} data-state=${alert.state}>
    ${alert.isDrill ? html`<p class="drill">${t("DRILL")}</p>` : nothing}
    <h1 class="alarm-seat">${alert.place}</h1>
    <p class="alarm-clock digits">${formatSince(now - alert.calledAt)}</p>
    ${bayMap(alert)} ${facts(alert)} ${signsLine(alert)} ${reachLine(alert)}
    <div class="alarm-actions">${answers(alert)}</div>
    <p class="alarm-advice">${t("The doctor comes to the seat. Lay the person flat; never let them stand or walk.")}</p>
  </article>`;
}

function bayMap(alert) {
  if (!alert.bay) return nothing;
  return html`<div class="bay-map" role="img" aria-label=${t("Bay {code} on the map", { code: alert.bay })}>
    ${floor.bays.map((bay) => html`<span class="bay-dot ${bay.code === alert.bay ? "is-here" : ""}">${bay.code}</span>`)}
  </div>`;
}

/** Age and weight as far as they are known; a measured weight only, never a guessed one. */
function personFacts({ age_months: months, weight_kg: weight }) {
  const age = months == null ? [] : [months < 36 ? t("{n} months", { n: months }) : t("{n} years", { n: Math.floor(months / 12) })];
  return weight ? [...age, t("{kg} kg measured", { kg: weight })] : age;
}

function facts(alert) {
  const found = personOf(alert);
  const summary = alert.summary ?? {};
  const parts = [];
  if (found?.person) parts.push(...personFacts(found.person));
  if (summary.minutes_since_dose != null) parts.push(t("{n} min after the dose", { n: summary.minutes_since_dose }));
  for (const dose of found?.doses ?? []) parts.push(`${named(dose, "vaccine_name")} ${dose.lot}`);
  if (found?.person?.risks?.length) parts.push(found.person.risks.map((risk) => word(risk)).join(", "));
  return parts.length ? html`<p class="alarm-facts">${parts.join(" · ")}</p>` : nothing;
}

function quiet() {
  return html`<section class="card quiet-page">
    <h1>${t("No call is running")}</h1>
    <p>${config.user ? t("You are logged in as {name}.", { name: config.user_name }) : t("Nobody is logged in on this device.")}</p>
    <sound-arm></sound-arm>
    <p>${t("A locked phone cannot be made to ring by a web page: keep this page open while on duty.")}</p>
  </section>`;
}

function paint() {
  const now = floor.now();
  floor.displayed();
  const running = inOrder(floor.calls());
  document.body.classList.toggle("is-alarm", running.some((alert) => ["open", "paging", "exhausted"].includes(alert.state)));
  render(html`${running.map((alert) => bigCall(alert, now))} ${running.length ? nothing : html`${quiet()} ${dutyCard()}`}
    <p class="alarm-links"><a class="button" href=${`/sites/${config.site}/board/`}>${t("Board")}</a></p>`, mount);
}

floor.onChange(paint);
