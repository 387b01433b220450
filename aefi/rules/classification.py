"""The classes of an AEFI in China, their WHO counterparts, and what may not be combined. Pure.

The floor records a suspicion, the site card a preliminary class, the county or its panel the final
one; they are three fields. Labels are the printed words of the national forms.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Code:
    """One printed code with its Chinese label and an English gloss."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class AefiClass(Code):
    """A final class; `at_fault` names who answers for it, `who` the WHO classes it may match."""

    who: tuple[str, ...] = ()
    is_adverse_reaction: bool = False
    at_fault: str = ""


@dataclass(frozen=True)
class CodeList:
    """One edition of a code list; stored records name the edition."""

    id: str
    codes: tuple[Code, ...]

    def find(self, code: str) -> Code | None:
        """Return the entry of a code."""
        return next((entry for entry in self.codes if entry.code == code), None)


COMMON, ABNORMAL, QUALITY, PRACTICE, COINCIDENTAL, PSYCHOGENIC, UNKNOWN, PENDING = "12345678"

_SHARED_START = (
    AefiClass(COMMON, "一般反应", "common reaction", ("A1",), is_adverse_reaction=True),
    AefiClass(ABNORMAL, "异常反应", "abnormal reaction", ("A1",), is_adverse_reaction=True),
)
_SHARED_END = (
    AefiClass(COINCIDENTAL, "偶合症", "coincidental illness", ("C",)),
    AefiClass(PSYCHOGENIC, "心因性反应", "psychogenic reaction", ("A4",)),
    AefiClass(UNKNOWN, "不明原因", "unknown cause", ("B1", "B2", "D")),
    AefiClass(PENDING, "待定", "pending"),
)

FINAL_CLASSES_2009 = CodeList(
    "cn-final-2009",
    (
        *_SHARED_START,
        AefiClass(QUALITY, "疫苗质量事故", "vaccine quality accident", ("A2",), at_fault="supply"),
        AefiClass(PRACTICE, "接种事故", "vaccination practice accident", ("A3",), at_fault="site"),
        *_SHARED_END,
    ),
)
FINAL_CLASSES_2019 = CodeList(
    "cn-final-2019",
    (
        *_SHARED_START,
        AefiClass(QUALITY, "疫苗质量问题", "vaccine quality problem", ("A2",), at_fault="supply"),
        AefiClass(PRACTICE, "接种差错", "vaccination error", ("A3",), at_fault="site"),
        *_SHARED_END,
    ),
)
"""The wording of the Vaccine Law, same codes. Source: docs/sources.md#final-classes."""

FINAL_CLASSES = {codes.id: codes for codes in (FINAL_CLASSES_2009, FINAL_CLASSES_2019)}

PRELIMINARY_CLASSES = CodeList(
    "cn-preliminary-2010",
    (Code("1", "一般反应", "common reaction"), Code("2", "待定", "pending")),
)
"""All that a site may write on the card. Source: docs/sources.md#preliminary-classes."""

CONCLUDED_BY = CodeList(
    "cn-concluded-by-2010",
    (
        Code("1", "医学会", "medical association"),
        Code("2", "调查诊断专家组", "expert panel"),
        Code("3", "疾控机构", "CDC"),
        Code("4", "医疗机构", "hospital"),
        Code("5", "接种单位", "vaccination site"),
    ),
)
CONCLUDED_AT = CodeList(
    "cn-concluded-at-2010",
    (
        Code("1", "省级", "province"),
        Code("2", "市级", "prefecture"),
        Code("3", "县级", "county"),
        Code("4", "乡级", "township"),
        Code("5", "村级", "village"),
    ),
)
DAMAGE_GRADES = CodeList(
    "cn-damage-2010",
    tuple(
        Code(str(number), zh, en)
        for number, (zh, en) in enumerate(
            (
                ("一级甲等", "grade 1 A"),
                ("一级乙等", "grade 1 B"),
                ("二级甲等", "grade 2 A"),
                ("二级乙等", "grade 2 B"),
                ("二级丙等", "grade 2 C"),
                ("二级丁等", "grade 2 D"),
                ("三级甲等", "grade 3 A"),
                ("三级乙等", "grade 3 B"),
                ("三级丙等", "grade 3 C"),
                ("三级丁等", "grade 3 D"),
                ("三级戊等", "grade 3 E"),
                ("四级", "grade 4"),
                ("待定", "pending"),
            ),
            start=1,
        )
    ),
)
"""Codes of the investigation form. Source: docs/sources.md#conclusion-codes."""


class NotAbnormal(StrEnum):
    """The six situations that the law takes out of the abnormal reactions (article 52)."""

    COMMON_REACTION = "common_reaction"
    QUALITY_PROBLEM = "quality_problem"
    SITE_BREACH = "site_breach"
    COINCIDENTAL = "coincidental"
    UNDISCLOSED_CONTRAINDICATION = "undisclosed_contraindication"
    PSYCHOGENIC = "psychogenic"


CLASS_OF_REASON = {
    NotAbnormal.COMMON_REACTION: COMMON,
    NotAbnormal.QUALITY_PROBLEM: QUALITY,
    NotAbnormal.SITE_BREACH: PRACTICE,
    NotAbnormal.COINCIDENTAL: COINCIDENTAL,
    NotAbnormal.PSYCHOGENIC: PSYCHOGENIC,
}
"""An undisclosed contraindication has no class of its own. Source: docs/sources.md#not-abnormal."""

COUNTY_CDC, PANEL_OR_ASSOCIATION = "3", ("1", "2")


@dataclass(frozen=True)
class Conclusion:
    """A final classification as a person entered it."""

    final_class: str
    concluded_by: str
    concluded_at: str = ""
    not_abnormal_because: NotAbnormal | None = None
    cannot_be_excluded: bool = False
    damage_grade: str = ""
    code_list: str = FINAL_CLASSES_2019.id


def who_classes(china_class: str) -> tuple[str, ...]:
    """Return the WHO classes that a Chinese class may stand for; none while it is pending."""
    entry = FINAL_CLASSES_2019.find(china_class)
    return entry.who if isinstance(entry, AefiClass) else ()


def china_classes(who_class: str) -> tuple[str, ...]:
    """Return the Chinese classes that a WHO class may stand for; A1 leaves two, by harm."""
    return tuple(
        entry.code
        for entry in FINAL_CLASSES_2019.codes
        if isinstance(entry, AefiClass) and who_class in entry.who
    )


def agrees_with_who(china_class: str, proposed: Iterable[str]) -> bool:
    """Say whether a Chinese class fits any of the classes that the causality steps proposed."""
    return bool(set(who_classes(china_class)).intersection(proposed))


def is_preliminary_class(code: str) -> bool:
    """Say whether a site may write this class on its card."""
    return PRELIMINARY_CLASSES.find(code) is not None


def problems_with(conclusion: Conclusion) -> list[str]:
    """Return what is wrong with a conclusion, in words; an empty list when it may be signed."""
    classes = FINAL_CLASSES[conclusion.code_list]
    checks = (
        (classes.find(conclusion.final_class) is None, "unknown class"),
        (CONCLUDED_BY.find(conclusion.concluded_by) is None, "unknown body"),
        (not _may_decide(conclusion), "only an expert panel decides a class other than common"),
        (_contradicts(conclusion), "the reason under article 52 belongs to another class"),
        (
            conclusion.final_class == ABNORMAL and not conclusion.damage_grade,
            "an abnormal reaction needs a damage grade",
        ),
        (
            bool(conclusion.damage_grade) and not DAMAGE_GRADES.find(conclusion.damage_grade),
            "unknown damage grade",
        ),
    )
    return [text for is_wrong, text in checks if is_wrong]


def _may_decide(conclusion: Conclusion) -> bool:
    """Common reactions are the county CDC's to classify, pending is nobody's decision."""
    if conclusion.final_class == PENDING:
        return True
    if conclusion.final_class == COMMON and conclusion.concluded_by == COUNTY_CDC:
        return True
    return conclusion.concluded_by in PANEL_OR_ASSOCIATION


def _contradicts(conclusion: Conclusion) -> bool:
    reason = conclusion.not_abnormal_because
    if reason is None:
        return False
    expected = CLASS_OF_REASON.get(reason)
    if expected is None:
        return conclusion.final_class == ABNORMAL
    return conclusion.final_class not in {expected, PENDING}


def may_be_compensated(
    conclusion: Conclusion, *, died: bool, is_severely_disabled: bool, has_organ_damage: bool
) -> bool:
    """Say whether article 56 comes into question: grave harm, abnormal or not to be excluded.

    Source: docs/sources.md#compensation.
    """
    is_grave = died or is_severely_disabled or has_organ_damage
    return is_grave and (conclusion.final_class == ABNORMAL or conclusion.cannot_be_excluded)
