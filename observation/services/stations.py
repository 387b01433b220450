"""Vaccination stations: who works there now, and stopping one before its next planned dose."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from alerts.models import Site
from alerts.outbox import Fact, Origin, append_event
from alerts.services.refusals import Refusal
from observation.models import Observation, StationStop


class StationStopped(Refusal):
    code = "station_stopped"


def stopped_at(site: Site) -> dict[str, StationStop]:
    """Return the running stop of each stopped station of the site."""
    rows = StationStop.objects.filter(site=site, resumed_at=None).select_related("stopped_by")
    return {row.station: row for row in rows.order_by("station")}


def stations_of(site: Site) -> list[tuple[str, StationStop | None]]:
    """Return the stations that people on the floor came from, and those that are stopped."""
    stops = stopped_at(site)
    seen = Observation.objects.on_floor().filter(site=site).exclude(station="")
    names = {*seen.values_list("station", flat=True), *stops}
    return [(name, stops.get(name)) for name in sorted(names)]


def refuse_if_stopped(site: Site, station: str) -> None:
    """Say no to a planned dose of a stopped station; a dose already given is never asked.

    :raises StationStopped: with the reason that the lead gave.
    """
    stop = stopped_at(site).get(station.strip()) if station.strip() else None
    if stop is not None:
        words = _("Station {station} is stopped: {reason} Give no further dose; ask the lead.")
        raise StationStopped(
            words.format(station=stop.station, reason=_as_sentence(stop.reason)), field="station"
        )


def _as_sentence(reason: str) -> str:
    return reason if reason.endswith((".", "。", "!", "！", "?", "？")) else f"{reason}."


@transaction.atomic
def stop_station(
    *, site: Site, station: str, reason: str, origin: Origin, now: datetime
) -> StationStop:
    """Stop planned doses at a station; stopping it again changes nothing."""
    row, is_new = StationStop.objects.get_or_create(
        site=site,
        station=station,
        resumed_at=None,
        defaults={"reason": reason, "stopped_at": now, "stopped_by": origin.actor},
    )
    if is_new:
        _tell(row, "station.stopped", origin=origin, now=now)
    return row


@transaction.atomic
def resume_station(*, site: Site, station: str, origin: Origin, now: datetime) -> None:
    """Let a station go on; one that is not stopped stays as it is."""
    rows = StationStop.objects.select_for_update().select_related("site")
    row = rows.filter(site=site, station=station, resumed_at=None).first()
    if row is None:
        return
    row.resumed_at, row.resumed_by = now, origin.actor
    row.save(update_fields=["resumed_at", "resumed_by"])
    _tell(row, "station.resumed", origin=origin, now=now)


def _tell(row: StationStop, type_: str, *, origin: Origin, now: datetime) -> None:
    fact = Fact(type_, str(row.uuid), {"station": row.station})
    append_event(row.site_id, fact, now=now, origin=origin)
