/** Tells a keyboard scanner from fingers: its keys come within milliseconds and end with Enter. Pure. */

/** Between two keys of a scanner, at most; people need more. */
export const FASTEST_FINGERS = 50;
const SHORTEST_CODE = 4;
const GROUP_SEPARATOR = "\u001d";

export class WedgeReader {
  #text = "";
  #at = -Infinity;

  /** Take one key; return the code when this key ends one, else null. `at` is the event's time in milliseconds. */
  take({ key, ctrlKey = false }, at) {
    if (at - this.#at > FASTEST_FINGERS) this.#text = "";
    this.#at = at;
    if (key === "Enter" || key === "Tab") return this.#finish();
    if (ctrlKey && key === "]") this.#text += GROUP_SEPARATOR;
    else if ([...key].length === 1 && !ctrlKey) this.#text += key;
    return null;
  }

  #finish() {
    const text = this.#text;
    this.#text = "";
    return text.length >= SHORTEST_CODE ? text : null;
  }
}

/** Remembers what the camera saw, so that a code held in view is read once. */
export class Seen {
  #last = { text: null, at: -Infinity };

  constructor(forget = 3000) {
    this.forget = forget;
  }

  /** Tell whether `text` is new at `at`; looking at it keeps it old. */
  isNew(text, at) {
    const isNew = text !== this.#last.text || at - this.#last.at > this.forget;
    this.#last = { text, at };
    return isNew;
  }
}
