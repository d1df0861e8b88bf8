"""Types of what a template reads, taken from the classes of `context`: which fields there are, which may be missing."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from types import UnionType
from typing import Literal, Union, get_args, get_origin, get_type_hints

from policy_engine.templates import context


@dataclass(frozen=True, slots=True)
class Kind:
    """A type: a class, whether a value may be missing, and of a list what it holds.

    `cls` None stands for anything, where nothing more can be told.
    """

    cls: type | None
    optional: bool = False
    items: "Kind | None" = None

    @property
    def known_fields(self) -> "Mapping[str, Kind] | None":
        """Field name to type; None when it has no fields that a template may read."""
        return fields_of(self.cls) if self.cls is not None and self.cls.__module__ == context.__name__ else None


ANYTHING = Kind(None)


@cache
def fields_of(cls: type) -> dict[str, Kind]:
    """The fields and properties of a class of the context."""
    hints = get_type_hints(cls)
    found = {field.name: kind_of(hints[field.name]) for field in fields(cls)}
    for name in vars(cls):
        member = getattr(cls, name)
        if isinstance(member, property) and member.fget is not None and not name.startswith("_"):
            found[name] = kind_of(get_type_hints(member.fget)["return"])
    return found


def kind_of(hint: object) -> Kind:
    """The type that an annotation stands for."""
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        inner = [one for one in get_args(hint) if one is not type(None)]
        kind = kind_of(inner[0])
        return Kind(kind.cls, optional=True, items=kind.items)
    if origin is tuple:
        return Kind(tuple, items=kind_of(get_args(hint)[0]))
    if origin is Literal:
        return Kind(str)
    return Kind(hint) if isinstance(hint, type) else ANYTHING


PRINTABLE: tuple[type, ...] = (str, int, date, context.Money, context.Rate)
"""What has a text of its own."""


def printable(kind: Kind) -> bool:
    """Whether a value can be printed as it stands."""
    return kind.cls is None or (kind.cls is not bool and issubclass(kind.cls, PRINTABLE))
