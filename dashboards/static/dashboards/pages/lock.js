/** The lock screen of an enrolled device: HELP and answering work with nobody logged in. */
import { html, render } from "../core/vendor.js";
import { problemText } from "../core/api.js";
import { t } from "../core/i18n.js";
import { callCard } from "./call-card.js";
import { config, floor, post } from "./floor.js";
import { openHelp } from "./help.js";

const form = document.querySelector("[data-switch]");
const alerts = document.querySelector("[data-alerts]");

async function switchPerson(body) {
  const answer = await post("devices/me/switch/", body);
  if (answer.ok) location.assign(new URLSearchParams(location.search).get("next") ?? "/");
  else document.querySelector("[data-error]").textContent = problemText(answer.problem);
}

function submit(event) {
  event.preventDefault();
  const data = new FormData(form);
  switchPerson({ user: data.get("user"), pin: data.get("pin") });
}

function paint() {
  const now = floor.now();
  floor.displayed();
  render(html`${floor.calls().map((alert) => callCard(alert, now))}`, alerts);
}

if (config.device) {
  form.addEventListener("submit", submit);
  document.querySelector("[data-badge]").addEventListener("scan", (event) => switchPerson({ badge: event.detail.text }));
  document.querySelector("[data-help]").addEventListener("click", () => openHelp(null));
  floor.onChange(paint);
}
document.querySelector("[data-page=lock]").setAttribute("aria-label", t("Locked"));
