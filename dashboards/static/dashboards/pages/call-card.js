/** A call as every staff screen shows it: where, how long ago, who was paged, reached, answered, what comes next. */
import { html, nothing } from "../core/vendor.js";
import { t, word } from "../core/i18n.js";
import { formatSince } from "../core/time-left.js";
import { config, floor } from "./floor.js";
import { icon } from "./tile.js";

const STATES = {
  open: () => t("Calling…"),
  paging: () => t("Calling…"),
  exhausted: () => t("NOBODY ANSWERS: shout, send somebody"),
  acknowledged: () => t("Somebody is coming"),
  on_scene: () => t("Doctor on scene"),
};

/** The card of a running call; `full` adds what is known of the person. */
export function callCard(alert, now) {
  return html`<section class="call call-${alert.priority}" data-alert=${alert.uuid} data-state=${alert.state} role="alert" aria-label=${t("Call for help")}>
    <div class="call-head">
      ${icon("help")}
      <b class="call-place">${alert.place}</b>
      <span class="call-clock digits">${formatSince(now - alert.calledAt)}</span>
      ${alert.isDrill ? html`<b class="drill">${t("DRILL")}</b>` : nothing}
      ${alert.isLate ? html`<b class="drill">${t("sent late: still needed?")}</b>` : nothing}
    </div>
    <p class="call-state">${(STATES[alert.state] ?? (() => alert.state))()}</p>
    ${signsLine(alert)} ${reachLine(alert)} ${nextStep(alert, now)}
    <div class="call-actions">${answers(alert)}</div>
  </section>`;
}

export function signsLine(alert) {
  const signs = alert.summary?.signs ?? [];
  if (!signs.length) return nothing;
  return html`<p class="call-signs">${signs.map((sign) => word(sign)).join(" · ")}</p>`;
}

/** Who was paged, of whom the page reached a screen, who answered. */
export function reachLine(alert) {
  const paged = new Set([...alert.pages.values()].map((page) => page.responder).filter(Boolean));
  const seen = [...alert.pages.values()].filter((page) => ["displayed", "sounded", "acknowledged"].some((kind) => page.receipts.has(kind)));
  const reached = new Set(seen.map((page) => page.responder).filter(Boolean));
  const coming = [...alert.responders.values()].filter((one) => one.state === "coming" || one.state === "on_scene");
  const silent = [...paged].filter((who) => !reached.has(who)).map((who) => floor.nameOf(who));
  if (floor.isUnsent(alert)) return html`<p class="call-silent"><b>${t("NOT SENT YET: no network. Shout, send somebody.")}</b></p>`;
  return html`<p class="call-reach">${t("paged {n}", { n: paged.size })} · ${t("reached {n}", { n: reached.size })} ·
      ${coming.length ? html`<b>${t("coming: {names}", { names: coming.map((one) => one.name).join(", ") })}</b>` : t("nobody answered yet")}</p>
    ${silent.length && !coming.length ? html`<p class="call-silent">${t("not reached: {names}", { names: silent.join(", ") })}</p>` : nothing}`;
}

function nextStep(alert, now) {
  if (!["open", "paging"].includes(alert.state) || !alert.nextStepAt) return nothing;
  return html`<p class="call-next">${t("next step in {time}", { time: formatSince(Math.max(0, alert.nextStepAt - now)) })}</p>`;
}

function say(alert, word, verb, body = {}) {
  floor.command(`${word} ${alert.place}`, `alerts/${alert.uuid}/${verb}/`, body, { urgent: true });
}

/** What one can do about a call; the run sheet lies open for whoever answered. */
export function answers(alert) {
  const hasAnswered = ["coming", "on_scene"].includes(alert.responders.get(config.user)?.state);
  const sheet = html`<a class="button" href=${`/sites/${config.site}/alarm/${alert.uuid}/run-sheet/`}>${t("Run sheet")}</a>`;
  return html`
    ${hasAnswered ? nothing : html`<button class="answer" @click=${() => say(alert, t("Coming"), "acknowledge")}>${t("I AM COMING")}</button>`}
    ${alert.state === "on_scene" ? nothing : html`<button class="here" @click=${() => say(alert, t("Doctor here"), "arrive")}>${t("DOCTOR HERE")}</button>`}
    ${hasAnswered ? sheet : nothing}
    <details class="call-more"><summary>${t("More")}</summary>
      <button @click=${() => say(alert, t("Cannot come"), "decline")}>${t("I cannot come")}</button>
      <button @click=${() => say(alert, t("More help"), "escalate")}>${t("More help")}</button>
      ${hasAnswered ? nothing : sheet}
      <button @click=${() => say(alert, t("Resolve"), "resolve", { words: t("attended to") })}>${t("Resolved")}</button>
      <button @click=${() => say(alert, t("Cancel"), "cancel", { words: t("false alarm") })}>${t("False alarm")}</button>
    </details>`;
}
