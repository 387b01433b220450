"""Which level holds a case: the county, its prefecture or the province; who holds it concludes.

A person's level is how far the membership as officer reaches: two digits of an area code are a
province, four a prefecture, six or a single site a county.
"""

from django.db.models import Q
from django.utils.translation import gettext as _

from aefi.models import Case, HandingAnswer, Level
from alerts.models import Membership, Role, Site, User
from alerts.services.refusals import Refusal


class NotHolder(Refusal):
    """The case is held at a level to which the person does not belong."""

    code = "not_holder"


def level_of(membership: Membership) -> Level:
    """Return the level of a membership as officer."""
    digits = len(membership.region)
    if not digits or digits > 4:
        return Level.COUNTY
    return Level.PREFECTURE if digits > 2 else Level.PROVINCE


def levels_of(person: User, site: Site) -> set[Level]:
    """Return the levels at which a person is an officer over a site."""
    rows = person.memberships.filter(ended_at=None, role=Role.OFFICER)
    return {level_of(row) for row in rows if row.covers(site)}


def staffed(site: Site) -> list[Level]:
    """Return the levels that have an officer over a site, the county first."""
    areas = [site.county_code[:digits] for digits in range(1, len(site.county_code) + 1)]
    rows = Membership.objects.filter(ended_at=None, role=Role.OFFICER, user__is_active=True)
    found = {level_of(row) for row in rows.filter(Q(site=site) | Q(region__in=areas))}
    return [level for level in Level if level in found]


def holder_of(case: Case) -> Level:
    """Return the level that holds a case: the last that took it while it has an officer, else the lowest that has."""
    taken = case.handings.filter(answer=HandingAnswer.TAKEN).order_by("-pk")
    level = taken.values_list("to_level", flat=True).first()
    there = staffed(case.site)
    if level and (level in there or not there):
        return Level(level)
    return next(iter(there), Level.COUNTY)


def require_holder(case: Case, person: User | None) -> None:
    """Let the level that holds a case conclude, return, close and reopen; the system itself may too.

    :raises NotHolder: with the level that holds it.
    """
    held = holder_of(case)
    if person is not None and held not in levels_of(person, case.site):
        message = _("This case is held by: {level}. Ask them, or have it handed over.")
        raise NotHolder(message.format(level=held.label))
