"""The log shows whether a row was changed or taken out."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from alerts.models import Event, Stream
from alerts.outbox import Fact, append_event, hash_of
from alerts.services.audit import verify_log
from dashboards.project.cli import in_django_words
from tests.factories import NOON, make_site


@pytest.fixture
def site(db):
    site = make_site()
    for number in range(1, 7):
        append_event(site.pk, Fact("test.happened", "subject", {"number": number}), now=NOON)
    return site


def event(seq):
    return Event.objects.get(seq=seq)


def test_an_untouched_log_is_whole(site):
    assert verify_log(site) == []


@pytest.mark.parametrize(
    "change",
    [
        {"type": "test.other"},
        {"subject": "another"},
        {"payload": {"number": 33}},
        {"source": "paper"},
        {"device_at": NOON},
    ],
)
def test_an_edited_row_is_found(site, change):
    Event.objects.filter(seq=3).update(**change)

    assert verify_log(site) == [3]


def test_an_edited_row_whose_hash_was_made_anew_is_found_by_the_next(site):
    forged = event(3)
    forged.payload = {"number": 33}
    Event.objects.filter(seq=3).update(payload=forged.payload, hash=hash_of(forged))

    assert verify_log(site) == [4]


@pytest.mark.parametrize("missing", [[1], [3], [3, 4], [6], [5, 6]])
def test_missing_rows_are_found_also_at_both_ends(site, missing):
    Event.objects.filter(seq__in=missing).delete()

    assert verify_log(site) == missing


def test_a_tail_cut_off_together_with_the_counter_leaves_a_wrong_head(site):
    Event.objects.filter(seq=6).delete()
    Stream.objects.filter(site=site).update(seq=5)

    assert verify_log(site) == [5]


def test_a_site_without_events_is_whole(db):
    assert verify_log(make_site()) == []


def test_the_command_names_the_sites_and_fails_when_one_is_broken(site):
    out = StringIO()
    call_command("verify_log", stdout=out)
    assert out.getvalue() == "徐汇接种点: complete\n"

    Event.objects.filter(seq__in=[2, 3]).delete()
    with pytest.raises(CommandError, match="changed outside"):
        call_command("verify_log", stdout=out)
    assert out.getvalue().endswith("徐汇接种点: broken at 2, 3\n")


def test_the_command_names_at_most_twenty_numbers(site):
    Stream.objects.filter(site=site).update(seq=40)
    out = StringIO()

    with pytest.raises(CommandError):
        call_command("verify_log", stdout=out)

    assert out.getvalue().endswith("26 and 14 more\n")


@pytest.mark.parametrize(
    ("typed", "run"),
    [
        (["aefi", "verify-log"], ["aefi", "verify_log"]),
        (["aefi", "verify_log", "--no-color"], ["aefi", "verify_log", "--no-color"]),
        (["aefi", "token", "create", "li-wei"], ["aefi", "token", "create", "li-wei"]),
        (["aefi", "--help"], ["aefi", "--help"]),
        (["aefi"], ["aefi"]),
    ],
)
def test_a_command_may_be_typed_with_dashes(typed, run):
    assert in_django_words(typed) == run
