"""Copy the running database into a file and back, each in one move that happens or does not."""

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

from django.conf import settings
from django.db import connection

PATIENCE = 3600.0


class CopyFailed(Exception):
    """The database could not be copied; what was there is as it was."""


def dump(target: Path) -> None:
    """Write a consistent copy of the database while others use it."""
    if connection.vendor == "postgresql":
        _run("pg_dump", "--no-owner", "--no-privileges", "--schema=public", "-f", str(target))
        return
    live, copy = sqlite3.connect(_sqlite_path()), sqlite3.connect(target)
    try:
        live.backup(copy)
    finally:
        live.close()
        copy.close()


def load(source: Path) -> None:
    """Replace the database by a copy in one transaction; a failure changes nothing."""
    connection.close()
    if connection.vendor == "postgresql":
        _load_postgres(source)
    else:
        _load_sqlite(source)


def _load_postgres(source: Path) -> None:
    once = ("-X", "-q", "--single-transaction", "-v", "ON_ERROR_STOP=1", "-o", os.devnull)
    away = "SET lock_timeout = '10s'; DROP SCHEMA IF EXISTS public CASCADE"
    _run("psql", *once, "-c", away, "-f", str(source))  # the dump itself begins with the schema


def _load_sqlite(source: Path) -> None:
    """Copy over the file, or beside a damaged one, which is kept."""
    copy = sqlite3.connect(source)
    try:
        if copy.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise CopyFailed("quick_check")
        _set_damaged_aside()
        live = sqlite3.connect(_sqlite_path(), timeout=10)
        try:
            copy.backup(live)
        finally:
            live.close()
    except sqlite3.Error as error:
        raise CopyFailed(str(error)) from error
    finally:
        copy.close()


def is_damaged() -> bool:
    """Say whether the SQLite file there is cannot be read."""
    if connection.vendor == "postgresql" or not _sqlite_path().exists():
        return False
    live = sqlite3.connect(_sqlite_path())
    try:
        return bool(live.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok")
    except sqlite3.DatabaseError:
        return True
    finally:
        live.close()


def _set_damaged_aside() -> None:
    if is_damaged():
        for suffix in ("", "-wal", "-shm"):
            file = Path(f"{_sqlite_path()}{suffix}")
            if file.exists():
                shutil.move(file, f"{_sqlite_path()}.damaged{suffix}")


def _sqlite_path() -> Path:
    return Path(str(connection.settings_dict["NAME"]))


def _run(command: str, *arguments: str) -> None:
    """Run a PostgreSQL client; the password goes by the environment, never by the command line."""
    database = connection.settings_dict
    names = {"PGDATABASE": "NAME", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
    names |= {"PGHOST": "HOST", "PGPORT": "PORT"}
    address = {name: str(database[key]) for name, key in names.items() if database[key]}
    try:
        subprocess.run(  # noqa: S603 - no shell, our own arguments
            [command, *arguments],
            env={**os.environ, **address},
            cwd=settings.VAR_DIR,
            check=True,
            capture_output=True,
            timeout=PATIENCE,
        )
    except FileNotFoundError as error:
        raise CopyFailed(f"{command}: apt-get install postgresql-client") from error
    except subprocess.CalledProcessError as error:
        raise CopyFailed(error.stderr.decode(errors="replace").strip()[-400:]) from error
    except subprocess.TimeoutExpired as error:
        raise CopyFailed(f"{command}: {PATIENCE:.0f} s") from error
