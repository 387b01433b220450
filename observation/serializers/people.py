"""What persons, merges and lots take and answer."""

from typing import Any

from rest_framework import serializers

from observation.serializers.answers import PersonAnswerSerializer


class MergeSerializer(serializers.Serializer[Any]):
    """Two records found to be one person."""

    keep = serializers.UUIDField()
    merge = serializers.UUIDField()
    reason = serializers.CharField(max_length=200)


class MergedSerializer(serializers.Serializer[Any]):
    """A merge that can be undone."""

    uuid = serializers.UUIDField()
    kept = serializers.UUIDField()
    merged = serializers.UUIDField()
    observations = serializers.ListField(child=serializers.UUIDField())
    merged_at = serializers.DateTimeField()
    undone_at = serializers.DateTimeField(allow_null=True)


class SearchedPersonSerializer(PersonAnswerSerializer):
    """A person found, with whom they may be mistaken for among those found."""

    site = serializers.UUIDField()
    tickets = serializers.ListField(child=serializers.IntegerField())
    likeness = serializers.ListField(child=serializers.CharField())


class ReasonSerializer(serializers.Serializer[Any]):
    """Why."""

    reason = serializers.CharField(max_length=400)


class LotSerializer(serializers.Serializer[Any]):
    """A lot and whether it is on hold."""

    uuid = serializers.UUIDField()
    number = serializers.CharField()
    vaccine = serializers.CharField()
    expires_on = serializers.DateField()
    held_at = serializers.DateTimeField(allow_null=True)
    held_reason = serializers.CharField()


class SiteLotSerializer(LotSerializer):
    """A lot as a site's staff choose it."""

    vaccine_name = serializers.CharField()
    vaccine_name_en = serializers.CharField()


class OffsetSerializer(serializers.Serializer[Any]):
    """Where a page of a long list begins."""

    offset = serializers.IntegerField(min_value=0, max_value=10_000_000, default=0)


class LotRecipientSerializer(serializers.Serializer[Any]):
    """Somebody who had a lot, and whether they are under observation now."""

    recipient = serializers.UUIDField()
    observation = serializers.UUIDField()
    name = serializers.CharField()
    born_on = serializers.DateField(allow_null=True)
    guardian = serializers.CharField()
    phone = serializers.CharField()
    site = serializers.UUIDField()
    site_name = serializers.CharField()
    given_at = serializers.DateTimeField()
    dose_number = serializers.IntegerField(allow_null=True)
    seat = serializers.CharField(allow_null=True)
    is_watched = serializers.BooleanField()
    reactions = serializers.IntegerField()


class LotRecipientsSerializer(LotSerializer):
    """A page of those who had a lot, and how many they are."""

    count = serializers.IntegerField()
    watched = serializers.IntegerField()
    offset = serializers.IntegerField()
    recipients = LotRecipientSerializer(many=True)
