"""The five scalars of the schema, and what they let in and out."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from ariadne import ScalarType
from graphql import GraphQLError

LARGEST = 2**63 - 1


def moment(seconds: float | None) -> str | None:
    """UTC seconds since the epoch as the client reads times: ISO 8601 with a Z."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def strict(value: Any) -> Any:
    """`value` for an answer, which must be strict JSON: NaN and the infinities as strings."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if value != value else ("Infinity" if value > 0 else "-Infinity")
    if isinstance(value, dict):
        return {str(key): strict(inner) for key, inner in value.items()}
    return [strict(inner) for inner in value] if isinstance(value, list | tuple) else value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise GraphQLError(f"Expected JSON text, found {type(value).__name__}.")
    return value


def _whole(value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > LARGEST:
        raise GraphQLError(f"Expected a whole number of 64 bits, found {value!r:.60}.")
    return value


json_scalar = ScalarType("JSON", serializer=strict)
json_string = ScalarType("JSONString", value_parser=_text)
date_time = ScalarType("DateTime", serializer=lambda value: moment(value) if isinstance(value, int | float) else value)
int64 = ScalarType("Int64", serializer=int, value_parser=_whole)
duration = ScalarType("Duration", serializer=int, value_parser=_whole)

BINDABLES = (json_scalar, json_string, date_time, int64, duration)
