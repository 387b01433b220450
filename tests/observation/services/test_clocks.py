"""Whose clock is believed, and by how much it is corrected."""

from datetime import timedelta

import pytest

from alerts.models import Device, Site, Source
from alerts.outbox import Origin
from observation.services import clocks
from tests.factories import NOON

SEVEN = timedelta(minutes=7)
MEASURED = Device(clock_offset_ms=-420_000)
UNMEASURED = Device(clock_offset_ms=None)


@pytest.mark.parametrize(
    ("origin", "offset"),
    [
        (Origin(device=MEASURED), -SEVEN),
        (Origin(device=MEASURED, source=Source.OFFLINE), -SEVEN),
        (Origin(device=UNMEASURED), None),
        (Origin(device=UNMEASURED, device_at=NOON), None),
        (Origin(device=UNMEASURED, source=Source.OFFLINE), None),
        (Origin(device=MEASURED, source=Source.PAPER), timedelta(0)),
        (Origin(source=Source.PAPER), timedelta(0)),
        (Origin(device_at=NOON + SEVEN), -SEVEN),
        (Origin(device_at=NOON + SEVEN, source=Source.OFFLINE), None),
        (Origin(), timedelta(0)),
    ],
)
def test_each_caller_s_clock_is_corrected_by_what_is_known_of_it(origin, offset):
    assert clocks.offset_of(origin, now=NOON) == offset


@pytest.mark.parametrize(
    ("source", "is_late"), [(Source.LIVE, False), (Source.OFFLINE, True), (Source.PAPER, True)]
)
def test_offline_and_paper_are_late(source, is_late):
    assert clocks.is_late(Origin(source=source)) is is_late


def test_a_live_act_happens_now_whatever_the_tablet_says():
    assert clocks.happened_at(Origin(device=MEASURED, device_at=NOON - SEVEN), now=NOON) == NOON


def test_a_late_act_happened_at_the_tablet_s_corrected_time():
    origin = Origin(device=MEASURED, source=Source.OFFLINE, device_at=NOON)

    assert clocks.happened_at(origin, now=NOON) == NOON - SEVEN


@pytest.mark.parametrize(
    "origin",
    [
        Origin(device=UNMEASURED, source=Source.OFFLINE, device_at=NOON - SEVEN),
        Origin(device=MEASURED, source=Source.OFFLINE),
        Origin(device=MEASURED, source=Source.OFFLINE, device_at=NOON + 3 * SEVEN),
    ],
)
def test_a_late_act_of_unknown_or_future_time_happened_at_its_receipt(origin):
    assert clocks.happened_at(origin, now=NOON) == NOON


@pytest.mark.parametrize(
    ("written", "zone"),
    [("Europe/Berlin", "Europe/Berlin"), ("Mars/Base", "Asia/Shanghai"), ("", "Asia/Shanghai")],
)
def test_a_site_s_zone_falls_back_to_shanghai(written, zone):
    assert clocks.zone_of(Site(timezone=written)).key == zone
