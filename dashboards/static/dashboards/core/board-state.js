/**
 * The floor as the events tell it: observations by key, calls, bays, counts. Pure: `reduce(floor, event)` returns a new
 * floor and leaves the old one as it was. Instants are milliseconds of the server's clock.
 */
import { alertFrom, changedAlert, isRunning } from "./alert-state.js";
import { MINUTE, SWEEP_LIMIT, instant, seatState } from "./time-left.js";

/** A floor of which nothing is known yet. */
export const EMPTY = Object.freeze({
  epoch: null,
  seq: 0,
  tiles: new Map(),
  alerts: new Map(),
  bays: new Map(),
  muster: new Map(),
  heldLots: new Set(),
  evacuatingSince: null,
});

/** Return the floor of a `GET sites/{site}/board/` answer. */
export function fromSnapshot(board) {
  const keyed = (rows, key, make) => new Map((rows ?? []).map((row) => [row[key], make(row)]));
  return {
    ...EMPTY,
    epoch: board.epoch,
    seq: board.head,
    tiles: keyed(board.tiles, "uuid", tileFrom),
    alerts: keyed(board.alerts, "uuid", alertFrom),
    bays: new Map((board.bays ?? []).map((bay) => [bay.code ?? bay.uuid, { ...bay, sweptAt: instant(bay.swept_at) }])),
    muster: new Map(Object.entries(board.muster ?? {})),
    heldLots: new Set(board.held_lots ?? []),
    evacuatingSince: instant(board.evacuating_since),
  };
}

/** Return one tile of the board from the API's or an event's facts. */
export function tileFrom(facts) {
  return {
    uuid: facts.uuid,
    ticket: facts.ticket ?? "",
    party: facts.party ?? null,
    group: facts.group ?? null,
    station: facts.station ?? null,
    seat: facts.seat ?? null,
    bay: facts.bay ?? null,
    isSeatConfirmed: Boolean(facts.is_seat_confirmed ?? facts.is_confirmed),
    seatedAt: instant(facts.seated_at),
    startedAt: instant(facts.started_at ?? facts.given_at ?? facts.opened_at),
    dueAt: instant(facts.due_at),
    watchedSince: instant(facts.watched_closely_since),
    recheckAt: instant(facts.recheck_at),
    isNotSeated: false,
    flags: facts.flags ?? [],
    reaction: reactionFrom(facts.reaction),
    endedAt: instant(facts.ended_at),
    endKind: facts.end_kind ?? null,
    settledAt: instant(facts.settled_at),
  };
}

function reactionFrom(facts) {
  if (!facts) return null;
  return { uuid: facts.uuid ?? facts.reaction ?? null, danger: Boolean(facts.danger ?? facts.has_danger), stressSubtype: stressOf(facts) };
}

const stressOf = (facts) => facts.stress_subtype || (facts.suspected_stress_response ? "suspected" : null);

/** What an event changes of the tile it is about: (facts, event, tile) → changes. */
const seated = (facts, { server_at: at }) => ({
  seat: facts.seat ?? null,
  bay: facts.bay ?? null,
  isSeatConfirmed: Boolean(facts.is_confirmed ?? facts.confirmed),
  seatedAt: instant(facts.seated_at ?? at),
  isNotSeated: false,
});
const reacted = (facts) => ({ reaction: reactionFrom(facts.reaction && typeof facts.reaction === "object" ? facts.reaction : facts) });
const TILE_CHANGES = {
  "observation.seated": seated,
  "observation.not_seated": () => ({ isNotSeated: true }),
  "observation.unseated_amber": () => ({ isNotSeated: true }),
  "observation.moved": (facts, _, tile) => ({ seat: facts.seat ?? null, bay: facts.bay ?? tile.bay }),
  "observation.extended": (facts) => ({ dueAt: instant(facts.due_at) }),
  "observation.watch_started": (facts, { server_at: at }) => ({ watchedSince: instant(at) ?? 0, recheckAt: instant(facts.recheck_at) }),
  "observation.rechecked": (facts) => ({ recheckAt: instant(facts.recheck_at) }),
  "observation.watch_ended": () => ({ watchedSince: null, recheckAt: null }),
  "observation.ended": (facts, { server_at: at }) => ({ endKind: facts.kind, endedAt: instant(facts.ended_at) ?? instant(at) ?? 0 }),
  "observation.settled": (_, { server_at: at }) => ({ settledAt: instant(at) ?? 0 }),
  "observation.flagged": (facts) => ({ flags: facts.flags ?? [] }),
  "observation.reaction": reacted,
  "reaction.reported": reacted,
  "reaction.undone": (facts, _, tile) => ({ reaction: tile.reaction?.uuid === facts.reaction ? null : tile.reaction }),
};

/** What an event changes of the floor itself: (floor, facts, event) → changes. */
const FLOOR_CHANGES = {
  "observation.started": ({ tiles }, facts, { subject }) => ({ tiles: withEntry(tiles, subject, tileFrom({ ...facts, uuid: subject })) }),
  "bay.swept": ({ bays }, facts, { subject, server_at: at }) => {
    const key = bayKey(bays, facts.bay ?? subject);
    return { bays: withEntry(bays, key, { ...bays.get(key), sweptAt: instant(facts.at ?? at) }) };
  },
  "muster.ticked": ({ muster }, facts, { subject }) => ({
    muster: withEntry(muster, facts.observation ?? subject, facts.is_seen ?? facts.mark ?? true),
  }),
  "lot.held": ({ heldLots }, facts, { subject }) => ({ heldLots: new Set([...heldLots, facts.lot ?? subject]) }),
  "lot.released": ({ heldLots }, facts, { subject }) => ({ heldLots: new Set([...heldLots].filter((lot) => lot !== (facts.lot ?? subject))) }),
  "site.evacuation_started": (_, facts, { server_at: at }) => ({ evacuatingSince: instant(facts.at ?? at), muster: new Map() }),
  "site.evacuation_ended": () => ({ evacuatingSince: null }),
};

/**
 * Return the floor after `event`. An event at or before `floor.seq` changes nothing; one of an unknown type, or about
 * somebody not on this floor, only moves `seq` on.
 */
export function reduce(floor, event) {
  if (event.seq <= floor.seq) return floor;
  return { ...floor, ...changes(floor, event), seq: event.seq };
}

function changes(floor, event) {
  const { event_type: type, payload } = event;
  const facts = payload ?? {};
  if (Object.hasOwn(FLOOR_CHANGES, type)) return FLOOR_CHANGES[type](floor, facts, event);
  if (Object.hasOwn(TILE_CHANGES, type)) return tileChange(floor, facts, event);
  const alerts = changedAlert(floor.alerts, event);
  return alerts === floor.alerts ? {} : { alerts };
}

function tileChange({ tiles }, facts, event) {
  const key = tiles.has(event.subject) ? event.subject : facts.observation;
  const tile = tiles.get(key);
  return tile ? { tiles: withEntry(tiles, key, { ...tile, ...TILE_CHANGES[event.event_type](facts, event, tile) }) } : {};
}

/** A bay is named by its code or by its key, as the event likes. */
function bayKey(bays, name) {
  if (bays.has(name)) return name;
  return [...bays].find(([, bay]) => bay.uuid === name)?.[0] ?? name;
}

function withEntry(map, key, value) {
  return new Map(map).set(key, value);
}

/** Return the running calls, the most urgent and then the oldest first. */
export function runningAlerts({ alerts }) {
  const rank = { high: 0, medium: 1, low: 2 };
  return [...alerts.values()].filter(isRunning).sort((a, b) => rank[a.priority] - rank[b.priority] || a.calledAt - b.calledAt);
}

/** Return observation → instant of its first running call; a low call is a line, not an alarm. */
export function alarmed(floor) {
  const calls = runningAlerts(floor).filter((alert) => alert.priority !== "low" && alert.observation);
  return new Map(calls.map(({ observation, calledAt }) => [observation, calledAt ?? 0]).sort((a, b) => b[1] - a[1]));
}

/** Return what every tile shows at `now`: `[{tile, shown}]`, ended ones left out unless unsettled, by seat. */
export function shownTiles(floor, now, { isStale = false } = {}) {
  const alarms = alarmed(floor);
  return [...floor.tiles.values()]
    .map((tile) => ({ tile, shown: seatState(now, tile, { calledAt: alarms.get(tile.uuid) ?? null, isStale }) }))
    .filter(({ shown }) => shown.state !== "ended")
    .sort((a, b) => bySeat(a.tile, b.tile));
}

/** Order by seat as people count (A2 before A10), those without a seat last by ticket. */
export function bySeat(one, other) {
  if (one.seat === null || other.seat === null) {
    return (one.seat === null) - (other.seat === null) || naturally.compare(one.ticket, other.ticket);
  }
  return naturally.compare(one.seat, other.seat);
}
const naturally = new Intl.Collator("en", { numeric: true });

/** Return the line of counts at `now`: `{present, soon, mayLeave, watch, alarm, leftEarly, unseated}`. */
export function countsOf(floor, now) {
  const shown = shownTiles(floor, now).map((row) => row.shown);
  const inPhase = (phase) => shown.filter((row) => row.phase === phase).length;
  const inState = (state) => shown.filter((row) => row.state === state).length;
  return {
    present: shown.filter((row) => row.phase !== "ended").length,
    soon: inPhase("soon"),
    mayLeave: inPhase("may-leave"),
    watch: inState("watch"),
    alarm: runningAlerts(floor).filter((alert) => alert.priority !== "low").length,
    leftEarly: inState("left-early"),
    unseated: shown.filter((row) => row.isUnseated).length,
  };
}

/** Return the minutes since a bay was swept and whether that is too long; null minutes when it never was. */
export function sweepOf({ sweptAt = null }, now) {
  if (sweptAt === null) return { minutes: null, isLate: false };
  return { minutes: Math.floor((now - sweptAt) / MINUTE), isLate: now - sweptAt >= SWEEP_LIMIT };
}
