"""The page that makes two records of one person one, and takes it back."""

from datetime import date

import pytest

from alerts.models import Role
from observation.models import Observation, PersonMerge, Recipient
from tests.callers import Caller
from tests.factories import make_member, make_site
from tests.floor_factories import make_observation, make_recipient

pytestmark = pytest.mark.django_db

BORN = date(2019, 5, 4)


@pytest.fixture
def site():
    return make_site()


@pytest.fixture
def lead(site):
    return Caller(make_member(site, Role.LEAD)).http


@pytest.fixture
def pair(site):
    """One person twice, the second of them watched."""
    kept = make_recipient(site, "张三丰", born_on=BORN, group_name="一班")
    lost = make_recipient(site, "张三丰", born_on=BORN)
    make_observation(site, recipient=lost)
    return kept, lost


def page(site, query=""):
    return f"/sites/{site.uuid}/persons/{query}"


def merge(lead, site, kept, lost, reason="same card"):
    body = {"keep": str(kept.uuid), "merge": str(lost.uuid), "reason": reason}
    return lead.post(page(site), body)


def test_records_with_one_name_and_birth_date_are_listed_without_a_search(lead, site, pair):
    make_recipient(site, "李单独", born_on=BORN)
    make_recipient(site, "张三丰", born_on=date(1990, 1, 1))

    words = lead.get(page(site)).content.decode()

    assert words.count("张三丰") == 2
    assert "李单独" not in words
    assert "#1" in words


def test_a_search_finds_anybody_of_the_site_and_nobody_of_another(lead, site):
    make_recipient(site, "李单独")
    make_recipient(make_site(name="别处"), "李别处")

    words = lead.get(page(site, "?q=李")).content.decode()

    assert "李单独" in words
    assert "李别处" not in words


def test_a_lead_makes_two_records_one_and_takes_it_back(lead, site, pair):
    kept, lost = pair

    done = merge(lead, site, kept, lost)
    row = PersonMerge.objects.get()
    merged = Recipient.objects.current().count()
    shown = lead.get(page(site)).content.decode()
    back = lead.post(f"/sites/{site.uuid}/merges/{row.uuid}/undo/")

    assert (done.status_code, back.status_code, merged) == (302, 302, 1)
    assert row.merged_by.username == Role.LEAD
    assert "same card" in shown
    assert Recipient.objects.current().count() == 2
    assert Observation.objects.get().recipient == lost


def test_what_cannot_be_merged_is_said_on_the_page(lead, site, pair):
    kept, _lost = pair

    answer = merge(lead, site, kept, kept)

    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert not PersonMerge.objects.exists()


def test_a_merge_without_a_reason_or_a_choice_is_sent_back(lead, site, pair):
    kept, lost = pair

    assert merge(lead, site, kept, lost, reason="").status_code == 200
    assert lead.post(page(site), {"reason": "x"}).status_code == 200
    assert not PersonMerge.objects.exists()


def test_a_record_of_another_site_is_not_found(lead, site, pair):
    elsewhere = make_recipient(make_site(name="别处"), "张三丰", born_on=BORN)

    answer = merge(lead, site, pair[0], elsewhere)

    assert "errorlist" in answer.content.decode()
    assert not PersonMerge.objects.exists()
