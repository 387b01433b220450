/** What a seat shows at an instant: the state, the time left or past, and the words for both. Pure. */
import { t } from "./i18n.js";

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
/** "Soon" begins this long before the time is over. */
export const SOON = 5 * MINUTE;
/** A ticket without a seat for this long turns amber on the board. */
export const UNSEATED_LIMIT = 3 * MINUTE;
/** A bay that nobody swept for this long fades in. */
export const SWEEP_LIMIT = 8 * MINUTE;
/** Endings that stay on the board until somebody says what was done. */
export const UNSETTLED_KINDS = ["left_early", "refused", "unwitnessed"];

/** Return the milliseconds of an ISO instant; null for none, and for words that are no instant. */
export function instant(text) {
  const at = typeof text === "number" ? text : Date.parse(text ?? "");
  return Number.isFinite(at) ? at : null;
}

/** Return "observing", "soon", "may-leave" or "ended"; the time is over at `dueAt` itself. */
export function phaseOf(now, { dueAt, endedAt = null }) {
  if (endedAt !== null) return "ended";
  if (dueAt === null || dueAt === undefined) return "observing";
  if (now >= dueAt) return "may-leave";
  return dueAt - now < SOON ? "soon" : "observing";
}

/**
 * Return what a tile shows at `now` (server milliseconds): `{state, phase, left, past, sinceCall, isRecheckDue, isUnseated}`.
 *
 * `state` is a class suffix of floor.css. An alarm (`calledAt`, the instant of the call) covers all
 * else, a second look covers the countdown, but `phase` still says whether the time is over.
 */
export function seatState(now, seat, { calledAt = null, isStale = false } = {}) {
  const phase = phaseOf(now, seat);
  const { dueAt = null, recheckAt = null, seatedAt = null, startedAt = null } = seat;
  return {
    phase,
    state: shownState(phase, seat, { hasAlarm: calledAt !== null, isStale }),
    left: dueAt === null ? null : Math.max(0, dueAt - now),
    sinceCall: calledAt === null ? null : Math.max(0, now - calledAt),
    past: dueAt === null ? null : Math.max(0, now - dueAt),
    isRecheckDue: phase !== "ended" && recheckAt !== null && now >= recheckAt,
    isUnseated: phase !== "ended" && seatedAt === null && startedAt !== null && now - startedAt >= UNSEATED_LIMIT,
  };
}

function shownState(phase, seat, { hasAlarm, isStale }) {
  if (hasAlarm) return "alarm";
  if (isStale) return "no-data";
  if (phase === "ended") return isUnsettled(seat) ? "left-early" : "ended";
  if (seat.watchedSince) return "watch";
  if (seat.reaction?.stressSubtype) return "stress";
  return phase;
}

/** Tell whether an ended observation stays on the board because nobody said what was done. */
export function isUnsettled({ endKind = null, settledAt = null }) {
  return UNSETTLED_KINDS.includes(endKind) && settledAt === null;
}

const WORDS = {
  observing: () => t("Observing"),
  soon: () => t("Soon"),
  "may-leave": () => t("May leave"),
  watch: () => t("Watch"),
  stress: () => t("Stress response"),
  alarm: () => t("Alarm"),
  "left-early": () => t("Left early"),
  "no-data": () => t("Offline"),
  ended: () => t("Ended"),
};

/** Return the word of a state in the reader's language. */
export function stateWord(state) {
  return WORDS[state]();
}

/** Return the big digits of a tile: time since the call, time left, or minutes past once the time is over. */
export function timeText({ phase, left, past, sinceCall }) {
  if (sinceCall !== null) return formatSince(sinceCall);
  if (phase === "ended" || left === null) return "–";
  return phase === "may-leave" ? formatPast(past) : formatLeft(left);
}

/** Return the state and the time in words, for a screen reader; whole minutes, so that it never ticks. */
export function spokenState(shown) {
  const word = stateWord(shown.state);
  if (shown.sinceCall !== null) return `${word}, ${t("{n} min since the call", { n: Math.floor(shown.sinceCall / MINUTE) })}`;
  if (shown.phase === "ended" || shown.left === null) return word;
  if (shown.phase === "may-leave") return `${word}, ${t("{n} min past", { n: Math.floor(shown.past / MINUTE) })}`;
  return `${word}, ${t("{n} min left", { n: Math.ceil(shown.left / MINUTE) })}`;
}

/** Format what is left as m:ss, rounded up, so that 0:00 stands only when the time is over. */
export function formatLeft(left) {
  return minutesSeconds(Math.ceil(Math.max(0, left) / SECOND));
}

/** Format whole minutes past due as +m; the first minute is +0. */
export function formatPast(past) {
  return `+${Math.floor(Math.max(0, past) / MINUTE)}`;
}

/** Format the time since an instant as mm:ss, rounded down: the clock of a call or of a dose. */
export function formatSince(since) {
  return minutesSeconds(Math.floor(Math.max(0, since) / SECOND)).padStart(5, "0");
}

function minutesSeconds(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** Format the age of data: 0.4 s, 12 s, 3 min. */
export function formatAge(age) {
  const seconds = Math.max(0, age) / SECOND;
  if (seconds < 10) return t("{n} s", { n: seconds.toFixed(1) });
  if (seconds < 120) return t("{n} s", { n: Math.floor(seconds) });
  return t("{n} min", { n: Math.floor(seconds / 60) });
}

/** Format an instant as the 24 h wall clock of the site. */
export function formatClock(at, timeZone, { seconds = false } = {}) {
  const parts = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone };
  return new Intl.DateTimeFormat("en-GB", seconds ? { ...parts, second: "2-digit" } : parts).format(at);
}
