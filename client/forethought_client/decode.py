"""What the service answers in JSON becomes frozen dataclasses; what a newer service adds is left in `raw`."""

import types
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Something the service answered; `raw` is all of it as it came."""

    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


def decode(kind: type[T], document: Mapping[str, Any]) -> T:
    """The dataclass of a JSON object."""
    hints: Mapping[str, Any] = _hints(kind)  # type: ignore[arg-type]  # every type is hashable
    given = {name: _value(hint, document[name]) for name, hint in hints.items() if name in document}
    if issubclass(kind, Answer):
        given["raw"] = document
    return kind(**given)


@cache
def _hints(kind: type[Any]) -> Mapping[str, Any]:
    hints = get_type_hints(kind)
    return {one.name: hints[one.name] for one in fields(kind) if one.name != "raw"}


def _value(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(one for one in get_args(hint) if one is not type(None))
    if get_origin(hint) is tuple:
        return tuple(_value(get_args(hint)[0], one) for one in value)
    if isinstance(hint, type) and is_dataclass(hint):
        return decode(hint, value)
    return datetime.fromisoformat(value) if hint is datetime else value
