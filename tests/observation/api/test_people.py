"""The search for persons, and merges that can be undone."""

from datetime import date
from uuid import uuid4

import pytest
from django.test import Client

from alerts.models import Role
from observation import gateways
from observation.models import Observation, PersonMerge, Recipient
from tests.factories import NOON, make_device, make_site
from tests.floor_factories import Floor, frozen, last_event, make_observation, make_recipient

pytestmark = pytest.mark.django_db


@pytest.fixture
def floor():
    with frozen(NOON):
        yield Floor()


def test_namesakes_and_twins_are_flagged_in_a_search(floor):
    born_on = date(2017, 5, 2)
    make_recipient(floor.site, "李雷", born_on=born_on)
    make_recipient(floor.site, "李雷", born_on=date(2015, 1, 1))
    make_recipient(floor.site, "李蕾", born_on=born_on)

    found = floor.get("recipients/?q=李").json()

    assert sorted((row["name"], *row["likeness"]) for row in found) == [
        ("李蕾", "twin"),
        ("李雷", "namesake"),
        ("李雷", "namesake", "twin"),
    ]


def test_a_person_is_found_by_document_and_class(floor):
    make_recipient(
        floor.site,
        "李雷",
        group_name="三（2）班",
        document_digest=gateways.digest_of("310104201705020011"),
    )

    by_document = floor.get("recipients/?q=310104 20170502 0011").json()
    by_class = floor.get("recipients/?q=三（2）班").json()

    assert [row["name"] for row in by_document] == ["李雷"]
    assert len(by_class) == 0 or by_class[0]["name"] == "李雷"


def test_a_found_person_says_under_which_ticket_they_are_watched(floor):
    row = make_observation(floor.site, recipient=make_recipient(floor.site, "李雷"))

    assert floor.get("recipients/?q=李雷").json()[0]["tickets"] == [row.ticket]


@pytest.mark.parametrize("words", ["", "%20", "%00", "不在"])
def test_a_search_for_nobody_finds_nobody(floor, words):
    make_recipient(floor.site, "李雷")

    assert floor.get(f"recipients/?q={words}").json() == []


def test_persons_of_another_site_are_not_found(floor):
    make_recipient(make_site(name="别处"), "李雷")

    assert floor.get("recipients/?q=李雷").json() == []


def test_a_bare_device_does_not_search_persons(floor):
    make_device(floor.site)
    client = Client()
    client.cookies["aefi_device"] = "device-secret"

    assert client.get("/api/v1/recipients/?q=x").status_code == 403


def pair(floor):
    kept, lost = (make_recipient(floor.site, "李雷") for _ in range(2))
    return kept, lost, make_observation(floor.site, recipient=lost)


def merge(floor, kept, lost, **options):
    body = {"keep": str(kept.uuid), "merge": str(lost.uuid), "reason": "同一人"}
    return floor.post("recipients/merge/", body, **{"role": Role.LEAD, **options})


def test_a_merge_moves_the_watches_and_deletes_nothing(floor):
    kept, lost, row = pair(floor)

    answer = merge(floor, kept, lost).json()

    row.refresh_from_db()
    assert row.recipient == kept
    assert answer["observations"] == [str(row.uuid)]
    assert set(Recipient.objects.current()) == {kept}
    assert Recipient.objects.count() == 2


def test_a_merged_record_leads_to_the_one_that_was_kept(floor):
    kept, lost, _row = pair(floor)
    merge(floor, kept, lost)

    tile = floor.post(
        "{site}/observations/", {"recipient": {"uuid": str(lost.uuid)}, "doses": [{"lot": "x"}]}
    ).json()

    assert tile["recipient"] == str(kept.uuid)


def test_an_undone_merge_leaves_both_as_they_were(floor):
    kept, lost, row = pair(floor)
    own = make_observation(floor.site, recipient=kept)
    merged = merge(floor, kept, lost).json()

    undone = floor.post(f"merges/{merged['uuid']}/undo/", role=Role.LEAD).json()
    again = floor.post(f"merges/{merged['uuid']}/undo/", role=Role.LEAD).json()

    assert undone["undone_at"] == again["undone_at"] == NOON.isoformat()
    assert Observation.objects.get(pk=row.pk).recipient == lost
    assert Observation.objects.get(pk=own.pk).recipient == kept
    assert Recipient.objects.current().count() == 2


def test_a_merge_and_its_undoing_stand_in_the_event_log_without_names(floor):
    kept, lost, row = pair(floor)
    merged = merge(floor, kept, lost).json()
    floor.post(f"merges/{merged['uuid']}/undo/", role=Role.LEAD)

    told = [last_event(floor.site, type_) for type_ in ("person.merged", "person.unmerged")]

    facts = {
        "kept": str(kept.uuid),
        "merged": str(lost.uuid),
        "observations": [str(row.uuid)],
    }
    assert [(event.subject, event.payload) for event in told] == [(merged["uuid"], facts)] * 2
    assert all(event.actor is not None for event in told)


def test_a_record_is_not_merged_with_itself_nor_twice(floor):
    kept, lost, _row = pair(floor)
    third = make_recipient(floor.site)

    itself = merge(floor, kept, kept)
    merge(floor, kept, lost)
    twice = merge(floor, third, lost)

    assert (itself.status_code, twice.status_code) == (409, 409)
    assert itself.json()["errors"][0]["code"] == "cannot_merge"
    assert PersonMerge.objects.count() == 1


def test_records_of_two_sites_are_not_merged(floor):
    kept = make_recipient(floor.site)
    elsewhere = make_recipient(make_site(name="别处"))

    assert merge(floor, kept, elsewhere).status_code == 404


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.OBSERVER, 403),
        (Role.VACCINATOR, 403),
        (Role.CLINICIAN, 403),
        (Role.LEAD, 200),
        (Role.OFFICER, 200),
        (Role.ADMINISTRATOR, 200),
    ],
)
def test_leads_and_officers_merge(floor, role, status):
    kept, lost, _row = pair(floor)

    assert merge(floor, kept, lost, role=role).status_code == status


def test_a_merge_of_another_site_is_not_undone(floor):
    other = Floor(name="别处")
    kept, lost, _row = pair(other)
    merged = merge(other, kept, lost).json()

    assert floor.post(f"merges/{merged['uuid']}/undo/", role=Role.LEAD).status_code == 404
    assert floor.post(f"merges/{uuid4()}/undo/", role=Role.LEAD).status_code == 404


@pytest.mark.parametrize("body", [{}, {"keep": "x", "merge": "y"}, {"keep": None}])
def test_a_merge_of_nothing_is_a_wrong_request(floor, body):
    assert floor.post("recipients/merge/", body, role=Role.LEAD).status_code == 400
