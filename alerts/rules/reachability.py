"""When a device or a process counts as out of reach. Pure; datetimes are aware UTC."""

from datetime import timedelta

UNSEEN_LIMIT = timedelta(seconds=10)
"""A device not heard from for this long takes no page alone.

Source: docs/sources.md#device-unseen.
"""

BEAT_EVERY = timedelta(seconds=2)
"""How often the server shows each socket that it lives. Source: docs/sources.md#beat."""
