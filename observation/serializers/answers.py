"""What the floor answers: tiles, sheets, boards; built by the services, described here."""

from typing import Any

from rest_framework import serializers


class ReactionMarkSerializer(serializers.Serializer[Any]):
    """The mark a reaction leaves on a tile."""

    uuid = serializers.UUIDField()
    danger = serializers.BooleanField()
    stress_subtype = serializers.CharField(allow_null=True)


class TileSerializer(serializers.Serializer[Any]):
    """One tile of the board; it has no name."""

    uuid = serializers.UUIDField()
    ticket = serializers.IntegerField()
    party = serializers.UUIDField(allow_null=True)
    group = serializers.CharField()
    station = serializers.CharField()
    seat = serializers.CharField(allow_null=True)
    bay = serializers.CharField(allow_null=True)
    is_seat_confirmed = serializers.BooleanField()
    seated_at = serializers.DateTimeField(allow_null=True)
    opened_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    watched_closely_since = serializers.DateTimeField(allow_null=True)
    recheck_at = serializers.DateTimeField(allow_null=True)
    flags = serializers.ListField(child=serializers.CharField())
    ended_at = serializers.DateTimeField(allow_null=True)
    end_kind = serializers.CharField(allow_null=True)
    settled_at = serializers.DateTimeField(allow_null=True)
    reaction = ReactionMarkSerializer(allow_null=True)


class DoseKeySerializer(serializers.Serializer[Any]):
    """A recorded dose with its flags."""

    uuid = serializers.UUIDField()
    given_at = serializers.DateTimeField()
    flags = serializers.ListField(child=serializers.CharField())


class LookalikeSerializer(serializers.Serializer[Any]):
    """Somebody who may be mistaken for this person."""

    uuid = serializers.UUIDField()
    name = serializers.CharField()
    born_on = serializers.DateField(allow_null=True)
    likeness = serializers.ChoiceField(["duplicate", "namesake", "twin"])
    tickets = serializers.ListField(child=serializers.IntegerField())


class RecordedSerializer(TileSerializer):
    """A recorded visit: its tile, its doses, whom to tell apart, and what could not be read."""

    recipient = serializers.UUIDField()
    doses = DoseKeySerializer(many=True)
    namesakes = LookalikeSerializer(many=True)
    ignored = serializers.ListField(child=serializers.CharField())


class RecordedManySerializer(serializers.Serializer[Any]):
    """Recorded visits, in the order sent."""

    observations = RecordedSerializer(many=True)


class SeatedSerializer(TileSerializer):
    """A seated person with the party seated around, and who sat there before."""

    party_seated = TileSerializer(many=True)
    also_here = serializers.ListField(child=serializers.IntegerField())


class CheckedInSerializer(serializers.Serializer[Any]):
    """The people seated by one check-in."""

    seated = TileSerializer(many=True)
    also_here = serializers.ListField(child=serializers.IntegerField())


class ReleasesSerializer(serializers.Serializer[Any]):
    """What a bulk release did."""

    released = TileSerializer(many=True)
    not_due = TileSerializer(many=True)
    held_back = TileSerializer(many=True)


class PersonAnswerSerializer(serializers.Serializer[Any]):
    """A person, for staff of the site."""

    uuid = serializers.UUIDField()
    name = serializers.CharField()
    born_on = serializers.DateField(allow_null=True)
    age_months = serializers.IntegerField(allow_null=True)
    sex = serializers.CharField()
    document_kind = serializers.CharField()
    document = serializers.CharField()
    phone = serializers.CharField()
    guardian = serializers.CharField()
    needs_consent = serializers.BooleanField()
    consent_at = serializers.DateTimeField(allow_null=True)
    group_name = serializers.CharField()
    risks = serializers.ListField(child=serializers.CharField())
    weight_kg = serializers.FloatField(allow_null=True)


class FoundSerializer(TileSerializer):
    """A tile found by a search, with the name of the person."""

    name = serializers.CharField()
    born_on = serializers.DateField(allow_null=True)


class SheetSerializer(TileSerializer):
    """Everything about one observation."""

    session = serializers.UUIDField()
    period_reasons = serializers.ListField(child=serializers.DictField())
    end_reason = serializers.CharField()
    end_agreed_by = serializers.CharField()
    is_warning_given = serializers.BooleanField(allow_null=True)
    settled_note = serializers.CharField()
    person = PersonAnswerSerializer()
    party_members = serializers.ListField(child=serializers.DictField())
    doses = serializers.ListField(child=serializers.DictField())
    past_doses = serializers.ListField(child=serializers.DictField())
    reactions = serializers.ListField(child=serializers.DictField())
    history = serializers.ListField(child=serializers.DictField())


class BoardSerializer(serializers.Serializer[Any]):
    """The floor of a site."""

    epoch = serializers.UUIDField()
    head = serializers.IntegerField()
    link = serializers.CharField()
    server_time = serializers.DateTimeField()
    rate = serializers.FloatField()
    site = serializers.DictField()
    session = serializers.DictField(allow_null=True)
    evacuating_since = serializers.DateTimeField(allow_null=True)
    faults = serializers.ListField(child=serializers.CharField())
    muster = serializers.DictField(child=serializers.BooleanField())
    bays = serializers.ListField(child=serializers.DictField())
    tiles = TileSerializer(many=True)
    alerts = serializers.ListField(child=serializers.DictField())
    counts = serializers.DictField(child=serializers.IntegerField())


class ProblemSerializer(serializers.Serializer[Any]):
    """An error as problem JSON."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = serializers.ListField(child=serializers.DictField())  # type: ignore[assignment]
    facts = serializers.DictField(required=False)


class GoSerializer(serializers.Serializer[Any]):
    """A planned dose may go."""

    go = serializers.BooleanField()
    warnings = serializers.ListField(child=serializers.CharField())
