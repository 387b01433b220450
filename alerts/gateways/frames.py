"""What goes to many sockets at once: the texts, and their wire form, each made once."""

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

READY_FRAMES = "aefi.ready_frames"
"""Name under which a server says that it takes frames in their wire form."""
FIN_AND_TEXT = 0x81
TWO_BYTES, EIGHT_BYTES = 126, 127


def encode(frame: Mapping[str, Any]) -> str:
    """Return a frame as compact JSON text."""
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"), default=str)


class Bundle:
    """Texts for every socket of a stream, in order."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = tuple(texts)

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def wire(self) -> bytes:
        """The texts as unmasked WebSocket frames (RFC 6455, section 5.2)."""
        return b"".join(map(framed, self.texts))


def framed(text: str) -> bytes:
    """Return one text as one unmasked frame."""
    payload = text.encode()
    size = len(payload)
    if size < TWO_BYTES:
        return bytes((FIN_AND_TEXT, size)) + payload
    if size < 2**16:
        return bytes((FIN_AND_TEXT, TWO_BYTES)) + size.to_bytes(2, "big") + payload
    return bytes((FIN_AND_TEXT, EIGHT_BYTES)) + size.to_bytes(8, "big") + payload
