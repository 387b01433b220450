"""The indicators' own words in the reader's language: names of shares and groups, why a case failed."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

SHARES = {
    "reported": gettext_lazy("Reported within 48 h of discovery"),
    "investigated": gettext_lazy("Investigation begun within 48 h of the report"),
    "form_filed": gettext_lazy("Investigation form filed within 3 days"),
    "preliminary_report": gettext_lazy("Preliminary report within 7 days"),
    "complete": gettext_lazy("Key items of the card complete"),
    "classified": gettext_lazy("Classified"),
    "counties": gettext_lazy("Counties that reported"),
}
GROUPS = {
    "vaccine": gettext_lazy("Vaccine"),
    "lot": gettext_lazy("Lot"),
    "age_group": gettext_lazy("Age, years"),
    "dose_number": gettext_lazy("Dose number"),
    "class": gettext_lazy("Final class"),
}
REASONS = {
    "no start recorded": gettext_lazy("no start recorded"),
    "no end recorded": gettext_lazy("no end recorded"),
    "ended before it started": gettext_lazy("ended before it started"),
    "pending": gettext_lazy("pending"),
    "no class": gettext_lazy("no class"),
    "no report": gettext_lazy("no report"),
}
TOOK, MISSING = "took ", "missing: "


def reason_words(reason: str) -> str:
    """Return why a case failed; the rules tell it in English."""
    if reason.startswith(TOOK):
        return _("took {hours}").format(hours=reason.removeprefix(TOOK))
    if reason.startswith(MISSING):
        return _("items {numbers} are missing").format(numbers=reason.removeprefix(MISSING))
    return str(REASONS.get(reason, reason))
