"""The key file: held apart from the backups, it opens them and the document numbers in them."""

import json
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _


class KeyUnusable(Exception):
    """There is no usable key; the text says what to do and never holds the key."""


@dataclass(frozen=True)
class Keys:
    """What the key file holds; printing it shows neither."""

    backup: bytes = field(repr=False)
    identity: str = field(repr=False)


def make_keys(path: Path) -> None:
    """Write a new key file that only its owner can read.

    :raises KeyUnusable: when there is a file already; an older backup needs it.
    """
    words = {"backup": secrets.token_hex(32), "identity": settings.IDENTITY_KEY}
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        message = _("{path} exists and was left alone: older backups need it.")
        raise KeyUnusable(message.format(path=path)) from error
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        json.dump(words, file)


def read_keys(path: Path) -> Keys:
    """Return the keys.

    :raises KeyUnusable: when there is no such file, it is no key file, or others can read it.
    """
    try:
        words = json.loads(path.read_text(encoding="ascii"))
        keys = Keys(bytes.fromhex(words["backup"]), str(words["identity"]))
    except OSError as error:
        message = _("There is no key file {path}. Make one: aefi backup --make-key {path}")
        raise KeyUnusable(message.format(path=path)) from error
    except (ValueError, KeyError, TypeError) as error:
        raise KeyUnusable(_("{path} is no key file.").format(path=path)) from error
    if os.stat(path).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyUnusable(_("Others can read {path}: chmod 600 it first.").format(path=path))
    return keys


def is_apart(key: Path, folder: Path) -> bool:
    """Say whether the key lies neither with the backups nor with the database."""
    home = key.resolve().parent
    return all(
        home != place and place not in home.parents
        for place in (folder.resolve(), Path(settings.VAR_DIR).resolve())
    )
