"""Code systems and closed code lists of the FHIR messages.

The library that validates structure accepts any text as a code, so that closed lists are checked
here. Source: docs/sources.md#fhir-codes.
"""

from aefi.exchange.case import Outcome, Sex
from aefi.rules.seriousness import Criterion

CVX = "http://hl7.org/fhir/sid/cvx"
MEDDRA = "https://www.meddra.org"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
ICH_CODES = "urn:oid:2.16.840.1.113883.3.989.2.1.1.19"
SERIOUSNESS = "http://terminology.hl7.org/CodeSystem/adverse-event-seriousness"
OUTCOME = "http://terminology.hl7.org/CodeSystem/adverse-event-outcome"
CASE_NUMBER = "urn:aefi-watch:case-number"
WORLDWIDE_ID = "urn:aefi-watch:worldwide-id"
OWN_FACT = "urn:aefi-watch:fact"
WHO_CLASS = "urn:aefi-watch:who-causality"
FINAL_CLASS = "urn:aefi-watch:cn-final-class"
CARD_ROUTE = "urn:aefi-watch:cn-route"
CARD_SITE = "urn:aefi-watch:cn-site"

CLOSED = {
    ("AdverseEvent", "actuality"): frozenset({"actual", "potential"}),
    ("Immunization", "status"): frozenset({"completed", "entered-in-error", "not-done"}),
    ("Observation", "status"): frozenset(
        {
            "registered",
            "preliminary",
            "final",
            "amended",
            "corrected",
            "cancelled",
            "entered-in-error",
            "unknown",
        }
    ),
    ("Patient", "gender"): frozenset({"male", "female", "other", "unknown"}),
}
"""What each required code may be; the validating libraries accept anything."""

GENDERS = {"male": Sex.MALE, "female": Sex.FEMALE, "other": Sex.UNKNOWN, "unknown": Sex.UNKNOWN}

OUTCOMES = {
    Outcome.RECOVERED: "resolved",
    Outcome.RECOVERING: "recovering",
    Outcome.NOT_RECOVERED: "ongoing",
    Outcome.SEQUELAE: "resolvedWithSequelae",
    Outcome.DIED: "fatal",
    Outcome.UNKNOWN: "unknown",
}
SERIOUS, NOT_SERIOUS = "Serious", "Non-serious"

CRITERIA = {
    Criterion.DEATH: "34",
    Criterion.LIFE_THREATENING: "21",
    Criterion.HOSPITALISATION: "33",
    Criterion.DISABILITY: "35",
    Criterion.CONGENITAL_ANOMALY: "12",
    Criterion.OTHER_IMPORTANT: "26",
}
"""ICH codes of the six reasons, in FHIR and E2B alike. Source: docs/sources.md#serious-criteria."""

MEASURES = {
    "fever_c": (LOINC, "8328-7", "Axillary temperature", "Cel"),
    "weight_kg": (LOINC, "29463-7", "Body weight", "kg"),
    "age_years": (OWN_FACT, "age_years", "Age at onset", "a"),
    "redness_cm": (OWN_FACT, "redness_cm", "Largest diameter of redness", "cm"),
    "induration_cm": (OWN_FACT, "induration_cm", "Largest diameter of induration", "cm"),
}
TEXTS = {
    "narrative": "Clinical course",
    "comments": "Comments",
    "preliminary_diagnosis": "Preliminary diagnosis",
    "preliminary_class": "Preliminary class on the national card",
    "obtained": "How the case became known",
    "medical_history": "Medical history",
}
EVENT = "adverse_event"
"""Own code that marks an observation as one of the adverse events of the case."""
