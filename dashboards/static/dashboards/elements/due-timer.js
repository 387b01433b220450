/**
 * `<due-timer data-due-at="…">` counts to an instant; `data-since="…"` counts from one (a call, a dose of adrenaline).
 * `data-ended-at` stops it; `data-server-now` teaches the clock on a page without a live line.
 */
import { clock } from "../core/app.js";
import { onSecond } from "../core/ticker.js";
import { formatSince, instant, seatState, spokenState, timeText } from "../core/time-left.js";

class DueTimer extends HTMLElement {
  static observedAttributes = ["data-due-at", "data-since", "data-ended-at"];
  #stop = null;
  #spoken = "";

  connectedCallback() {
    const { serverNow } = this.dataset;
    if (serverNow && !clock.isSet) clock.beat({ serverTime: serverNow });
    this.setAttribute("role", "timer");
    this.setAttribute("aria-live", "off");
    this.#stop = onSecond((now) => this.#show(now));
  }

  disconnectedCallback() {
    this.#stop?.();
    this.#stop = null;
  }

  attributeChangedCallback() {
    if (this.#stop) this.#show(clock.now());
  }

  #show(now) {
    const { dueAt, since, endedAt } = this.dataset;
    if (since) return this.#write(formatSince((instant(endedAt) ?? now) - instant(since)), "");
    const shown = seatState(now, { dueAt: instant(dueAt), endedAt: instant(endedAt) });
    this.dataset.phase = shown.phase;
    return this.#write(timeText(shown), spokenState(shown));
  }

  #write(text, spoken) {
    if (this.textContent !== text) this.textContent = text;
    if (spoken === this.#spoken) return;
    this.#spoken = spoken;
    this.setAttribute("aria-label", spoken);
  }
}

customElements.define("due-timer", DueTimer);
