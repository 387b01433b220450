"""What a person decides about two cases that may be one: merged, taken apart again, or different.

A merge moves no limit to a later instant: the clocks of the kept case run from the earlier word of
both (`case_clocks.parts_of`). The other case stays as it is, out of the worklist, until it is undone.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from aefi.models import Case, CaseOrigin, CasePair, CaseState, PairState
from aefi.services import case_clocks, cases
from aefi.services.cases import Act, NotNow


@dataclass(frozen=True)
class Choice:
    """Which case stays, and how the person knows."""

    kept: UUID
    reason: str


@transaction.atomic
def merge(pair_uuid: UUID, choice: Choice, act: Act) -> CasePair:
    """Make one of the two a part of the other.

    :raises NotNow: when either is merged elsewhere already, or holds others.
    """
    pair = _locked(pair_uuid)
    if pair.state == PairState.MERGED:
        return pair
    kept = pair.other if pair.other.uuid == choice.kept else pair.one
    pair.kept = kept
    merged = pair.merged
    if kept.merged_into_id or merged.merged_into_id or merged.merged_cases.exists():
        raise NotNow(
            _("One of the two was merged already. Undo that first, or merge the kept one.")
        )
    if _would_silence(kept, merged):
        raise NotNow(
            _("Keep the other one: this one is closed, imported or abroad, and would not remind.")
        )
    merged.merged_into = kept
    merged.save(update_fields=["merged_into"])
    _decide(pair, PairState.MERGED, choice.reason, act)
    for case, word in ((kept, "case.took_over"), (merged, "case.merged")):
        _renew(case, word, act, kept=kept.number, merged=merged.number)
    return pair


def _would_silence(kept: Case, merged: Case) -> bool:
    """Say whether a limit that runs on the merged case would not run on the kept one."""
    quiet = [one for one in (kept, merged) if _is_quiet(one)]
    return quiet == [kept]


def _is_quiet(case: Case) -> bool:
    is_put_away = case.state == CaseState.CLOSED or case.origin == CaseOrigin.IMPORTED
    return is_put_away or not case_clocks.is_at_home(case)


@transaction.atomic
def undo(pair_uuid: UUID, *, reason: str, act: Act) -> CasePair:
    """Take a merge apart: each case is what it was, with what was said of it since."""
    pair = _locked(pair_uuid)
    if pair.state != PairState.MERGED or pair.kept is None:
        raise NotNow(_("These two are not merged."))
    kept = pair.other if pair.kept_id == pair.other_id else pair.one
    merged = pair.merged
    merged.merged_into = None
    merged.save(update_fields=["merged_into"])
    pair.kept = None
    _decide(pair, PairState.OPEN, reason, act)
    for case in (kept, merged):
        _renew(case, "case.merge_undone", act, kept=kept.number, merged=merged.number)
    return pair


@transaction.atomic
def call_different(pair_uuid: UUID, *, reason: str, act: Act) -> CasePair:
    """Say that the two are different cases; nobody is asked again while they stay as they are."""
    pair = _locked(pair_uuid)
    if pair.state == PairState.MERGED:
        raise NotNow(_("These two are merged. Undo that first."))
    _decide(pair, PairState.DIFFERENT, reason, act)
    for case in (pair.one, pair.other):
        cases.tell(case, "case.called_different", act)
    return pair


def _locked(pair_uuid: UUID) -> CasePair:
    """Lock the streams of both sites, in an order that two persons share, then read the pair."""
    rows = CasePair.objects.filter(uuid=pair_uuid)
    for site in sorted(set(rows.values_list("one__site", "other__site").get())):
        cases.lock(site)
    return rows.select_related("one__site", "other__site").get()


def _decide(pair: CasePair, state: PairState, reason: str, act: Act) -> None:
    pair.state, pair.reason = state, reason[:400]
    pair.decided_at, pair.decided_by = act.now, act.origin.actor
    pair.save()


def _renew(case: Case, word: str, act: Act, **more: str) -> None:
    cases.renew_limit(case)
    cases.tell(case, word, act, **more)
