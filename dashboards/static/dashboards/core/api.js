/** One request to the server: headers of a command, a time limit, and problem documents in one shape. */

const TIME_LIMIT = 10000;
const HELP_TIME_LIMIT = 4000;

/** Return the value of a cookie, or an empty string. */
export function cookie(name, jar = globalThis.document?.cookie ?? "") {
  const found = jar.split("; ").find((pair) => pair.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

/** Return the headers of a command: its key, the device's clock at the tap, and how it was entered. */
export function headersOf({ key, deviceAt, source = "live" }, csrf = cookie("csrftoken")) {
  const headers = { Accept: "application/json", "Content-Type": "application/json" };
  if (key) headers["Idempotency-Key"] = key;
  if (deviceAt) headers["X-Device-Time"] = deviceAt;
  headers["X-Source"] = source;
  if (csrf) headers["X-CSRFToken"] = csrf;
  return headers;
}

/** Return `{status, title, detail, errors: [{field, message}], facts}` for whatever an error answer holds. */
export function problemOf(status, body, statusText = "") {
  const words = body && typeof body === "object" ? body : {};
  const errors = (Array.isArray(words.errors) ? words.errors : []).map(({ field = "", message = "", ...rest }) => ({
    ...rest,
    field,
    message,
  }));
  return { status, title: words.title || statusText || `HTTP ${status}`, detail: words.detail ?? "", errors, facts: words.facts ?? {} };
}

/** Return one line for a person: the detail or the title, then the fields. */
export function problemText({ title, detail, errors }) {
  const fields = errors.map(({ field, message }) => (field ? `${field}: ${message}` : message));
  return [detail || title, ...fields].filter(Boolean).join(" · ");
}

/**
 * Send a command or a question; never throws.
 *
 * Answers `{ok, status, data, problem, retryAfter}`; status 0 is a network that failed or took too long.
 */
export async function send(command, { fetcher = globalThis.fetch, csrf } = {}) {
  const { method = "POST", path, body, lane } = command;
  const options = { method, headers: headersOf(command, csrf), credentials: "same-origin", cache: "no-store" };
  options.keepalive = lane === "help";
  options.signal = AbortSignal.timeout(command.timeLimit ?? (lane === "help" ? HELP_TIME_LIMIT : TIME_LIMIT));
  if (method !== "GET") options.body = JSON.stringify(body ?? {});
  try {
    return await answerOf(await fetcher(path, options));
  } catch (error) {
    return { ok: false, status: 0, data: null, retryAfter: 0, problem: problemOf(0, null, String(error?.message ?? error)) };
  }
}

/** Ask a question of the API: `send` with GET. */
export function get(path, options = {}) {
  const { timeLimit, ...rest } = options;
  return send({ method: "GET", path, timeLimit }, rest);
}

async function answerOf(response) {
  const data = parsed(await response.text());
  const { ok, status } = response;
  if (ok && data === undefined) return { ok: false, status: 0, data: null, retryAfter: 0, problem: problemOf(0, null, "Not an answer of this server") };
  const retryAfter = 1000 * (Number(response.headers.get("Retry-After")) || 0);
  return { ok, status, data: data ?? null, retryAfter, problem: ok ? null : problemOf(status, data, response.statusText) };
}

/** JSON, null for an empty body, undefined for anything else: a captive portal answers 200 with HTML. */
function parsed(text) {
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
