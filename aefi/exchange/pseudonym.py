"""A case without what names the person. Pure."""

from typing import Any

PERSONAL = ("patient_name", "birth_date", "address", "phone", "guardian", "occupation")
"""What a pseudonymised case does not hold; the year of birth stays."""


def pseudonymised(facts: dict[str, Any]) -> dict[str, Any]:
    """Return a case without what names the person; the day of birth becomes its year."""
    born = facts["birth_date"]
    blank = {**dict.fromkeys(PERSONAL, ""), "birth_date": f"{born[:4]}-01-01" if born else None}
    return {**facts, **blank}
