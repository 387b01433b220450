"""A sealed file: AES-256-GCM over chunks, so that nothing can be changed, cut off or reordered.

Layout: magic, length of the header (four bytes), header as JSON, chunks. Each file has a key of its
own, derived from the key in the key file and the header's salt; each chunk's nonce is its number
and whether it is the last; the header is authenticated with every chunk.
"""

import json
import secrets
import struct
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC = b"AEFIBAK1"
CHUNK, TAG = 2**20, 16
LARGEST_HEADER = 2**20


class Unreadable(Exception):
    """The file is no backup, is damaged, or was made with another key."""


class WrongKey(Unreadable):
    """The file was made with another key."""


def derived(key: bytes, *, purpose: bytes, salt: bytes = b"") -> bytes:
    """Return a key for one purpose."""
    return HKDF(hashes.SHA256(), length=32, salt=salt, info=b"aefi " + purpose).derive(key)


def key_id(key: bytes) -> str:
    """Return what names a key and tells nothing of it."""
    return derived(key, purpose=b"backup key id")[:8].hex()


def nonce_of(number: int, *, is_last: bool) -> bytes:
    """Return the nonce of a chunk; a file's key is used for this file alone."""
    return struct.pack(">7xIB", number, is_last)


class SealedWriter:
    """Takes plain bytes and writes sealed ones; without `close` the file stays unreadable."""

    def __init__(self, file: IO[bytes], key: bytes, facts: dict[str, Any]) -> None:
        salt = secrets.token_bytes(16)
        header = {**facts, "key_id": key_id(key), "salt": salt.hex()}
        self._header = json.dumps(header, sort_keys=True).encode()
        self._cipher = AESGCM(derived(key, purpose=b"backup", salt=salt))
        self._file, self._rest, self._number = file, bytearray(), 0
        file.write(MAGIC + struct.pack(">I", len(self._header)) + self._header)

    def write(self, data: bytes) -> int:
        self._rest += data
        while len(self._rest) > CHUNK:  # the last chunk stays back, and is never empty by chance
            self._seal(bytes(self._rest[:CHUNK]), is_last=False)
            del self._rest[:CHUNK]
        return len(data)

    def close(self) -> None:
        """Write the last chunk."""
        self._seal(bytes(self._rest), is_last=True)

    def _seal(self, plain: bytes, *, is_last: bool) -> None:
        nonce = nonce_of(self._number, is_last=is_last)
        self._file.write(self._cipher.encrypt(nonce, plain, self._header))
        self._number += 1


def read_header(file: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    """Return the header of a sealed file, as facts and as written.

    :raises Unreadable: when it is no such file.
    """
    start = file.read(len(MAGIC) + 4)
    if not start.startswith(MAGIC) or len(start) < len(MAGIC) + 4:
        raise Unreadable("no backup of this product")
    (length,) = struct.unpack(">I", start[len(MAGIC) :])
    written = file.read(min(length, LARGEST_HEADER))
    try:
        facts = json.loads(written)
        bytes.fromhex(facts["salt"])
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable("damaged header") from error
    return facts, written


class SealedReader:
    """Gives the plain bytes of a sealed file; each chunk is proven before it is given."""

    def __init__(self, file: IO[bytes], key: bytes) -> None:
        self.facts, self._header = read_header(file)
        if self.facts.get("key_id") != key_id(key):
            raise WrongKey(self.facts.get("key_id"))
        salt = bytes.fromhex(self.facts["salt"])
        self._cipher = AESGCM(derived(key, purpose=b"backup", salt=salt))
        self._file, self._plain, self._number = file, bytearray(), 0
        self._ahead = file.read(CHUNK + TAG)
        self._is_done = False

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes; none at the proven end.

        :raises Unreadable: when a chunk was changed, moved or cut off.
        """
        while len(self._plain) < size and not self._is_done:
            self._open_next()
        given = bytes(self._plain[:size])
        del self._plain[:size]
        return given

    def _open_next(self) -> None:
        sealed, self._ahead = self._ahead, self._file.read(CHUNK + TAG)
        nonce = nonce_of(self._number, is_last=not self._ahead)
        try:
            self._plain += self._cipher.decrypt(nonce, sealed, self._header)
        except (InvalidTag, ValueError) as error:
            raise Unreadable(f"damaged in part {self._number + 1}") from error
        self._number += 1
        self._is_done = not self._ahead
