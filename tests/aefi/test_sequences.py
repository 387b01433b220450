"""Lots looked at night after night: one error rate for all nights, and no way to begin anew."""

from datetime import timedelta

import numpy as np
import pytest
from django.db import IntegrityError, transaction

from aefi.models import LotSequence, ScreeningRun, SequenceLook, SequenceState
from aefi.screening.findings import Points
from aefi.services import screening, screening_runs, sequences
from aefi.services.screening_facts import Labels
from aefi.services.screening_runs import Scope
from alerts.outbox import Origin
from tests.aefi.campaigns import make_campaign
from tests.factories import NOON, make_site
from tests.floor_factories import make_lot

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


class Nights:
    """A site whose lot is looked at with counts of the test's own."""

    def __init__(self) -> None:
        self.site = make_site()
        self.lot = make_lot(self.site)
        self.labels = Labels({}, {}, {}, {}, {}, lots={"L": self.lot.pk})
        self._night = 0

    def look(self, observed: float, expected: float, *, region: str = "3101") -> list[SequenceLook]:
        self._night += 1
        now = NOON + self._night * DAY
        run = ScreeningRun.objects.create(region=region, requested_at=now)
        points = Points(("L",), (observed,), (expected,))
        return sequences.look_at(run, points, self.labels, now=now)

    @property
    def sequence(self) -> LotSequence:
        return LotSequence.objects.get(lot=self.lot, region="3101")


@pytest.fixture
def nights():
    return Nights()


def test_each_night_adds_a_look_to_the_same_sequence(nights):
    for observed, expected in ((1, 0.8), (3, 2.1), (4, 3.9)):
        nights.look(observed, expected)

    assert LotSequence.objects.count() == 1
    assert [(one.observed, one.expected) for one in nights.sequence.looks.order_by("pk")] == [
        (1, 0.8),
        (3, 2.1),
        (4, 3.9),
    ]
    assert nights.sequence.state == SequenceState.OPEN


def test_a_night_without_new_doses_spends_nothing(nights):
    nights.look(2, 1.5)

    assert nights.look(9, 1.5) == []
    assert nights.look(9, 1.2) == []
    assert nights.sequence.state == SequenceState.OPEN


def test_the_boundary_is_crossed_once_and_for_good(nights):
    (before,) = nights.look(3, 1.0)
    (crossing,) = nights.look(before.boundary + 20, 2.0)
    after = nights.look(0, 50.0)

    assert crossing.observed >= crossing.boundary
    assert (nights.sequence.state, nights.sequence.ended_at) == (SequenceState.CROSSED, crossing.at)
    assert after == []


def test_past_its_limit_a_sequence_ends_and_cannot_cross(nights):
    nights.look(5, 4.0)
    nights.look(1000, sequences.UPPER_LIMIT + 1)

    assert nights.sequence.state == SequenceState.ENDED
    assert nights.look(2000, sequences.UPPER_LIMIT + 2) == []


def test_there_is_one_sequence_for_a_lot_and_region_for_good(nights):
    nights.look(1, 0.5)
    nights.look(1, 0.5, region="3102")
    copy = LotSequence.objects.get(lot=nights.lot, region="3101")
    copy.pk = None

    assert LotSequence.objects.count() == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        copy.save(force_insert=True)


@pytest.mark.parametrize("seed", [1, 2])
def test_over_all_nights_together_hardly_any_ordinary_lot_crosses(seed):
    rng, lots = np.random.default_rng(seed), 3000
    critical = sequences.critical_value()
    crossed = np.zeros(lots, dtype=bool)
    observed = np.zeros(lots)
    for night in range(1, 101):
        observed += rng.poisson(1.0, lots)
        least = sequences.fewest_to_signal(critical, float(night), min_events=sequences.MIN_EVENTS)
        crossed |= observed >= least

    assert 0.001 < crossed.mean() <= sequences.ALPHA + 3 * np.sqrt(0.01 * 0.99 / lots)


def test_the_nightly_run_looks_at_every_lot_it_knows_and_again_only_at_more():
    campaign = make_campaign()
    for night in range(2):
        at = NOON + night * DAY
        run = screening_runs.request_run(
            scope=Scope(region="3101"), plan={}, origin=Origin(actor=campaign.officer), now=at
        )
        screening.compute_run(run_uuid=run.uuid, clock=lambda at=at: at)

    looks = SequenceLook.objects.newest_for(run)
    assert len(looks) == LotSequence.objects.count() == 6
    assert looks[0].sequence.state == SequenceState.CROSSED
    assert SequenceLook.objects.filter(run=run).count() == 0
