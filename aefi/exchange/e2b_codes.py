"""Names, object identifiers and codes of ICH E2B(R3), shared by its writer and its reader.

Codes and identifiers: docs/sources.md#e2b-r3.
"""

from datetime import date, datetime

from aefi.exchange.case import Moment, Outcome, Refused, Sex, parsed
from aefi.rules.clocks import CHINA

V3 = "urn:hl7-org:v3"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
NAMESPACES = {"v": V3}

INTERACTION = "2.16.840.1.113883.1.6"
CASE_ID = "2.16.840.1.113883.3.989.2.1.3.1"
WORLDWIDE_ID = "2.16.840.1.113883.3.989.2.1.3.2"
HOLDER_ID = "2.16.840.1.113883.3.989.2.1.3.4"
MESSAGE_SENDER = "2.16.840.1.113883.3.989.2.1.3.11"
MESSAGE_RECEIVER = "2.16.840.1.113883.3.989.2.1.3.12"
BATCH_SENDER = "2.16.840.1.113883.3.989.2.1.3.13"
BATCH_RECEIVER = "2.16.840.1.113883.3.989.2.1.3.14"
BATCH_ID = "2.16.840.1.113883.3.989.2.1.3.22"
MEDDRA = "2.16.840.1.113883.6.163"
COUNTRY = "1.0.3166.1.2.2"
GENDER = "1.0.5218"
MESSAGE_TYPE = "2.16.840.1.113883.3.989.2.1.1.1"
REPORT_TYPE = "2.16.840.1.113883.3.989.2.1.1.2"
FIRST_SENDER = "2.16.840.1.113883.3.989.2.1.1.3"
QUALIFICATION = "2.16.840.1.113883.3.989.2.1.1.6"
SENDER_TYPE = "2.16.840.1.113883.3.989.2.1.1.7"
OUTCOME_CODE = "2.16.840.1.113883.3.989.2.1.1.11"
DRUG_ROLE = "2.16.840.1.113883.3.989.2.1.1.13"
OBSERVATION = "2.16.840.1.113883.3.989.2.1.1.19"
ORGANIZER = "2.16.840.1.113883.3.989.2.1.1.20"
AUTHOR = "2.16.840.1.113883.3.989.2.1.1.21"
RELATION = "2.16.840.1.113883.3.989.2.1.1.22"
CHARACTERISTIC = "2.16.840.1.113883.3.989.2.1.1.23"

DOCUMENTS, COMMENTS, HISTORY, DRUG_ROLE_OF = "1", "10", "18", "20"
AGE, WEIGHT, EXPEDITED, OUTCOME, EVENT, RELATEDNESS = "3", "7", "23", "27", "29", "39"
HISTORY_GROUP, TEST_GROUP, DRUG_GROUP = "1", "3", "4"

SEX_CODES = {Sex.MALE: "1", Sex.FEMALE: "2"}
OUTCOME_CODES = {
    Outcome.RECOVERED: "1",
    Outcome.RECOVERING: "2",
    Outcome.NOT_RECOVERED: "3",
    Outcome.SEQUELAE: "4",
    Outcome.DIED: "5",
    Outcome.UNKNOWN: "0",
}
"""Source: docs/sources.md#outcome-codes."""

TESTS = {
    "fever_c": ("Axillary temperature", "Cel"),
    "redness_cm": ("Largest diameter of redness", "cm"),
    "induration_cm": ("Largest diameter of induration", "cm"),
}
WHO_METHOD, CHINA_METHOD = "WHO causality assessment of AEFI", "China AEFI classification"


def timestamp(moment: Moment | None) -> str:
    """Return a moment as HL7 writes it: to the second with its zone, or a bare date."""
    if isinstance(moment, datetime):
        return f"{moment.astimezone(CHINA):%Y%m%d%H%M%S%z}"
    return f"{moment:%Y%m%d}" if moment else ""


def moment_of(text: str, path: str) -> Moment | None:
    """Return the moment of an HL7 timestamp; a bare year or month is refused.

    :raises Refused: when it is no timestamp, or a time without its zone.
    """
    if not text:
        return None
    if len(text) == 8:
        return day_of_text(text, path)
    instant = parsed(path, text, _instant)
    if instant.tzinfo is None:
        raise Refused(path, f"{text!r} has no time zone")
    return instant


def day_of_text(text: str, path: str) -> date:
    """Return the day of an HL7 timestamp of eight digits or more."""
    return parsed(path, text[:8], lambda digits: datetime.strptime(digits, "%Y%m%d")).date()  # noqa: DTZ007


def _instant(text: str) -> datetime:
    digits, sign, zone = text.partition("+" if "+" in text else "-")
    whole, point, _ = digits.partition(".")
    if len(whole) < len("YYYYMMDDhh"):
        raise ValueError("no time of day")
    pattern = "%Y%m%d%H%M%S"[: len(whole) - 2] + (".%f" if point else "") + ("%z" if sign else "")
    zone = f"{zone}00" if len(zone) == 2 else zone
    return datetime.strptime(f"{digits}{sign}{zone}", pattern)  # noqa: DTZ007
