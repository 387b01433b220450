"""Opening a case on the desk, and the two-hour card, as lead, physician and officer see them."""

from datetime import timedelta

import pytest
from django.urls import reverse

from aefi.models import Case, DutyContact, FamilyLetter, Filing
from aefi.rules.clock_rules import Proof
from alerts.models import Role
from observation.models import Reaction
from tests.callers import Caller
from tests.factories import NOON, make_member, make_site
from tests.floor_factories import frozen, make_observation


@pytest.fixture(autouse=True)
def at_noon(db):
    with frozen(NOON):
        yield


@pytest.fixture
def site():
    return make_site(county_code="310104")


@pytest.fixture
def people(site):
    roles = (Role.LEAD, Role.CLINICIAN, Role.OFFICER)
    return {role: make_member(site, role) for role in roles}


def page(person, name, *keys, language="en"):
    caller = Caller(person)
    caller.http.cookies["django_language"] = language
    return caller.ask("get", reverse(name, args=keys)).content.decode()


def post(person, name, *keys, **said):
    return Caller(person).http.post(reverse(name, args=keys), said)


def concern(site, person):
    post(person, "case-open", **{"from": "concern", "site": site.uuid, "words": "网传死亡"})
    return Case.objects.get()


# Opening


def test_a_reaction_that_waits_becomes_a_case_by_one_button(site, people):
    watch = make_observation(site)
    reaction = Reaction.objects.create(
        site=site, observation=watch, signs={"rash": "yes"}, seen_at=NOON, entered_at=NOON
    )
    lead = people[Role.LEAD]
    assert watch.recipient.name in page(lead, "case-open")

    answer = post(lead, "case-open", **{"from": "reaction", "reaction": reaction.uuid})

    case = Case.objects.get()
    assert answer.url == reverse("case-page", args=[case.uuid])
    assert case.reaction == reaction
    assert watch.recipient.name not in page(lead, "case-open")


@pytest.mark.parametrize(
    "said",
    [
        {"from": "reaction", "reaction": "x"},
        {"from": "reaction"},
        {"from": "concern", "words": "x"},
        {"from": "by_hand", "term": ""},
        {"from": "rubbish"},
        {},
    ],
)
def test_what_cannot_be_opened_is_shown_again(site, people, said):
    answer = post(people[Role.LEAD], "case-open", **said)

    assert answer.status_code == 200
    assert not Case.objects.exists()


def test_a_reaction_elsewhere_does_not_wait_here(site, people):
    other = make_site(name="elsewhere", county_code="310104")
    theirs = Reaction.objects.create(site=other, seen_at=NOON, entered_at=NOON)

    answer = post(people[Role.LEAD], "case-open", **{"from": "reaction", "reaction": theirs.uuid})

    assert answer.status_code == 200
    assert not Case.objects.exists()


def test_a_case_by_hand_runs_from_when_the_site_knew(site, people):
    said = {
        "from": "by_hand",
        "site": site.uuid,
        "patient_name": "李四",
        "vaccine": "流感疫苗",
        "lot": "F1",
        "term": "发热",
        "onset_at": "2026-11-21T09:00",
        "discovered_at": "2026-11-21T12:00",
    }

    post(people[Role.OFFICER], "case-open", **said)

    case = Case.objects.get()
    assert case.due_at == NOON + timedelta(hours=24)
    assert case.facts["vaccines"][0]["lot"] == "F1"
    assert case.facts["events"][0]["term"] == "发热"


def test_an_instant_ahead_is_refused_with_words(site, people):
    said = {"from": "by_hand", "site": site.uuid, "term": "x", "discovered_at": "2026-12-21T12:00"}

    answer = post(people[Role.OFFICER], "case-open", **said)

    assert not Case.objects.exists()
    assert "errorlist" in answer.content.decode()


def grave(site, person):
    """A case by hand that turned grave."""
    post(person, "case-open", **{"from": "by_hand", "site": site.uuid, "term": "休克"})
    case = Case.objects.get()
    post(person, "case-page", case.uuid, act="turn", kind="death", reason="医院来电")
    return case


# The card


def test_a_public_concern_leads_straight_to_its_card(site, people):
    said = {"from": "concern", "site": site.uuid, "words": "网传死亡"}

    answer = post(people[Role.LEAD], "case-open", **said)

    case = Case.objects.get()
    assert answer.url == reverse("two-hours", args=[case.uuid])
    assert "网传死亡" in page(people[Role.OFFICER], "desk")
    english = page(people[Role.OFFICER], "two-hours", case.uuid)
    assert "120 min left" in english
    assert "网传死亡" in english
    assert "No telephone number is recorded" in english
    assert "还有 120 分钟" in page(people[Role.OFFICER], "two-hours", case.uuid, language="zh-hans")


def test_a_tick_is_a_proof_with_its_time(site, people):
    DutyContact.objects.create(
        region="31", proof=Proof.DRUG_REGULATOR_TOLD, name="药监值班", phone="021-1"
    )
    case = concern(site, people[Role.LEAD])
    assert "tel:021-1" in page(people[Role.LEAD], "two-hours", case.uuid)
    said = {
        "act": "called",
        "proof": "drug_regulator_told",
        "about": "public_concern",
        "reference": "药监值班 021-1",
        "done_at": "2026-11-22T12:05",
    }

    post(people[Role.OFFICER], "two-hours", case.uuid, **said)

    filed = Filing.objects.get()
    assert (filed.about, filed.done_at) == ("public_concern", NOON + timedelta(minutes=5))
    assert "11-22 12:05" in page(people[Role.LEAD], "two-hours", case.uuid)


def test_a_tick_without_a_name_is_refused_with_words(site, people):
    case = concern(site, people[Role.LEAD])
    said = {"act": "called", "proof": "drug_regulator_told", "about": "public_concern"}

    answer = post(people[Role.LEAD], "two-hours", case.uuid, **said, done_at="2026-11-22T12:05")

    assert not Filing.objects.exists()
    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()


def test_only_a_physician_approves_the_letter(site, people):
    case = grave(site, people[Role.LEAD])
    post(people[Role.LEAD], "two-hours", case.uuid, act="letter", text="致家属")
    letter = FamilyLetter.objects.get()
    said = {"act": "approve", "letter": letter.pk}
    assert "Awaits the physician" in page(people[Role.LEAD], "two-hours", case.uuid)

    refused = post(people[Role.OFFICER], "two-hours", case.uuid, **said)
    done = post(people[Role.CLINICIAN], "two-hours", case.uuid, **said)

    assert (refused.status_code, done.status_code) == (403, 302)
    letter.refresh_from_db()
    assert letter.approved_by == people[Role.CLINICIAN]
    assert "Approved by" in page(people[Role.LEAD], "two-hours", case.uuid)


def test_words_that_are_refused_are_not_lost(site, people):
    case = grave(site, people[Role.LEAD])
    long = "很长的信" * 1500

    answer = post(people[Role.LEAD], "two-hours", case.uuid, act="letter", text=long)

    assert long[:100] in answer.content.decode()
    assert not FamilyLetter.objects.exists()


def test_a_case_that_is_not_grave_has_no_card(site, people):
    said = {"from": "by_hand", "site": site.uuid, "term": "发热"}
    post(people[Role.LEAD], "case-open", **said)

    answer = Caller(people[Role.LEAD]).ask(
        "get", reverse("two-hours", args=[Case.objects.get().uuid])
    )

    assert answer.status_code == 404
