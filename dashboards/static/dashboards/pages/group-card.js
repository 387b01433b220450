/** Reactions that may belong together: what stands out, what speaks for and against each explanation, and a person's word. */
import { html, nothing, repeat } from "../core/vendor.js";
import { live } from "../core/app.js";
import { t, word } from "../core/i18n.js";
import { config, floor } from "./floor.js";
import { clockOf, countText, evidenceText, hypothesisText, placeText, ruleText, shownGroups } from "./group-view.js";

const CHANGES = ["group.proposed", "group.updated", "group.declared", "group.undeclared", "group.filed"];
let groups = [];

/** The cards of this site's groups; empty where nobody is logged in. */
export function groupCards(now) {
  return repeat(shownGroups(groups), ({ card }) => card.uuid, (shown) => groupCard(shown, now));
}

async function load() {
  groups = (await floor.fetch(`sites/${config.site}/groups/`)) ?? groups;
  floor.paint();
}

function groupCard({ card, also }, now) {
  const title = card.state === "declared" ? t("Group event declared") : t("Do these belong together?");
  return html`<section class="group" data-group=${card.uuid} data-state=${card.state} role="status" aria-label=${title}>
    <h2>${title} <small>${card.code ?? ""} ${placeText(card)} · ${countText(card)}</small></h2>
    <p>${[card, ...also].map((one) => ruleText(one.rule)).join(" · ")}</p>
    ${clockLine(card, now)} ${members(t("Who"), card.members)} ${members(t("Ill without a dose"), card.others)}
    ${evidenceTable(card)} ${config.roles.some((role) => role === "lead" || role === "officer") ? wordForm(card, also) : nothing}
  </section>`;
}

function clockLine(card, now) {
  const clock = clockOf(card, now);
  if (card.reported_at) return html`<p data-clock>✓ ${t("Reported at {time}", { time: floor.timeText(Date.parse(card.reported_at)) })}</p>`;
  if (!clock) return nothing;
  const due = floor.timeText(Date.parse(card.clock_due_at));
  return html`<p class="group-clock ${clock.isOver ? "flag" : ""}" data-clock>
    ${clock.isOver ? t("The report is late by") : t("Report within")} <b class="digits">${clock.text}</b> ${t("(by {time})", { time: due })}
    <span>${t("declared by {name}: {reason}", { name: card.declared_by, reason: card.reason })}</span></p>`;
}

function members(title, people) {
  if (!people.length) return nothing;
  return html`<details><summary>${title} (${people.length})</summary><ul class="list">
    ${people.map((one) => html`<li class="row"><b>${one.seat ?? "—"}</b> ${one.ticket === null ? nothing : `#${one.ticket}`}
      <span class="digits">${floor.timeText(Date.parse(one.at))}</span> ${one.signs.map((sign) => word(sign)).join(" · ")}</li>`)}
  </ul></details>`;
}

function evidenceTable(card) {
  return html`<div class="table-scroll"><table class="group-evidence">
    <thead><tr><th scope="col">${t("Explanation")}</th><th scope="col">${t("speaks for it")}</th><th scope="col">${t("speaks against it")}</th></tr></thead>
    <tbody>${card.hypotheses.map((one) => html`<tr data-hypothesis=${one.kind}><th scope="row">${hypothesisText(one.kind)}</th>
      <td>${evidenceText(one.evidence_for) || "–"}</td><td>${evidenceText(one.evidence_against) || "–"}</td></tr>`)}</tbody>
  </table></div>
  <p class="small">${t("What is not known is not listed. Nothing here is a diagnosis.")}</p>`;
}

function wordForm(card, also) {
  return html`<form class="inline" @submit=${(event) => judge(event, card, also)}>
    <label>${t("Reason")} <input name="reason" required maxlength="400" autocomplete="off"></label>
    ${card.state === "declared"
      ? html`<button name="verb" value="undeclare">${t("Not a group after all")}</button>`
      : html`<button class="primary" name="verb" value="declare">${t("Declare group event (starts the 2-hour clock)")}</button>
          <button name="verb" value="undeclare">${t("Not a group")}</button>`}
  </form>`;
}

/** A group is declared once; "not a group" is a word on every question about the same people. */
async function judge(event, card, also) {
  event.preventDefault();
  const verb = event.submitter?.value ?? "declare";
  const reason = new FormData(event.target).get("reason").trim();
  if (!reason) return;
  event.target.reset();
  const label = verb === "declare" ? t("Declare group event") : t("Not a group");
  const judged = verb === "declare" ? [card] : [card, ...also];
  await Promise.all(judged.map((one) => floor.command(label, `groups/${one.uuid}/${verb}/`, { reason })));
  load();
}

if (config.user) {
  for (const type of CHANGES) floor.onEvent(type, load);
  live.addEventListener("snapshot", load);
}
