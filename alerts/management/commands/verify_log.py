"""`aefi verify-log`: find any edited or missing row of the event logs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from alerts.models import Site
from alerts.services.audit import verify_log


class Command(BaseCommand):
    help = "Verify the hash chain of every site's event log."

    def handle(self, *_args: Any, **_options: Any) -> None:
        broken = {str(site): verify_log(site) for site in Site.objects.order_by("pk")}
        for name, numbers in broken.items():
            self.stdout.write(f"{name}: {_words(numbers)}")
        if any(broken.values()):
            raise CommandError("The log was changed outside the product; see the numbers above.")


def _words(numbers: list[int]) -> str:
    if not numbers:
        return "complete"
    shown = ", ".join(str(number) for number in numbers[:20])
    more = f" and {len(numbers) - 20} more" if len(numbers) > 20 else ""
    return f"broken at {shown}{more}"
