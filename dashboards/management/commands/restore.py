"""`aefi restore`: bring an encrypted backup back, or change nothing and say why."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from dashboards.management.backup import archive, keys


class Command(BaseCommand):
    help = "Replace the database by a backup; what was there is backed up first."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("backup", type=Path)
        parser.add_argument("--key-file", type=Path, required=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        now = datetime.fromtimestamp(time.time(), UTC)  # noqa: TID251 - the database may be away
        try:
            held = keys.read_keys(options["key_file"])
            before = archive.restore(options["backup"], held, now=now)
            has_new_key = archive.bring_back_identity_key(held)
        except (keys.KeyUnusable, archive.NotRestored, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_("Restored: {path}").format(path=options["backup"]))
        if before:
            self.stdout.write(_("What was there before: {path}").format(path=before))
        if has_new_key:
            self.stdout.write(_("The key of the document numbers was brought back."))
        self.stdout.write(_("Next: aefi migrate, aefi verify-log, aefi doctor; then start."))
