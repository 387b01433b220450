"""FHIR R4 patients and immunizations as plain facts. Pure translation: no Django, no database.

`fhir.resources` checks the structure but lets any word pass as a code; codes are checked here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from fhir.resources.R4B.immunization import Immunization
from fhir.resources.R4B.patient import Patient
from pydantic import ValidationError

CVX = "http://hl7.org/fhir/sid/cvx"
STATUSES = ("completed", "entered-in-error", "not-done")
GENDERS = ("male", "female", "other", "unknown")
BUNDLE_TYPES = ("transaction", "batch", "collection")
ROUTES = {"IM": "im", "SQ": "sc", "SC": "sc", "IDINJ": "id", "PO": "oral"}
BODY_SITES = {"LA": "left_arm", "RA": "right_arm", "LT": "left_thigh", "RT": "right_thigh"}


class Unreadable(Exception):
    """A resource that cannot be imported: where in it, and why."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path


@dataclass(frozen=True)
class PatientFacts:
    """A person as another system knows them."""

    external_id: str
    name: str = ""
    born_on: date | None = None
    sex: str = ""
    phone: str = ""


@dataclass(frozen=True)
class ImmunizationFacts:
    """A dose as another system recorded it."""

    external_id: str
    patient: str
    status: str
    given_as_written: str
    given_at: datetime | None
    vaccine_code: str = ""
    vaccine_name: str = ""
    lot: str = ""
    route: str = ""
    body_site: str = ""
    dose_number: int | None = None

    @property
    def is_given(self) -> bool:
        return self.status == "completed"


Facts = PatientFacts | ImmunizationFacts


def resources_in(document: Any) -> Iterator[tuple[int, str, Any]]:
    """Yield index, full address and resource of a bundle, or of a single resource.

    :raises Unreadable: when the document is neither.
    """
    if not isinstance(document, Mapping):
        raise Unreadable("", "Send one FHIR resource as a JSON object.")
    if document.get("resourceType") != "Bundle":
        yield 0, "", document
        return
    if document.get("type") not in BUNDLE_TYPES:
        raise Unreadable("type", f"A bundle of type {' or '.join(BUNDLE_TYPES)} can be imported.")
    entries = document.get("entry", [])
    if not isinstance(entries, list):
        raise Unreadable("entry", "The entries of a bundle are a list.")
    for index, entry in enumerate(entries):
        is_entry = isinstance(entry, Mapping)
        address = str(entry.get("fullUrl") or "") if is_entry else ""
        yield index, address, entry.get("resource") if is_entry else None


def facts_of(resource: Any) -> Facts:
    """Return the facts of a Patient or Immunization.

    :raises Unreadable: with the path of the first element that is wrong.
    """
    kind = resource.get("resourceType") if isinstance(resource, Mapping) else None
    if kind == "Patient":
        return _patient(dict(resource))
    if kind == "Immunization":
        return _immunization(dict(resource))
    raise Unreadable("resourceType", "Only Patient and Immunization are imported.")


def _checked(model: Any, resource: dict[str, Any]) -> None:
    try:
        model.model_validate(resource)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        path = ".".join(str(part) for part in first["loc"])
        raise Unreadable(path, str(first["msg"])) from error
    except (ValueError, TypeError, RecursionError, OverflowError) as error:
        raise Unreadable("", f"{type(error).__name__}: {error}"[:200]) from error


def _patient(resource: dict[str, Any]) -> PatientFacts:
    _checked(Patient, resource)
    gender = resource.get("gender", "unknown")
    if gender not in GENDERS:
        raise Unreadable("gender", f"{gender!r} is not one of {', '.join(GENDERS)}.")
    phones = [t.get("value", "") for t in resource.get("telecom", []) if t.get("system") == "phone"]
    return PatientFacts(
        external_id=_id_of(resource),
        name=_name(resource.get("name", [])),
        born_on=_day(resource.get("birthDate")),
        sex=gender if gender in {"male", "female"} else "unknown",
        phone=phones[0] if phones else "",
    )


def _name(names: list[dict[str, Any]]) -> str:
    """Return the official or first name; given names come after a Han surname, before another."""
    if not names:
        return ""
    name = next((n for n in names if n.get("use") == "official"), names[0])
    if name.get("text"):
        return str(name["text"])
    family, given = str(name.get("family") or ""), [str(g) for g in name.get("given") or [] if g]
    if family and ord(family[0]) >= 0x2E80:
        return family + "".join(given)
    return " ".join([*given, family]).strip()


def _immunization(resource: dict[str, Any]) -> ImmunizationFacts:
    _checked(Immunization, resource)
    status = str(resource.get("status"))
    if status not in STATUSES:
        raise Unreadable("status", f"{status!r} is not one of {', '.join(STATUSES)}.")
    patient = reference_key(str(resource["patient"].get("reference") or ""))
    if not patient:
        raise Unreadable("patient.reference", "The patient is not named by a reference.")
    written = str(resource.get("occurrenceDateTime") or resource.get("occurrenceString") or "")
    code, name = _vaccine(resource["vaccineCode"])
    return ImmunizationFacts(
        external_id=_id_of(resource),
        patient=patient,
        status=status,
        given_as_written=written[:40],
        given_at=_instant(resource.get("occurrenceDateTime")),
        vaccine_code=code,
        vaccine_name=name,
        lot=str(resource.get("lotNumber") or ""),
        route=_mapped(resource.get("route"), ROUTES),
        body_site=_mapped(resource.get("site"), BODY_SITES),
        dose_number=_dose_number(resource.get("protocolApplied") or []),
    )


def _vaccine(concept: dict[str, Any]) -> tuple[str, str]:
    """Return our code for the vaccine, by CVX where there is one, and its name."""
    codings = concept.get("coding") or []
    coding = next((c for c in codings if c.get("system") == CVX), codings[0] if codings else {})
    code = str(coding.get("code") or "")
    name = str(coding.get("display") or concept.get("text") or code)
    return (f"CVX-{code}" if code and coding.get("system") == CVX else code)[:20], name[:80]


def _mapped(concept: Any, table: Mapping[str, str]) -> str:
    codings = (concept or {}).get("coding") or []
    return next((table[c["code"]] for c in codings if c.get("code") in table), "")


def _dose_number(protocols: list[dict[str, Any]]) -> int | None:
    number = protocols[0].get("doseNumberPositiveInt") if protocols else None
    return number if isinstance(number, int) and 0 < number < 100 else None


def _id_of(resource: Mapping[str, Any]) -> str:
    """Return the resource's id, else its first identifier; without one it is never known again."""
    if resource.get("id"):
        return str(resource["id"])
    for identifier in resource.get("identifier") or []:
        if identifier.get("value"):
            return f"{identifier.get('system') or ''}|{identifier['value']}"[:120]
    raise Unreadable("id", "Give the resource an id or an identifier, so that it is known again.")


def reference_key(reference: str) -> str:
    """Return the id in `urn:uuid:…`, `Patient/…` or an address of a patient."""
    return reference.strip().removeprefix("urn:uuid:").rsplit("/", 1)[-1]


def _instant(written: Any) -> datetime | None:
    """Return a full instant with its offset; a date alone is none."""
    try:
        at = datetime.fromisoformat(str(written)) if written else None
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None else None


def _day(written: Any) -> date | None:
    try:
        return date.fromisoformat(str(written)) if written else None
    except ValueError:
        return None
