"""Cases as the three CSV tables of VAERS, and back.

VAERS holds days, an age instead of a birth date, and no site, county or reporter. Its exports come
with blank and misspelt values: a row that cannot be read is refused with its line, the others are.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO

from aefi.exchange.case import (
    CaseFacts,
    EventFacts,
    Moment,
    Outcome,
    Refused,
    Sex,
    VaccineFacts,
    day_of,
    earliest,
    parsed,
)
from aefi.rules.seriousness import Criterion

NOT_HELD = frozenset(
    {
        "address",
        "birth_date",
        "comments",
        "country",
        "county",
        "discovered_at",
        "entered_at",
        "fever_c",
        "final_class",
        "group_code",
        "guardian",
        "induration_cm",
        "obtained",
        "occupation",
        "patient_name",
        "phone",
        "preliminary_class",
        "preliminary_diagnosis",
        "redness_cm",
        "reporter",
        "vaccines.amount_ml",
        "vaccines.code",
        "vaccines.diluent_expires_on",
        "vaccines.diluent_lot",
        "vaccines.expires_on",
        "vaccines.is_suspect",
        "vaccines.organisation",
        "vaccines.reconstituted_at",
        "vaccines.spec",
        "version",
        "visited_unit",
        "weight_kg",
        "who_classes",
    }
)
"""What VAERS has no column for. It also keeps one vaccination day and one onset day for a report,
three words for six outcomes, no reason "other important", and no side of a buttock."""

DATA_COLUMNS = [
    "VAERS_ID",
    "RECVDATE",
    "STATE",
    "AGE_YRS",
    "CAGE_YR",
    "CAGE_MO",
    "SEX",
    "RPT_DATE",
    "SYMPTOM_TEXT",
    "DIED",
    "DATEDIED",
    "L_THREAT",
    "ER_VISIT",
    "HOSPITAL",
    "HOSPDAYS",
    "X_STAY",
    "DISABLE",
    "RECOVD",
    "VAX_DATE",
    "ONSET_DATE",
    "NUMDAYS",
    "LAB_DATA",
    "V_ADMINBY",
    "V_FUNDBY",
    "OTHER_MEDS",
    "CUR_ILL",
    "HISTORY",
    "PRIOR_VAX",
    "SPLTTYPE",
    "FORM_VERS",
    "TODAYS_DATE",
    "BIRTH_DEFECT",
    "OFC_VISIT",
    "ER_ED_VISIT",
    "ALLERGIES",
]
VAX_COLUMNS = [
    "VAERS_ID",
    "VAX_TYPE",
    "VAX_MANU",
    "VAX_LOT",
    "VAX_DOSE_SERIES",
    "VAX_ROUTE",
    "VAX_SITE",
    "VAX_NAME",
]
TERMS_A_ROW = 5
SYMPTOM_COLUMNS = [
    "VAERS_ID",
    *(f"SYMPTOM{part}{n}" for n in range(1, TERMS_A_ROW + 1) for part in ("", "VERSION")),
]
LONGEST_TEXT = 32_000
"""Layout and lengths: docs/sources.md#vaers-layout."""

FOREIGN = "FR"
REASONS = {
    Criterion.DEATH: "DIED",
    Criterion.LIFE_THREATENING: "L_THREAT",
    Criterion.HOSPITALISATION: "HOSPITAL",
    Criterion.DISABILITY: "DISABLE",
    Criterion.CONGENITAL_ANOMALY: "BIRTH_DEFECT",
}
RECOVERED = {
    Outcome.RECOVERED: "Y",
    Outcome.RECOVERING: "N",
    Outcome.NOT_RECOVERED: "N",
    Outcome.SEQUELAE: "N",
    Outcome.UNKNOWN: "U",
}
OUTCOMES = {"Y": Outcome.RECOVERED, "N": Outcome.NOT_RECOVERED, "U": Outcome.UNKNOWN}
ROUTES = {"1": "IM", "2": "SC", "3": "ID", "4": "PO", "5": "OT"}
SITES = {"1": "LA", "2": "RA", "3": "LL", "4": "RL", "5": "GM", "6": "GM", "7": "MO", "8": "OT"}

Line = dict[str, str]


@dataclass(frozen=True)
class Tables:
    """The texts of the three files of one export."""

    data: str
    vaccines: str
    symptoms: str


@dataclass(frozen=True)
class Reading:
    """The cases that could be read, and every row that could not, with its line and reason."""

    cases: tuple[CaseFacts, ...]
    refused: tuple[Refused, ...]


def tables(cases: Iterable[CaseFacts]) -> Tables:
    """Return the three tables, with a row for each case, vaccine and five terms."""
    known = list(cases)
    return Tables(
        data=_csv(DATA_COLUMNS, (_data_line(facts) for facts in known)),
        vaccines=_csv(VAX_COLUMNS, (line for facts in known for line in _vax_lines(facts))),
        symptoms=_csv(SYMPTOM_COLUMNS, (line for facts in known for line in _symptom_lines(facts))),
    )


def _csv(columns: list[str], lines: Iterable[Line]) -> str:
    stream = StringIO()
    writer = csv.DictWriter(stream, columns, restval="")
    writer.writeheader()
    writer.writerows(lines)
    return stream.getvalue()


def _data_line(facts: CaseFacts) -> Line:
    reasons = facts.serious_because or frozenset()
    given_on, onset_on = day_of(_given_at(facts)), day_of(facts.onset_at)
    known = given_on is not None and onset_on is not None
    return {
        "VAERS_ID": facts.case_number,
        "RECVDATE": _day(facts.received_at),
        "STATE": FOREIGN,
        "AGE_YRS": "" if facts.age_years is None else f"{facts.age_years:g}",
        "SEX": facts.sex or "U",
        "RPT_DATE": _day(facts.reported_at),
        "SYMPTOM_TEXT": facts.narrative[:LONGEST_TEXT],
        **{column: "Y" if reason in reasons else "" for reason, column in REASONS.items()},
        "DATEDIED": _day(facts.died_at),
        "RECOVD": RECOVERED.get(facts.outcome, "") if facts.outcome else "",
        "VAX_DATE": _day(given_on),
        "ONSET_DATE": _day(onset_on),
        "NUMDAYS": str((onset_on - given_on).days) if known and onset_on and given_on else "",
        "HISTORY": facts.medical_history,
        "SPLTTYPE": facts.worldwide_id,
        "FORM_VERS": "2",
    }


def _given_at(facts: CaseFacts) -> Moment | None:
    return earliest(vaccine.given_at for vaccine in facts.vaccines)


def _vax_lines(facts: CaseFacts) -> Iterator[Line]:
    for vaccine in facts.vaccines:
        yield {
            "VAERS_ID": facts.case_number,
            "VAX_TYPE": "UNK",
            "VAX_MANU": vaccine.manufacturer,
            "VAX_LOT": vaccine.lot,
            "VAX_DOSE_SERIES": str(vaccine.dose_number or "UNK"),
            "VAX_ROUTE": ROUTES.get(vaccine.route, ""),
            "VAX_SITE": SITES.get(vaccine.site, ""),
            "VAX_NAME": vaccine.name,
        }


def _symptom_lines(facts: CaseFacts) -> Iterator[Line]:
    terms = [event.term for event in facts.events]
    for start in range(0, len(terms), TERMS_A_ROW):
        row = terms[start : start + TERMS_A_ROW]
        named = {f"SYMPTOM{n}": term for n, term in enumerate(row, start=1)}
        yield {"VAERS_ID": facts.case_number, **named}


def _day(moment: Moment | None) -> str:
    day = day_of(moment)
    return f"{day:%m/%d/%Y}" if day else ""


def text_of(content: bytes) -> str:
    """Return a file as text: UTF-8, or what old exports are written in (cp1252)."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def cases_from(files: Tables) -> Reading:
    """Return the cases of an export; numbers that differ in leading zeros are the same."""
    refused: list[Refused] = []
    vaccines = _by_report(_lines("VAX", files.vaccines, refused))
    terms = _by_report(_lines("SYMPTOMS", files.symptoms, refused))
    cases: list[CaseFacts] = []
    for path, line in _lines("DATA", files.data, refused):
        number = _report(line)
        try:
            cases.append(_case(path, line, vaccines[number], terms[number]))
        except Refused as refusal:
            refused.append(refusal)
    return Reading(tuple(cases), tuple(refused))


def _lines(table: str, text: str, refused: list[Refused]) -> Iterator[tuple[str, Line]]:
    reader = csv.reader(StringIO(text, newline=""))
    columns = next(reader, [])
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            refused.append(Refused(f"{table} line {reader.line_num}", str(error)))
            continue
        path = f"{table} line {reader.line_num}"
        if len(fields) == len(columns):
            yield path, dict(zip(columns, fields, strict=True))
        elif any(fields):
            refused.append(Refused(path, f"{len(fields)} fields under {len(columns)} columns"))


def _by_report(lines: Iterable[tuple[str, Line]]) -> defaultdict[str, list[Line]]:
    found: defaultdict[str, list[Line]] = defaultdict(list)
    for _, line in lines:
        found[_report(line)].append(line)
    return found


def _report(line: Line) -> str:
    return line.get("VAERS_ID", "").strip().lstrip("0")


def _case(path: str, line: Line, vaccines: list[Line], symptoms: list[Line]) -> CaseFacts:
    if not _report(line):
        raise Refused(path, "VAERS_ID is missing")
    given_on = _date(path, line, "VAX_DATE")
    onset_on = _date(path, line, "ONSET_DATE")
    return CaseFacts(
        case_number=_report(line),
        worldwide_id=line.get("SPLTTYPE", ""),
        country="" if line.get("STATE") == FOREIGN else "US",
        age_years=_age(path, line),
        sex={"M": Sex.MALE, "F": Sex.FEMALE}.get(line.get("SEX", ""), Sex.UNKNOWN),
        medical_history=line.get("HISTORY", ""),
        narrative=line.get("SYMPTOM_TEXT", ""),
        vaccines=tuple(_vaccine(vaccine, given_on) for vaccine in vaccines),
        events=tuple(EventFacts(term, onset_at=onset_on) for term in _terms(symptoms)),
        outcome=_outcome(line),
        died_at=_date(path, line, "DATEDIED"),
        serious_because=frozenset(r for r, column in REASONS.items() if line.get(column) == "Y"),
        reported_at=_date(path, line, "RPT_DATE"),
        received_at=_date(path, line, "RECVDATE"),
    )


def _outcome(line: Line) -> Outcome | None:
    if line.get("DIED") == "Y":
        return Outcome.DIED
    return OUTCOMES.get(line.get("RECOVD", "").strip())


def _age(path: str, line: Line) -> float | None:
    text = line.get("AGE_YRS", "").strip()
    return parsed(f"{path} AGE_YRS", text, float) if text else None


def _date(path: str, line: Line, column: str) -> date | None:
    text = line.get(column, "").strip()
    return parsed(f"{path} {column}", text, _american) if text else None


def _american(text: str) -> date:
    return datetime.strptime(text, "%m/%d/%Y").date()  # noqa: DTZ007  (a day without a time)


def _vaccine(line: Line, given_on: date | None) -> VaccineFacts:
    dose = (line.get("VAX_DOSE_SERIES") or line.get("VAX_DOSE") or "").strip()
    sites = {code: card for card, code in reversed(SITES.items()) if code != "GM"}
    return VaccineFacts(
        name=line.get("VAX_NAME") or line.get("VAX_TYPE", ""),
        manufacturer=line.get("VAX_MANU", ""),
        lot=line.get("VAX_LOT", ""),
        given_at=given_on,
        dose_number=int(dose) if dose.isascii() and dose.isdigit() and len(dose) < 4 else None,
        route={code: card for card, code in ROUTES.items()}.get(line.get("VAX_ROUTE", ""), ""),
        site=sites.get(line.get("VAX_SITE", ""), ""),
    )


def _terms(lines: list[Line]) -> Iterator[str]:
    for line in lines:
        named = (line.get(f"SYMPTOM{n}", "") for n in range(1, TERMS_A_ROW + 1))
        yield from (term for term in named if term)
