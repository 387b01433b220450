"""Typed reading of environment variables; a missing or odd value stops the start."""

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def env_text(name: str, default: str | None = None) -> str:
    """Return the value of `name`, or of the file that `NAME_FILE` points to.

    :raises ImproperlyConfigured: when neither is set and there is no default.
    """
    if (path := os.environ.get(f"{name}_FILE")) is not None:
        return Path(path).read_text(encoding="utf-8").strip()
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"Set {name} (or {name}_FILE) in the environment.")
    return value


def env_bool(name: str, *, default: bool) -> bool:
    """Return the truth of `name`: one of 1/0, true/false, yes/no, on/off."""
    words = {"1": True, "true": True, "yes": True, "on": True}
    words |= {"0": False, "false": False, "no": False, "off": False}
    value = env_text(name, "1" if default else "0").lower()
    if value not in words:
        raise ImproperlyConfigured(f"{name} is {value!r}; write 1 or 0.")
    return words[value]


def env_float(name: str, *, default: float) -> float:
    """Return `name` as a number."""
    value = env_text(name, str(default))
    try:
        return float(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is {value!r}; write a number.") from error


def env_list(name: str, default: str = "") -> list[str]:
    """Return the comma-separated words of `name`."""
    return [word.strip() for word in env_text(name, default).split(",") if word.strip()]


def env_secret(name: str, *, stored_at: Path) -> str:
    """Return the secret `name`; without one, the installation's own, made once and kept at `stored_at`."""
    if name in os.environ or f"{name}_FILE" in os.environ:
        return env_text(name)
    if not stored_at.exists():
        stored_at.parent.mkdir(parents=True, exist_ok=True)
        stored_at.touch(mode=0o600)
        stored_at.write_text(os.urandom(32).hex(), encoding="ascii")
    return stored_at.read_text(encoding="ascii").strip()


def database_from_url(url: str, *, is_live: bool = False) -> dict[str, object]:
    """Return Django's DATABASES entry for a `sqlite:///` or `postgres://` address.

    `is_live` says that people wait for this process: nothing of it may hang, or hold others up.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return sqlite_database(parts.path.removeprefix("/"))
    if parts.scheme in {"postgres", "postgresql"}:
        return postgres_database(url, LIVE_LIMITS if is_live else "")
    raise ImproperlyConfigured(
        f"DATABASE_URL starts with {parts.scheme!r}; use sqlite or postgres."
    )


def sqlite_database(path: str) -> dict[str, object]:
    """WAL with full syncs; every write transaction takes the lock at once."""
    pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=10000; PRAGMA cache_size=-65536"
    options = {"transaction_mode": "IMMEDIATE", "timeout": 10, "init_command": pragmas}
    entry = {"ENGINE": "django.db.backends.sqlite3", "NAME": path, "OPTIONS": options}
    # A file as in real life: the processes watch its change counter, memory has none.
    # The threads that serve requests keep their connection: opening one costs more than most reads.
    return {**entry, "CONN_MAX_AGE": None, "TEST": {"NAME": f"{path}.test"}}


LIVE_LIMITS = "-c statement_timeout=2s -c idle_in_transaction_session_timeout=1s"
"""A statement that hangs is cut, and so is a process that stands still while it holds rows.

Source: docs/sources.md#statement-limits.
"""


def postgres_database(url: str, limits: str) -> dict[str, object]:
    """A pool of psycopg 3 connections, each with `limits` unless the address brings its own."""
    parts = urlsplit(url)
    options: dict[str, object] = {**dict(parse_qsl(parts.query))}
    if limits:
        options.setdefault("options", limits)
    options["pool"] = {"min_size": 2, "max_size": 16, "timeout": 5}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": parts.port or "",
        "OPTIONS": options,
    }
