"""`aefi doctor`: say in words what is wrong with this installation and what to do."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation
from django.utils.translation import gettext as _

from dashboards.management import doctor
from dashboards.management.commands.lan import real_now
from dashboards.management.doctor import Finding, Level

MARKS = {Level.OK: "✓", Level.WARNING: "!", Level.FAULT: "✗"}


class Command(BaseCommand):
    help = "Examine this installation; ends with 1 when something is wrong, warnings apart."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        codes = [code for code, _name in settings.LANGUAGES]
        parser.add_argument("--json", action="store_true", help="for machines")
        parser.add_argument("--language", choices=codes, default=settings.LANGUAGE_CODE)

    def handle(self, *_args: Any, **options: Any) -> None:
        with translation.override(options["language"]):
            findings = list(doctor.examine(now=real_now()))
            faults = [finding for finding in findings if finding.level is Level.FAULT]
            self._print(findings, as_json=options["json"])
            if faults:
                raise CommandError(_("{count} faults.").format(count=len(faults)))

    def _print(self, findings: list[Finding], *, as_json: bool) -> None:
        if as_json:
            rows = [finding.as_dict() for finding in findings]
            self.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1))
            return
        for finding in findings:
            self.stdout.write(f"{MARKS[finding.level]} {finding.words}")
            if finding.remedy:
                self.stdout.write(f"    → {finding.remedy}")
