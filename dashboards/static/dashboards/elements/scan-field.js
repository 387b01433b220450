/**
 * `<scan-field name="ticket">`: one field for a keyboard scanner, a camera and typing. With `capture` a scanner is heard
 * anywhere on the page. Event "scan" (bubbling; detail `{text, how: "typed" | "scanner" | "camera"}`); it clears itself.
 *
 * Attributes: `name label placeholder capture keep` (`keep` leaves the text in the field).
 */
import { openDetector } from "../core/barcode.js";
import { t } from "../core/i18n.js";
import { vibrate } from "../core/sound.js";
import { html, nothing, render } from "../core/vendor.js";
import { Seen, WedgeReader } from "../core/wedge.js";

const LOOK_EVERY = 200;

class ScanField extends HTMLElement {
  #wedge = new WedgeReader();
  #seen = new Seen();
  #stream = null;
  #isOpen = false;
  #problem = "";
  #abort = null;

  connectedCallback() {
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    if (this.hasAttribute("capture")) document.addEventListener("keydown", (event) => this.#wedgeKey(event), { signal });
    document.addEventListener("visibilitychange", () => document.hidden && this.close(), { signal });
    this.#show();
  }

  disconnectedCallback() {
    this.#abort.abort();
    this.close();
  }

  /** What stands in the field. */
  get value() {
    return this.querySelector("input").value;
  }

  set value(text) {
    this.querySelector("input").value = text;
  }

  focus() {
    this.querySelector("input").focus();
  }

  /** Open the camera; the decoder is fetched only now. */
  async open() {
    this.#isOpen = true;
    this.#problem = "";
    this.#show();
    try {
      const [detector, stream] = await Promise.all([openDetector(), this.#openCamera()]);
      if (this.#isOpen) await this.#watch(detector, stream);
      else stopTracks(stream);
    } catch (error) {
      console.warn("The camera cannot scan:", error);
      this.#problem = t("The camera is not available. Use a scanner or type the number.");
      this.close();
    }
  }

  close() {
    this.#isOpen = false;
    stopTracks(this.#stream);
    this.#stream = null;
    this.#show();
  }

  #openCamera() {
    const video = { facingMode: "environment", width: { ideal: 1280 } };
    if (!navigator.mediaDevices) throw new Error("The camera needs HTTPS");
    return navigator.mediaDevices.getUserMedia({ video, audio: false });
  }

  async #watch(detector, stream) {
    const video = this.querySelector("video");
    this.#stream = stream;
    video.srcObject = stream;
    await video.play();
    while (this.#isOpen && this.#stream === stream) {
      const codes = video.readyState >= 2 ? await detector.detect(video) : [];
      for (const { rawValue } of codes) {
        if (this.#seen.isNew(rawValue, performance.now())) this.#found(rawValue, "camera");
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
    }
  }

  #wedgeKey(event) {
    if (event.target.matches?.("input, textarea, select, [contenteditable]")) return;
    const text = this.#wedge.take(event, event.timeStamp);
    if (text === null) return;
    event.preventDefault();
    this.#found(text, "scanner");
  }

  #fieldKey(event) {
    const text = this.#wedge.take(event, event.timeStamp);
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    const typed = this.value.trim();
    if (typed) this.#found(text ?? typed, text === null ? "typed" : "scanner");
  }

  #found(text, how) {
    this.value = this.hasAttribute("keep") ? text : "";
    if (how === "camera") vibrate(60);
    this.dispatchEvent(new CustomEvent("scan", { bubbles: true, detail: { text, how } }));
  }

  #show() {
    if (!this.isConnected) return;
    const name = this.getAttribute("name") ?? "code";
    const toggle = () => (this.#isOpen ? this.close() : this.open());
    render(
      html`
        <div class="scan-row">
          <input
            name=${name}
            aria-label=${this.getAttribute("label") ?? t("Scan or type")}
            placeholder=${this.getAttribute("placeholder") ?? t("Scan or type")}
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            enterkeyhint="go"
            @keydown=${(event) => this.#fieldKey(event)}
          />
          <button type="button" aria-pressed=${String(this.#isOpen)} @click=${toggle}>
            <span class="icon icon-scan" aria-hidden="true"></span><span>${t("Camera")}</span>
          </button>
        </div>
        ${this.#problem ? html`<p class="error" role="alert">${this.#problem}</p>` : nothing}
        ${this.#isOpen ? html`<div class="scan-camera"><video muted playsinline></video></div>` : nothing}
      `,
      this,
    );
  }
}

function stopTracks(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

customElements.define("scan-field", ScanField);
