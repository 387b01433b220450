"""Visits with their persons and doses: read leniently, because a given dose is recorded."""

from typing import Any

from rest_framework import serializers

from observation.models import BodySite, DocumentKind, Route, Sex
from observation.serializers.lenient import (
    IGNORED,
    CodesField,
    InstantField,
    LenientSerializer,
    TextField,
)
from observation.services.doses import GivenDose, Visit
from observation.services.persons import Person


class PersonSerializer(LenientSerializer):
    """Who was vaccinated, as far as anybody knows."""

    uuid = serializers.UUIDField(required=False, allow_null=True)
    name = TextField(keep=80)
    born_on = serializers.DateField(required=False, allow_null=True)
    sex = serializers.ChoiceField(Sex.choices, required=False)
    document_kind = serializers.ChoiceField(DocumentKind.choices, required=False)
    document_number = TextField(keep=60)
    phone = TextField(keep=30)
    guardian = TextField(keep=80)
    guardian_consent = serializers.BooleanField(required=False)
    group_name = TextField(keep=60)
    risks = CodesField(required=False)
    weight_kg = serializers.DecimalField(
        max_digits=5, decimal_places=1, min_value=0, required=False, allow_null=True
    )


class GivenDoseSerializer(LenientSerializer):
    """A dose that was given."""

    uuid = serializers.UUIDField(required=False, allow_null=True)
    vaccine = TextField(keep=120)
    lot = TextField(keep=40)
    dose_number = serializers.IntegerField(
        min_value=1, max_value=99, required=False, allow_null=True
    )
    route = serializers.ChoiceField(Route.choices, required=False)
    body_site = serializers.ChoiceField(BodySite.choices, required=False)
    given_at = InstantField(required=False, allow_null=True)
    vaccinator = serializers.UUIDField(required=False, allow_null=True)
    trace_code = TextField(keep=64)


class VisitSerializer(LenientSerializer):
    """One visit: the person, the doses, whom they came with and where they are going to sit."""

    strict = frozenset({"doses", "recipient"})

    uuid = serializers.UUIDField(required=False, allow_null=True)
    recipient = PersonSerializer(required=False, allow_null=True)
    party = serializers.UUIDField(required=False, allow_null=True)
    party_label = TextField(keep=60)
    station = TextField(keep=20)
    seat = TextField(keep=40)
    doses = GivenDoseSerializer(many=True, required=False, allow_null=True)


class VisitsSerializer(serializers.Serializer[Any]):
    """Many visits at once."""

    visits = serializers.ListField(child=VisitSerializer(), allow_empty=False, max_length=500)


class FurtherDosesSerializer(serializers.Serializer[Any]):
    """Further doses of a visit."""

    doses = GivenDoseSerializer(many=True, allow_empty=False)


class PlannedDoseSerializer(serializers.Serializer[Any]):
    """A dose before the needle."""

    vaccine = serializers.CharField(max_length=120)
    lot = serializers.CharField(max_length=40)
    station = serializers.CharField(max_length=20, required=False, allow_blank=True)
    recipient = serializers.UUIDField(required=False, allow_null=True)


def kept(values: dict[str, Any]) -> dict[str, Any]:
    """Return what was read and is not empty, without the list of what was not."""
    return {name: value for name, value in values.items() if name != IGNORED and value is not None}


def dose_from(values: dict[str, Any]) -> GivenDose:
    """Translate a validated dose."""
    return GivenDose(**kept(values))


def visit_from(values: dict[str, Any]) -> Visit:
    """Translate a validated visit."""
    facts = kept(values)
    person = kept(facts.pop("recipient", {}))
    risks = tuple(code for code in person.pop("risks", []) if code)
    doses = tuple(dose_from(dose) for dose in facts.pop("doses", []))
    return Visit(person=Person(**person, risks=risks), doses=doses, **facts)


def ignored_in(values: dict[str, Any]) -> list[str]:
    """Return the paths of the fields that could not be read."""
    inner = [f"recipient.{name}" for name in (values.get("recipient") or {}).get(IGNORED, [])]
    for number, dose in enumerate(values.get("doses") or []):
        inner += [f"doses[{number}].{name}" for name in dose[IGNORED]]
    return [*values.get(IGNORED, []), *inner]
