/**
 * How old the last word from the server is, and what that means. Pure: the caller brings both clocks.
 *
 * "connecting" before the first word, "ok", "slow" (amber), "lost" (red bar and its tone). A tab that was frozen or a
 * device that slept must not shout before the server had a chance to speak again, and must not call old data live:
 * for a short grace it is "slow", and the age counts the time asleep.
 */

export const SLOW_AFTER = 5000;
export const LOST_AFTER = 8000;
export const GRACE = 2500;
/** Between two ticks; more means that the tab was frozen. */
const FROZEN = 3000;
/** The wall clock ran ahead of the monotonic one by more: the device slept. */
const SLEPT = 2000;
/** A pager that has not run for this long is no pager. */
export const PAGER_SILENT = 5000;
/** One trial page leaves each minute; after three that did not, pages cannot be trusted to leave. */
export const TRIAL_SILENT = 180000;

export class LinkState {
  #heardAt = null;
  #asleep = 0;
  #last;
  #resumedAt = -Infinity;
  #pagerAge = 0;
  #trialAge = null;

  constructor(monotonic, wall) {
    this.startedAt = monotonic;
    this.#last = { monotonic, wall };
  }

  /** A beat, an event or an answer arrived; `late` is how old its words are. */
  heard(monotonic, { late = 0, pagerAge, trialAge } = {}) {
    this.#heardAt = Math.max(this.#heardAt ?? -Infinity, monotonic - late);
    if (late < GRACE) this.#asleep = 0;
    if (pagerAge !== undefined) this.#pagerAge = pagerAge;
    if (trialAge !== undefined) this.#trialAge = trialAge;
  }

  /** Return `{state, age, hasResumed, isPagerSilent}`; call it at least once a second. */
  tick(monotonic, wall) {
    const gap = monotonic - this.#last.monotonic;
    const slept = wall - this.#last.wall - gap;
    const hasResumed = gap > FROZEN || slept > SLEPT;
    if (slept > SLEPT) this.#asleep += slept;
    if (hasResumed) this.#resumedAt = monotonic;
    this.#last = { monotonic, wall };
    const age = this.#age(monotonic);
    return { state: this.#state(age, monotonic), age, hasResumed, isPagerSilent: this.#isPagerSilent() };
  }

  #age(monotonic) {
    return monotonic - (this.#heardAt ?? this.startedAt) + this.#asleep;
  }

  #state(age, monotonic) {
    if (age >= LOST_AFTER) return monotonic - this.#resumedAt < GRACE ? "slow" : "lost";
    if (age >= SLOW_AFTER) return "slow";
    return this.#heardAt === null ? "connecting" : "ok";
  }

  #isPagerSilent() {
    const isSilent = this.#pagerAge === null || this.#pagerAge > PAGER_SILENT;
    return this.#heardAt !== null && (isSilent || this.#trialAge > TRIAL_SILENT);
  }
}
