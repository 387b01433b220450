"""The facts of a case, as far as they say something by themselves."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from aefi.exchange.case import Refused, day_of, earliest, parsed
from aefi.rules.seriousness import Criterion
from tests.aefi.cases import BARE, FULL, GIVEN, HEPA, MINUTE, MMR


def test_the_onset_of_a_case_is_the_first_of_its_events():
    assert FULL.onset_at == GIVEN + 5 * MINUTE
    assert BARE.onset_at is None


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        ([None], None),
        ([date(2025, 3, 3), GIVEN], GIVEN),
        ([date(2025, 3, 2), GIVEN], date(2025, 3, 2)),
        ([GIVEN + MINUTE, GIVEN], GIVEN),
    ],
)
def test_an_instant_comes_before_its_own_day(moments, expected):
    assert earliest(moments) == expected


def test_a_day_is_a_day_in_china():
    assert day_of(datetime(2025, 3, 2, 16, 0, tzinfo=UTC)) == date(2025, 3, 3)
    assert day_of(date(2025, 3, 3)) == date(2025, 3, 3)
    assert day_of(None) is None


@pytest.mark.parametrize(
    ("reasons", "is_serious", "is_hospitalised"),
    [
        (None, None, None),
        (frozenset(), False, False),
        (frozenset({Criterion.DEATH}), True, False),
        (frozenset({Criterion.HOSPITALISATION}), True, True),
    ],
)
def test_nobody_has_judged_is_not_a_no(reasons, is_serious, is_hospitalised):
    case = replace(FULL, serious_because=reasons)

    assert (case.is_serious, case.is_hospitalised) == (is_serious, is_hospitalised)


def test_suspects_keep_their_order():
    assert FULL.suspects == (MMR,)
    assert replace(FULL, vaccines=(HEPA, MMR, MMR)).suspects == (MMR, MMR)


def test_what_cannot_be_read_is_refused_with_its_place():
    with pytest.raises(Refused, match=r"row 3: cannot read 'x'") as refusal:
        parsed("row 3", "x", int)

    assert (refusal.value.path, refusal.value.reason) == ("row 3", "cannot read 'x'")
