"""The hall as the detectors read it: the reactions of a session and the doses given in it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from aefi.rules.hall_clusters import DetectorSettings, DosesGiven, GroupProposal, find_groups
from aefi.rules.hall_evidence import HallReaction, is_quick
from alerts.models import Session
from observation.models import Dose, EndKind, PersonKind, Reaction
from observation.rules import signs

SETTINGS = DetectorSettings()
WITHOUT_DOSE = frozenset({PersonKind.BEFORE_DOSE, PersonKind.VISITOR, PersonKind.STAFF})


@dataclass(frozen=True)
class Hall:
    """The reactions of one session, and the serious ones of its site shortly before."""

    reactions: tuple[HallReaction, ...]
    earlier: tuple[HallReaction, ...]

    @property
    def known(self) -> dict[str, HallReaction]:
        """Return every reaction by its key."""
        return {reaction.key: reaction for reaction in (*self.earlier, *self.reactions)}

    def proposals(self, doses: Iterable[DosesGiven]) -> list[GroupProposal]:
        """Return what the detectors propose of these reactions after these doses."""
        return find_groups(self.reactions, doses, SETTINGS, earlier=self.earlier)


def read_hall(session: Session) -> Hall:
    """Return the session's reactions that stand, late and paper entries at their own times."""
    standing = Reaction.objects.filter(site=session.site, undone_at=None)
    before = standing.filter(
        is_serious=True,
        seen_at__gte=session.opened_at - SETTINGS.statutory_period,
        seen_at__lt=session.opened_at,
    )
    return Hall(
        reactions=_read(standing.filter(session=session)),
        earlier=_read(before.exclude(session=session)),
    )


def _read(rows: QuerySet[Reaction]) -> tuple[HallReaction, ...]:
    places = rows.select_related("site", "seat__bay", "observation__bay", "observation__recipient")
    doses = ("observation__doses__lot__vaccine", "observation__doses__vaccine")
    return tuple(_hall_reaction(row) for row in places.prefetch_related(*doses))


def _hall_reaction(row: Reaction) -> HallReaction:
    watch = row.observation
    doses = list(watch.doses.all()) if watch else []
    bay = row.seat.bay if row.seat else watch.bay if watch else None
    lots = sorted({_lot(dose) for dose in doses} - {""})
    began_at = row.onset_at or row.seen_at
    return HallReaction(
        key=str(row.uuid),
        at=began_at,
        signs=seen_in(row),
        bay=str(bay or ""),
        lot=lots[0] if lots else "",
        other_lots=tuple(lots[1:]),
        group=watch.recipient.group_name.strip() if watch else "",
        site=str(row.site.uuid),
        vaccinator=_only(str(dose.vaccinator_id or "") for dose in doses),
        vial=_only(dose.trace_code for dose in doses),
        is_serious=row.is_serious is True,
        is_vaccinated=_had_dose(row),
        recovered_quickly=is_quick(began_at, row.recovered_at),
        stress_subtype=row.stress_subtype,
    )


def seen_in(row: Reaction) -> frozenset[str]:
    """Return the signs that were seen, less a rash that was found at the injection site only."""
    codes = set(signs.seen(row.signs))
    if signs.is_danger_excluded(row.signs, danger_absent=row.is_danger_absent):
        codes.discard("rash")
    return frozenset(codes)


def _had_dose(row: Reaction) -> bool | None:
    """Return whether the person had a dose; None of somebody whom nobody has named."""
    if row.observation is not None:
        return True
    return False if row.person_kind in WITHOUT_DOSE else None


def _only(values: Iterable[str]) -> str:
    """Return the one value that all doses of a visit share; empty when there is no such value."""
    found = set(values)
    return found.pop() if len(found) == 1 else ""


def _lot(dose: Dose) -> str:
    lot, vaccine = dose.lot, dose.vaccine
    return lot_name(
        lot.vaccine.code if lot else None,
        lot.number if lot else None,
        vaccine.code if vaccine else None,
        dose.vaccine_as_written,
        dose.lot_as_written,
    )


def lot_name(
    lot_vaccine: str | None,
    number: str | None,
    vaccine: str | None,
    vaccine_as_written: str,
    lot_as_written: str,
) -> str:
    """Return the vaccine and number by which a lot is told apart; empty without a number."""
    text = (number or lot_as_written).strip()
    name = lot_vaccine or vaccine or vaccine_as_written.strip()
    return f"{name} {text}".strip() if text else ""


DOSE_FIELDS = (
    "given_at",
    "lot__vaccine__code",
    "lot__number",
    "vaccine__code",
    "vaccine_as_written",
    "lot_as_written",
)


def doses_of(session: Session) -> list[DosesGiven]:
    """Return the session's doses by minute and lot, without those of visits made by mistake."""
    rows = Dose.objects.filter(observation__session=session)
    counts: Counter[tuple[datetime, str]] = Counter()
    for given_at, *lot in rows.exclude(observation__end_kind=EndKind.CANCELLED).values_list(
        *DOSE_FIELDS
    ):
        counts[given_at.replace(second=0, microsecond=0), lot_name(*lot)] += 1
    return [DosesGiven(at, lot, count) for (at, lot), count in counts.items()]
