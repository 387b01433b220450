/**
 * `<help-button>`: calls the team. With `data-seat`, `data-observation` or `taps="1"` one tap calls (the tile was the
 * first tap); else the first tap arms it for five seconds and the second calls. The call rings here at once, says
 * whether it is sent, and can be undone: the undo is a cancellation, it holds nothing back.
 *
 * Attributes: `data-seat data-bay data-area data-observation data-place data-person-kind data-drill taps wide`.
 * Events: "help-called" and "help-undone" (bubbling; detail `{uuid, key, body}`).
 */
import { alarmSound, clock, config, queue } from "../core/app.js";
import { t } from "../core/i18n.js";
import { newKey } from "../core/queue.js";
import { html, nothing, render } from "../core/vendor.js";

const ARMED_FOR = 5000;
const UNDO_FOR = 15000;

class HelpButton extends HTMLElement {
  #state = "idle";
  #call = null;
  #isSent = false;
  #timer = null;
  #abort = null;

  connectedCallback() {
    this.#abort = new AbortController();
    queue.addEventListener("sent", ({ detail }) => this.#sent(detail.entry), { signal: this.#abort.signal });
    this.#show();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    this.#abort.abort();
  }

  get #place() {
    return this.dataset.seat || this.dataset.place || this.dataset.bay || "";
  }

  get #needsTwoTaps() {
    const { seat, observation } = this.dataset;
    return this.getAttribute("taps") !== "1" && !seat && !observation;
  }

  #tap() {
    if (this.#state === "idle" && this.#needsTwoTaps) this.#become("armed", ARMED_FOR);
    else this.#callTeam();
  }

  async #callTeam() {
    const { seat, bay, area, observation, place, personKind } = this.dataset;
    const body = { uuid: newKey(), seat, bay, area, subject: observation, place, person_kind: personKind };
    if (clock.isSet) body.called_at = new Date(clock.now()).toISOString();
    if ("drill" in this.dataset) body.is_drill = true;
    this.#call = { uuid: body.uuid, key: newKey(), body };
    this.#isSent = false;
    alarmSound.ring(body.uuid);
    this.#become("called", UNDO_FOR);
    const path = `/api/v1/sites/${config.site}/alerts/`;
    await queue.help({ key: this.#call.key, path, body, label: t("Call for help {place}", { place: this.#place }) });
    this.#tell("help-called");
  }

  async #undo() {
    const { uuid, key } = this.#call;
    alarmSound.silence(uuid);
    this.#tell("help-undone");
    this.#become("idle");
    const path = `/api/v1/alerts/${uuid}/cancel/`;
    await queue.help({ after: key, path, body: { words: "undo" }, label: t("Undo of a call for help") });
  }

  #sent({ key }) {
    if (key !== this.#call?.key) return;
    this.#isSent = true;
    this.#show();
  }

  #tell(name) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail: this.#call }));
  }

  /** An unsent call stays in words for as long as it is unsent. */
  #become(state, until = null) {
    clearTimeout(this.#timer);
    this.#state = state;
    if (until) this.#timer = setTimeout(() => this.#become(state === "called" && !this.#isSent ? "called" : "idle", until), until);
    this.#show();
  }

  #show() {
    render(this.#state === "called" ? this.#called() : this.#button(), this);
  }

  #button() {
    const isArmed = this.#state === "armed";
    return html`
      <button type="button" class="help ${isArmed ? "help-armed" : ""}" @click=${() => this.#tap()}>
        <span class="link-part"><span class="icon icon-help" aria-hidden="true"></span>${t("HELP")}</span>
        ${this.#place ? html`<span class="help-line">${this.#place}</span>` : nothing}
        ${isArmed ? html`<span class="help-line" role="status">${t("Tap again to call the team")}</span>` : nothing}
      </button>
    `;
  }

  #called() {
    const words = this.#isSent ? t("Called. The team is being paged.") : t("NOT SENT YET. Call by voice; it goes out as soon as it can.");
    return html`
      <div class="card" role="alert">
        <p><strong>${this.#place} ${words}</strong></p>
        <p class="row">
          <button type="button" @click=${() => this.#undo()}><span class="icon icon-undo" aria-hidden="true"></span>${t("Undo the call")}</button>
          <button type="button" class="quiet" @click=${() => this.#become("idle")}>${t("Another call")}</button>
        </p>
      </div>
    `;
  }
}

customElements.define("help-button", HelpButton);
