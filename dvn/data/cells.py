"""A value of a typed file becomes the text of a cell, as a person would write it."""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

_MISSING: Final = {"NaN", "nan", "Infinity", "-Infinity"}
_MOST_EXACT: Final = 1e15


def cell_text(value: Any) -> str:
    """The text of a value: 3 and 3.0 are "3", true is "true", nothing is "", a list is its JSON.

    A list of one value is that value, since many tools write a single label so.
    """
    if isinstance(value, str):
        return value
    for kind, written in _WRITTEN:
        if isinstance(value, kind):
            return written(value)
    return "" if value is None else str(value)


def _list(value: list[Any] | tuple[Any, ...]) -> str:
    return cell_text(value[0]) if len(value) == 1 else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=cell_text) if value else ""


def _number(value: float) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        return ""
    return str(int(value)) if value.is_integer() and abs(value) < _MOST_EXACT else repr(value)


def _moment(value: datetime) -> str:
    if value.tzinfo is None and value.time() == time.min:
        return value.date().isoformat()
    return value.isoformat(sep=" ", timespec="microseconds" if value.microsecond else "seconds")


def literal_number(literal: str) -> str:
    """A number as JSON writes it: "3.0" is "3", "NaN" is nothing, all else stays as it is written."""
    if literal in _MISSING:
        return ""
    whole, point, fraction = literal.partition(".")
    return whole if point and fraction.strip("0") == "" else literal


# The first kind that fits counts: a bool is an int, a datetime is a date.
_WRITTEN: Final[tuple[tuple[Any, Callable[[Any], str]], ...]] = (
    (bool, lambda value: "true" if value else "false"),
    (float, _number),
    (Decimal, lambda value: format(value.normalize(), "f") if value.is_finite() else ""),
    (datetime, _moment),
    ((date, time), lambda value: value.isoformat()),
    ((bytes, bytearray, memoryview), lambda value: f"({len(value):,} bytes)"),
    ((list, tuple), _list),
    (Mapping, _json),
)
