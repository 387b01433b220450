"""The filters of the worklist: each finds its cases, and what cannot be read is told."""

from datetime import timedelta

import pytest
from django.urls import reverse

from aefi.exchange.case import CaseFacts, VaccineFacts
from aefi.services import case_classes, cases
from aefi.services.cases import Act
from alerts.models import Membership, Role
from alerts.outbox import Origin
from tests.callers import Caller
from tests.factories import NOON, make_member, make_site
from tests.floor_factories import frozen

MMR = VaccineFacts(name="麻腮风", lot="A2025-01")


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


def opened(site, *, at=NOON, hours=0, **facts):
    told = CaseFacts("", discovered_at=at - timedelta(hours=hours), **facts)
    return cases.open_by_hand(site, told, Act(Origin(), at))


def found(person, query, *known):
    """Return which of the known cases the filtered list shows."""
    page = Caller(person).ask("get", reverse("desk") + query).content.decode()
    return [one for one in known if f"{one.number}</b>" in page]


@pytest.mark.parametrize(
    "query", ["?vaccine=麻腮风", "?lot=a2025-01", "?due=late", "?missing=some"]
)
def test_a_filter_keeps_what_fits(site, officer, query):
    fits = opened(site, hours=60, vaccines=(MMR,))

    assert found(officer, query, fits) == [fits]


@pytest.mark.parametrize(
    "query",
    ["?vaccine=乙肝", "?lot=B9", "?due=late", "?due=none", "?missing=none", "?origin=guardian"],
)
def test_a_filter_leaves_out_what_does_not(site, officer, query):
    assert found(officer, query, opened(site, vaccines=(MMR,))) == []


def test_the_next_day_is_its_own_filter(site, officer):
    soon, later = opened(site, hours=30), opened(site, hours=1)

    assert found(officer, "?due=soon", soon, later) == [soon]


def test_the_class_tells_a_final_word_from_a_preliminary_and_from_none(site, officer):
    none, early, final = opened(site), opened(site), opened(site)
    act = Act(Origin(actor=officer), NOON)
    for case in (early, final):
        case_classes.classify(case.uuid, case_classes.Word("preliminary", "1", "x"), act)
    word = case_classes.Word("final", "1", "x", concluded_by="3")
    case_classes.classify(final.uuid, word, act)

    shown = {kind: found(officer, f"?class={kind}", none, early, final) for kind in KINDS}

    assert shown == {"none": [none], "preliminary": [early], "final": [final]}


KINDS = ("none", "preliminary", "final")


def test_sites_and_counties_part_a_region(site):
    far = make_site(name="far", county_code="310115")
    officer = make_member(site, Role.OFFICER)
    Membership.objects.create(user=officer, region="31", role=Role.OFFICER)
    near, there = opened(site), opened(far)

    assert found(officer, "?county=310115", near, there) == [there]
    assert found(officer, "?county=3101", near, there) == [near, there]
    assert found(officer, f"?site={site.uuid}", near, there) == [near]


def test_a_day_of_opening_counts_from_midnight_to_midnight_in_china(site, officer):
    early, today = opened(site, at=NOON - timedelta(days=3)), opened(site)

    assert found(officer, "?since=2026-11-22", early, today) == [today]
    assert found(officer, "?until=2026-11-21", early, today) == [early]
    assert found(officer, "?since=2026-11-19&until=2026-11-22", early, today) == [early, today]


@pytest.mark.parametrize(
    "query",
    [
        "?site=x",
        "?site=%00",
        "?county=31010",
        "?county=abc",
        "?origin=x",
        "?due=x",
        "?class=x",
        "?lot=%00",
        "?vaccine=" + "x" * 500,
        "?since=0000",
        "?since=0001-01-01",
        "?until=9999-12-31",
        "?since=2026-11-22&until=2026-11-01",
        "?missing=x",
        "?q=%00",
    ],
)
def test_a_bad_value_is_told_and_the_whole_list_shown(site, officer, query):
    case = opened(site)

    answer = Caller(officer).ask("get", reverse("desk") + query)

    assert answer.status_code == 200
    assert case.number in answer.content.decode()
    assert 'role="alert"' in answer.content.decode()


def test_another_regions_site_is_no_choice(site, officer):
    far = make_site(name="far", county_code="440100")
    case = opened(far)

    assert found(officer, f"?site={far.uuid}", case) == []
    assert found(officer, "?county=44", case) == []


def test_the_links_to_further_pages_keep_the_filters(site, officer):
    for _ in range(51):
        opened(site, vaccines=(MMR,))

    page = Caller(officer).ask("get", reverse("desk") + "?lot=A2025&since=2026-11-01")

    assert "lot=A2025&amp;since=2026-11-01&amp;page=2" in page.content.decode()
