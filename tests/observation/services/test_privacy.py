"""A guardian's consent, and identities that are kept no longer than the law asks."""

from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from alerts.models import Event, Role
from alerts.services.audit import verify_log
from observation.models import Dose, Recipient
from observation.rules.privacy import kept_until, needs_consent
from observation.services import privacy
from tests.factories import NOON
from tests.floor_factories import (
    Floor,
    event_types,
    frozen,
    make_lot,
    make_observation,
    make_recipient,
)

pytestmark = pytest.mark.django_db
LONG_AGO = date(2020, 2, 29)


@pytest.fixture
def floor():
    with frozen(NOON):
        yield Floor()


def vaccinated(floor, *, expires_on=LONG_AGO, ended=True, **person):
    """Somebody with one dose of a lot that expired on a day."""
    recipient = make_recipient(floor.site, "王小明", phone="13900000000", guardian="王强", **person)
    row = make_observation(floor.site, recipient=recipient)
    lot = make_lot(floor.site, number=f"L{row.pk}", expires_on=expires_on)
    Dose.objects.create(
        observation=row, lot=lot, vaccine=lot.vaccine, given_at=NOON, entered_at=NOON
    )
    if ended:
        type(row).objects.filter(pk=row.pk).update(ended_at=NOON, end_kind="complete")
    return recipient


def names(now=NOON):
    return [row.recipient.pk for row in privacy.overdue(now=now)]


@pytest.mark.parametrize(
    ("born_on", "asked"),
    [
        (date(2012, 11, 23), True),
        (date(2012, 11, 22), False),
        (date(1980, 1, 1), False),
        (None, False),
    ],
)
def test_below_fourteen_a_guardian_has_to_agree(born_on, asked):
    assert needs_consent(born_on, on=date(2026, 11, 22)) is asked


@pytest.mark.parametrize(
    ("expiries", "last"),
    [
        ([date(2021, 6, 30)], date(2026, 6, 30)),
        ([date(2021, 6, 30), date(2022, 1, 1)], date(2027, 1, 1)),
        ([LONG_AGO], date(2025, 3, 1)),
        ([date(2021, 6, 30), None], None),
        ([], None),
    ],
)
def test_a_record_is_kept_five_years_after_the_last_expiry(expiries, last):
    assert kept_until(expiries) == last


def test_consent_is_recorded_with_the_dose_and_the_first_time_stands(floor):
    body = {
        "recipient": {"name": "小明", "born_on": "2019-05-04", "guardian_consent": True},
        "doses": [{"lot": "x"}],
    }
    tile = floor.post("{site}/observations/", body).json()

    floor.post(f"recipients/{tile['recipient']}/consent/", role=Role.OBSERVER)

    row = Recipient.objects.get()
    assert (row.consent_at, row.consent_by) == (NOON, floor.person(Role.VACCINATOR))
    assert event_types(floor.site).count("person.consent_recorded") == 1


def test_a_missing_consent_is_shown_and_can_be_given_later(floor):
    child = make_recipient(floor.site, "小明", born_on=date(2019, 5, 4))
    row = make_observation(floor.site, recipient=child)

    before = floor.get(f"observations/{row.uuid}/").json()["person"]
    after = floor.post(f"recipients/{child.uuid}/consent/").json()

    assert (before["needs_consent"], before["consent_at"]) == (True, None)
    assert after["consent_at"] == NOON.isoformat()


def test_only_who_was_kept_long_enough_is_overdue(floor):
    old = vaccinated(floor)
    vaccinated(floor, expires_on=NOON.date() - timedelta(days=365))
    vaccinated(floor, ended=False)

    assert names() == [old.pk]


def test_an_identity_is_removed_and_what_happened_stays(floor):
    old = vaccinated(floor, born_on=date(2015, 7, 9))

    call_command("retention", "--apply", stdout=StringIO())

    old.refresh_from_db()
    assert (old.name, old.phone, old.guardian, old.document_digest) == ("", "", "", "")
    assert (old.born_on, old.forgotten_at) == (date(2015, 1, 1), NOON)
    assert Dose.objects.filter(observation__recipient=old).count() == 1
    assert not verify_log(floor.site)
    told = Event.objects.get(type="person.forgotten")
    assert (told.subject, told.payload) == (str(old.uuid), {})
    assert names() == []


def test_without_apply_nothing_is_removed(floor):
    old = vaccinated(floor)
    said = StringIO()

    call_command("retention", stdout=said)

    old.refresh_from_db()
    assert old.name == "王小明"
    assert "1 identities may be removed with --apply" in said.getvalue()


def test_who_has_a_case_is_kept(floor):
    old = vaccinated(floor)
    body = {"signs": {"fever": "yes"}}
    row = old.observations.get()
    reported = floor.post(f"observations/{row.uuid}/reactions/", body).json()
    made = floor.post("{site}/cases/", {"reaction": reported["reaction"]["uuid"]}, role=Role.LEAD)

    assert made.status_code == 201, made.content
    assert names() == []
