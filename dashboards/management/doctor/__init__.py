"""Examine an installation and say in words what is wrong and what to do."""

from collections.abc import Iterator
from datetime import datetime

from dashboards.management.doctor import host, house, stores
from dashboards.management.doctor.finding import Finding, Level

__all__ = ["Finding", "Level", "examine"]


def examine(*, now: datetime) -> Iterator[Finding]:
    """Yield what was found, the machine first; without a database nothing behind it is asked.

    `now` is the host's own time, by which certificates are judged.
    """
    for look in (host.python, host.disk, host.clock_service, host.secrets, host.debug):
        yield from look()
    yield from host.allowed_hosts()
    yield from host.tls()
    yield from host.certificate(now)
    yield from stores.redis_server()
    yield from stores.broker()
    database = list(stores.database())
    yield from database
    if database[0].level is Level.OK:
        yield from _behind_the_database()


def _behind_the_database() -> Iterator[Finding]:
    shape = list(stores.migrations())
    yield from shape
    if all(finding.level is Level.OK for finding in shape):
        yield from house.examined()
