/** `<toast-list>`: short messages and their undo at the foot of the page; one line each, gone by themselves. */
import { t } from "../core/i18n.js";
import { html, render, repeat } from "../core/vendor.js";

class ToastList extends HTMLElement {
  #toasts = [];
  #abort = null;

  connectedCallback() {
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    this.setAttribute("role", "status");
    document.addEventListener("toast", ({ detail }) => this.#add(detail), { signal });
    document.addEventListener("toast-drop", ({ detail }) => this.#drop(detail), { signal });
  }

  disconnectedCallback() {
    this.#abort.abort();
  }

  #add(toast) {
    this.#toasts = [...this.#toasts.slice(-3), toast];
    setTimeout(() => this.#drop(toast.id), toast.seconds * 1000);
    this.#show();
  }

  #drop(id) {
    this.#toasts = this.#toasts.filter((toast) => toast.id !== id);
    this.#show();
  }

  #act({ id, action }) {
    this.#drop(id);
    action.run();
  }

  #show() {
    const line = (toast) => html`
      <div class="toast ${toast.kind ? `toast-${toast.kind}` : ""}">
        <p>${toast.text}</p>
        ${toast.action
          ? html`<button type="button" @click=${() => this.#act(toast)}><span class="icon icon-undo" aria-hidden="true"></span>${toast.action.label}</button>`
          : ""}
        <button type="button" class="quiet" aria-label=${t("Close")} @click=${() => this.#drop(toast.id)}>
          <span class="icon icon-close" aria-hidden="true"></span>
        </button>
      </div>
    `;
    render(html`${repeat(this.#toasts, (toast) => toast.id, line)}`, this);
  }
}

customElements.define("toast-list", ToastList);
