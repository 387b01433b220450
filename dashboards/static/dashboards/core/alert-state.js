/** A call for help as its events tell it: state, pages, receipts, who comes. Pure. */
import { instant } from "./time-left.js";

const ENDED = new Set(["resolved", "cancelled", "reviewed"]);
const UNANSWERED = new Set(["open", "paging", "exhausted"]);
/** The rungs of what became of a page, the furthest last. */
export const RECEIPTS = ["handed_off", "received", "displayed", "sounded", "acknowledged"];

/** Return a call from the API's or an `alert.raised` event's facts. */
export function alertFrom(facts) {
  return {
    uuid: facts.uuid,
    state: facts.state ?? "open",
    priority: facts.priority ?? "high",
    isDrill: Boolean(facts.is_drill),
    isLate: Boolean(facts.late),
    seat: facts.seat ?? null,
    bay: facts.bay ?? null,
    area: facts.area ?? null,
    place: facts.place ?? "",
    observation: facts.observation ?? facts.subject ?? null,
    personKind: facts.person_kind ?? null,
    summary: facts.summary ?? facts.label ?? "",
    calledAt: instant(facts.called_at),
    step: facts.step ?? 0,
    round: facts.round ?? 0,
    nextStepAt: instant(facts.next_step_at),
    pages: new Map((facts.pages ?? []).map((page) => [page.uuid ?? page.page, pageFrom(page)])),
    responders: new Map((facts.responders ?? []).map((one) => [one.responder, { name: one.name, state: one.state }])),
  };
}

function pageFrom(page) {
  const kinds = (page.receipts ?? []).map((receipt) => receipt.kind);
  return { responder: page.responder ?? null, name: page.responder_name ?? "", channel: page.channel, receipts: new Set(kinds) };
}

/** Tell whether a call still needs people. */
export function isRunning({ state }) {
  return !ENDED.has(state);
}

/** Tell whether nobody has answered yet: the sound goes on. */
export function isUnanswered({ state }) {
  return UNANSWERED.has(state);
}

const to = (state) => (alert, facts) => ({ state: facts.state ?? state });
const answered = (alertState, responderState) => (alert, facts) => ({
  state: facts.state ?? alertState(alert.state),
  responders: new Map(alert.responders).set(facts.responder ?? null, {
    name: facts.name ?? alert.responders.get(facts.responder ?? null)?.name ?? "",
    state: responderState,
  }),
});
const same = (state) => state;
const withPages = (alert, facts) => new Map([...alert.pages, ...(facts.pages ?? []).map((page) => [page.page ?? page.uuid, pageFrom(page)])]);
const CHANGES = {
  "alert.paged": (alert, facts) => ({
    state: facts.state ?? (alert.state === "open" ? "paging" : alert.state),
    step: facts.step ?? alert.step,
    round: facts.round ?? alert.round,
    nextStepAt: instant(facts.next_step_at),
    pages: withPages(alert, facts),
  }),
  "alert.unproved": (alert, facts) => ({ pages: withPages(alert, facts) }),
  "alert.acknowledged": answered(() => "acknowledged", "coming"),
  "alert.joined": answered(same, "coming"),
  "alert.declined": answered(same, "declined"),
  "alert.arrived": answered(() => "on_scene", "on_scene"),
  "alert.reopened": to("paging"),
  "alert.escalated": (alert, facts) => ({ state: facts.state ?? alert.state }),
  "alert.raised_to_high": () => ({ priority: "high" }),
  "alert.exhausted": to("exhausted"),
  "alert.described": (alert, facts) => ({ summary: facts.summary ?? alert.summary }),
  "alert.moved": (alert, facts) => ({
    seat: facts.seat ?? null,
    bay: facts.bay ?? null,
    area: facts.area ?? alert.area,
    place: facts.place ?? "",
  }),
  "alert.resolved": to("resolved"),
  "alert.cancelled": to("cancelled"),
  "alert.reviewed": to("reviewed"),
  "page.receipt": receipted,
};

function receipted(alert, facts) {
  const page = alert.pages.get(facts.page);
  if (!page) return {};
  return { pages: new Map(alert.pages).set(facts.page, { ...page, receipts: new Set([...page.receipts, facts.kind]) }) };
}

/** Return the calls after `event`: the same map when it is about none of them. */
export function changedAlert(alerts, event) {
  const { event_type: type, subject, payload, server_at: at } = event;
  const facts = payload ?? {};
  if (type === "alert.raised") {
    const called = facts.called_at ?? at;
    return new Map(alerts).set(subject, alertFrom({ ...facts, uuid: subject, called_at: called }));
  }
  if (!Object.hasOwn(CHANGES, type)) return alerts;
  const key = alerts.has(subject) ? subject : holderOf(alerts, facts.page ?? subject);
  const alert = alerts.get(key);
  return alert ? new Map(alerts).set(key, { ...alert, ...CHANGES[type](alert, facts) }) : alerts;
}

function holderOf(alerts, page) {
  return [...alerts.values()].find((alert) => alert.pages.has(page))?.uuid;
}

/** Return how far the pages of a call got: `{paged, received, displayed, sounded, acknowledged}` in numbers of persons. */
export function reachOf({ pages }) {
  const reach = { paged: new Set(), received: new Set(), displayed: new Set(), sounded: new Set(), acknowledged: new Set() };
  for (const { responder, receipts } of pages.values()) {
    if (responder === null) continue;
    reach.paged.add(responder);
    const furthest = Math.max(-1, ...[...receipts].map((kind) => RECEIPTS.indexOf(kind)));
    for (const kind of RECEIPTS.slice(1, furthest + 1)) reach[kind].add(responder);
  }
  return Object.fromEntries(Object.entries(reach).map(([kind, people]) => [kind, people.size]));
}
