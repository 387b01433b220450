"""`aefi backup`: an encrypted copy of the running installation."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from alerts.gateways import clock
from dashboards.management.backup import archive, databases, keys


class Command(BaseCommand):
    help = "Write an encrypted backup; works while the product runs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--make-key", type=Path, help="write a new key file and end")
        parser.add_argument("--key-file", type=Path, help="held apart from the backups")
        parser.add_argument("--to", type=Path, help="folder of the backups")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            if options["make_key"]:
                keys.make_keys(options["make_key"])
                self.stdout.write(
                    _("Key file written: {path}. Keep a copy of it apart from the backups.").format(
                        path=options["make_key"]
                    )
                )
            else:
                self.stdout.write(str(self._backup(options["key_file"], options["to"])))
        except (keys.KeyUnusable, databases.CopyFailed, OSError) as error:
            raise CommandError(str(error)) from error

    def _backup(self, key_file: Path | None, folder: Path | None) -> Path:
        if key_file is None or folder is None:
            raise CommandError(_("Name the key file and the folder: --key-file … --to …"))
        if not keys.is_apart(key_file, folder):
            raise CommandError(_("The key file lies with what it locks; keep it elsewhere."))
        folder.mkdir(parents=True, exist_ok=True)
        return archive.make(folder, keys.read_keys(key_file), now=clock.now())
