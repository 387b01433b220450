"""Reading instants that others wrote. Pure."""

from datetime import UTC, datetime


def aware_utc(text: object) -> datetime | None:
    """Return the instant that `text` gives with its offset, in UTC; None when it gives none."""
    try:
        at = datetime.fromisoformat(str(text))
        return at.astimezone(UTC) if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
