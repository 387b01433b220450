/** One tap copies one item of the card; without it the value is selected and copied by hand. */
import { t } from "../core/i18n.js";

const status = document.querySelector("[data-copied]");

/** Copy a value; where the browser has no clipboard (plain HTTP) leave it selected. */
async function copy(field) {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    status.textContent = t("Copied: {value}", { value: field.value });
  } catch {
    status.textContent = t("The value is selected: press Ctrl and C.");
  }
}

for (const field of document.querySelectorAll("[data-value]")) {
  field.addEventListener("focus", () => field.select());
  const button = field.parentElement.querySelector("[data-copy]");
  if (!button) continue;
  button.hidden = false;
  button.addEventListener("click", () => copy(field));
}
