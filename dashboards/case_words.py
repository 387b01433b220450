"""The register's own words in the reader's language: duties, grave turns, what is missing, instants."""

from datetime import date, datetime

from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from aefi.exchange.case import Moment
from aefi.rules.clocks import Clock
from aefi.rules.forms import Missing
from dashboards.case_forms import GRAVE, PROOFS

TASKS = {
    "R48": _("Send the report card to the county CDC"),
    "R2": _("Tell health administration, drug regulator and county CDC"),
    "V": _("Verify the report and enter it online"),
    "I48": _("Start the investigation"),
    "F3": _("Complete the investigation form and file it online"),
    "P7": _("Send the preliminary investigation report"),
    "C30": _("Have the expert panel conclude"),
    "W5": _("Send the site investigation report"),
    "S": _("Stop the use of the vaccine, keep it apart and report"),
}
TURNS = dict(GRAVE)


def task_words(clock: Clock) -> str:
    """Return the duty of a clock; in the rule's own words where there are no others."""
    task = str(TASKS.get(clock.rule.code, clock.rule.task))
    return f"{task} ({TURNS[clock.about]})" if clock.about else task


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
