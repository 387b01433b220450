"""Duties and grave turns in the reader's language."""

from django.utils.translation import gettext_lazy as _

from aefi.rules.clock_rules import Grave
from aefi.rules.clocks import Clock

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
TURNS = {
    Grave.DEATH: _("Death"),
    Grave.SERIOUS_DISABILITY: _("Serious disability"),
    Grave.GROUP: _("Group event"),
    Grave.PUBLIC_CONCERN: _("Public concern"),
}


def task_words(clock: Clock) -> str:
    """Return the duty of a clock; in the rule's own words where there are no others."""
    task = str(TASKS.get(clock.rule.code, clock.rule.task))
    return f"{task} ({TURNS[clock.about]})" if clock.about else task
