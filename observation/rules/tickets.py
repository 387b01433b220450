"""What a person scans or types at a seat: a ticket's number, or the key in its QR code. Pure."""

import re
from uuid import UUID

HIGHEST_TICKET = 2**31 - 1

_NUMBER = re.compile(r"^\s*(?:#|NO\.?|№)?\s*0*(\d{1,10})\s*$", re.IGNORECASE)
_KEY = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


def ticket_number(written: object) -> int | None:
    """Return the ticket number in `written` (12, "12", "#012"), or None."""
    match = _NUMBER.match(str(written)) if not isinstance(written, bool) else None
    number = int(match[1]) if match else 0
    return number if 0 < number <= HIGHEST_TICKET else None


def observation_key(written: object) -> UUID | None:
    """Return the observation's key in a scanned code, also inside an address, or None."""
    match = _KEY.search(str(written))
    return UUID(match[0]) if match else None
