"""Requests that are never refused for a field: what cannot be read is left out, and said."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.fields import SkipField, get_error_detail

IGNORED = "ignored_fields"
"""Where a lenient serializer leaves the names of the fields that it could not read."""


class LenientSerializer(serializers.Serializer[Any]):
    """Read each field by itself; one that cannot be read is left out and named.

    Only `strict` fields refuse the request: structure that a program must get right.
    """

    strict: frozenset[str] = frozenset()

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            raise serializers.ValidationError({"non_field_errors": [_("Send an object.")]})
        values: dict[str, Any] = {}
        ignored: list[str] = []
        for field in self._writable_fields:
            self._read(field, data, values, ignored)
        return {**values, IGNORED: ignored}

    def _read(
        self, field: Any, data: Mapping[str, Any], values: dict[str, Any], ignored: list[str]
    ) -> None:
        try:
            values[field.field_name] = field.run_validation(field.get_value(data))
        except SkipField:
            return
        except (serializers.ValidationError, DjangoValidationError, OverflowError) as error:
            if field.field_name in self.strict:
                raise serializers.ValidationError({field.field_name: _detail(error)}) from error
            ignored.append(field.field_name)


def _detail(error: Exception) -> Any:
    if isinstance(error, serializers.ValidationError):
        return error.detail
    return get_error_detail(error) if isinstance(error, DjangoValidationError) else str(error)


class TextField(serializers.CharField):
    """A text that may be missing, empty, null or a number; too long a one is cut."""

    def __init__(self, *, keep: int = 120, **options: Any) -> None:
        self.keep = keep
        options = {"required": False, "allow_blank": True, "allow_null": True, **options}
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> str:
        return super().to_internal_value(data)[: self.keep]


class CodesField(serializers.ListField):
    """A list of short codes."""

    child = TextField(keep=40)


class InstantField(serializers.DateTimeField):
    """An instant with its offset; one without cannot be read: nobody knows what it means."""

    def enforce_timezone(self, value: Any) -> Any:
        if value.tzinfo is None:
            raise serializers.ValidationError(
                _("Write the instant with its offset."), code="offset"
            )
        return super().enforce_timezone(value)
