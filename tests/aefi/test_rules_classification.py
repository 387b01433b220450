"""Classes of an AEFI: the two schemes, who may decide, and what contradicts itself."""

import pytest

from aefi.rules import classification as rules
from aefi.rules.classification import Conclusion, NotAbnormal


@pytest.mark.parametrize(
    ("china", "who"),
    [
        (rules.COMMON, ("A1",)),
        (rules.ABNORMAL, ("A1",)),
        (rules.QUALITY, ("A2",)),
        (rules.PRACTICE, ("A3",)),
        (rules.COINCIDENTAL, ("C",)),
        (rules.PSYCHOGENIC, ("A4",)),
        (rules.UNKNOWN, ("B1", "B2", "D")),
        (rules.PENDING, ()),
        ("9", ()),
    ],
)
def test_a_chinese_class_has_its_who_classes(china, who):
    assert rules.who_classes(china) == who


@pytest.mark.parametrize(
    ("who", "china"),
    [
        ("A1", ("1", "2")),
        ("A2", ("3",)),
        ("A3", ("4",)),
        ("A4", ("6",)),
        ("B1", ("7",)),
        ("B2", ("7",)),
        ("C", ("5",)),
        ("D", ("7",)),
        ("E", ()),
    ],
)
def test_the_way_back_from_a_who_class_is_not_always_one(who, china):
    assert rules.china_classes(who) == china


def test_a_class_may_agree_with_one_of_several_proposals():
    assert rules.agrees_with_who(rules.PRACTICE, ("A1", "A3"))
    assert not rules.agrees_with_who(rules.COINCIDENTAL, ("A1", "A3"))
    assert not rules.agrees_with_who(rules.PENDING, ("A1",))


def test_a_site_may_write_common_or_pending_only():
    allowed = [code for code in "12345678" if rules.is_preliminary_class(code)]

    assert allowed == ["1", "2"]
    assert rules.PRELIMINARY_CLASSES.find("2").zh == "待定"


def test_both_editions_hold_the_same_eight_codes_with_their_own_words():
    old, new = rules.FINAL_CLASSES_2009, rules.FINAL_CLASSES_2019

    assert [c.code for c in old.codes] == [c.code for c in new.codes] == list("12345678")
    assert {c.code for c in old.codes if c != new.find(c.code)} == {"3", "4"}


def test_only_reactions_to_the_vaccine_itself_count_as_adverse_reactions():
    classes = rules.FINAL_CLASSES_2019.codes

    assert [c.code for c in classes if c.is_adverse_reaction] == ["1", "2"]
    assert {c.code: c.at_fault for c in classes if c.at_fault} == {"3": "supply", "4": "site"}


@pytest.mark.parametrize(
    ("codes", "count"),
    [(rules.CONCLUDED_BY, 5), (rules.CONCLUDED_AT, 5), (rules.DAMAGE_GRADES, 13)],
)
def test_code_lists_are_numbered_from_one(codes, count):
    assert [entry.code for entry in codes.codes] == [str(n) for n in range(1, count + 1)]
    assert codes.find("0") is None


NOT_FOR_CDC = "only an expert panel decides a class other than common"


@pytest.mark.parametrize(
    ("final_class", "concluded_by", "problems"),
    [
        ("1", "3", []),
        ("1", "2", []),
        ("1", "5", [NOT_FOR_CDC]),
        ("6", "2", []),
        ("6", "1", []),
        ("6", "3", [NOT_FOR_CDC]),
        ("6", "5", [NOT_FOR_CDC]),
        ("8", "3", []),
        ("9", "2", ["unknown class"]),
        ("5", "7", ["unknown body", NOT_FOR_CDC]),
    ],
)
def test_who_may_decide_which_class(final_class, concluded_by, problems):
    assert rules.problems_with(Conclusion(final_class, concluded_by)) == problems


@pytest.mark.parametrize(
    ("grade", "problems"),
    [
        ("", ["an abnormal reaction needs a damage grade"]),
        ("13", []),
        ("14", ["unknown damage grade"]),
    ],
)
def test_an_abnormal_reaction_carries_its_damage_grade(grade, problems):
    assert rules.problems_with(Conclusion("2", "2", damage_grade=grade)) == problems


OTHER_CLASS = "the reason under article 52 belongs to another class"


@pytest.mark.parametrize("reason", list(NotAbnormal))
def test_no_reason_of_article_52_goes_with_an_abnormal_reaction(reason):
    conclusion = Conclusion("2", "2", not_abnormal_because=reason, damage_grade="13")

    assert OTHER_CLASS in rules.problems_with(conclusion)


@pytest.mark.parametrize(("reason", "own_class"), list(rules.CLASS_OF_REASON.items()))
def test_a_reason_goes_with_its_own_class_or_a_pending_one(reason, own_class):
    fitting = [
        code
        for code in "12345678"
        if OTHER_CLASS
        not in rules.problems_with(
            Conclusion(code, "2", not_abnormal_because=reason, damage_grade="13")
        )
    ]

    assert fitting == sorted({own_class, "8"})


def test_an_undisclosed_contraindication_has_no_class_of_its_own():
    reason = NotAbnormal.UNDISCLOSED_CONTRAINDICATION

    assert rules.problems_with(Conclusion("5", "2", not_abnormal_because=reason)) == []
    assert rules.problems_with(Conclusion("7", "2", not_abnormal_because=reason)) == []


@pytest.mark.parametrize(
    ("final_class", "cannot_be_excluded", "harm", "expected"),
    [
        ("2", False, "died", True),
        ("7", True, "is_severely_disabled", True),
        ("7", True, "has_organ_damage", True),
        ("7", False, "died", False),
        ("5", True, "died", True),
        ("2", False, None, False),
    ],
)
def test_compensation_asks_for_grave_harm_and_a_link_not_excluded(
    final_class, cannot_be_excluded, harm, expected
):
    conclusion = Conclusion(final_class, "2", cannot_be_excluded=cannot_be_excluded)
    harms = dict.fromkeys(("died", "is_severely_disabled", "has_organ_damage"), False)
    if harm:
        harms[harm] = True

    assert rules.may_be_compensated(conclusion, **harms) is expected
