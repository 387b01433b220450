"""`aefi retention`: whose identity need not be kept any longer, and its removal."""

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from alerts.gateways import clock
from observation.services import privacy


class Command(BaseCommand):
    help = "Count the persons whose record was kept long enough; --apply removes who they were."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--apply", action="store_true", help="remove; it cannot be undone")

    def handle(self, *, apply: bool, **_options: Any) -> None:
        """Print the number for each site; doses, reactions and the event log stay as they are."""
        now = clock.now()
        found: Counter[str] = Counter()
        for row in privacy.overdue(now=now):
            found[str(row.recipient.site)] += 1
            if apply:
                privacy.forget(row.recipient, now=now)
        for site, count in sorted(found.items()):
            self.stdout.write(f"{site}: {count}")
        done = "removed" if apply else "may be removed with --apply"
        self.stdout.write(f"{found.total()} identities {done}")
