"""Import a file of FHIR resources, one per line, into a site."""

import gzip
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from alerts.gateways import clock
from alerts.models import Site
from alerts.outbox import SYSTEM
from observation.rules.tickets import observation_key
from observation.services import fhir_import


class Command(BaseCommand):
    help = "Import patients and immunizations (FHIR R4, NDJSON, also gzipped) into a site."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="one FHIR resource per line")
        parser.add_argument("--site", required=True, help="key or name of the site")
        parser.add_argument("--source", default=fhir_import.DEFAULT_SOURCE, help="where from")

    def handle(self, *, file: Path, site: str, source: str, **_options: Any) -> None:
        """Import and print what was done; a bad line is named and holds nothing up."""
        here = site_named(site)
        try:
            with opened(file) as lines:
                outcome = fhir_import.import_lines(
                    lines, site=here, origin=SYSTEM, now=clock.now(), source=source
                )
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} cannot be read: {error}") from error
        for row in outcome.refused:
            self.stderr.write(f"line {row.index + 1}: {row.path}: {row.message}")
        counts = f"{outcome.imported} imported, {outcome.unchanged} unchanged"
        self.stdout.write(f"{counts}, {len(outcome.refused)} refused")


def site_named(written: str) -> Site:
    """Return the site with this key or name."""
    key = observation_key(written)
    match = Q(uuid=key) if key else Q(name=written) | Q(name_en=written)
    found = Site.objects.filter(match).first()
    if found is None:
        raise CommandError(f"There is no site {written!r}.")
    return found


def opened(file: Path) -> TextIO:
    """Open a text file, gzipped or not."""
    if file.suffix == ".gz":
        return gzip.open(file, "rt", encoding="utf-8")
    return file.open(encoding="utf-8")
