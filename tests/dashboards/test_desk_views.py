"""Saved views: kept under a name, opened by a link, deleted in one tap, one person's own."""

import pytest
from django.urls import reverse

from aefi.models import SavedView
from alerts.models import Role
from tests.callers import Caller
from tests.factories import make_member, make_site, make_user


@pytest.fixture
def site(db):
    return make_site(county_code="310104")


@pytest.fixture
def officer(site):
    return make_member(site, Role.OFFICER)


def keep(person, query="lot=A1", name="批号 A1", **said):
    said = {"query": query, "name": name, **said}
    return Caller(person).http.post(reverse("desk-view-keep"), said)


def desk(person, query=""):
    return Caller(person).ask("get", reverse("desk") + query)


def test_a_kept_view_is_a_link_above_the_list(officer):
    answer = keep(officer, "due=late&lot=A1")

    assert answer.url == "/cases/?due=late&lot=A1"
    assert 'href="/cases/?due=late&amp;lot=A1"' in desk(officer, "?page=1").content.decode()


def test_the_first_view_opens_the_desk_and_all_cases_stay_reachable(officer):
    keep(officer, is_first="on")

    assert desk(officer).url == "/cases/?lot=A1"
    assert desk(officer, "?page=1").status_code == 200


def test_there_is_one_first_view(officer):
    keep(officer, is_first="on")
    keep(officer, "due=late", "超时", is_first="on")

    assert desk(officer).url == "/cases/?due=late"
    assert SavedView.objects.filter(is_first=True).count() == 1


def test_the_same_name_replaces_the_filters(officer):
    keep(officer)
    keep(officer, "lot=B2")

    assert SavedView.objects.get().query == "lot=B2"


@pytest.mark.parametrize(
    ("query", "name"),
    [("", "x"), ("due=rubbish", "x"), ("lot=%00", "x"), ("lot=A", ""), ("lot=A", "x" * 41)],
)
def test_what_cannot_be_kept_is_told_and_not_kept(officer, query, name):
    answer = keep(officer, query, name)

    assert answer.status_code == 200
    assert not SavedView.objects.exists()


def test_nothing_but_filters_is_kept(officer):
    keep(officer, "lot=A1&next=//evil.example&page=9")

    assert SavedView.objects.get().query == "lot=A1"


def test_the_thirty_first_view_is_refused_in_words(officer):
    rows = [SavedView(owner=officer, name=str(n), query="lot=A") for n in range(30)]
    SavedView.objects.bulk_create(rows)

    answer = keep(officer)

    assert 'role="alert"' in answer.content.decode()
    assert SavedView.objects.count() == 30


def test_a_view_is_deleted_in_one_tap_by_its_owner_alone(site, officer):
    keep(officer)
    view = SavedView.objects.get()
    address, said = reverse("desk-view-forget"), {"key": view.pk}
    other = make_user("other")
    other.memberships.create(site=site, role=Role.OFFICER)

    Caller(other).http.post(address, said)
    assert SavedView.objects.exists()
    Caller(officer).http.post(address, said)
    assert not SavedView.objects.exists()
    assert 'role="alert"' in Caller(officer).http.post(address, said).content.decode()


def test_nobody_sees_another_persons_views(site, officer):
    keep(officer)
    other = make_user("other")
    other.memberships.create(site=site, role=Role.OFFICER)

    assert "批号 A1" not in desk(other, "?page=1").content.decode()


def test_long_chinese_filters_fit_and_a_huge_key_is_nobodys(officer):
    query = "&".join(f"{name}={'疫' * 40}" for name in ("q", "vaccine", "lot"))

    assert keep(officer, query).status_code == 302
    for key in (10**30, "x", "", "²"):
        answer = Caller(officer).http.post(reverse("desk-view-forget"), {"key": key})
        assert answer.status_code == 200
