"""The board of a site: what a screen needs to draw the floor, and where the stream goes on."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, Prefetch, Q

from alerts.gateways import clock
from alerts.models import Alert, Page, Receipt, ReceiptKind, Responder, Session, Site, Stream
from alerts.services import calls, notices
from observation.models import MusterMark, Observation, Reaction
from observation.models.watch import UNSETTLED_KINDS
from observation.rules import watch as rules
from observation.rules.persons import tidy_name
from observation.rules.tickets import observation_key, ticket_number
from observation.services import tiles, watch
from observation.services.tiles import instant


def snapshot(site: Site, *, now: datetime) -> dict[str, Any]:
    """Return the floor of a site as it stands at `head` or a little later.

    The head is read before the rows: a change in between is in the rows and comes again as an
    event, and an event says how things are, so that replaying it changes nothing.
    """
    stream = Stream.objects.get(site=site)
    rows = _rows(site)
    session = Session.objects.filter(site=site, closed_at=None).first()
    return {
        "epoch": str(stream.epoch),
        "head": stream.seq,
        "link": stream.link,
        "server_time": instant(now),
        "rate": clock.rate(),
        "site": {"uuid": str(site.uuid), "name": site.name, "name_en": site.name_en},
        "session": _session(session),
        "evacuating_since": instant(site.evacuating_since),
        "faults": notices.lasting_faults(site.pk),
        "muster": _muster(site),
        "bays": _bays(site),
        "tiles": [tiles.tile_of(row, reaction=next(iter(row.seen), None)) for row in rows],  # type: ignore[attr-defined]
        "alerts": _alerts(site),
        "counts": _counts(rows, now=now),
    }


def _rows(site: Site) -> list[Observation]:
    standing = Reaction.objects.filter(undone_at=None).order_by("-seen_at", "-pk")
    rows = Observation.objects.on_floor().filter(site=site)
    return list(
        rows.select_related("recipient", "party", "seat", "bay")
        .prefetch_related(Prefetch("reactions", standing, to_attr="seen"))
        .order_by("due_at", "ticket")
    )


def _session(session: Session | None) -> dict[str, Any] | None:
    if session is None:
        return None
    opened_at = instant(session.opened_at)
    return {"uuid": str(session.uuid), "name": session.name, "opened_at": opened_at}


def _bays(site: Site) -> list[dict[str, Any]]:
    return [
        {
            "uuid": str(bay.uuid),
            "code": bay.code,
            "column": bay.column,
            "row": bay.row,
            "swept_at": instant(bay.swept_at),
        }
        for bay in site.bays.order_by("column", "row", "code")
    ]


def _muster(site: Site) -> dict[str, bool]:
    if site.evacuating_since is None:
        return {}
    since = site.evacuating_since
    marks = MusterMark.objects.filter(observation__site=site, evacuation_at=since)
    return {str(key): seen for key, seen in marks.values_list("observation__uuid", "is_seen")}


def _alerts(site: Site) -> list[dict[str, Any]]:
    rows = Alert.objects.running().filter(site=site).order_by("called_at", "pk")
    answers = Prefetch("responders", Responder.objects.select_related("user"))
    related = rows.select_related("seat", "bay", "area", "device").prefetch_related(answers)
    running = list(related)
    if not running:
        return []
    reach = _reach([alert.pk for alert in running])
    pages = _latest_pages(running)
    found = [{**_alert(alert), "reach": reach[alert.pk]} for alert in running]
    return [{**row, "pages": pages.get(row["uuid"], [])} for row in found]


def _latest_pages(alerts: Sequence[Alert]) -> dict[str, list[dict[str, Any]]]:
    """Return the pages of each alert's last round, for a screen that was opened after they went out."""
    latest = Q(pk__in=[])
    for alert in alerts:
        latest |= Q(alert=alert, round=alert.round)
    found: dict[str, list[dict[str, Any]]] = {}
    rows = Page.objects.filter(latest).select_related("alert", "responder")
    for page in rows.prefetch_related("receipts"):
        row = {
            "uuid": str(page.uuid),
            "responder": str(page.responder.uuid) if page.responder else None,
            "channel": page.channel,
            "receipts": [{"kind": receipt.kind} for receipt in page.receipts.all()],
        }
        found.setdefault(str(page.alert.uuid), []).append(row)
    return found


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "uuid": str(alert.uuid),
        "state": alert.state,
        "version": alert.version,
        "step": alert.step,
        "round": alert.round,
        **calls.facts_of(alert),
        "raised_at": instant(alert.raised_at),
        "acknowledged_at": instant(alert.acknowledged_at),
        "arrived_at": instant(alert.arrived_at),
        "responders": [_answer(answer) for answer in alert.responders.all()],
    }


def _answer(answer: Responder) -> dict[str, Any]:
    return {
        "responder": str(answer.user.uuid) if answer.user else None,
        "name": str(answer.user or ""),
        "state": answer.state,
        "since": instant(answer.since),
        "is_first": answer.is_first,
    }


def _reach(alert_ids: list[int]) -> dict[int, dict[str, int]]:
    """Return per alert how many people were paged and reached, counted by the database.

    A call that nobody answers has thousands of pages; they are never fetched for a board.
    """
    none = dict.fromkeys(("paged", "unsent", *ReceiptKind.values), 0)
    reach = {pk: dict(none) for pk in alert_ids}
    people = Count("responder", distinct=True)
    unsent = Count("pk", filter=Q(sent_at=None, given_up_at=None))
    pages = Page.objects.filter(alert__in=alert_ids).values("alert").order_by()
    for row in pages.annotate(people=people, unsent=unsent):
        reach[row["alert"]] |= {"paged": row["people"], "unsent": row["unsent"]}
    receipts = Receipt.objects.filter(page__alert__in=alert_ids).values("page__alert", "kind")
    people_by_kind = receipts.order_by().annotate(Count("page__responder", distinct=True))
    for alert_id, kind, count in people_by_kind.values_list(
        "page__alert", "kind", "page__responder__count"
    ):
        reach[alert_id][kind] = count
    return reach


def _counts(rows: list[Observation], *, now: datetime) -> dict[str, int]:
    phases = Counter(rules.phase_at(now, due_at=row.due_at, ended_at=row.ended_at) for row in rows)
    running = [row for row in rows if row.ended_at is None]
    return {
        "open": len(running),
        "soon": phases[rules.Phase.SOON],
        "may_leave": phases[rules.Phase.MAY_LEAVE],
        "unsettled": phases[rules.Phase.ENDED],
        "not_seated": sum(row.seated_at is None for row in running),
        "watched_closely": sum(row.watched_closely_since is not None for row in running),
    }


def find(site: Site, words: dict[str, str], *, now: datetime) -> list[Observation]:
    """Return observations by ticket, name, seat, class or party; the newest first, at most 300."""
    rows = Observation.objects.filter(site=site).select_related(*watch.ON_TILE)
    rows = rows.filter(_state(words.get("state", ""), now=now))
    if bay := words.get("bay"):
        rows = rows.filter(bay__code__iexact=bay)
    if group := words.get("group"):
        rows = rows.filter(recipient__group_name__iexact=group)
    if words.get("ticket"):
        rows = rows.filter(ticket=words["ticket"])
    if party := words.get("party"):
        rows = rows.filter(party__uuid=party)
    if text := words.get("q", "").strip():
        rows = rows.filter(_words(text))
    return list(rows.order_by("-pk")[:300])


def _state(state: str, *, now: datetime) -> Q:
    """Return the filter for a state of the watch; without one, whatever is still on the floor."""
    open_ = Q(ended_at=None)
    unsettled = Q(end_kind__in=UNSETTLED_KINDS, settled_at=None)
    return {
        "open": open_,
        "due": open_ & Q(due_at__lte=now),
        "waiting": open_ & Q(seated_at=None),
        "watched": open_ & Q(watched_closely_since__isnull=False),
        "unsettled": unsettled,
        "ended": Q(ended_at__isnull=False),
        "all": Q(),
    }.get(state, open_ | unsettled)


def _words(text: str) -> Q:
    """Return the filter for what a person typed into the one search field."""
    name = tidy_name(text)
    match = Q(recipient__name__icontains=name) | Q(recipient__group_name__icontains=name)
    match |= Q(seat__code__iexact=text) | Q(party__label__icontains=name)
    if number := ticket_number(text):
        match |= Q(ticket=number)
    if key := observation_key(text):
        match |= Q(uuid=key) | Q(party__uuid=key)
    return match
