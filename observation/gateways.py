"""Identities: document numbers are kept encrypted and are found again by a keyed hash."""

import base64
import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


@lru_cache(maxsize=4)
def _key(secret: str, purpose: bytes) -> bytes:
    """Derive one key per purpose from the installation's identity key."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret.encode())


def _cipher() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_key(settings.IDENTITY_KEY, b"document cipher")))


def sealed(number: str) -> str:
    """Return a document number as it is stored."""
    return _cipher().encrypt(number.encode()).decode() if number else ""


def opened(cipher: str) -> str:
    """Return the document number that `sealed` stored; empty when the key is another one."""
    try:
        return _cipher().decrypt(cipher.encode()).decode() if cipher else ""
    except InvalidToken:
        return ""


def digest_of(number: str) -> str:
    """Return the keyed hash under which a document number is looked up."""
    if not number:
        return ""
    key = _key(settings.IDENTITY_KEY, b"document look-up")
    return hmac.new(key, number.encode(), hashlib.sha256).hexdigest()
