/** Requests: the headers of a command, every kind of answer, and problems in one shape. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { cookie, get, headersOf, problemOf, problemText, send } from "../../dashboards/static/dashboards/core/api.js";

const answering = (status, body, headers = {}) => {
  const calls = [];
  const fetcher = async (path, options) => {
    calls.push({ path, ...options });
    return new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers });
  };
  return { calls, fetcher };
};

test("a command carries its key, the time of the tap, its source and the CSRF token", () => {
  const headers = headersOf({ key: "k", deviceAt: "2026-05-01T04:00:00.000Z", source: "offline" }, "token");

  assert.deepEqual(headers, {
    Accept: "application/json", "Content-Type": "application/json", "Idempotency-Key": "k",
    "X-Device-Time": "2026-05-01T04:00:00.000Z", "X-Source": "offline", "X-CSRFToken": "token",
  });
  assert.equal("X-CSRFToken" in headersOf({}, ""), false);
});

test("a cookie is found among others and decoded", () => {
  assert.equal(cookie("csrftoken", "a=1; csrftoken=x%3Dy; xcsrftoken=z"), "x=y");
  assert.equal(cookie("csrftoken", "xcsrftoken=z"), "");
});

test("an answer comes back with its data", async () => {
  const { calls, fetcher } = answering(201, { uuid: "u" });
  const answer = await send({ path: "/x/", body: { seat: "A18" }, key: "k" }, { fetcher, csrf: "" });

  assert.deepEqual([answer.ok, answer.status, answer.data], [true, 201, { uuid: "u" }]);
  assert.deepEqual([calls[0].path, calls[0].method, calls[0].body], ["/x/", "POST", '{"seat":"A18"}']);
});

test("a question has no body", async () => {
  const { calls, fetcher } = answering(200, { head: 3 });

  assert.equal((await get("/board/", { fetcher })).data.head, 3);
  assert.equal(calls[0].body, undefined);
});

test("an empty answer is an answer", async () => {
  const fetcher = async () => new Response(null, { status: 204 });

  assert.deepEqual(await send({ path: "/x/" }, { fetcher }), { ok: true, status: 204, data: null, retryAfter: 0, problem: null });
});

test("a problem document keeps its words, fields and facts", async () => {
  const problem = { title: "Refused", detail: "Three are open.", errors: [{ field: "endings", message: "missing", code: "x" }], facts: { open: 3 } };
  const { fetcher } = answering(409, problem);
  const answer = await send({ path: "/x/" }, { fetcher });

  assert.deepEqual(answer.problem, { status: 409, ...problem });
  assert.equal(problemText(answer.problem), "Three are open. · endings: missing");
});

test("an error page of a proxy becomes a problem too", async () => {
  const { fetcher } = answering(502, "<html>Bad gateway</html>", { "Retry-After": "7" });
  const answer = await send({ path: "/x/" }, { fetcher });

  assert.deepEqual([answer.ok, answer.status, answer.retryAfter, answer.problem.errors], [false, 502, 7000, []]);
});

test("a captive portal's friendly page is no answer of the server", async () => {
  const { fetcher } = answering(200, "<html>Welcome to the Wi-Fi</html>");
  const answer = await send({ path: "/x/" }, { fetcher });

  assert.deepEqual([answer.ok, answer.status], [false, 0]);
});

test("a network that fails is status 0 and throws nothing", async () => {
  const answer = await send({ path: "/x/" }, { fetcher: async () => { throw new TypeError("Failed to fetch"); } });

  assert.deepEqual([answer.status, answer.problem.title], [0, "Failed to fetch"]);
});

test("a server that does not answer is given up", async () => {
  const fetcher = (_, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const alive = setTimeout(() => {}, 1000);
  const answer = await send({ path: "/x/", timeLimit: 20 }, { fetcher });
  clearTimeout(alive);

  assert.equal(answer.status, 0);
});

test("problems without words still say something", () => {
  assert.equal(problemText(problemOf(500, null)), "HTTP 500");
  assert.equal(problemText(problemOf(400, { errors: [{ message: "wrong" }, "odd"] }, "Bad Request")), "Bad Request · wrong");
});
