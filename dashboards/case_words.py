"""The register's own words in the reader's language: duties, grave turns, what is missing, instants."""

from datetime import date, datetime

from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from aefi.exchange.case import Moment
from aefi.rules.forms import Missing
from aefi.services.duty_words import task_words
from dashboards.case_forms import PROOFS

__all__ = ["missing_words", "moment_words", "pair_reason", "proof_words", "task_words"]


def proof_words(code: str) -> str:
    return str(dict(PROOFS).get(code, code))  # type: ignore[call-overload]


def missing_words(item: Missing) -> str:
    """Return number and name of a card's item as the reader's form has them."""
    is_chinese = (translation.get_language() or "").startswith("zh")
    return f"{item.item.number} {item.item.zh if is_chinese else item.item.en}"


def moment_words(moment: Moment | None) -> str:
    """Return an instant in the site's time, or the day where only that is known."""
    if isinstance(moment, datetime):
        return date_format(timezone.localtime(moment), "Y-m-d H:i")
    return date_format(moment, "Y-m-d") if isinstance(moment, date) else ""


PAIR_REASONS = {
    "same name": _("same name"),
    "same name by sound": _("same name by sound"),
    "names one letter apart by sound": _("names one letter apart by sound: twins are named so too"),
    "same name with the family name first and last": _("same name in the other order"),
    "different names": _("different names"),
    "same birth date": _("same birth date"),
    "birth dates one slip apart": _("birth dates one slip apart"),
    "different birth dates": _("different birth dates"),
    "different sex": _("different sex"),
    "same lot": _("same lot"),
    "different lots": _("different lots"),
    "vaccinated on the same day": _("vaccinated on the same day"),
    "vaccinated on different days": _("vaccinated on different days"),
    "onsets within 24 h": _("onsets within 24 h"),
    "onsets more than 24 h apart": _("onsets more than 24 h apart"),
}


def pair_reason(text: str) -> str:
    """Return in the reader's language what makes two cases alike or unlike."""
    return str(PAIR_REASONS.get(text, text))
