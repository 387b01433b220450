/** `<sound-arm>`: "Start shift" unlocks sound with a test tone; a device that cannot be heard says so in red. */
import { sound } from "../core/app.js";
import { t } from "../core/i18n.js";
import { html, render } from "../core/vendor.js";

class SoundArm extends HTMLElement {
  #abort = null;

  connectedCallback() {
    this.#abort = new AbortController();
    sound.addEventListener("change", () => this.#show(), { signal: this.#abort.signal });
    this.#show();
  }

  disconnectedCallback() {
    this.#abort.abort();
  }

  #show() {
    const arm = () => sound.arm();
    const views = {
      off: () => html`<button type="button" class="sound-blocked" @click=${arm}>
        <span class="icon icon-sound-off" aria-hidden="true"></span>${t("Sound is off: start shift")}
      </button>`,
      blocked: () => html`<button type="button" class="sound-blocked" @click=${arm}>
        <span class="icon icon-sound-off" aria-hidden="true"></span>${t("Sound is blocked: tap to hear alarms")}
      </button>`,
      armed: () => html`<button type="button" class="quiet" @click=${arm}>
        <span class="icon icon-sound" aria-hidden="true"></span>${t("Sound on")}
      </button>`,
    };
    render(views[sound.state](), this);
  }
}

customElements.define("sound-arm", SoundArm);
