"""Which signs call by themselves, and when a stress response may be suspected."""

import pytest

from observation.rules import signs
from observation.rules.signs import Urgency

ALL_LOOKED = dict.fromkeys(signs.DANGER_CHECKS, "no")


@pytest.mark.parametrize("code", sorted(signs.DANGER))
def test_each_danger_sign_calls_by_itself(code):
    assert signs.urgency_of({code: "yes"}) == Urgency("high")


@pytest.mark.parametrize("code", sorted(signs.DANGER))
def test_a_danger_sign_calls_whatever_else_was_marked(code):
    urgency = signs.urgency_of({code: "yes"}, danger_absent=True, stress_subtype="vasovagal")

    assert urgency == Urgency("high")


@pytest.mark.parametrize("code", ["collapse", "rash"])
def test_a_collapse_or_rash_calls_unless_danger_was_looked_for(code):
    assert signs.priority_of({code: "yes"}) == "high"
    assert signs.priority_of({code: "yes"}, danger_absent=True) is None
    assert signs.priority_of({code: "yes", **ALL_LOOKED}) is None


@pytest.mark.parametrize("code", ["vomiting", "dizzy", "panic", "fever", "arm_sore"])
def test_other_signs_call_nobody_by_themselves(code):
    assert signs.urgency_of({code: "yes"}) == Urgency(None)


@pytest.mark.parametrize("code", sorted(signs.FINDINGS))
def test_findings_of_a_stress_response_refuse_nothing(code):
    found = {"dizzy": "yes", code: "yes", **ALL_LOOKED}

    assert signs.urgency_of(found, stress_subtype="vasovagal") == Urgency("medium", "stress")


@pytest.mark.parametrize("answer", ["no", "unknown"])
def test_a_sign_that_was_not_seen_calls_nobody(answer):
    assert signs.priority_of({"breathing": answer}) is None


def test_a_faint_that_recovered_lying_flat_is_a_stress_response():
    urgency = signs.urgency_of(
        {"collapse": "yes", "pale": "yes", "slow_pulse": "yes"},
        danger_absent=True,
        stress_subtype="vasovagal",
    )

    assert urgency == Urgency("medium", "stress")


@pytest.mark.parametrize("danger_absent", [None, False])
def test_a_stress_response_before_danger_was_excluded_is_a_high_call(danger_absent):
    urgency = signs.urgency_of(
        {"panic": "yes"}, danger_absent=danger_absent, stress_subtype="acute_stress"
    )

    assert urgency == Urgency("high")


def test_danger_said_to_be_there_is_a_high_call_without_a_named_sign():
    assert signs.urgency_of({"dizzy": "yes"}, danger_absent=False) == Urgency("high")


@pytest.mark.parametrize("missing", signs.DANGER_CHECKS)
def test_danger_is_excluded_only_when_every_danger_sign_was_looked_for(missing):
    looked = {code: "no" for code in signs.DANGER_CHECKS if code != missing}

    assert not signs.is_danger_excluded(looked, danger_absent=None)
    assert signs.is_danger_excluded({**looked, missing: "no"}, danger_absent=None)
    assert not signs.is_danger_excluded({**looked, missing: "unknown"}, danger_absent=True)
    assert not signs.is_danger_excluded({**looked, missing: "yes"}, danger_absent=True)


def test_one_word_for_all_danger_signs_excludes_them():
    assert signs.is_danger_excluded({}, danger_absent=True)
    assert not signs.is_danger_excluded({}, danger_absent=None)


def test_a_bare_call_for_help_is_high_and_one_with_lesser_signs_medium():
    assert signs.urgency_of({}, call_for_help=True) == Urgency("high")
    assert signs.urgency_of({"fever": "yes"}, call_for_help=True) == Urgency("medium")
    assert signs.urgency_of({"fever": "no"}, call_for_help=True) == Urgency("high")


def test_an_unknown_sign_brings_the_nurse():
    assert signs.unknown_codes({"blue_toes": "yes", "rash": "no"}) == ["blue_toes"]
    assert signs.urgency_of({"blue_toes": "yes"}) == Urgency("medium")
    assert signs.urgency_of({"blue_toes": "no"}) == Urgency(None)


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        ("yes", "yes"),
        (True, "yes"),
        ("severe", "yes"),
        (1, "yes"),
        ("no", "no"),
        (False, "no"),
        ("No ", "no"),
        ("unknown", "unknown"),
        (None, "unknown"),
        ("", "unknown"),
    ],
)
def test_an_unclear_answer_counts_as_seen(written, answer):
    assert signs.as_answer(written) == answer


@pytest.mark.parametrize(
    ("wanted", "running", "is_more"),
    [
        ("high", "medium", True),
        ("high", "high", False),
        ("medium", "high", False),
        ("medium", "low", True),
        (None, "low", False),
        ("medium", "medium", False),
    ],
)
def test_a_running_call_is_only_ever_turned_up(wanted, running, is_more):
    assert signs.is_more_urgent(wanted, running) is is_more


def test_the_ten_buttons_are_known_signs():
    assert len(signs.BUTTONS) == 10
    assert set(signs.BUTTONS) <= signs.KNOWN
