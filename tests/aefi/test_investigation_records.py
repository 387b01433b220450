"""Sheets of an investigation, and the letter on its conclusion: half-filled, corrected, approved."""

from datetime import timedelta

import pytest
from django.utils import translation

from aefi.exchange.case import CaseFacts, VaccineFacts
from aefi.models import Case, InvestigationRecord, LetterAbout
from aefi.rules.investigation_form import INVESTIGATION_2010, NEEDED, SHEETS, questions
from aefi.services import case_classes, cases, conclusions, investigation_records, two_hours
from aefi.services.case_levels import NotHolder
from aefi.services.cases import Act, NotNow, Outdated
from aefi.services.conclusions import NotConcluded
from aefi.services.investigation_records import Written, WrongSheet
from aefi.services.two_hours import LetterChanged
from alerts.models import Membership, Role
from alerts.outbox import SYSTEM, Origin
from tests.factories import NOON, make_member, make_site, make_user
from tests.floor_factories import last_event
from tests.races import at_once

ACT = Act(SYSTEM, NOON)


def opened():
    doses = (VaccineFacts("MMR", diluent_lot="D1"), VaccineFacts("DTaP"))
    facts = CaseFacts("", patient_name="王小明", discovered_at=NOON, vaccines=doses)
    return cases.open_by_hand(make_site(county_code="310104"), facts, ACT)


@pytest.fixture
def case(db):
    return opened()


def write(case, kind, data, replaces=None):
    return investigation_records.write(case.uuid, Written(kind, data, replaces), ACT)


def test_the_form_is_kept_half_filled_with_its_edition_and_what_is_missing(case):
    row = write(case, "form", {"history.1.allergy": "1", "history.1.allergen": "鸡蛋"})

    assert row.version == INVESTIGATION_2010
    missing = {item.key for item in investigation_records.missing_of(row)}
    assert missing == {"investigated_on", "correct", "final_diagnosis"}
    assert last_event(case.site, "case.investigation_written").payload["kind"] == "form"


def test_a_correction_stands_instead_and_the_first_sheet_stays(case):
    first = write(case, "interview", {"whom": "母亲"})
    second = write(case, "interview", {"whom": "父亲", "role": "监护人"}, first.uuid)
    other = write(case, "interview", {"whom": "接种护士"})

    assert list(investigation_records.current(case, "interview")) == [second, other]
    assert InvestigationRecord.objects.get(pk=first.pk).data == {"whom": "母亲"}


def test_who_did_not_see_the_form_as_it_stands_is_told(case):
    first = write(case, "form", {"report.1.investigator": "甲"})

    with pytest.raises(Outdated):
        write(case, "form", {"report.1.investigator": "乙"})
    second = write(case, "form", {"report.1.investigator": "乙"}, first.uuid)
    with pytest.raises(Outdated):
        write(case, "form", {"report.1.investigator": "丙"}, first.uuid)

    assert investigation_records.form_of(case) == second


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("form", {}),
        ("form", {"history.1.allergy": " "}),
        ("form", {"history.9.allergy": "1"}),
        ("form", {"history.1.allergy": "9"}),
        ("form", {"history.1.allergen": ["鸡蛋"]}),
        ("form", {"history.1.allergen": True}),
        ("vial", {"colour": "blue"}),
        ("seance", {"whom": "x"}),
    ],
)
def test_what_no_sheet_asks_is_refused_and_nothing_is_stored(case, kind, data):
    with pytest.raises(WrongSheet):
        write(case, kind, data)

    assert not InvestigationRecord.objects.exists()


def test_a_closed_case_takes_no_sheet(case):
    Case.objects.update(state="closed")

    with pytest.raises(NotNow):
        write(case, "vial", {"lot": "A"})


def test_the_case_answers_what_it_knows_for_each_vaccine(case):
    site = case.site.name

    assert investigation_records.filled_in(case) == {
        "diluent.1.lot": "D1",
        "giving.1.unit": site,
        "giving.2.unit": site,
    }


def test_repeated_sections_are_asked_once_for_each_vaccine():
    once, thrice = questions(1), questions(3)

    assert ("diluent.1.lot" in once, "diluent.2.lot" in once) == (True, False)
    assert [f"diluent.{n}.lot" in questions(9) for n in (3, 4)] == [True, False]
    assert sum(key.startswith("history.") for key in thrice) == 10
    assert set(once) >= NEEDED
    assert {kind for kind, items in SHEETS.items() if any(one.is_key for one in items)} == set(
        SHEETS
    )


@pytest.mark.django_db(transaction=True)
def test_of_two_who_write_the_form_at_once_one_is_told():
    case = opened()

    answers = at_once(*[lambda: write(case, "form", {"report.1.investigator": "甲"})] * 2)

    assert sum(isinstance(answer, Outdated) for answer in answers) == 1, answers
    assert InvestigationRecord.objects.count() == 1


# The letter


def concluded(case, code="5"):
    officer = make_member(case.site, Role.OFFICER)
    act = Act(Origin(actor=officer), NOON)
    word = case_classes.Word("final", code, "偶合发热", concluded_by="2", concluded_at="3")
    case_classes.classify(case.uuid, word, act)
    return Case.objects.get(pk=case.pk), act


def test_the_letter_tells_the_class_in_words_and_waits_for_approval(case):
    case, act = concluded(case)

    with translation.override("zh-hans"):
        letter = conclusions.write(case.uuid, conclusions.draft(case), act)
    approved = conclusions.approve(case.uuid, letter.pk, act)

    assert [words in letter.text for words in ("王小明", "并非疫苗引起")] == [True, True]
    assert (approved.about, approved.approved_by) == (LetterAbout.CONCLUSION, act.origin.actor)
    assert not two_hours.letters_of(case).exists()


def test_without_a_final_class_there_is_no_letter_to_approve(case):
    assert conclusions.draft(case) == ""
    letter = conclusions.write(case.uuid, "x", ACT)

    with pytest.raises(NotConcluded):
        conclusions.approve(case.uuid, letter.pk, ACT)


def test_an_approval_is_of_this_text_and_by_who_holds_the_case(case):
    case, act = concluded(case)
    first = conclusions.write(case.uuid, "一", act)
    conclusions.write(case.uuid, "二", act)
    province = make_user("province")
    Membership.objects.create(user=province, region="31", role=Role.OFFICER)

    with pytest.raises(LetterChanged):
        conclusions.approve(case.uuid, first.pk, act)
    with pytest.raises(NotHolder):
        conclusions.approve(case.uuid, first.pk, Act(Origin(actor=province), NOON))

    assert not conclusions.letters_of(case).exclude(approved_by=None).exists()


def test_a_letter_of_an_earlier_class_is_told_to_be_outdated(case):
    case, act = concluded(case)
    letter = conclusions.write(case.uuid, "一", act)
    approved = conclusions.approve(case.uuid, letter.pk, act)
    assert not conclusions.is_outdated(approved)

    later = Act(act.origin, NOON + timedelta(hours=1))
    word = case_classes.Word("final", "1", "x", concluded_by="3")
    case_classes.classify(case.uuid, word, later)

    assert conclusions.is_outdated(approved)
