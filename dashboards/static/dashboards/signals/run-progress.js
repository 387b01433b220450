/** `<run-progress data-run="…">` asks once a second how far a screening run is, and shows the page again at its end. */
import { get } from "../core/api.js";
import { t, word } from "../core/i18n.js";

const EVERY = 1000;

/** Return a stage of the run in words: families are named by their parts. */
export function stageWords(stage) {
  return stage.split(" × ").map(word).join(" × ");
}

class RunProgress extends (globalThis.HTMLElement ?? Object) {
  #timer = 0;

  connectedCallback() {
    this.#ask();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
  }

  async #ask() {
    const { ok, data } = await get(`/api/v1/screening-runs/${this.dataset.run}/`);
    if (ok && !["queued", "running"].includes(data.state)) {
      location.reload();
      return;
    }
    if (ok) this.#show(data);
    else this.#write(t("The server does not answer; asking again."));
    this.#timer = setTimeout(() => this.#ask(), EVERY);
  }

  #show({ state, stage, progress }) {
    this.querySelector("progress").value = progress;
    const share = `${Math.round(progress * 100)} %`;
    this.#write(state === "queued" ? t("Waiting for its turn") : `${share} · ${stageWords(stage)}`);
  }

  #write(words) {
    const place = this.querySelector("[data-words]");
    if (place.textContent !== words) place.textContent = words;
  }
}

globalThis.customElements?.define("run-progress", RunProgress);
