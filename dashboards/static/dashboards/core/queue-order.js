/**
 * Which waiting command goes next and what an answer means. Pure: entries in, decisions out.
 *
 * An entry: `{n, key, lane: "normal"|"help", after, method, path, body, label, deviceAt, attempts, notBefore, state}`
 * with `state` "waiting" or "refused". Normal commands go strictly one by one in order; calls for help go at once,
 * beside them, and only wait for the command named by `after` (an undo waits for its call).
 */

const RETRY_STATUS = new Set([401, 408, 423, 425, 429]);
const NORMAL_WAITS = [500, 1000, 2000, 4000, 8000, 15000];
const HELP_WAITS = [300, 600, 1000, 1500, 2000];
/** A command that left later than this after the tap says that it was entered offline. */
export const LIVE_LIMIT = 10000;

/** Return "sent", "retry" or "refused" for what `send` answered. */
export function outcomeOf({ status = 0 }) {
  if (status >= 200 && status < 300) return "sent";
  if (status === 0 || status >= 500 || RETRY_STATUS.has(status)) return "retry";
  return "refused";
}

/** Return the wait before the next attempt: doubling, at most 15 s (help 2 s), ± 20 %, never less than asked for. */
export function retryWait({ lane, attempts }, { retryAfter = 0, random = Math.random } = {}) {
  const waits = lane === "help" ? HELP_WAITS : NORMAL_WAITS;
  const wait = waits[Math.min(Math.max(attempts, 1), waits.length) - 1];
  return Math.max(retryAfter, wait * (0.8 + 0.4 * random()));
}

const byOrder = (one, other) => one.n - other.n;
const waitingIn = (entries, lane) => entries.filter((e) => e.state === "waiting" && e.lane === lane).sort(byOrder);

/** Return the entries that may leave now: every call for help whose turn it is, and the first normal command. */
export function sendable(entries, { now, busy = new Set() }) {
  const pending = new Set(entries.filter((e) => e.state === "waiting").map((e) => e.key));
  const isFree = (e) => e.notBefore <= now && !busy.has(e.key) && !pending.has(e.after);
  const help = waitingIn(entries, "help").filter(isFree);
  const [head] = waitingIn(entries, "normal");
  return head && isFree(head) ? [...help, head] : help;
}

/** Return the milliseconds until something may leave; null when nothing waits but for an answer. */
export function nextWait(entries, { now, busy = new Set() }) {
  const heads = [...waitingIn(entries, "help"), ...waitingIn(entries, "normal").slice(0, 1)];
  const times = heads.filter((e) => !busy.has(e.key)).map((e) => Math.max(0, e.notBefore - now));
  return times.length > 0 ? Math.min(...times) : null;
}

/** Return the entry after a failed attempt: waiting for its next, or refused with the server's words. */
export function afterAttempt(entry, answer, { now, random }) {
  const attempts = entry.attempts + 1;
  if (outcomeOf(answer) === "refused") return { ...entry, attempts, state: "refused", problem: answer.problem };
  const wait = retryWait({ lane: entry.lane, attempts }, { retryAfter: answer.retryAfter, random });
  return { ...entry, attempts, notBefore: now + wait, problem: answer.problem ?? null };
}

/** Return how the command is entered: "offline" once it could not leave when it was tapped. */
export function sourceOf(entry, now) {
  return entry.attempts > 0 || now - Date.parse(entry.deviceAt) > LIVE_LIMIT ? "offline" : "live";
}

/** Return what the screen says of the queue: how many wait, were refused, and the oldest tap. */
export function summaryOf(entries) {
  const waiting = entries.filter((e) => e.state === "waiting").sort(byOrder);
  return {
    waiting: waiting.length,
    help: waiting.filter((e) => e.lane === "help").length,
    refused: entries.filter((e) => e.state === "refused").sort(byOrder),
    needsLogin: waiting.some((e) => e.problem?.status === 401),
    oldestAt: waiting[0]?.deviceAt ?? null,
  };
}
