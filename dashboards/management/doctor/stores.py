"""What the product keeps its rows and jobs in: the database, Redis, the broker of the workers."""

import sqlite3
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import redis
from celery import current_app
from django.conf import settings
from django.db import Error, connection
from django.utils.translation import gettext as _
from kombu import Connection
from kombu.exceptions import KombuError
from psycopg.conninfo import make_conninfo

from alerts.services.schema import unapplied
from dashboards.management.doctor.finding import Finding, broken, doubtful, well

LEAST_SQLITE, LEAST_POSTGRES, LEAST_REDIS = (3, 35), 15, 7
PATIENCE = 2
SAFE_SQLITE = {"journal_mode": "wal", "synchronous": "2"}
SAFE_POSTGRES = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}


def database() -> Iterator[Finding]:
    """Ask the database for an answer; nothing else can be asked without one."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        yield broken(
            "database",
            _("The database does not answer: {error}.").format(error=why_away(error)),
            _("Start the database, or correct DATABASE_URL."),
        )
        return
    yield well("database", _("The database answers."))
    yield from (_postgres() if connection.vendor == "postgresql" else _sqlite())


def why_away(error: Error) -> str:
    """Return the database's own words; those of a pool would only say that it waited."""
    words = str(error)
    if connection.vendor == "postgresql":
        try:
            psycopg.connect(_address(), connect_timeout=PATIENCE).close()
        except psycopg.Error as own:
            words = str(own)
    lines = words.strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


def _address() -> str:
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST"}
    names |= {"port": "PORT"}
    settings_of = connection.settings_dict
    return make_conninfo(
        **{name: str(settings_of[key]) for name, key in names.items() if settings_of[key]}
    )


def _asked(question: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return str(cursor.fetchone()[0])


def _sqlite() -> Iterator[Finding]:
    yield _version(
        "SQLite", sqlite3.sqlite_version, is_new=sqlite3.sqlite_version_info >= LEAST_SQLITE
    )
    yield from _safety(
        {name: (_asked(f"PRAGMA {name}"), must) for name, must in SAFE_SQLITE.items()}
    )
    damage = _asked("PRAGMA quick_check(1)")
    if damage != "ok":
        yield broken(
            "database.damage",
            _("The database file is damaged: {damage}.").format(damage=damage),
            _("Stop everything, keep this file, and restore the last backup (aefi restore)."),
        )


def _postgres() -> Iterator[Finding]:
    version = _asked("SHOW server_version")
    is_new = int(_asked("SHOW server_version_num")) >= LEAST_POSTGRES * 10_000
    yield _version("PostgreSQL", version, is_new=is_new)
    yield from _safety(
        {name: (_asked(f"SHOW {name}"), must) for name, must in SAFE_POSTGRES.items()}
    )


def _version(name: str, version: str, *, is_new: bool) -> Finding:
    facts = {"name": name, "version": version}
    if is_new:
        return well("database.version", _("{name} {version}.").format(**facts))
    return broken(
        "database.version",
        _("{name} {version} is too old.").format(**facts),
        _("Use PostgreSQL 15, SQLite 3.35, Redis 7 or later."),
    )


def _safety(found: dict[str, tuple[str, str]]) -> Iterator[Finding]:
    """Look whether what is committed survives a power cut."""
    for name, (value, must) in found.items():
        if value != must:
            yield broken(
                "database.safety",
                _("{name} is {value}: a power cut may lose calls.").format(name=name, value=value),
                _("Set {name} to {must}.").format(name=name, must=must),
            )
    if all(value == must for value, must in found.values()):
        listed = ", ".join(f"{name}={value}" for name, (value, _must) in found.items())
        yield well("database.safety", _("Commits reach the disk ({listed}).").format(listed=listed))


def migrations() -> Iterator[Finding]:
    """Look whether the database has the shape this code expects."""
    if missing := unapplied():
        yield broken(
            "migrations",
            _("Migrations are missing: {names}.").format(names=", ".join(missing)),
            _("Make a backup, then run: aefi migrate"),
        )
    else:
        yield well("migrations", _("Every migration is applied."))


def redis_server() -> Iterator[Finding]:
    """Ask Redis for an answer, where one is configured."""
    if not settings.REDIS_URL:
        return
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
    )
    try:
        version = str(client.info("server")["redis_version"])
    except redis.RedisError as error:
        yield broken(
            "redis",
            _("Redis does not answer: {error}.").format(error=type(error).__name__),
            _("Start Redis, or correct REDIS_URL. Pages go out without it."),
        )
        return
    finally:
        client.close()
    yield _version("Redis", version, is_new=int(version.split(".", maxsplit=1)[0]) >= LEAST_REDIS)


def broker() -> Iterator[Finding]:
    """Ask the broker of the background jobs, and then a worker behind it."""
    scheme = urlsplit(settings.CELERY_BROKER_URL).scheme
    if not _is_broker_there():
        yield broken(
            "broker",
            _("The broker of the background jobs ({scheme}) does not answer.").format(
                scheme=scheme
            ),
            _("Start it, or correct CELERY_BROKER_URL. Pages go out without it."),
        )
    elif scheme == "filesystem" and connection.vendor == "postgresql":
        yield doubtful(
            "broker",
            _("The background jobs use files, which two machines cannot share."),
            _("Set REDIS_URL or CELERY_BROKER_URL."),
        )
    elif scheme != "filesystem" and not current_app.control.ping(timeout=PATIENCE):
        yield doubtful(
            "broker",
            _("No background worker answers."),
            _("Start: celery -A dashboards.project worker"),
        )
    else:
        yield well(
            "broker",
            _("The broker of the background jobs answers ({scheme}).").format(scheme=scheme),
        )


def _is_broker_there() -> bool:
    options = {**settings.CELERY_BROKER_TRANSPORT_OPTIONS, "socket_connect_timeout": PATIENCE}
    broker = Connection(
        settings.CELERY_BROKER_URL, transport_options=options, connect_timeout=PATIENCE
    )
    try:
        broker.ensure_connection(max_retries=1, interval_start=0, timeout=PATIENCE)
    except (KombuError, OSError, redis.RedisError):
        return False
    finally:
        broker.release()
    return True
