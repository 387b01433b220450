"""Words to persons that are no call for help; they leave by the pager's own channels."""

from collections.abc import Iterable
from datetime import datetime

from alerts.models import Note, User


def write(
    key: str, people: Iterable[User], *, subject: object, words: tuple[str, str], now: datetime
) -> None:
    """Write title and text to each person once; the same key again writes nothing."""
    title, text = words
    notes = [
        Note(
            key=f"{key}:{person.uuid}",
            subject=str(subject),
            title=title[:120],
            text=text[:400],
            responder=person,
            created_at=now,
            next_attempt_at=now,
        )
        for person in people
    ]
    Note.objects.bulk_create(notes, ignore_conflicts=True)
