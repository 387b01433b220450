"""What a site reads from its officers: the words on a case, and what a closing means."""

from typing import Any

from django.utils import translation

from aefi.models import Case, CaseState, ClassKind
from aefi.rules.classification import FINAL_CLASSES_2019
from aefi.services import case_handing, case_levels


def news_of(case: Case) -> dict[str, Any]:
    """Return what the case page shows of officers' words, the holder and the end."""
    return {
        "officer_words": case.officer_words.select_related("by").order_by("-pk"),
        "closed_class": class_words(case) if case.state == CaseState.CLOSED else "",
        "is_closed": case.state == CaseState.CLOSED,
        "holder": case_levels.holder_of(case).label,
        "offer": case_handing.open_of(case),
    }


def class_words(case: Case) -> str:
    """Return the newest final class in the reader's language; nothing while there is none."""
    last = case.classifications.filter(kind=ClassKind.FINAL).order_by("-pk").first()
    entry = FINAL_CLASSES_2019.find(last.code) if last else None
    if entry is None:
        return ""
    is_chinese = (translation.get_language() or "").startswith("zh")
    return entry.zh if is_chinese else entry.en
