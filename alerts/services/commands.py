"""Exactly once in effect: a command is kept under its key together with the answer it got."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from alerts.models import Command


class KeyUsedDifferently(Exception):
    """The key came before with another request."""


@dataclass(frozen=True)
class Answer:
    """What the caller is told: an HTTP status and a JSON body."""

    status: int
    body: Any
    is_replay: bool = False


def fingerprint(method: str, path: str, body: object) -> str:
    """Return what tells one request from another under the same key."""
    text = json.dumps([method, path, body], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def once(*, caller: str, key: str, print_: str, act: Callable[[], Answer], now: datetime) -> Answer:
    """Carry out `act` in one transaction with its key, or return the answer it got before.

    A second request with the same key waits for the first one at the unique index. When `act`
    raises, nothing is kept and the caller may try the same key again.

    :raises KeyUsedDifferently: when the key belongs to a different request.
    """
    if (known := _kept(caller, key, print_)) is not None:
        return known
    try:
        with transaction.atomic():
            row = Command.objects.create(
                caller=caller, key=key, fingerprint=print_, received_at=now
            )
            answer = act()
            Command.objects.filter(pk=row.pk).update(status=answer.status, response=answer.body)
            return answer
    except IntegrityError:
        if (known := _kept(caller, key, print_)) is not None:
            return known
        raise


def _kept(caller: str, key: str, print_: str) -> Answer | None:
    command = Command.objects.filter(caller=caller, key=key).first()
    if command is None:
        return None
    if command.fingerprint != print_:
        raise KeyUsedDifferently(key)
    return Answer(command.status, command.response, is_replay=True)
