"""Assessments of a case: the rules propose with their path, a person decides and says why."""

import json
from datetime import timedelta

import pytest

from aefi.models import Assessment, Case, EmergencyEntry
from aefi.rules.brighton_2007 import Reading
from aefi.rules.causality import QUESTIONS
from aefi.services import assessment_facts, cases
from aefi.services.cases import Act
from alerts.models import Alert, Membership, Role
from alerts.outbox import Origin
from observation.models import Reaction
from tests.callers import Caller
from tests.factories import NOON, make_site, make_user
from tests.floor_factories import Floor, frozen, last_event
from tests.shared import shared

WHO, LEVELS = {"kind": "causality", "rule_set": "who_2018"}, {"rule_set": "brighton_2007"}
ELIGIBLE = {key: "yes" for key in QUESTIONS if key.startswith("E.")}
PRODUCT = {**ELIGIBLE, "I.1": "no", "II.1": "yes", "II.t": "yes"}


@pytest.fixture
def floor(db):
    with frozen(NOON + timedelta(minutes=20)):
        yield Floor(county_code="310104")


@pytest.fixture
def case(floor):
    facts = {"patient_name": "王小明", "events": [{"term": "皮疹"}], "vaccines": [{"name": "MMR"}]}
    return floor.post("{site}/cases/", {"facts": facts}, role=Role.LEAD).json()


def assess(floor, case, *, role=Role.OFFICER, status=201, **body):
    answer = floor.post(f"cases/{case['uuid']}/assessments/", body, role=role)
    assert answer.status_code == status, answer.content
    return answer.json()


def listed(floor, case, role=Role.OFFICER):
    return floor.get(f"cases/{case['uuid']}/assessments/", role=role).json()


def test_answers_lead_to_a_proposal_with_its_path_and_what_is_missing(floor, case):
    said = assess(floor, case, **WHO, answers=PRODUCT)

    proposal = said["proposal"]
    assert (proposal["proposed"], said["decided"]) == ("A1", "")
    assert proposal["path"][-1] == {"keys": ["II.1", "II.t"], "outcome": "A1"}
    assert "II.4" in proposal["missing"]
    assert proposal["is_provisional"]


def test_a_decision_is_kept_with_its_person_and_goes_into_the_case(floor, case):
    assess(floor, case, **WHO, answers=PRODUCT, decided="A1")

    kept = floor.get(f"cases/{case['uuid']}/", role=Role.OFFICER).json()
    row = Assessment.objects.get()
    assert (row.decided, row.by, row.rule_set) == ("A1", floor.person(Role.OFFICER), "who_2018")
    assert (kept["facts"]["who_classes"], kept["version"]) == (["A1"], 2)
    told = last_event(floor.site, "case.assessed").payload
    assert (told["kind"], told["decided"]) == ("causality", "A1")


def test_another_decision_than_the_proposal_needs_a_reason(floor, case):
    refused = assess(floor, case, **WHO, answers=PRODUCT, decided="C", status=409)
    assert refused["errors"][0]["field"] == "reason"

    assess(floor, case, **WHO, answers=PRODUCT, decided="C", reason="病毒分离阳性")

    assert [row["decided"] for row in listed(floor, case)] == ["C"]


def test_several_classes_hold_together_within_a_alone(floor, case):
    answers = {**PRODUCT, "II.8": "yes"}

    said = assess(floor, case, **WHO, answers=answers, decided="A3 A1")
    assess(
        floor, case, **WHO, answers=answers, decided="A1 C", reason="x", base=said["id"], status=409
    )

    assert said["decided"] == "A1 A3" == said["proposal"]["proposed"]


@pytest.mark.parametrize(
    "body",
    [
        {**WHO, "answers": {"II.99": "yes"}},
        {**WHO, "answers": {"II.1": "perhaps"}},
        {**WHO, "answers": {"II.1": ["yes"]}},
        {**WHO, "answers": {"weighing": "heavy"}},
        {**WHO, "rule_set": "who_1891"},
        {**WHO, "reading": "tea leaves"},
        {**WHO, "answers": PRODUCT, "decided": "Z9"},
        {"kind": "brighton", **LEVELS, "reading": "tea leaves"},
        {"kind": "brighton", **LEVELS, "reading": "text_2007", "decided": "6", "reason": "x"},
        {"kind": "brighton", "rule_set": "brighton_2099", "reading": "text_2007"},
        {"kind": "severity", "rule_set": "wao_2017", "answers": {"grade": "9", "is_over": True}},
        {"kind": "severity", "rule_set": "richter", "answers": {"grade": "1", "is_over": True}},
        {"kind": "severity", "rule_set": "wao_2017", "answers": {"grade": "1"}},
        {
            "kind": "severity",
            "rule_set": "wao_2017",
            "answers": {"grade": "1", "is_over": True, "minutes_to_adrenaline": -1},
        },
        {
            "kind": "severity",
            "rule_set": "wao_2017",
            "answers": {"grade": "1", "is_over": True, "minutes_to_adrenaline": True},
        },
    ],
)
def test_what_the_rules_do_not_know_is_refused_and_nothing_is_stored(floor, case, body):
    assess(floor, case, **body, status=409)

    assert listed(floor, case) == []


@pytest.mark.parametrize(
    "body",
    [{"kind": "x"}, {**WHO, "answers": "yes"}, {**WHO, "base": -1}, {**WHO, "decided": "A" * 41}],
)
def test_what_is_no_form_is_refused(floor, case, body):
    assess(floor, case, **{**WHO, **body}, status=400)


def test_who_did_not_see_the_newest_assessment_is_told(floor, case):
    first = assess(floor, case, **WHO, answers=ELIGIBLE)

    assess(floor, case, **WHO, answers=PRODUCT, status=409)
    assess(floor, case, **WHO, answers=PRODUCT, base=first["id"])

    assert [row["answers"] for row in listed(floor, case)] == [PRODUCT, ELIGIBLE]


def test_a_site_grades_and_officers_alone_assess_the_cause(floor, case):
    body = {"kind": "brighton", **LEVELS, "reading": "text_2007"}
    assess(floor, case, role=Role.LEAD, **body)
    assess(floor, case, role=Role.LEAD, **WHO, status=403)
    assess(floor, case, role=Role.OBSERVER, **body, status=403)
    assert floor.get(f"cases/{case['uuid']}/assessments/", role=Role.OBSERVER).status_code == 403


@pytest.mark.parametrize(
    ("body", "decided"),
    [
        ({**WHO, "answers": PRODUCT}, "A1"),
        ({"kind": "brighton", **LEVELS, "reading": "text_2007"}, "5"),
    ],
)
def test_who_does_not_hold_the_case_drafts_and_decides_nothing(floor, case, body, decided):
    floor.person(Role.OFFICER)
    province = make_user("province")
    Membership.objects.create(user=province, region="31", role=Role.OFFICER)
    path = f"/api/v1/cases/{case['uuid']}/assessments/"

    refused = Caller(province).ask("post", path, {**body, "decided": decided, "reason": "我看"})
    drafted = Caller(province).ask("post", path, body)

    assert (refused.status_code, drafted.status_code) == (409, 201)
    assert Case.objects.get().facts["who_classes"] == []


def test_a_case_elsewhere_is_not_found(floor, case):
    other = cases.open_by_hand(make_site(name="x"), cases.CaseFacts(""), Act(Origin(), NOON))

    assess(floor, {"uuid": other.uuid}, **WHO, status=404)


def test_a_closed_case_is_assessed_after_it_is_reopened(floor, case):
    Case.objects.update(state="closed")

    assess(floor, case, **WHO, answers=PRODUCT, status=409)


def test_a_grade_carries_its_scale_and_the_wait_for_adrenaline(floor, case):
    answers = {"grade": "3", "is_over": True, "minutes_to_adrenaline": 7}

    said = assess(floor, case, kind="severity", rule_set="wao_2017", answers=answers)

    assert (said["rule_set"], said["decided"]) == ("wao_2017", "3b")


@pytest.mark.parametrize("reading", list(Reading))
def test_the_vignettes_get_their_levels_over_http(floor, case, reading):
    wanted = {"text_2007": "expected_brighton_2007", "speac_2021": "expected_brighton_speac2021"}
    tried = json.loads(shared("domain/anaphylaxis-vignettes.json").read_text())
    base, levels = 0, []
    for one in tried:
        gate = {
            "sudden_onset": one["sudden_onset"],
            "rapid_progression": one["rapid_progression"],
            "alternative_diagnosis": one["alternative_dx"],
            "reported_as_anaphylaxis": one["reported_as_anaphylaxis"],
        }
        known = {
            name: "yes" if is_so else "no" for name, is_so in gate.items() if is_so is not None
        }
        answers = {**known, **dict.fromkeys(one["findings"], "yes")}
        body = {"kind": "brighton", **LEVELS, "reading": str(reading), "answers": answers}
        said = assess(floor, case, role=Role.LEAD, base=base, **body)
        base = said["id"]
        levels.append(said["proposal"]["proposed"])

    assert levels == [str(one[wanted[str(reading)]]) for one in tried]


def test_what_the_hall_marked_and_measured_is_filled_in(floor):
    visit = {
        "recipient": {"name": "王小明", "born_on": "2019-05-04"},
        "doses": [{"vaccine": "HPV9", "lot": "B1"}],
    }
    watch = floor.post("{site}/observations/", visit).json()
    path = f"observations/{watch['uuid']}/reactions/"
    floor.post(
        path, {"signs": {"breathing": "yes", "vomiting": "yes", "rash": "no"}}, role="observer"
    )
    alert = Alert.objects.get()
    for at, systolic in ((1, 60), (2, 110)):
        data = {"systolic": systolic, "heart_rate": 95, "respiratory_rate": "fast"}
        when = NOON + timedelta(minutes=at)
        EmergencyEntry.objects.create(
            alert=alert, kind="vitals", at=when, entered_at=when, data=data
        )
    case = cases.open_from_reaction(Reaction.objects.get(), Act(Origin(), NOON))

    found = assessment_facts.brighton_answers(case)

    assert found == {"hypotension": "yes", "tachycardia": "no", "vomiting": "yes"}


def test_a_case_told_by_hand_is_filled_in_with_nothing(floor, case):
    assert assessment_facts.brighton_answers(Case.objects.get()) == {}


@pytest.mark.parametrize(("reported", "proposed"), [("yes", "4"), ("no", "5"), ("", "")])
def test_whether_somebody_called_it_anaphylaxis_is_asked_and_not_assumed(
    floor, case, reported, proposed
):
    answers = {"sudden_onset": "yes", "rapid_progression": "yes", "vomiting": "yes"}
    answers |= {"reported_as_anaphylaxis": reported} if reported else {}
    body = {"kind": "brighton", **LEVELS, "reading": "text_2007", "answers": answers}

    proposal = assess(floor, case, role=Role.LEAD, **body)["proposal"]

    assert proposal["proposed"] == proposed
    assert proposal["missing"] == ([] if reported else ["reported_as_anaphylaxis"])
