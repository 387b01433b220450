/**
 * `<link-state>`: how old the data is, what waits to be sent, what is technically wrong; amber, then a bar of its own
 * with the paper fallback. With the attribute `quiet` (hall display) it never sounds and keeps faults to itself.
 */
import { queue, sound } from "../core/app.js";
import { problemText } from "../core/api.js";
import { t, word } from "../core/i18n.js";
import { onSecond } from "../core/ticker.js";
import { formatAge } from "../core/time-left.js";
import { html, nothing, render } from "../core/vendor.js";

const WORDS = {
  connecting: () => t("Connecting"),
  ok: () => t("Live"),
  slow: () => t("No word from the server"),
  lost: () => t("OFFLINE. Use the paper floor sheet and call by voice."),
};

class LinkStateBar extends HTMLElement {
  #line = { state: "connecting", age: 0, isPagerSilent: false };
  #faults = [];
  #waiting = { waiting: 0, refused: [], needsLogin: false };
  #abort = null;

  async connectedCallback() {
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    document.addEventListener("link", ({ detail }) => this.#follow(detail), { signal });
    document.addEventListener("faults", ({ detail }) => this.#warn(detail), { signal });
    queue.addEventListener("changed", ({ detail }) => this.#count(detail), { signal });
    const stop = onSecond(() => this.#show());
    signal.addEventListener("abort", stop);
    this.#count(await queue.summary());
  }

  disconnectedCallback() {
    this.#abort.abort();
    sound.stop("link");
  }

  /** Show a change of state at once; the age alone waits for the page's next second. */
  #follow(line) {
    const isSame = line.state === this.#line.state && line.isPagerSilent === this.#line.isPagerSilent;
    this.#line = line;
    if (isSame) return;
    const { state } = line;
    const isDead = state === "lost" || (state === "ok" && line.isPagerSilent);
    this.classList.toggle("link-slow", state === "slow");
    this.classList.toggle("link-lost", isDead);
    if (isDead && !this.hasAttribute("quiet")) sound.start("link", "link");
    else if (state === "ok") sound.stop("link");
    this.#show();
  }

  #warn(faults) {
    this.#faults = this.hasAttribute("quiet") ? [] : faults;
    this.#show();
  }

  #count(summary) {
    this.#waiting = summary;
    this.#show();
  }

  #show() {
    const { state, age, isPagerSilent } = this.#line;
    const { waiting, refused, needsLogin } = this.#waiting;
    const icon = state === "ok" || state === "connecting" ? "icon-live" : "icon-broken-link";
    const words = state === "ok" && isPagerSilent ? t("The pager is silent: call by voice") : WORDS[state]();
    render(
      html`
        <span class="link-part">
          <span class="icon ${icon}" aria-hidden="true"></span>
          <span role="status">${words}</span>
          ${state === "connecting" ? nothing : html`<span class="link-age" aria-hidden="true">${formatAge(age)}</span>`}
        </span>
        <span class="link-part"><span class="icon icon-queue" aria-hidden="true"></span>${t("{n} queued", { n: waiting })}</span>
        ${this.#faults.map((code) => html`<span class="link-part link-fault" role="alert"><span class="icon icon-broken-link" aria-hidden="true"></span>${word(code)}</span>`)}
        ${needsLogin ? html`<a href="/lock/">${t("Log in to send them")}</a>` : nothing}
        ${refused.length > 0
          ? html`<button type="button" @click=${() => this.#list()}>${t("{n} refused", { n: refused.length })}</button>`
          : nothing}
      `,
      this,
    );
  }

  /** Show what was refused and why; a person sends it again or strikes it off. */
  #list() {
    const dialog = document.createElement("dialog");
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    const draw = () => render(this.#refusals(dialog, draw), dialog);
    draw();
    dialog.showModal();
  }

  #refusals(dialog, draw) {
    const act = async (deed) => {
      await deed;
      this.#count(await queue.summary());
      if (this.#waiting.refused.length === 0) dialog.close();
      else draw();
    };
    const row = ({ key, label, problem }) => html`
      <li>
        <p><strong>${label}</strong><br />${problem ? problemText(problem) : ""}</p>
        <p class="row">
          <button type="button" @click=${() => act(queue.retry(key))}>${t("Send again")}</button>
          <button type="button" class="quiet" @click=${() => act(queue.dismiss(key))}>${t("Strike off")}</button>
        </p>
      </li>
    `;
    return html`
      <div class="sheet-head">
        <h2>${t("Refused by the server")}</h2>
        <button type="button" class="quiet" aria-label=${t("Close")} @click=${() => dialog.close()}><span class="icon icon-close" aria-hidden="true"></span></button>
      </div>
      <ul class="list">${this.#waiting.refused.map(row)}</ul>
    `;
  }
}

customElements.define("link-state", LinkStateBar);
