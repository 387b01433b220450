"""What stopping a station takes, and how stations are listed."""

from typing import Any

from rest_framework import serializers


class StationNameSerializer(serializers.Serializer[Any]):
    """A station as it is written at the table."""

    station = serializers.CharField(max_length=20)


class StationStopSerializer(StationNameSerializer):
    """Which station is to stop, and why; the vaccinator reads the reason."""

    reason = serializers.CharField(max_length=400)


class StationSerializer(serializers.Serializer[Any]):
    """A station, and since when and why it is stopped."""

    station = serializers.CharField()
    stopped_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField()
    stopped_by = serializers.CharField()
