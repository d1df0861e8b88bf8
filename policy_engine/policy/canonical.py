"""The canonical form of a resolved policy, and its digest: equal policies, equal bytes.

Left out: where things were written (positions, the file's name) and what people call the sources of rates. An
expression is its text; with the facts, attributes and currency beside it that says what it means.
"""

from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache
from typing import Any

from policy_engine.policy.resolved import Expression, Policy
from policy_engine.rates import RateTable
from policy_engine.values.canonical import Json, sha256

_LEFT_OUT = frozenset({"position", "file", "digest", "sources", "title"})


def canonical(policy: Policy) -> Json:
    """The policy as JSON data: field names as keys, dates ISO 8601, sets sorted, rate rows and closed days included."""
    return _data(policy)


def digest_of(policy: Policy) -> str:
    """sha256 of the canonical form, lower-case hex."""
    return sha256(canonical(policy))


def _data(value: Any) -> Json:
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Expression):
        return value.text
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_data(item) for item in value]
    if isinstance(value, frozenset):
        return sorted(_data(item) for item in value)
    if isinstance(value, RateTable):
        return {
            "name": value.name,
            "checked_through": value.checked_through.isoformat(),
            "rows": [[day.isoformat(), ppm] for day, ppm in zip(value.days, value.ppm, strict=True)],
        }
    if not is_dataclass(value) or isinstance(value, type):
        raise TypeError(f"no canonical form for {type(value).__name__}")
    data: dict[str, Json] = {}
    for name in _names(type(value)):
        data[name] = _data(getattr(value, name))
    kind = type(value).__name__
    if kind.endswith("Penalty"):
        data["kind"] = kind.removesuffix("Penalty").lower()
    return data


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind) if field.name not in _LEFT_OUT)
