"""Records with known fields from the mappings that YAML, JSON and command lines hand over."""

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import (
    Any,
    ClassVar,
    Protocol,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from scalinglaws.errors import InputError


class IsDataclass(Protocol):
    """What every dataclass has: the library names no type for it at run time."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


Record = TypeVar("Record", bound=IsDataclass)


def as_record(kind: type[Record], values: Mapping[str, Any]) -> Record:
    """A frozen record of this kind: lists become tuples, mappings the records that fields name.

    Fields with a default may be left out. Raises InputError for a key that the record does not
    know or lacks.
    """
    known = {field.name: field for field in fields(kind)}
    needed = {name for name, field in known.items() if not has_default(field)}
    if unknown := sorted(set(values) - set(known)):
        raise InputError(f"{kind.__name__} has no field {unknown[0]!r}; expected {list(known)}.")
    if lacking := sorted(needed - set(values)):
        raise InputError(f"{kind.__name__} lacks {lacking[0]!r}; expected {sorted(needed)}.")
    hints = type_hints(kind)
    return kind(**{name: converted(hints[name], value) for name, value in values.items()})


def has_default(field: Any) -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING


@cache
def type_hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def converted(hint: Any, value: Any) -> Any:
    """A value as its type hint wants it; what JSON cannot tell apart is left as it is."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        choices = [choice for choice in inner if choice is not types.NoneType]
        return value if value is None or len(choices) != 1 else converted(choices[0], value)
    if isinstance(hint, type) and is_dataclass(hint) and isinstance(value, Mapping):
        return as_record(hint, value)
    if origin is tuple and isinstance(value, list | tuple):
        each = inner[:1] * len(value) if inner[1:] == (Ellipsis,) else inner
        return tuple(converted(part, item) for part, item in zip(each, value, strict=True))
    if origin in (dict, Mapping, types.MappingProxyType) and isinstance(value, Mapping):
        # JSON knows keys as text only: {2: 64} comes back as {"2": 64}.
        as_key = inner[0] if inner[0] in (int, float) else str
        return {as_key(key): converted(inner[1], item) for key, item in value.items()}
    return value
