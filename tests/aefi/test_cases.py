"""Cases of the register: opened from the hall, corrected, classified, filed, closed."""

import json
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from django.utils import translation
from lxml import etree
from openpyxl import load_workbook

from aefi.exchange import stored
from aefi.models import Case, CaseView
from aefi.services import case_classes
from alerts.models import Role
from observation.models import Reaction
from tests.factories import NOON
from tests.floor_factories import Floor, event_types, frozen, last_event, make_lot

TYPED = {"patient_name": "王小明", "events": [{"term": "发热"}], "fever_c": 38.9}
FINAL = {"kind": "final", "code": "1", "reason": "局部红肿，两日消退", "concluded_by": "3"}
CARD = {
    "proof": "card_accepted",
    "reference": "3101042026110001",
    "done_at": (NOON + timedelta(minutes=19)).isoformat(),
}


@pytest.fixture
def floor(db):
    with frozen(NOON + timedelta(minutes=20)):
        yield Floor(county_code="310104")


@pytest.fixture
def reaction(floor):
    """A boy with a rash, eight minutes after his dose."""
    make_lot(floor.site, "B202607A")
    visit = {
        "recipient": {"name": "王小明", "born_on": "2019-05-04", "sex": "male"},
        "doses": [{"vaccine": "HPV9", "lot": "B202607A", "dose_number": 1, "route": "im"}],
    }
    watch = floor.post("{site}/observations/", visit).json()
    seen = {"signs": {"rash": "yes"}}
    path = f"observations/{watch['uuid']}/reactions/"
    floor.post(path, seen, role=Role.OBSERVER)
    return Reaction.objects.get()


def opened(floor, role=Role.LEAD, **body):
    answer = floor.post("{site}/cases/", body or {"facts": TYPED}, role=role)
    assert answer.status_code == 201, answer.content
    return answer.json()


def say(floor, case, verb, body=None, *, role=Role.OFFICER, status=200):
    answer = floor.post(f"cases/{case['uuid']}/{verb}/", body or {}, role=role)
    assert answer.status_code == status, answer.content
    return answer.json()


def worklist(floor, query="", role=Role.OFFICER):
    answer = floor.get(f"cases/{query}", role=role)
    assert answer.status_code == 200, answer.content
    return answer.json()


def clock_named(case, code):
    return next(clock for clock in case["clocks"] if code in clock["rule"])


# Opening


def test_the_case_of_a_reaction_knows_what_the_hall_knew(floor, reaction):
    case = opened(floor, reaction=str(reaction.uuid))

    facts = case["facts"]
    assert (facts["patient_name"], facts["birth_date"], facts["sex"]) == (
        "王小明",
        "2019-05-04",
        "M",
    )
    assert (facts["vaccines"][0]["lot"], facts["vaccines"][0]["route"]) == ("B202607A", "1")
    assert [event["term"] for event in facts["events"]] == ["皮疹"]
    assert case["number"] == facts["case_number"] == "31010420260001"
    assert len(case["gaps"]) > 2
    assert event_types(floor.site)[-1] == "case.opened"


def test_a_reaction_has_one_case_however_often_it_is_opened(floor, reaction):
    first = opened(floor, reaction=str(reaction.uuid))
    second = opened(floor, Role.OFFICER, reaction=str(reaction.uuid))

    assert first["uuid"] == second["uuid"]
    assert Case.objects.count() == 1


def test_numbers_follow_each_other_within_county_and_year(floor):
    assert [opened(floor)["number"][-4:] for _ in range(3)] == ["0001", "0002", "0003"]


def test_the_event_names_nobody(floor):
    opened(floor)

    payload = json.dumps(last_event(floor.site, "case.opened").payload, ensure_ascii=False)
    assert "王小明" not in payload


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"birth_date": "yesterday"}, "facts.birth_date"),
        ({"vaccines": [{"lot": "x"}]}, "facts.vaccines[0].name"),
        ({"colour": "red"}, "facts.colour"),
        ({"vaccines": [{"name": "x", "colour": 1}]}, "facts.vaccines[0].colour"),
        ({"reporter": {"nam": "x"}}, "facts.reporter.nam"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_stored(floor, facts, field):
    answer = floor.post("{site}/cases/", {"facts": facts}, role=Role.LEAD)

    assert answer.status_code == 400
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert not Case.objects.exists()


def test_impossible_orders_are_told_and_kept(floor):
    given = "2026-11-22T04:05:00+00:00"
    onset = "2026-11-22T04:01:00+00:00"
    vaccine = {"name": "流感疫苗", "given_at": given}
    case = opened(
        floor, facts={"vaccines": [vaccine], "events": [{"term": "头晕", "onset_at": onset}]}
    )

    told = {
        language: floor.get(f"cases/{case['uuid']}/", role=Role.LEAD, language=language).json()[
            "disorders"
        ]
        for language in ("zh-hans", "en")
    }
    assert told["zh-hans"] == ["接种（2026-11-22 12:05）比发病（2026-11-22 12:01）晚 4 分钟"]
    assert told["en"] == ["vaccination 2026-11-22 12:05 is 4 min after onset 2026-11-22 12:01"]


# Versions


def test_a_new_version_leaves_the_old_one_and_shows_the_difference(floor):
    case = opened(floor)

    facts = {**case["facts"], "fever_c": 39.4}
    body = {"version": 1, "facts": facts, "reason": "量体温更正"}
    changed = say(floor, case, "revise", body, role=Role.LEAD)

    assert changed["version"] == 2
    assert changed["history"][1]["changes"] == {"fever_c": [38.9, 39.4]}
    assert Case.objects.get().versions.get(version=1).facts["fever_c"] == 38.9


def test_two_people_at_once_lose_nothing(floor):
    case = opened(floor)
    mine = {"version": 1, "facts": {**case["facts"], "fever_c": 39.4}, "reason": "x"}
    theirs = {"version": 1, "facts": {**case["facts"], "narrative": "午睡后"}, "reason": "y"}
    say(floor, case, "revise", mine)

    refused = say(floor, case, "revise", theirs, status=409)

    assert refused["facts"] == {"fever_c": [38.9, 39.4]}
    assert Case.objects.get().version == 2


def test_what_is_stored_reads_back_the_same(floor, reaction):
    facts = opened(floor, reaction=str(reaction.uuid))["facts"]
    days = {**facts, "discovered_at": "2026-11-22", "received_at": "2026-11-22T04:00:00Z"}

    again = stored.to_json(stored.from_json(days))

    assert again == days


# Clocks


def test_an_upgrade_starts_two_hours_and_leaves_the_forty_eight(floor):
    case = opened(floor)
    before = clock_named(case, "R48")

    grave = say(floor, case, "turn", {"kind": "death", "reason": "医院来电"})

    two_hours = clock_named(grave, "R2")
    assert clock_named(grave, "R48") == before
    assert two_hours["started_at"] == (NOON + timedelta(minutes=20)).isoformat()
    assert two_hours["due_at"] == (NOON + timedelta(minutes=140)).isoformat()
    assert grave["due_at"] == two_hours["due_at"]


def test_only_proof_stops_a_clock(floor):
    case = opened(floor)
    blank = {**CARD, "reference": " "}

    assert floor.post(f"cases/{case['uuid']}/file/", blank, role=Role.LEAD).status_code == 400
    filed = say(floor, case, "file", CARD)

    assert clock_named(filed, "R48")["state"] == "met"
    assert clock_named(filed, "R48")["missing"] == []


def test_a_card_sent_before_a_death_is_no_report_of_the_death(floor):
    case = opened(floor)
    say(floor, case, "file", CARD)

    grave = say(floor, case, "turn", {"kind": "death", "reason": "医院来电"})

    assert "card_accepted" in clock_named(grave, "R2")["missing"]


def test_a_version_that_says_died_turns_the_case_grave(floor):
    case = opened(floor)
    body = {"version": 1, "facts": {**case["facts"], "outcome": "died"}, "reason": "医院来电"}

    assert say(floor, case, "revise", body)["grave"] == ["death"]


def test_the_worklist_of_a_night_is_sorted_by_what_is_nearest_its_limit(floor):
    old = opened(floor, facts={**TYPED, "discovered_at": "2026-11-20T20:00:00Z"})
    new = opened(floor)
    grave = opened(floor)
    say(floor, grave, "turn", {"kind": "public_concern", "reason": "网络传言"})
    filed = opened(floor)
    say(floor, filed, "file", CARD)

    keys = [row["uuid"] for row in worklist(floor)]

    assert keys == [grave["uuid"], old["uuid"], new["uuid"], filed["uuid"]]


def test_what_is_past_its_limit_is_late(floor):
    opened(floor, facts={**TYPED, "discovered_at": "2026-11-19T04:00:00Z"})

    assert worklist(floor)[0]["is_late"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 2),
        ("?q=小明", 1),
        ("?q=HPV9", 1),
        ("?q=发热", 1),
        ("?q=nothing", 0),
        ("?state=draft", 2),
        ("?state=closed", 0),
        ("?limit=1", 1),
    ],
)
def test_the_worklist_is_narrowed_by_its_address(floor, query, count):
    opened(floor)
    opened(floor, facts={"patient_name": "Ann", "vaccines": [{"name": "HPV9", "lot": "X"}]})

    assert len(worklist(floor, query)) == count


# From draft to closed


def test_a_case_goes_from_the_hall_to_closed(floor, reaction):
    case = opened(floor, reaction=str(reaction.uuid))
    say(floor, case, "submit", role=Role.LEAD)
    say(floor, case, "return", {"reason": "缺体温"})
    say(floor, case, "submit", role=Role.LEAD)
    say(floor, case, "file", CARD)
    say(floor, case, "classify", FINAL)

    closed = say(floor, case, "close", {"reason": "其余项目无法取得"})

    assert closed["state"] == "closed"
    assert closed["facts"]["final_class"] == "1"
    assert "case.closed" in event_types(floor.site)


def test_closing_with_gaps_needs_a_reason(floor):
    case = opened(floor)
    say(floor, case, "submit", role=Role.LEAD)

    refused = say(floor, case, "close", status=409)

    assert refused["facts"]["missing"]
    assert Case.objects.get().state == "submitted"


@pytest.mark.parametrize("verb", ["return", "close", "reopen"])
def test_a_draft_is_neither_returned_nor_closed(floor, verb):
    say(floor, opened(floor), verb, {"reason": "x"}, status=409)


def test_a_closed_case_changes_only_after_it_is_reopened(floor):
    case = opened(floor)
    say(floor, case, "submit", role=Role.LEAD)
    say(floor, case, "close", {"reason": "重复"})
    body = {"version": 1, "facts": case["facts"], "reason": "x"}

    say(floor, case, "revise", body, status=409)
    say(floor, case, "reopen", {"reason": "新检验结果"})

    assert say(floor, case, "revise", body)["version"] == 2


# Classes


def test_a_site_says_common_or_pending_and_nothing_else(floor):
    case = opened(floor)
    abnormal = {"kind": "preliminary", "code": "3", "reason": "x"}

    say(floor, case, "classify", abnormal, role=Role.CLINICIAN, status=409)
    said = say(floor, case, "classify", {**abnormal, "code": "2"}, role=Role.CLINICIAN)

    assert said["facts"]["preliminary_class"] == "2"


def test_only_a_panel_calls_a_case_abnormal(floor):
    case = opened(floor)

    refused = say(floor, case, "classify", {**FINAL, "code": "2"}, status=409)

    assert "专家组" in refused["detail"]
    assert say(floor, case, "classify", FINAL)["classifications"][0]["reason"] == FINAL["reason"]


# Leaving the house


def test_every_view_of_a_person_is_kept(floor):
    case = opened(floor)

    floor.get(f"cases/{case['uuid']}/", role=Role.OFFICER)

    seen = CaseView.objects.get()
    assert (seen.purpose, seen.by) == ("read", floor.person(Role.OFFICER))


@pytest.mark.parametrize("form", ["fhir", "e2b", "card"])
def test_an_export_names_nobody_unless_it_says_why(floor, reaction, form):
    case = opened(floor, reaction=str(reaction.uuid))
    path = f"cases/{case['uuid']}/{form}/"

    plain = text_of(form, floor.get(path, role=Role.OFFICER))
    refused = floor.get(f"{path}?identified=1", role=Role.OFFICER)
    named = text_of(form, floor.get(f"{path}?identified=1&reason=x", role=Role.OFFICER))

    assert "王小明" not in plain
    assert "2019-05-04" not in plain
    assert "B202607A" in plain
    assert refused.status_code == 400
    assert form == "e2b" or "王小明" in named  # E2B holds initials alone
    assert [view.purpose for view in CaseView.objects.all()][-1].endswith("x")


def text_of(form, answer):
    assert answer.status_code == 200, answer.content
    if form == "fhir":
        return json.dumps(answer.json(), ensure_ascii=False)
    if form == "e2b":
        return etree.tostring(etree.fromstring(answer.content), encoding="unicode")
    sheet = load_workbook(BytesIO(answer.content)).active
    return "\n".join(str(cell.value) for row in sheet.iter_rows() for cell in row)


def test_each_county_and_year_in_china_numbers_for_itself(floor):
    opened(floor)
    with frozen(datetime(2026, 12, 31, 15, 59, tzinfo=UTC)):
        elsewhere = Floor(county_code="310105")
        assert opened(elsewhere)["number"] == "31010520260001"
    with frozen(datetime(2026, 12, 31, 16, 1, tzinfo=UTC)):
        assert opened(elsewhere)["number"] == "31010520270001"


@pytest.mark.parametrize(
    ("language", "words"), [("zh-hans", "只有专家组"), ("en", "only an expert panel")]
)
def test_what_forbids_a_class_is_told_in_the_readers_language(floor, language, words):
    case = opened(floor)
    body = {**FINAL, "code": "2", "concluded_by": "3"}

    with translation.override(language):
        said = case_classes.problems(case_classes.Word(**body))

    assert any(words in text for text in said)
    assert say(floor, case, "classify", body, status=409)["type"].endswith("wrong_class")


def test_the_ten_thousandth_case_of_a_year_is_followed_by_another(floor):
    opened(floor)
    Case.objects.update(number="31010420269999")

    assert [opened(floor)["number"] for _ in range(2)] == ["310104202610000", "310104202610001"]


def test_a_case_abroad_has_no_clock_of_this_countrys_law(floor):
    case = opened(floor, facts={**TYPED, "country": "US"})

    assert (case["clocks"], case["due_at"]) == ([], None)


@pytest.mark.parametrize("facts", [{"final_class": "1"}, {"preliminary_class": "1"}])
def test_a_class_is_given_by_classifying_alone(floor, facts):
    case = opened(floor)
    written = {**case["facts"], **facts}

    body = {"version": 1, "facts": written, "reason": "x"}
    say(floor, case, "revise", body, role=Role.LEAD, status=409)
    refused = floor.post("{site}/cases/", {"facts": {**TYPED, **facts}}, role=Role.LEAD)

    assert refused.status_code == 409
    assert Case.objects.get().version == 1


def test_an_instant_without_its_zone_is_refused_with_its_place(floor):
    facts = {**TYPED, "events": [{"term": "发热", "onset_at": "2026-11-20T10:00:00"}]}

    answer = floor.post("{site}/cases/", {"facts": facts}, role=Role.LEAD)

    assert answer.status_code == 400
    assert "events[0].onset_at" in answer.content.decode()


@pytest.mark.parametrize(
    ("verb", "body", "field"),
    [
        ("file", {"proof": "card_accepted", "reference": "1"}, "done_at"),
        ("milestone", {"milestone": "investigation_started"}, "at"),
    ],
)
def test_an_instant_ahead_moves_no_limit(floor, verb, body, field):
    case = opened(floor)
    ahead = (NOON + timedelta(hours=1)).isoformat()

    refused = say(floor, case, verb, {**body, field: ahead}, status=409)

    assert refused["errors"][0]["field"] == field
    assert floor.get(f"cases/{case['uuid']}/", role=Role.OFFICER).json()["clocks"] == case["clocks"]


@pytest.mark.parametrize(
    "changes",
    [
        {"done_at": "1999-01-01T00:00:00+08:00"},
        {"reference": "\u200b"},
        {"reference": "."},
    ],
)
def test_what_names_nobody_or_is_older_than_the_case_stops_no_clock(floor, changes):
    case = opened(floor)

    say(floor, case, "file", {**CARD, **changes}, status=409)

    assert clock_named(floor.get(f"cases/{case['uuid']}/", role=Role.OFFICER).json(), "R48")[
        "missing"
    ]


def test_a_call_before_the_turn_was_written_down_counts(floor):
    case = opened(floor)
    say(floor, case, "turn", {"kind": "death", "reason": "x"})
    told = {"proof": "drug_regulator_told", "reference": "王", "about": "death"}

    say(floor, case, "file", {**told, "done_at": NOON.isoformat()})

    kept = floor.get(f"cases/{case['uuid']}/", role=Role.OFFICER).json()
    assert "drug_regulator_told" not in clock_named(kept, "R2")["missing"]


def test_the_clock_follows_a_corrected_word_on_when_the_site_knew(floor):
    case = opened(floor)
    known = (NOON - timedelta(hours=30)).isoformat()
    body = {"version": 1, "facts": {**case["facts"], "discovered_at": known}, "reason": "误填"}

    say(floor, case, "revise", body)

    kept = floor.get(f"cases/{case['uuid']}/", role=Role.OFFICER).json()
    assert clock_named(kept, "R48")["started_at"] == known


def test_a_day_alone_starts_its_clock_with_the_day(floor):
    case = opened(floor, facts={**TYPED, "discovered_at": "2026-11-20"})

    assert clock_named(case, "R48")["started_at"] == "2026-11-19T16:00:00+00:00"
    assert case["is_late"]


def test_nobody_knew_of_a_case_tomorrow(floor):
    ahead = {"facts": {**TYPED, "discovered_at": "2030-01-01T00:00:00+08:00"}}
    answer = floor.post("{site}/cases/", ahead, role=Role.LEAD)

    assert (answer.status_code, Case.objects.count()) == (409, 0)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        (
            {"vaccines": [{"name": "a", "given_at": "0001-01-01T00:00:00+14:00"}]},
            "vaccines[0].given_at",
        ),
        (
            {"events": [{"term": "a", "onset_at": "9999-12-31T23:59:59-12:00"}]},
            "events[0].onset_at",
        ),
        ({"discovered_at": "9999-12-31T23:00:00+00:00"}, "discovered_at"),
        ({"birth_date": "9999-12-31"}, "birth_date"),
        ({"age_years": "nan"}, "age_years"),
        ({"weight_kg": "inf"}, "weight_kg"),
        ({"weight_kg": -5}, "weight_kg"),
        ({"fever_c": True}, "fever_c"),
        ({"vaccines": [{"name": "a", "dose_number": 10**30}]}, "vaccines[0].dose_number"),
        ({"patient_name": "长" * 401}, "patient_name"),
        ({"vaccines": [{"name": "a"}] * 101}, "vaccines"),
    ],
)
def test_what_no_case_can_hold_is_refused_with_its_field(floor, facts, field):
    answer = floor.post("{site}/cases/", {"facts": facts}, role=Role.LEAD)

    assert (answer.status_code, Case.objects.count()) == (400, 0)
    assert f"facts.{field}" in [one["field"] for one in answer.json()["errors"]]
