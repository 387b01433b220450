/** Where a reader stands in a site's event stream: each event once, in order, nothing left out. Pure. */

const HELD = 2000;

export class StreamPosition {
  #held = new Map();

  constructor({ id, epoch = null, seq = 0, link = "" }) {
    this.id = id;
    this.epoch = epoch;
    this.seq = seq;
    this.link = link;
  }

  /** True while an event arrived but one before it did not. */
  get hasGap() {
    return this.#held.size > 0;
  }

  /** Start anew from a snapshot; events that came while it was fetched are kept. */
  restart({ epoch, seq, link = "" }) {
    if (epoch !== this.epoch) this.#held.clear();
    this.epoch = epoch;
    this.seq = seq;
    this.link = link;
    return this.#release();
  }

  /** Take an event in; return those that are now in order, oldest first. */
  offer(event) {
    if (event.seq <= this.seq || this.#held.size >= HELD) return [];
    this.#held.set(event.seq, event);
    return this.#release();
  }

  /** Tell whether the server's head says that events are missing. */
  isBehind(head) {
    return typeof head === "number" && head > this.seq;
  }

  /** The line of this stream in a `hello`. */
  hello() {
    return { id: this.id, epoch: this.epoch, last_seq: this.seq, link: this.link };
  }

  #release() {
    for (const seq of this.#held.keys()) if (seq <= this.seq) this.#held.delete(seq);
    const ready = [];
    for (let event = this.#held.get(this.seq + 1); event; event = this.#held.get(this.seq + 1)) {
      if (!this.#isNext(event)) {
        this.#held.clear(); // of another life of the stream; the next beat shows that something is missing
        break;
      }
      this.#held.delete(event.seq);
      this.seq = event.seq;
      this.link = event.link ?? "";
      ready.push(event);
    }
    return ready;
  }

  /** A number that a fail-over lost and gave out again follows another event than ours. */
  #isNext({ follows }) {
    return !this.link || !follows || follows === this.link;
  }
}
