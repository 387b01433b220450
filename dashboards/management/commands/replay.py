"""`aefi replay`: rebuild the rows from the events alone, and compare them with the tables."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from alerts.models import Site
from alerts.services.replay import Comparison
from observation.services.replay import NOT_COVERED, HallMovedOn, replay

TRIES = 3
SHOWN = 50


class Command(BaseCommand):
    help = "Rebuild watches, calls, pages and timers from the events; list every difference."

    def handle(self, *_args: Any, **_options: Any) -> None:
        count = 0
        for site in Site.objects.order_by("pk"):
            found = settled(site)
            self._print(site, found)
            count += len(found.differences)
        for table, fields in NOT_COVERED.items():
            self.stdout.write(
                _("Not told by events, {table}: {fields}").format(table=table, fields=fields)
            )
        if count:
            raise CommandError(
                _("{count} differences between tables and events.").format(count=count)
            )

    def _print(self, site: Site, found: Comparison) -> None:
        rows = ", ".join(f"{table} {number}" for table, number in found.rows.items())
        facts = {"site": site, "rows": rows, "differences": len(found.differences)}
        self.stdout.write(_("{site}: {rows}; differences: {differences}").format(**facts))
        if found.untold:
            words = _("{count} values stand in no event of an older version.")
            self.stdout.write(f"  {words.format(count=found.untold)}")
        for one in found.differences[:SHOWN]:
            name = f"{one.table} {one.key} {one.field}".strip()
            self.stdout.write(f"  {name}: {one.live!r} ≠ {one.replayed!r}")


def settled(site: Site) -> Comparison:
    """Compare, again when something happened meanwhile."""
    for _try in range(TRIES):
        try:
            return replay(site)
        except HallMovedOn:
            continue
    raise CommandError(_("{site} is at work; run this when the hall is closed.").format(site=site))
