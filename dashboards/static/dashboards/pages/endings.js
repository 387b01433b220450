/** Endings other than a release: each says why, who agreed, and whether the warning was given. */
import { html } from "../core/vendor.js";
import { t, word } from "../core/i18n.js";

export const ENDINGS = [
  ["left_early", () => t("Left early")],
  ["refused", () => t("Refuses to stay")],
  ["unwitnessed", () => t("Exit not witnessed")],
  ["transferred", () => t("Taken to hospital")],
  ["cancelled", () => t("Recorded by mistake")],
];

/** A form that hands the body of `observations/…/leave/` to `send`. */
export function endingForm(send) {
  return html`<form class="sheet-form" @submit=${(event) => submit(event, send)}>
    <fieldset class="choices"><legend>${t("What happened?")}</legend>
      ${ENDINGS.map(([kind, word], index) => html`<label class="choice"><input type="radio" name="kind" value=${kind} ?checked=${index === 0}> ${word()}</label>`)}
    </fieldset>
    <label>${t("Reason")} <input name="reason" required maxlength="400"></label>
    <label>${t("Who agreed?")} <input name="agreed_by" maxlength="80"></label>
    <label class="choice"><input type="checkbox" name="warning_given"> ${t("Warned what to watch for, and to come back")}</label>
    <button class="primary">${t("Save the ending")}</button>
  </form>`;
}

function submit(event, send) {
  event.preventDefault();
  const form = new FormData(event.target);
  send({
    kind: form.get("kind"),
    reason: form.get("reason"),
    agreed_by: form.get("agreed_by"),
    warning_given: form.get("warning_given") === "on",
  });
}
