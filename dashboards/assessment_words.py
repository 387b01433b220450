"""The words of the assessments in the reader's language; the rules keep codes and English."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from aefi.models import Assessment, AssessmentKind
from aefi.rules.brighton_2007 import BRIGHTON_2007
from aefi.services.assessments import REPORTED

CHECK_OF = {sign.code: sign.check for sign in (*BRIGHTON_2007.gate, *BRIGHTON_2007.signs)}
QUESTIONS = {
    "E.1": _("Is the investigation complete?"),
    "E.2": _("Is there a valid diagnosis by a named case definition?"),
    "E.3": _("Is the vaccine identified?"),
    "E.4": _("Is the question of cause stated?"),
    "I.1": _("Do examination, history or tests show another cause?"),
    "II.1": _("Is this vaccine, given correctly, known to cause it?"),
    "II.2": _("Is it biologically plausible?"),
    "II.3": _("Does a specific test show the vaccine or an ingredient as cause?"),
    "II.4": _("Was the vaccine defective, substandard or falsified?"),
    "II.5": _("Was it wrongly prescribed or recommended?"),
    "II.6": _("Was anything unsterile?"),
    "II.7": _("Did the vaccine look abnormal?"),
    "II.8": _("Was it wrongly prepared?"),
    "II.9": _("Was it wrongly stored or carried?"),
    "II.10": _("Was dose, site, route or needle wrong?"),
    "II.11": _("Was it a stress response to being vaccinated?"),
    "II.t": _("Did it begin within the time of increased risk?"),
    "III.1": _("Is there strong published evidence against a causal link?"),
    "IV.1": _("Did the same follow an earlier dose?"),
    "IV.2": _("Had it happened before without a vaccine?"),
    "IV.3": _("Could it have happened anyway?"),
    "IV.4": _("Did an illness or risk factor contribute?"),
    "IV.5": _("Was medication taken before?"),
    "IV.6": _("Was there another exposure before?"),
}
STEPS = {
    "E": _("Step 1: can it be assessed?"),
    "I": _("Step 2: another cause"),
    "II": _("Step 2: a known causal link"),
    "III": _("Step 2: evidence against"),
    "IV": _("Step 2: other factors"),
}
SCALE_NAMES = {
    "wao_2017": "WAO 2017",
    "wao_2010": "WAO 2010",
    "ring_messmer_1977": "Ring & Messmer 1977",
    "brown_2004": "Brown 2004",
}
"""Names of publications; they are the same in every language."""
WEIGHING = {
    "consistent": _("consistent with a causal link"),
    "too_little_evidence": _("temporal link, too little evidence"),
    "conflicting": _("factors point both ways"),
    "inconsistent": _("inconsistent with a causal link"),
    "not_possible": _("cannot be weighed"),
}
CLASSES = {
    "A1": _("vaccine product"),
    "A2": _("vaccine quality"),
    "A3": _("immunization error"),
    "A4": _("immunization stress"),
    "B1": _("temporal link, too little evidence"),
    "B2": _("factors point both ways"),
    "C": _("coincidental"),
    "D": _("unclassifiable"),
}
OUTCOMES = {
    "yes": _("yes"),
    "no": _("no"),
    "not assessed": _("not assessed"),
    "not eligible yet": _("not eligible yet"),
    "time window not answered": _("time window not answered"),
    "no link found": _("no link found"),
    "link outside the time window": _("link outside the time window"),
    "other factors to be weighed": _("other factors to be weighed"),
}
SIGNS = {
    "sudden_onset": _("sudden onset"),
    "rapid_progression": _("rapid progression"),
    "alternative_diagnosis": _("another diagnosis explains it"),
    "reported_as_anaphylaxis": _("somebody called it anaphylaxis"),
    "gen_urticaria": _("generalised urticaria"),
    "gen_erythema": _("generalised erythema"),
    "angioedema": _("angio-oedema"),
    "gen_pruritus_with_rash": _("generalised itch with rash"),
    "gen_pruritus_no_rash": _("generalised itch without rash"),
    "gen_prickling": _("generalised prickling"),
    "inj_site_urticaria": _("urticaria at the injection site only"),
    "red_itchy_eyes": _("red and itchy eyes"),
    "hypotension": _("measured low blood pressure"),
    "tachycardia": _("fast pulse"),
    "crt_gt3": _("capillary refill over 3 s"),
    "reduced_pulse_volume": _("weak central pulse"),
    "reduced_loc": _("reduced or lost consciousness"),
    "bilateral_wheeze": _("wheeze on both sides"),
    "stridor": _("stridor"),
    "upper_airway_swelling": _("swollen tongue, throat or larynx"),
    "lip_swelling": _("swollen lips"),
    "tachypnoea": _("fast breathing"),
    "accessory_muscles": _("use of accessory muscles"),
    "recession": _("recession"),
    "cyanosis": _("cyanosis"),
    "grunting": _("grunting"),
    "dry_cough": _("persistent dry cough"),
    "hoarse": _("hoarse voice"),
    "difficult_breathing": _("difficult breathing without wheeze or stridor"),
    "throat_closure": _("feeling of the throat closing"),
    "sneeze_rhinorrhoea": _("sneezing or runny nose"),
    "diarrhoea": _("diarrhoea"),
    "abdo_pain": _("abdominal pain"),
    "nausea": _("nausea"),
    "vomiting": _("vomiting"),
    "tryptase_high": _("mast-cell tryptase above normal"),
}
CHECKS = {
    "the onset is described": _("the onset is described"),
    "the course is described": _("the course is described"),
    "the skin is looked at": _("the skin is looked at"),
    "the patient is asked": _("the patient is asked"),
    "the eyes are looked at": _("the eyes are looked at"),
    "blood pressure is measured": _("blood pressure is measured"),
    "the pulse is counted": _("the pulse is counted"),
    "capillary refill is timed": _("capillary refill is timed"),
    "a central pulse is felt": _("a central pulse is felt"),
    "consciousness is checked": _("consciousness is checked"),
    "both lungs are listened to": _("both lungs are listened to"),
    "the breathing is looked at": _("the breathing is looked at"),
    "the mouth is looked into": _("the mouth is looked into"),
    "the lips are looked at": _("the lips are looked at"),
    "breaths are counted": _("breaths are counted"),
    "the colour is looked at": _("the colour is looked at"),
    "the voice is listened to": _("the voice is listened to"),
    "tryptase is measured": _("tryptase is measured"),
}
SYSTEMS = {
    "gate": _("Onset and course"),
    "skin": _("Skin"),
    "cv": _("Circulation"),
    "resp": _("Breathing"),
    "gi": _("Gut"),
    "lab": _("Laboratory"),
}
READINGS = {
    "text_2007": _("as the text of 2007 reads"),
    "speac_2021": _("as SPEAC reads it (2021)"),
}
LEVELS = {
    "1": _("level 1"),
    "2": _("level 2"),
    "3": _("level 3"),
    "4": _("level 4: reported, not enough evidence"),
    "5": _("level 5: not a case"),
}


def path_words(step: Mapping[str, Any]) -> str:
    """Return one turn of WHO's way: the questions that decided, and what they led to."""
    outcome = str(step["outcome"])
    weighed = outcome.removeprefix("weighed as ").replace(" ", "_")
    words = OUTCOMES.get(outcome) or WEIGHING.get(weighed) or outcome
    keys = ", ".join(step["keys"])
    return f"{keys}: {words}" if keys else str(words)


def class_words(classes: str) -> str:
    """Return WHO classes with their meaning."""
    return ", ".join(f"{code} {CLASSES[code]}" for code in classes.split() if code in CLASSES)


def proposed_words(row: Assessment) -> str:
    """Return what the rules made of the answers, in words."""
    if row.kind == AssessmentKind.CAUSALITY:
        return class_words(row.proposal["proposed"])
    if row.kind == AssessmentKind.BRIGHTON:
        return level_sentence(row.proposal)
    return str(row.proposal["proposed"])


def decided_words(row: Assessment) -> str:
    """Return what a person decided, in words; nothing of a draft."""
    if row.kind == AssessmentKind.CAUSALITY:
        return class_words(row.decided)
    return str(LEVELS.get(row.decided, row.decided)) if row.kind == "brighton" else row.decided


def level_sentence(proposal: Mapping[str, Any]) -> str:
    """Return a Brighton level and what would better it."""
    level, best = proposal["proposed"], proposal["best_level"]
    told = gettext("level {level}").format(level=level or "4 / 5")
    hints = _easiest(proposal["hints"])
    if not level:
        told = gettext("{told}: 4 if somebody called it anaphylaxis, 5 if nobody did").format(
            told=told
        )
    missing = [code for code in proposal["missing"] if code != REPORTED]
    if missing:
        known = _joined((str(SIGNS[code]) for code in missing), gettext(" and "))
        what = gettext("{signs} is known").format(signs=known)
    elif hints:
        ways = [_joined((_check(code) for code in signs), gettext(" and ")) for signs in hints]
        best, what = proposal["hints"][0][0], _joined(ways, gettext(" or "))
    elif str(best) != (level or "4"):
        what = gettext("more signs are assessed")
    else:
        return told
    return gettext("{told}; could be {best} if {what}").format(told=told, best=best, what=what)


def _easiest(hints: list[Any]) -> list[list[str]]:
    """Return the shortest of the hints that lead to the best level."""
    best = [signs for level, signs in hints if level == hints[0][0]]
    fewest = min(map(len, best), default=0)
    return [signs for signs in best if len(signs) == fewest]


def _check(code: str) -> str:
    """Return what a person does to find a sign out."""
    return str(CHECKS[CHECK_OF[code]])


def _joined(words: Iterable[str], between: str) -> str:
    return between.join(dict.fromkeys(words))
