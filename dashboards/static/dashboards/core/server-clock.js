/**
 * The server's time, estimated in the browser from its answers.
 *
 * It runs on the monotonic clock, so a device clock that is wrong or jumps changes nothing. A round trip bounds the
 * offset from both sides, a beat (one way) only from below; the best of the last few round trips counts. The server's
 * clock may run `rate` times as fast (demonstration). Instants are milliseconds since the epoch.
 */

const KEPT = 8;
const DRIFT = 100e-6; // a quartz clock's worst, seconds per second
const SERVER_STEPPED = 1000; // bounds that miss each other by more say that the server's clock was set
const HELD_BACK = 1000; // smaller corrections backwards wait for the clock to catch up

export class ServerClock extends EventTarget {
  #monotonic;
  #wall;
  #samples = [];
  #floor = null;
  #rate = 1;
  #shown = null;

  constructor({ monotonic = () => performance.now(), wall = () => Date.now() } = {}) {
    super();
    this.#monotonic = monotonic;
    this.#wall = wall;
  }

  /** True once any server time was heard. */
  get isSet() {
    return this.#samples.length > 0 || this.#floor !== null;
  }

  get rate() {
    return this.#rate;
  }

  /** Half the best round trip in milliseconds: how wrong `now()` can be. Infinity with beats only. */
  get uncertainty() {
    const best = this.#best();
    return best ? (best.high - best.low) / 2 : Infinity;
  }

  /** Learn from a request and its answer; `sentAt` and `receivedAt` are monotonic. */
  sample({ serverTime, sentAt, receivedAt, rate = this.#rate }) {
    const server = toMillis(serverTime);
    if (server === null || receivedAt < sentAt) return;
    this.#useRate(rate);
    const heard = { low: server - this.#rate * receivedAt, high: server - this.#rate * sentAt, at: receivedAt };
    if (this.#contradicts(heard)) this.reset();
    this.#samples = [...this.#samples.slice(1 - KEPT), heard];
    this.#raiseFloor(heard);
    this.dispatchEvent(new Event("change"));
  }

  /** Learn from a beat that arrived at `receivedAt`: the server's time is at least this. */
  beat({ serverTime, receivedAt = this.#monotonic(), rate = this.#rate }) {
    const server = toMillis(serverTime);
    if (server === null) return;
    this.#useRate(rate);
    const heard = { low: server - this.#rate * receivedAt, high: Infinity, at: receivedAt };
    if (this.#contradicts(heard)) this.reset();
    this.#raiseFloor(heard);
    this.dispatchEvent(new Event("change"));
  }

  /** Return how many real milliseconds late a beat with this server time is, as far as known. */
  lateness(serverTime, receivedAt = this.#monotonic()) {
    if (!this.isSet) return 0;
    return Math.max(0, (this.#offset(receivedAt) + this.#rate * receivedAt - toMillis(serverTime)) / this.#rate);
  }

  /** Return the server's time now; the device's own clock until any answer was heard. */
  now() {
    if (!this.isSet) return this.#wall();
    const at = this.#monotonic();
    const estimate = this.#offset(at) + this.#rate * at;
    const stays = this.#shown !== null && estimate < this.#shown && this.#shown - estimate < HELD_BACK * this.#rate;
    this.#shown = stays ? this.#shown : estimate;
    return this.#shown;
  }

  /** Return server time minus device time in milliseconds, as the server wants to know it. */
  deviceOffset() {
    return this.isSet ? Math.round(this.now() - this.#wall()) : null;
  }

  /** Forget everything heard: after a sleep in which the monotonic clock stood still. */
  reset() {
    this.#samples = [];
    this.#floor = null;
  }

  #useRate(rate) {
    if (!(rate > 0) || rate === this.#rate) return;
    this.#rate = rate;
    this.reset();
  }

  #contradicts(heard) {
    const best = this.#best();
    if (!best) return false;
    const slack = SERVER_STEPPED * this.#rate;
    return heard.low > best.high + slack || heard.high < best.low - slack;
  }

  #raiseFloor({ low, at }) {
    const floor = this.#floor;
    if (floor === null || low > floor.low - DRIFT * (at - floor.at)) this.#floor = { low, at };
  }

  #best() {
    const width = (sample) => sample.high - sample.low + DRIFT * (this.#monotonic() - sample.at);
    return this.#samples.reduce((best, one) => (best && width(best) <= width(one) ? best : one), null);
  }

  #offset(at) {
    const best = this.#best();
    if (!best) return this.#floor.low;
    const middle = (best.low + best.high) / 2;
    const floor = this.#floor.low - DRIFT * (at - this.#floor.at);
    return Math.min(Math.max(middle, floor), best.high + DRIFT * (at - best.at));
  }
}

function toMillis(time) {
  const at = typeof time === "number" ? time : Date.parse(time ?? "");
  return Number.isFinite(at) ? at : null;
}

/** Fetch `url` and teach `clock` from the `server_time` and `rate` of its answer; return the answer. */
export async function probe(clock, url, { fetcher = fetch, monotonic = () => performance.now() } = {}) {
  const sentAt = monotonic();
  const response = await fetcher(url, { headers: { Accept: "application/json" }, cache: "no-store" });
  const receivedAt = monotonic();
  const body = await response.json();
  if (body.server_time) clock.sample({ serverTime: body.server_time, sentAt, receivedAt, rate: body.rate });
  return body;
}
