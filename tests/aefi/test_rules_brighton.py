"""The Brighton level of a report: the published logic, both readings, and what was not assessed."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aefi.rules.answers import NO, NOT_ASSESSED, YES, Answer, answer_of, at_least
from aefi.rules.brighton import RULE_SETS, Assessment, evaluate, explain
from aefi.rules.brighton_2007 import BRIGHTON_2007, MAJORS, MINORS, SIGNS, Reading
from tests.shared import shared

CODES = [sign.code for sign in SIGNS]
SPEAC = Reading.SPEAC_2021


def seen(*present, absent=(), **changes):
    """Return an assessment with the gate open and no other diagnosis."""
    facts = {
        "signs": dict.fromkeys(present, YES) | dict.fromkeys(absent, NO),
        "sudden_onset": YES,
        "rapid_progression": YES,
        "alternative_diagnosis": NO,
    }
    return Assessment(**facts | changes)


def level(*present, reading=Reading.TEXT_2007, **changes):
    return evaluate(seen(*present, **changes), reading=reading).level


def vignettes():
    return json.loads(shared("domain/anaphylaxis-vignettes.json").read_text())


def assessment_of(vignette):
    return Assessment(
        signs=dict.fromkeys(vignette["findings"], YES),
        sudden_onset=answer_of(vignette["sudden_onset"]),
        rapid_progression=answer_of(vignette["rapid_progression"]),
        alternative_diagnosis=answer_of(vignette["alternative_dx"]),
        reported_as_anaphylaxis=vignette["reported_as_anaphylaxis"],
    )


@pytest.mark.parametrize("number", range(1, 25))
@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (Reading.TEXT_2007, "expected_brighton_2007"),
        (Reading.SPEAC_2021, "expected_brighton_speac2021"),
    ],
)
def test_vignette_has_the_level_that_its_author_computed(number, reading, expected):
    vignette = vignettes()[number - 1]

    result = evaluate(assessment_of(vignette), reading=reading)

    assert vignette["id"] == f"V{number:02}"
    assert result.level == vignette[expected]
    assert result.unused_signs == ()


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        (("gen_urticaria", "stridor"), 1),
        (("angioedema", "hypotension"), 1),
        (("hypotension", "stridor"), 2),
        (("hypotension", "tryptase_high"), 2),
        (("gen_erythema", "hoarse"), 2),
        (("hoarse", "nausea", "gen_prickling"), 3),
        (("hoarse", "nausea"), 4),
        (("hoarse", "nausea", "vomiting"), 4),
        (("gen_urticaria", "nausea", "tryptase_high"), 4),
        ((), 4),
    ],
)
def test_each_way_to_a_level(present, expected):
    assert level(*present) == expected


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        (("reduced_loc", "crt_gt3", "gen_urticaria"), 2),
        (("reduced_loc", "crt_gt3", "tachycardia", "gen_urticaria"), 1),
        (("crt_gt3", "reduced_pulse_volume", "gen_urticaria"), 4),
        (("tachypnoea", "gen_urticaria"), 4),
        (("tachypnoea", "grunting", "gen_urticaria"), 1),
    ],
)
def test_signs_that_count_only_together(present, expected):
    assert level(*present) == expected


@pytest.mark.parametrize(
    ("present", "by_text", "by_speac"),
    [
        (("bilateral_wheeze", "tachycardia", "crt_gt3"), 4, 2),
        (("hypotension", "hoarse"), 4, 2),
        (("bilateral_wheeze", "dry_cough"), 4, 4),
        (("hypotension", "nausea"), 2, 2),
    ],
)
def test_the_readings_differ_only_over_heart_and_lungs(present, by_text, by_speac):
    assert level(*present) == by_text
    assert level(*present, reading=SPEAC) == by_speac


def test_swollen_lips_alone_reach_level_1_unless_they_count_once():
    lips = seen("lip_swelling")

    assert evaluate(lips).level == 1
    assert evaluate(lips, counts_lip_once=True).level == 4
    assert evaluate(seen("lip_swelling", "stridor"), counts_lip_once=True).level == 1


@pytest.mark.parametrize("no_criterion", ["unilateral_wheeze", "local_urticaria_elsewhere"])
def test_findings_without_a_criterion_are_named_and_count_nothing(no_criterion):
    result = evaluate(seen("hypotension", no_criterion))

    assert result.level == 4
    assert result.unused_signs == (no_criterion,)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"sudden_onset": NO}, 5),
        ({"rapid_progression": NO}, 5),
        ({"sudden_onset": NO, "rapid_progression": NOT_ASSESSED}, 5),
        ({"alternative_diagnosis": YES}, 5),
        ({"alternative_diagnosis": NOT_ASSESSED}, 1),
        ({"sudden_onset": NOT_ASSESSED}, 4),
        ({"sudden_onset": NOT_ASSESSED, "reported_as_anaphylaxis": False}, 5),
        ({"reported_as_anaphylaxis": False}, 1),
    ],
)
def test_gate(changes, expected):
    result = evaluate(seen("gen_urticaria", "stridor", **changes))

    assert result.level == expected


def test_missing_gate_answers_are_asked_for_first():
    result = evaluate(seen("gen_urticaria", "stridor", sudden_onset=NOT_ASSESSED))

    assert result.best_level == 1
    assert result.gate_missing == ("sudden_onset",)
    assert explain(result) == "level 4; could be 1 if sudden onset is known"


def test_a_shut_gate_leaves_nothing_to_ask():
    result = evaluate(seen("gen_urticaria", sudden_onset=NO, rapid_progression=NOT_ASSESSED))

    assert (result.best_level, result.hints, result.gate_missing) == (5, (), ())
    assert explain(result) == "level 5"


def test_a_missing_blood_pressure_is_named_as_what_could_better_the_level():
    others = [code for code in CODES if code not in {"hypotension", "gen_urticaria", "hoarse"}]
    report = seen("gen_urticaria", "hoarse", absent=others)

    result = evaluate(report)

    assert (result.level, result.pattern, result.best_level) == (2, "2c", 1)
    assert [sign.code for sign in result.hints[0].signs] == ["hypotension"]
    assert explain(result) == "level 2; could be 1 if blood pressure is measured"


def test_one_missing_sign_is_named_before_any_two():
    text = explain(evaluate(seen("gen_urticaria")))

    assert text.startswith("level 4; could be 1 if blood pressure is measured or ")
    assert " and " not in text


def test_two_missing_signs_are_named_together_when_neither_is_enough():
    others = [code for code in CODES if code not in {"tachypnoea", "grunting", "gen_urticaria"}]

    result = evaluate(seen("gen_urticaria", absent=others))

    assert (result.level, result.best_level) == (4, 1)
    assert [[s.code for s in hint.signs] for hint in result.hints] == [["tachypnoea", "grunting"]]
    assert explain(result) == (
        "level 4; could be 1 if breaths are counted and the breathing is looked at"
    )


def test_three_missing_signs_leave_the_best_level_without_a_hint():
    shock = {"crt_gt3", "reduced_pulse_volume", "tachycardia", "reduced_loc"}
    others = [code for code in CODES if code not in {*shock, "nausea"}]

    result = evaluate(seen("nausea", absent=others))

    assert (result.level, result.best_level, result.hints) == (4, 2, ())
    assert explain(result) == "level 4; could be 2 if more signs are assessed"


def test_a_complete_report_has_nothing_left_to_change():
    result = evaluate(seen("hypotension", absent=[c for c in CODES if c != "hypotension"]))

    assert (result.level, result.best_level, result.hints) == (4, 4, ())
    assert explain(result) == "level 4"


def test_the_result_names_its_rule_set_and_what_was_met():
    result = evaluate(seen("gen_urticaria", "stridor"), reading=SPEAC)

    assert (result.rule_set, result.reading) == ("brighton_2007", SPEAC)
    assert result.criteria == ("skin:gen_urticaria", "resp:stridor")


def test_an_unknown_edition_is_refused():
    with pytest.raises(KeyError, match="brighton_2023"):
        evaluate(seen(), rule_set="brighton_2023")


def test_the_data_of_the_edition_hang_together():
    used = {code for criterion in MAJORS + MINORS for code in criterion.signs}

    assert set(CODES) == used
    assert len(CODES) == len(set(CODES))
    assert RULE_SETS["brighton_2007"] is BRIGHTON_2007


answers = st.dictionaries(st.sampled_from(CODES), st.sampled_from(list(Answer)))
gates = st.sampled_from(list(Answer))
readings = st.sampled_from(list(Reading))


@settings(deadline=None)
@given(answers, gates, gates, readings)
def test_finding_out_never_leads_past_the_best_level(signs, sudden, other, reading):
    report = seen(signs=signs, sudden_onset=sudden, alternative_diagnosis=other)

    result = evaluate(report, reading=reading)

    assert result.best_level <= result.level
    assert all(result.best_level <= hint.level <= result.level for hint in result.hints)


@settings(deadline=None)
@given(answers, st.sampled_from(CODES), readings)
def test_one_more_present_sign_never_worsens_the_level(signs, more, reading):
    before = evaluate(seen(signs=signs), reading=reading)
    after = evaluate(seen(signs=signs | {more: YES}), reading=reading)

    assert after.level <= before.level


@settings(deadline=None)
@given(answers, st.sampled_from(CODES), readings)
def test_a_sign_looked_for_and_absent_leaves_the_level_as_it_was(signs, looked_for, reading):
    unknown = {code: answer for code, answer in signs.items() if code != looked_for}
    before = evaluate(seen(signs=unknown), reading=reading)
    after = evaluate(seen(signs=unknown | {looked_for: NO}), reading=reading)

    assert after.level == before.level
    assert after.best_level >= before.best_level


@settings(deadline=None)
@given(answers)
def test_no_hint_asks_for_more_signs_than_another_of_its_level(signs):
    hints = [(h.level, {s.code for s in h.signs}) for h in evaluate(seen(signs=signs)).hints]

    for level_reached, asked in hints[:40]:
        assert not [a for other, a in hints if a < asked and other <= level_reached]


@settings(deadline=None)
@given(answers)
def test_each_hint_comes_true_when_its_signs_are_present(signs):
    result = evaluate(seen(signs=signs))

    for hint in result.hints[:5]:
        with_hint = signs | {sign.code: YES for sign in hint.signs}
        assert evaluate(seen(signs=with_hint)).level == hint.level


@pytest.mark.parametrize(
    ("answered", "expected"),
    [
        ((YES, YES, NO), YES),
        ((YES, NO, NO), NO),
        ((YES, NOT_ASSESSED, NO), NOT_ASSESSED),
        ((), NO),
    ],
)
def test_counting_answers_that_may_be_missing(answered, expected):
    assert at_least(2, answered) == expected


def test_a_tick_box_of_three_states():
    assert [answer_of(value) for value in (True, False, None)] == [YES, NO, NOT_ASSESSED]
