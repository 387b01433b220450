"""The card item by item for re-keying: in the national order, with codes, the view kept."""

import uuid
from dataclasses import replace

import pytest
from django.urls import reverse

from aefi.exchange import card, stored
from aefi.models import CaseView
from aefi.services import cases
from aefi.services.cases import Act
from alerts.models import Role
from alerts.outbox import Origin
from tests.aefi.cases import BARE, FULL
from tests.callers import Caller
from tests.factories import NOON, make_member, make_site
from tests.floor_factories import frozen


@pytest.fixture(autouse=True)
def at_noon(db):
    with frozen(NOON):
        yield


@pytest.fixture
def site():
    return make_site(county_code="310104")


@pytest.fixture
def officer(site):
    return make_member(site, Role.OFFICER)


def opened(site, facts=FULL):
    return cases.open_by_hand(site, facts, Act(Origin(), NOON))


def look(person, key, language="en"):
    caller = Caller(person)
    caller.http.cookies["django_language"] = language
    return caller.ask("get", reverse("case-copy", args=[key]))


def test_items_stand_in_the_national_order_with_code_and_words(site, officer):
    case = opened(site)

    page = look(officer, case.uuid, "zh-hans").content.decode()

    rows = card.rows(stored.from_json(case.facts))
    at = 0
    for row in rows:
        at = page.index(f"{row.item.number} {row.item.zh}", at) + 1
    assert 'value="A2025-01"' in page
    assert all(row.label in page for row in rows)


def test_a_key_item_without_a_value_is_told_and_has_no_button(site, officer):
    page = look(officer, opened(site, BARE).uuid).content.decode()

    assert "⚠ missing" in page


def test_a_value_is_text_and_no_markup(site, officer):
    case = opened(site, replace(FULL, patient_name='"><script>x'))

    page = look(officer, case.uuid).content.decode()

    assert "<script>x" not in page


def test_the_look_is_kept(site, officer):
    look(officer, opened(site).uuid)

    view = CaseView.objects.get()
    assert (view.by, view.purpose) == (officer, "copy")


def test_a_case_elsewhere_is_not_found_and_no_look_is_kept(officer):
    far = opened(make_site(name="far", county_code="440100"))

    assert [look(officer, key).status_code for key in (far.uuid, uuid.uuid4())] == [404, 404]
    assert not CaseView.objects.exists()
