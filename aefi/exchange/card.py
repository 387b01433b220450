"""A case as the national report card: items in printed order, and the same as an XLSX sheet.

The card holds days, codes and bands; minutes and measured values stay in the register.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import IO, Any
from zipfile import BadZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell

from aefi.exchange.case import (
    CARD_OUTCOMES,
    CaseFacts,
    EventFacts,
    Moment,
    Refused,
    ReporterFacts,
    Sex,
    VaccineFacts,
    day_of,
    parsed,
)
from aefi.exchange.node import Node
from aefi.rules import forms
from aefi.rules.forms import CARD_2010, FORMS, Form, Item
from aefi.rules.seriousness import Criterion

NOT_HELD = frozenset(
    {
        "age_years",
        "comments",
        "country",
        "county",
        "died_at",
        "entered_at",
        "fever_c",
        "final_class",
        "group_code",
        "induration_cm",
        "medical_history",
        "received_at",
        "redness_cm",
        "reporter.email",
        "reporter.position",
        "vaccines.code",
        "vaccines.diluent_expires_on",
        "vaccines.diluent_lot",
        "vaccines.expires_on",
        "vaccines.reconstituted_at",
        "version",
        "weight_kg",
        "who_classes",
        "worldwide_id",
    }
)
"""What the card has no item for. It also keeps days without times, a band for each measurement, one
onset, no events but a diagnosis code, three vaccines, and of the six reasons only the hospital."""

SHEET = "AEFI"
SEXES = {Sex.MALE: "1", Sex.FEMALE: "2"}
YES, NO = "1", "2"


@dataclass(frozen=True)
class Row:
    """One printed item with its value and, for a code, the printed words."""

    key: str
    item: Item
    value: str
    label: str = ""


def values(facts: CaseFacts) -> dict[str, str]:
    """Return the items of the card by their keys; empty where a fact is not known."""
    hospital = {None: "", True: YES, False: NO}[facts.is_hospitalised]
    return {
        "case_number": facts.case_number,
        "name": facts.patient_name,
        "sex": SEXES.get(facts.sex, ""),
        "birth_date": _day(facts.birth_date),
        "occupation": facts.occupation,
        "address": facts.address,
        "phone": facts.phone,
        "guardian": facts.guardian,
        "onset_on": _day(facts.onset_at),
        "discovered_on": _day(facts.discovered_at),
        "visited_unit": facts.visited_unit,
        "fever": forms.fever_band(facts.fever_c),
        "redness": forms.diameter_band(facts.redness_cm),
        "induration": forms.diameter_band(facts.induration_cm),
        "course": facts.narrative,
        "diagnosis": facts.preliminary_diagnosis,
        "hospitalised": hospital,
        "outcome": CARD_OUTCOMES.get(facts.outcome, "") if facts.outcome else "",
        "preliminary_class": facts.preliminary_class,
        "obtained": facts.obtained,
        "reported_on": _day(facts.reported_at),
        "reporting_unit": facts.reporter.institution,
        "reporter": facts.reporter.name,
        "reporter_phone": facts.reporter.phone,
    }


def vaccine_values(vaccine: VaccineFacts) -> dict[str, str]:
    """Return the items of one vaccine by their keys."""
    return {
        "name": vaccine.name,
        "spec": vaccine.spec,
        "manufacturer": vaccine.manufacturer,
        "lot": vaccine.lot,
        "given_on": _day(vaccine.given_at),
        "organisation": vaccine.organisation,
        "dose_number": _written(vaccine.dose_number),
        "amount": _written(vaccine.amount_ml),
        "route": vaccine.route,
        "site": vaccine.site,
    }


def _day(moment: Moment | None) -> str:
    day = day_of(moment)
    return day.isoformat() if day else ""


def _written(number: float | None) -> str:
    return "" if number is None else f"{number:g}"


def missing(facts: CaseFacts, *, version: str = CARD_2010.version) -> list[forms.Missing]:
    """Return the key items that the card of this case lacks."""
    doses = [vaccine_values(vaccine) for vaccine in facts.suspects]
    return forms.missing_items(values(facts), doses, version=version)


def notes(facts: CaseFacts, *, version: str = CARD_2010.version) -> list[str]:
    """Return what the card cannot say of this case, in words for the one who sends it."""
    most = FORMS[version].most_vaccines
    said = (
        (
            facts.outcome is not None and facts.outcome not in CARD_OUTCOMES,
            "the card has no code for an outcome not recovered; item 16 stays empty",
        ),
        (len(facts.suspects) > most, f"the card has room for {most} vaccines"),
        (len(facts.events) > 1, "the card names one diagnosis; the others belong in the course"),
    )
    return [text for is_so, text in said if is_so]


def rows(facts: CaseFacts, *, version: str = CARD_2010.version) -> list[Row]:
    """Return the card in printed order, the vaccines at item 9."""
    form = FORMS[version]
    card = values(facts)
    doses = [vaccine_values(vaccine) for vaccine in facts.suspects[: form.most_vaccines]]
    return [_row(key, item, _source(key, card, doses)) for key, item in _places(form)]


def _places(form: Form) -> Iterator[tuple[str, Item]]:
    before = [item for item in form.items if _number(item) < 9]
    after = [item for item in form.items if _number(item) > 9]
    yield from ((item.key, item) for item in before)
    for index in range(form.most_vaccines):
        yield from ((f"vaccines.{index + 1}.{item.key}", item) for item in form.vaccine_items)
    yield from ((item.key, item) for item in after)


def _number(item: Item) -> int:
    return int(item.number.split(".")[0])


def _source(key: str, card: Mapping[str, str], doses: list[dict[str, str]]) -> str:
    if not key.startswith("vaccines."):
        return card[key]
    _, number, name = key.split(".")
    return doses[int(number) - 1][name] if int(number) <= len(doses) else ""


def _row(key: str, item: Item, value: str) -> Row:
    entry = item.codes.find(value) if item.codes else None
    return Row(key, item, value, entry.zh if entry else "")


def fingerprint(facts: CaseFacts, *, version: str = CARD_2010.version) -> str:
    """Return a hash of what the card says, to prove later what was entered elsewhere."""
    lines = [f"{row.key}={row.value}" for row in rows(facts, version=version)]
    return sha256("\n".join([version, *lines]).encode()).hexdigest()


def workbook(cases: Iterable[CaseFacts], *, version: str = CARD_2010.version) -> bytes:
    """Return one sheet in national item order: printed labels, keys, then a line for each case."""
    stream = BytesIO()
    write_workbook(cases, stream, version=version)
    return stream.getvalue()


def write_workbook(
    cases: Iterable[CaseFacts], stream: IO[bytes], *, version: str = CARD_2010.version
) -> None:
    """Write the sheet to a stream; of the cases one at a time is held."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(SHEET)
    places = list(_places(FORMS[version]))
    sheet.append(text_cells(sheet, [_label(key, item) for key, item in places]))
    sheet.append(text_cells(sheet, [key for key, _ in places]))
    for facts in cases:
        sheet.append(text_cells(sheet, [row.value for row in rows(facts, version=version)]))
    book.save(stream)


def text_cells(sheet: Any, line: list[str]) -> list[Any]:
    """Return cells of text, whatever it looks like: a name may begin with "=", a code with "0"."""
    cells = [WriteOnlyCell(sheet, value=_holdable(value)) for value in line]
    for cell in cells:
        cell.data_type = "s"
    return cells


def _label(key: str, item: Item) -> str:
    number = f"({key.split('.')[1]})" if key.startswith("vaccines.") else ""
    return f"{item.number} {item.zh}{number}{'*' if item.is_key else ''}"


def _holdable(text: str) -> str:
    """A cell takes 32,767 characters and no control characters but line breaks and tabs."""
    return "".join(letter for letter in text if letter.isprintable() or letter in "\n\t")[:32_767]


def cases_from(content: bytes) -> list[CaseFacts]:
    """Return the cases of a sheet that `workbook` wrote or somebody filled in.

    :raises Refused: with the row and the key.
    """
    table = list(_table(content))
    if len(table) < 2 or "case_number" not in table[1]:
        raise Refused("row 2", "the keys of the items are expected")
    keys = table[1]
    return [
        _case(Node(dict(zip(keys, line, strict=False)), f"row {number}"))
        for number, line in enumerate(table[2:], start=3)
        if any(line)
    ]


def _table(content: bytes) -> Iterator[list[str]]:
    try:
        book = load_workbook(BytesIO(content), read_only=True, data_only=True)
    except (BadZipFile, KeyError, ValueError, OSError) as error:
        raise Refused("file", "this is no XLSX workbook") from error
    for line in book.worksheets[0].iter_rows(values_only=True):
        yield ["" if value is None else str(value) for value in line]


def _case(row: Node) -> CaseFacts:
    def text(key: str) -> str:
        return row[key].text()

    onset = row["onset_on"].day()
    return CaseFacts(
        case_number=text("case_number"),
        country="",
        patient_name=text("name"),
        sex={code: sex for sex, code in SEXES.items()}.get(text("sex"), Sex.UNKNOWN),
        birth_date=row["birth_date"].day(),
        occupation=text("occupation"),
        address=text("address"),
        phone=text("phone"),
        guardian=text("guardian"),
        events=(EventFacts("", onset_at=onset),) if onset else (),
        discovered_at=row["discovered_on"].day(),
        visited_unit=text("visited_unit"),
        narrative=text("course"),
        preliminary_diagnosis=text("diagnosis"),
        serious_because=_serious_because(text("hospitalised"), row),
        outcome={code: outcome for outcome, code in CARD_OUTCOMES.items()}.get(text("outcome")),
        preliminary_class=text("preliminary_class"),
        obtained=text("obtained"),
        reported_at=row["reported_on"].day(),
        reporter=ReporterFacts(
            name=text("reporter"),
            institution=text("reporting_unit"),
            phone=text("reporter_phone"),
        ),
        vaccines=tuple(_vaccines(row)),
    )


def _serious_because(code: str, row: Node) -> frozenset[Criterion] | None:
    """A no to the hospital is not a no to the five other reasons."""
    if code not in {"", YES, NO}:
        raise row["hospitalised"].refuse(f"{code!r} is neither 1 nor 2")
    return frozenset({Criterion.HOSPITALISATION}) if code == YES else None


def _vaccines(row: Node) -> Iterator[VaccineFacts]:
    for number in range(1, CARD_2010.most_vaccines + 1):

        def at(key: str, number: int = number) -> Node:
            return row[f"vaccines.{number}.{key}"]

        if at("name").text():
            yield _vaccine(at)


def _vaccine(at: Callable[[str], Node]) -> VaccineFacts:
    dose, amount = at("dose_number").text(), at("amount").text()
    return VaccineFacts(
        name=at("name").text(),
        spec=at("spec").text(),
        manufacturer=at("manufacturer").text(),
        lot=at("lot").text(),
        given_at=at("given_on").day(),
        organisation=at("organisation").text(),
        dose_number=parsed(at("dose_number").path, dose, int) if dose else None,
        amount_ml=parsed(at("amount").path, amount, float) if amount else None,
        route=at("route").text(),
        site=at("site").text(),
    )
