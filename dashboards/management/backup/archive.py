"""Make a sealed backup and bring one back: the database and the site's own certificate authority."""

import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _

from alerts.models import Heartbeat, Stream
from alerts.services.invariants import SILENT_AFTER_MS
from dashboards.management.backup import databases
from dashboards.management.backup.keys import Keys
from dashboards.management.backup.sealed import SealedReader, SealedWriter, Unreadable, WrongKey

DATABASE, AUTHORITY = "database", "ca"


class NotRestored(Exception):
    """Nothing was changed; the text says why and what to do."""


def make(folder: Path, keys: Keys, *, now: datetime, name: str = "aefi") -> Path:
    """Write a backup of what is there now; return its path once it is whole and on the disk."""
    path = folder / f"{name}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.backup"
    partial = path.with_suffix(".partial")
    facts = {"made_at": now.isoformat(), "vendor": connection.vendor, "migrations": applied()}
    with scratch() as place:
        databases.dump(place / DATABASE)
        with open_private(partial) as file:
            sealed: Any = SealedWriter(file, keys.backup, facts)
            with tarfile.open(fileobj=sealed, mode="w|gz") as tar:
                tar.add(place / DATABASE, DATABASE)
                if (authority := Path(settings.VAR_DIR) / AUTHORITY).is_dir():
                    tar.add(authority, AUTHORITY)
            sealed.close()
            file.flush()
            os.fsync(file.fileno())
    partial.replace(path)
    with scratch() as place:
        unpack(path, keys, place)
    return path


def open_private(path: Path) -> Any:
    """Open a new file that only its owner can read."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


@contextmanager
def scratch() -> Iterator[Path]:
    """Give a folder beside the database that only its owner can read, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="backup-", dir=settings.VAR_DIR) as name:
        yield Path(name)


def applied() -> list[str]:
    """Return the migrations the database has."""
    known = MigrationLoader(connection).applied_migrations
    return sorted(f"{app}.{name}" for app, name in known)


def unpack(path: Path, keys: Keys, place: Path) -> dict[str, Any]:
    """Unpack a backup into a folder, proven to its end; return what its header says.

    :raises Unreadable: when it is damaged or was made with another key.
    """
    with path.open("rb") as file:
        reader: Any = SealedReader(file, keys.backup)
        try:
            with tarfile.open(fileobj=reader, mode="r|gz") as tar:
                tar.extractall(place, filter="data")
        except (tarfile.TarError, EOFError, OSError) as error:
            raise Unreadable(str(error)) from error
        while reader.read(2**20):
            pass
        facts: dict[str, Any] = reader.facts
        return facts


def restore(path: Path, keys: Keys, *, now: datetime) -> Path | None:
    """Replace the database by a backup; return the backup of what was there before.

    :raises NotRestored: when the file, the key or the moment is wrong; nothing was changed.
    """
    refuse_while_running(now)
    with scratch() as place:
        try:
            facts = unpack(path, keys, place)
        except WrongKey as error:
            raise NotRestored(
                _("This key does not fit: the backup was made with another.")
            ) from error
        except Unreadable as error:
            message = _("The backup cannot be read: {why}.").format(why=error)
            raise NotRestored(message) from error
        refuse_misfit(facts)
        before = keep_present(keys, now=now)
        try:
            databases.load(place / DATABASE)
        except databases.CopyFailed as error:
            message = _("The database refused the backup: {why}.").format(why=error)
            raise NotRestored(message) from error
        bring_back_authority(place / AUTHORITY)
    renew_epochs()
    return before


def refuse_while_running(now: datetime) -> None:
    """Refuse while a process of the product gives signs of life."""
    try:
        last = Heartbeat.objects.order_by("-at").values_list("at", flat=True).first()
    except Error:
        return  # a damaged or empty database, which is what restoring is for
    if last is not None and (now - last).total_seconds() * 1000 < SILENT_AFTER_MS:
        raise NotRestored(_("The product is running. Stop web, pager, watchdog and worker first."))


def refuse_misfit(facts: dict[str, Any]) -> None:
    """Refuse what this database or this version cannot take."""
    if facts["vendor"] != connection.vendor:
        kinds = {"made": facts["vendor"], "here": connection.vendor}
        raise NotRestored(_("The backup is of {made}; this database is {here}.").format(**kinds))
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations or ()}
    if unknown := sorted(set(facts["migrations"]) - known):
        message = _("The backup is of a newer version; install that first. Unknown here: {names}.")
        raise NotRestored(message.format(names=", ".join(unknown[:5])))


def keep_present(keys: Keys, *, now: datetime) -> Path | None:
    """Back up what is there before it is replaced; nothing where nothing can be read."""
    try:
        has_rows = Stream.objects.exists()
    except Error:
        return None
    if not has_rows or databases.is_damaged():
        return None
    return make(Path(settings.VAR_DIR), keys, now=now, name="before-restore")


def bring_back_authority(place: Path) -> None:
    """Bring back the certificate authority where there is none, so that devices keep their trust."""
    target = Path(settings.VAR_DIR) / AUTHORITY
    if place.is_dir() and not target.exists():
        shutil.copytree(place, target)


def renew_epochs() -> None:
    """Begin a new count on every stream: screens that saw later events load the board anew."""
    connection.close()
    for stream in Stream.objects.all():
        Stream.objects.filter(pk=stream.pk).update(epoch=uuid4())


def bring_back_identity_key(keys: Keys) -> bool:
    """Put the key of the document numbers in its place; false when it was there already."""
    if keys.identity == settings.IDENTITY_KEY:
        return False
    path = Path(settings.VAR_DIR) / "identity_key"
    if path.exists():
        path.replace(path.with_name("identity_key.before-restore"))
    with open_private(path) as file:
        file.write(keys.identity.encode("ascii"))
    return True
