"""A case without what names a person. Pure."""

from typing import Any

PERSONAL = ("patient_name", "birth_date", "address", "phone", "guardian", "occupation")
"""What a pseudonymised case does not hold; the year of birth stays."""
OF_REPORTER = ("name", "phone", "email")
"""Who reported goes too; the institution and the position stay."""
NAMES = ("patient_name", "guardian", "phone")
TOLD = ("narrative", "medical_history", "comments", "preliminary_diagnosis")
BLANK = "***"
SHORTEST = 2
"""A name of one sign is found in every other word, and names nobody."""


def pseudonymised(facts: dict[str, Any]) -> dict[str, Any]:
    """Return a case without what names a person; the day of birth becomes its year.

    Names and telephone numbers of the record are taken out of the texts as well; a name that stands
    only there is for a reader to find.
    """
    born = facts["birth_date"]
    known = [facts[name] for name in NAMES] + [facts["reporter"][name] for name in OF_REPORTER]
    names = sorted({name for name in known if len(name) >= SHORTEST}, key=len, reverse=True)
    blank = {**dict.fromkeys(PERSONAL, ""), "birth_date": f"{born[:4]}-01-01" if born else None}
    reporter = {**facts["reporter"], **dict.fromkeys(OF_REPORTER, "")}
    texts = {name: _without(names, facts[name]) for name in TOLD}
    events = [{**one, "term": _without(names, one["term"])} for one in facts["events"]]
    return {**facts, **blank, **texts, "reporter": reporter, "events": events}


def _without(names: list[str], text: str) -> str:
    for name in names:
        text = text.replace(name, BLANK)
    return text
