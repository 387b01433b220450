"""Shapes of sites, their map, sessions, duties, people and devices."""

from typing import Any

from rest_framework import serializers

from alerts.models import (
    Area,
    Bay,
    Device,
    DeviceKind,
    Duty,
    DutyRole,
    Handover,
    Seat,
    Session,
    Site,
    User,
)


class SeatSerializer(serializers.ModelSerializer[Seat]):
    class Meta:
        model = Seat
        fields = ["uuid", "code", "kind", "column", "row"]


class BaySerializer(serializers.ModelSerializer[Bay]):
    area = serializers.UUIDField(source="area.uuid")
    seats = SeatSerializer(many=True)

    class Meta:
        model = Bay
        fields = ["uuid", "code", "area", "column", "row", "swept_at", "seats"]


class AreaSerializer(serializers.ModelSerializer[Area]):
    class Meta:
        model = Area
        fields = ["uuid", "name", "name_en", "kind"]


class SessionSerializer(serializers.ModelSerializer[Session]):
    lead = serializers.UUIDField(source="lead.uuid", default=None)

    class Meta:
        model = Session
        fields = ["uuid", "name", "lead", "opened_at", "closed_at", "checks"]


class SiteSerializer(serializers.ModelSerializer[Site]):
    class Meta:
        model = Site
        fields = ["uuid", "name", "name_en", "kind", "timezone", "hotline", "evacuating_since"]


class SiteMapSerializer(SiteSerializer):
    areas = AreaSerializer(many=True)
    bays = BaySerializer(many=True)
    session = serializers.SerializerMethodField()

    class Meta(SiteSerializer.Meta):
        fields = [*SiteSerializer.Meta.fields, "areas", "bays", "session"]

    def get_session(self, site: Site) -> dict[str, Any] | None:
        session = site.sessions.filter(closed_at=None).first()
        return dict(SessionSerializer(session).data) if session else None


class NewSessionSerializer(serializers.Serializer[dict[str, Any]]):
    name = serializers.CharField(max_length=80)
    lead = serializers.UUIDField(required=False, allow_null=True)


class ChecksSerializer(serializers.Serializer[dict[str, Any]]):
    checks = serializers.DictField(child=serializers.JSONField())


class NewDutySerializer(serializers.Serializer[dict[str, Any]]):
    user = serializers.UUIDField(required=False, allow_null=True)
    role = serializers.ChoiceField(choices=DutyRole.choices)
    area = serializers.CharField(required=False, allow_null=True)
    bay = serializers.CharField(required=False, allow_null=True)


class LeaveSerializer(serializers.Serializer[dict[str, Any]]):
    confirm = serializers.BooleanField(required=False, default=False)


class HandOverSerializer(serializers.Serializer[dict[str, Any]]):
    to = serializers.UUIDField()
    subjects = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=500)
    note = serializers.CharField(required=False, allow_blank=True, max_length=400)


class DutySerializer(serializers.ModelSerializer[Duty]):
    user = serializers.UUIDField(source="user.uuid")
    name = serializers.CharField(source="user.__str__")
    session = serializers.UUIDField(source="session.uuid")
    area = serializers.CharField(source="area.name", default=None)
    area_en = serializers.CharField(source="area.name_en", default=None)
    bay = serializers.CharField(source="bay.code", default=None)

    class Meta:
        model = Duty
        fields = [
            "uuid",
            "session",
            "user",
            "name",
            "role",
            "area",
            "area_en",
            "bay",
            "from_at",
            "to_at",
        ]


class HandoverSerializer(serializers.ModelSerializer[Handover]):
    duty = DutySerializer()
    to = serializers.UUIDField(source="to_user.uuid")

    class Meta:
        model = Handover
        fields = ["uuid", "duty", "to", "offered_at", "accepted_at", "alerts", "subjects", "note"]


class NewDeviceSerializer(serializers.Serializer[dict[str, Any]]):
    name = serializers.CharField(max_length=60)
    kind = serializers.ChoiceField(choices=DeviceKind.choices, default=DeviceKind.TABLET)
    area = serializers.CharField(required=False, allow_null=True)


class CodeSerializer(serializers.Serializer[dict[str, Any]]):
    code = serializers.CharField(max_length=64)


class DeviceStateSerializer(serializers.Serializer[dict[str, Any]]):
    sound_armed = serializers.BooleanField(required=False)
    clock_offset_ms = serializers.IntegerField(
        required=False, min_value=-(10**12), max_value=10**12, allow_null=True
    )
    last_seq = serializers.IntegerField(required=False, min_value=0, max_value=2**62)
    is_trusted = serializers.BooleanField(required=False, allow_null=True)


class SwitchSerializer(serializers.Serializer[dict[str, Any]]):
    badge = serializers.CharField(required=False, max_length=120)
    user = serializers.CharField(required=False, max_length=150)
    pin = serializers.CharField(required=False, max_length=32)


class DeviceSerializer(serializers.ModelSerializer[Device]):
    holder = serializers.StringRelatedField[User]()
    has_sound = serializers.SerializerMethodField()

    class Meta:
        model = Device
        fields = [
            "uuid",
            "name",
            "kind",
            "holder",
            "enrolled_at",
            "retired_at",
            "last_seen_at",
            "has_sound",
            "is_trusted",
            "clock_offset_ms",
        ]

    def get_has_sound(self, device: Device) -> bool:
        return device.sound_armed_at is not None


class PersonOnDutySerializer(serializers.Serializer[Any]):
    user = serializers.UUIDField()
    duty = serializers.UUIDField()
    name = serializers.CharField()
    role = serializers.CharField()
    area = serializers.CharField(allow_null=True)
    area_en = serializers.CharField(allow_null=True)
    bay = serializers.CharField(allow_null=True)
    from_at = serializers.DateTimeField()
    is_reachable = serializers.BooleanField()
    devices = serializers.ListField(child=serializers.DictField())
