"""The pages of the assessments: questions, proposal with its path, decision; in both languages."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from aefi.exchange.case import CaseFacts
from aefi.models import Assessment
from aefi.rules import brighton, causality, seriousness
from aefi.rules.brighton_2007 import BRIGHTON_2007, SIGNS
from aefi.services import cases
from aefi.services.assessments import GATE, Sheet, proposal_of
from aefi.services.cases import Act
from alerts.models import Role
from alerts.outbox import SYSTEM
from dashboards import assessment_words as words
from dashboards.assessment_forms import GRADES, BrightonForm
from tests.callers import Caller
from tests.factories import NOON, make_member, make_site
from tests.floor_factories import frozen

OPEN = {"sudden_onset": "yes", "rapid_progression": "yes", "reported_as_anaphylaxis": "yes"}


@pytest.fixture(autouse=True)
def at_noon(db):
    with frozen(NOON):
        yield


@pytest.fixture
def site():
    return make_site(county_code="310104")


@pytest.fixture
def case(site):
    earlier = Act(SYSTEM, NOON - timedelta(hours=1))
    return cases.open_by_hand(site, CaseFacts("", discovered_at=NOON - timedelta(hours=1)), earlier)


@pytest.fixture
def officer(site):
    return make_member(site, Role.OFFICER)


def look(person, case, kind, language="en"):
    caller = Caller(person)
    caller.http.cookies["django_language"] = language
    return caller.ask("get", reverse("assessment", args=[case.uuid, kind])).content.decode()


def filled(kind, **said):
    """Return the body of a form in which every other question is left as it was."""
    questions = {
        "causality": causality.QUESTIONS,
        "brighton": [*GATE, *(sign.code for sign in SIGNS)],
        "severity": [],
    }[kind]
    body = {**dict.fromkeys(questions, "not_assessed"), "base": 0, "act": "keep"}
    return body | ({"reading": "text_2007"} if kind == "brighton" else {}) | said


def say(person, case, kind, **said):
    caller = Caller(person)
    caller.http.cookies["django_language"] = "en"
    path = reverse("assessment", args=[case.uuid, kind])
    return caller.http.post(path, filled(kind, **said))


def test_answers_are_kept_and_shown_with_the_sentence(officer, case):
    said = say(
        officer, case, "brighton", **OPEN, gen_urticaria="yes", tachycardia="yes", crt_gt3="yes"
    )

    page = look(officer, case, "brighton")
    assert said.status_code == 302
    assert "level 2; could be 1 if" in page
    assert "blood pressure is measured" in page
    assert '<option value="yes" selected>yes</option>' in page


def test_the_sentence_is_chinese_for_a_chinese_reader(officer, case):
    say(officer, case, "brighton", **OPEN, gen_urticaria="yes", tachycardia="yes", crt_gt3="yes")

    page = look(officer, case, "brighton", "zh-hans")

    assert "2 级；如果" in page
    assert "测量血压" in page


@pytest.mark.parametrize(
    ("language", "label"), [("en", "A3 immunization error"), ("zh-hans", "A3 接种差错")]
)
def test_the_classes_are_offered_in_the_readers_language(officer, case, language, label):
    assert label in look(officer, case, "causality", language)


def test_each_question_shows_the_key_by_which_the_way_names_it(officer, case):
    page = look(officer, case, "causality")

    assert [key for key in causality.QUESTIONS if f"{key} " not in page] == []


def test_causality_shows_its_way_and_the_decision_stands_on_the_case(officer, case):
    answers = {
        "E.1": "yes",
        "E.2": "yes",
        "E.3": "yes",
        "E.4": "yes",
        "I.1": "no",
        "II.1": "yes",
        "II.t": "yes",
    }
    say(officer, case, "causality", **answers)
    page = look(officer, case, "causality")
    assert ("The rules propose: A1 vaccine product" in page, "II.1, II.t: A1" in page) == (
        True,
        True,
    )

    base = Assessment.objects.get().pk
    assert (
        say(
            officer, case, "causality", **answers, base=base, act="decide", decided=["A1"]
        ).status_code
        == 302
    )

    shown = Caller(officer).ask("get", reverse("case-page", args=[case.uuid])).content.decode()
    assert "who_2018" in shown


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("causality", {"act": "decide"}),
        ("causality", {"act": "decide", "decided": ["A1"]}),
        ("causality", {"E.1": "perhaps"}),
        ("causality", {"base": "x"}),
        ("causality", {"base": 7}),
        ("brighton", {"reading": ""}),
        ("brighton", {"act": "decide", "decided": "9"}),
        ("severity", {"scale_grade": "wao_2017 1"}),
        ("severity", {"scale_grade": "wao_2017 9", "is_over": "on"}),
        ("severity", {"scale_grade": "wao_2017 1", "is_over": "on", "minutes_to_adrenaline": -3}),
    ],
)
def test_what_cannot_stand_is_told_and_the_answers_stay_on_the_page(officer, case, kind, said):
    answer = say(officer, case, kind, **said)

    assert 'role="alert"' in answer.content.decode()
    assert not Assessment.objects.exists()


def test_a_grade_is_kept_with_its_scale(officer, case):
    said = {"scale_grade": "wao_2017 2", "is_over": "on", "minutes_to_adrenaline": 12}

    assert say(officer, case, "severity", **said).status_code == 302

    row = Assessment.objects.get()
    assert (row.rule_set, row.decided) == ("wao_2017", "2c")
    assert "2c" in look(officer, case, "severity")


def test_a_site_reads_causality_and_decides_nothing_of_it(site, case, officer):
    clinician = make_member(site, Role.CLINICIAN)

    assert "Officers assess causality" in look(clinician, case, "causality")
    assert say(clinician, case, "causality").status_code == 403
    assert say(clinician, case, "brighton").status_code == 302


@pytest.mark.parametrize("kind", ["causality", "brighton", "severity"])
def test_a_case_elsewhere_and_an_unknown_kind_are_not_found(case, officer, kind):
    stranger = make_member(make_site(name="elsewhere"), Role.OFFICER, "stranger")

    path = reverse("assessment", args=[case.uuid, kind])
    assert Caller(stranger).ask("get", path).status_code == 404
    unknown = reverse("assessment", args=[case.uuid, "palmistry"])
    assert Caller(officer).ask("get", unknown).status_code == 404


def test_the_words_are_those_of_the_rules():
    signs = {sign.code: sign.label for sign in (*BRIGHTON_2007.gate, *SIGNS)}
    meanings = {grade.meaning for scale in seriousness.SCALES.values() for grade in scale.grades}
    with translation.override("en"):
        told = {code: str(words.SIGNS[code]) for code in signs}
        asked = {key: str(text) for key, text in words.QUESTIONS.items()}
        classes = {code: str(text) for code, text in words.CLASSES.items()}

    assert told == signs
    assert asked == {key: question.text for key, question in causality.QUESTIONS.items()}
    assert classes == causality.SUBCLASSES
    assert set(GRADES) == meanings
    assert set(words.SCALE_NAMES) == set(seriousness.SCALES)
    assert set(words.CHECKS) == {sign.check for sign in (*BRIGHTON_2007.gate, *SIGNS)}
    assert set(words.WEIGHING) == set(causality.Weighing)


def test_every_question_stands_once_in_the_forms():
    shown = [field.name for fields in BrightonForm().groups.values() for field in fields]

    assert sorted(shown) == sorted([*GATE, *(sign.code for sign in SIGNS)])


@pytest.mark.parametrize(
    "answers",
    [
        {},
        OPEN,
        {**OPEN, "stridor": "yes"},
        {**OPEN, "gen_urticaria": "yes", "bilateral_wheeze": "yes"},
        {**OPEN, "gen_prickling": "yes"},
        {**OPEN, **{sign.code: "no" for sign in SIGNS}},
        {"sudden_onset": "no", "rapid_progression": "no"},
        {"gen_urticaria": "yes", "stridor": "yes"},
    ],
)
def test_the_sentence_is_the_rules_own_in_english(answers):
    called = {"reported_as_anaphylaxis": "yes", **answers}
    proposal = proposal_of(Sheet("brighton", brighton.BRIGHTON_2007.id, called, "text_2007"))

    with translation.override("en"):
        assert words.level_sentence(proposal) == proposal["sentence"]


def test_while_nobody_says_whether_it_was_called_anaphylaxis_both_levels_are_told():
    answers = {"sudden_onset": "yes", "rapid_progression": "yes"}
    proposal = proposal_of(Sheet("brighton", brighton.BRIGHTON_2007.id, answers, "text_2007"))

    with translation.override("en"):
        told = words.level_sentence(proposal)

    assert told.startswith("level 4 / 5: 4 if somebody called it anaphylaxis, 5 if nobody did")
