"""The Brighton anaphylaxis definition of 2007 as data, in both published readings. Pure.

A later edition is a new module of this shape, entered from the paper by a clinician. Every stored
level names the rule set and the reading it came from. Source: docs/sources.md#brighton-2007.
"""

from dataclasses import dataclass
from enum import StrEnum


class Reading(StrEnum):
    """How level 2 reads "a minor criterion of a different system"."""

    TEXT_2007 = "text_2007"
    SPEAC_2021 = "speac_2021"


@dataclass(frozen=True)
class Sign:
    """One thing to look for; `check` says what a person does to find out."""

    code: str
    label: str
    check: str


@dataclass(frozen=True)
class Criterion:
    """Met when at least `count` of `signs` are present."""

    code: str
    system: str
    signs: tuple[str, ...]
    count: int = 1


@dataclass(frozen=True)
class Pattern:
    """A way to reach `level`: each requirement asks for `count` of its terms (`major.skin`, …)."""

    code: str
    level: int
    requires: tuple[tuple[int, tuple[str, ...]], ...]
    readings: tuple[Reading, ...] = tuple(Reading)


@dataclass(frozen=True)
class RuleSet:
    """One edition of a case definition; patterns are tried in order, best level first."""

    id: str
    published: str
    gate: tuple[Sign, ...]
    signs: tuple[Sign, ...]
    majors: tuple[Criterion, ...]
    minors: tuple[Criterion, ...]
    patterns: tuple[Pattern, ...]


SKIN, CV, RESP, GI, LAB = "skin", "cv", "resp", "gi", "lab"

GATE = (
    Sign("sudden_onset", "sudden onset", "the onset is described"),
    Sign("rapid_progression", "rapid progression", "the course is described"),
)

SKIN_LOOK, BREATHING_LOOK = "the skin is looked at", "the breathing is looked at"
ASKED = "the patient is asked"

SIGNS = (
    Sign("gen_urticaria", "generalised urticaria", SKIN_LOOK),
    Sign("gen_erythema", "generalised erythema", SKIN_LOOK),
    Sign("angioedema", "angio-oedema", SKIN_LOOK),
    Sign("gen_pruritus_with_rash", "generalised itch with rash", SKIN_LOOK),
    Sign("gen_pruritus_no_rash", "generalised itch without rash", ASKED),
    Sign("gen_prickling", "generalised prickling", ASKED),
    Sign("inj_site_urticaria", "urticaria at the injection site only", SKIN_LOOK),
    Sign("red_itchy_eyes", "red and itchy eyes", "the eyes are looked at"),
    Sign("hypotension", "measured low blood pressure", "blood pressure is measured"),
    Sign("tachycardia", "fast pulse", "the pulse is counted"),
    Sign("crt_gt3", "capillary refill over 3 s", "capillary refill is timed"),
    Sign("reduced_pulse_volume", "weak central pulse", "a central pulse is felt"),
    Sign("reduced_loc", "reduced or lost consciousness", "consciousness is checked"),
    Sign("bilateral_wheeze", "wheeze on both sides", "both lungs are listened to"),
    Sign("stridor", "stridor", BREATHING_LOOK),
    Sign("upper_airway_swelling", "swollen tongue, throat or larynx", "the mouth is looked into"),
    Sign("lip_swelling", "swollen lips", "the lips are looked at"),
    Sign("tachypnoea", "fast breathing", "breaths are counted"),
    Sign("accessory_muscles", "use of accessory muscles", BREATHING_LOOK),
    Sign("recession", "recession", BREATHING_LOOK),
    Sign("cyanosis", "cyanosis", "the colour is looked at"),
    Sign("grunting", "grunting", BREATHING_LOOK),
    Sign("dry_cough", "persistent dry cough", BREATHING_LOOK),
    Sign("hoarse", "hoarse voice", "the voice is listened to"),
    Sign("difficult_breathing", "difficult breathing without wheeze or stridor", BREATHING_LOOK),
    Sign("throat_closure", "feeling of the throat closing", ASKED),
    Sign("sneeze_rhinorrhoea", "sneezing or runny nose", BREATHING_LOOK),
    Sign("diarrhoea", "diarrhoea", ASKED),
    Sign("abdo_pain", "abdominal pain", ASKED),
    Sign("nausea", "nausea", ASKED),
    Sign("vomiting", "vomiting", ASKED),
    Sign("tryptase_high", "mast-cell tryptase above normal", "tryptase is measured"),
)

SHOCK_SIGNS = ("tachycardia", "crt_gt3", "reduced_pulse_volume", "reduced_loc")
# One printed table asks for more than three shock signs, two others for at least three.
SHOCK_COUNT = 3

MAJORS = (
    Criterion("gen_urticaria", SKIN, ("gen_urticaria",)),
    Criterion("gen_erythema", SKIN, ("gen_erythema",)),
    # A swollen lip is angio-oedema and upper-airway swelling at once; see `counts_lip_once`.
    Criterion("angioedema", SKIN, ("angioedema", "lip_swelling")),
    Criterion("gen_pruritus_with_rash", SKIN, ("gen_pruritus_with_rash",)),
    Criterion("hypotension", CV, ("hypotension",)),
    Criterion("uncompensated_shock", CV, SHOCK_SIGNS, SHOCK_COUNT),
    Criterion("bilateral_wheeze", RESP, ("bilateral_wheeze",)),
    Criterion("stridor", RESP, ("stridor",)),
    Criterion("upper_airway_swelling", RESP, ("upper_airway_swelling", "lip_swelling")),
    Criterion(
        "respiratory_distress",
        RESP,
        ("tachypnoea", "accessory_muscles", "recession", "cyanosis", "grunting"),
        2,
    ),
)

MINORS = (
    Criterion("gen_pruritus_no_rash", SKIN, ("gen_pruritus_no_rash",)),
    Criterion("gen_prickling", SKIN, ("gen_prickling",)),
    Criterion("inj_site_urticaria", SKIN, ("inj_site_urticaria",)),
    Criterion("red_itchy_eyes", SKIN, ("red_itchy_eyes",)),
    # The text wants refill "without hypotension". With hypotension the system is major already
    # and its minor criterion changes no level, so that the exclusion needs no code.
    Criterion("reduced_peripheral_circulation", CV, ("tachycardia", "crt_gt3", "reduced_loc"), 2),
    Criterion("dry_cough", RESP, ("dry_cough",)),
    Criterion("hoarse", RESP, ("hoarse",)),
    Criterion("difficult_breathing", RESP, ("difficult_breathing",)),
    Criterion("throat_closure", RESP, ("throat_closure",)),
    Criterion("sneeze_rhinorrhoea", RESP, ("sneeze_rhinorrhoea",)),
    Criterion("diarrhoea", GI, ("diarrhoea",)),
    Criterion("abdo_pain", GI, ("abdo_pain",)),
    Criterion("nausea", GI, ("nausea",)),
    Criterion("vomiting", GI, ("vomiting",)),
    Criterion("tryptase_high", LAB, ("tryptase_high",)),
)

MAJOR_SKIN, MAJOR_CV, MAJOR_RESP = "major.skin", "major.cv", "major.resp"
MINOR_CV, MINOR_RESP = "minor.cv", "minor.resp"
OTHER_MINORS = ("minor.skin", "minor.gi", "minor.lab")
SPEAC = (Reading.SPEAC_2021,)

PATTERNS = (
    Pattern("1", 1, ((1, (MAJOR_SKIN,)), (1, (MAJOR_CV, MAJOR_RESP)))),
    Pattern("2a", 2, ((2, (MAJOR_CV, MAJOR_RESP)),)),
    Pattern("2b", 2, ((1, (MAJOR_CV, MAJOR_RESP)), (1, OTHER_MINORS))),
    Pattern("2b", 2, ((1, (MAJOR_CV,)), (1, (MINOR_RESP,))), SPEAC),
    Pattern("2b", 2, ((1, (MAJOR_RESP,)), (1, (MINOR_CV,))), SPEAC),
    Pattern("2c", 2, ((1, (MAJOR_SKIN,)), (1, (MINOR_CV, MINOR_RESP)))),
    Pattern("3", 3, ((1, (MINOR_CV,)), (2, (MINOR_RESP, *OTHER_MINORS)))),
    Pattern("3", 3, ((1, (MINOR_RESP,)), (2, (MINOR_CV, *OTHER_MINORS)))),
)

BRIGHTON_2007 = RuleSet(
    id="brighton_2007",
    published="Vaccine 2007;25:5675-5684",
    gate=GATE,
    signs=SIGNS,
    majors=MAJORS,
    minors=MINORS,
    patterns=PATTERNS,
)
