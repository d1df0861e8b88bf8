"""Facts and days of a witness as an author would write them."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from policy_engine.analysis.cells import Stored
from policy_engine.facts.table import BY_NAME, NUMBER_SCALE
from policy_engine.policy.resolved import Policy
from policy_engine.values.money import minor_text


def told(policy: Policy, facts: Mapping[str, Stored]) -> tuple[tuple[str, str], ...]:
    """Names with values, sorted; coins of a search are left out."""
    return tuple((name, value_text(policy, name, value)) for name, value in sorted(facts.items()) if "#" not in name)


def late(days: int) -> tuple[str, str]:
    """`invoice 31 days late`."""
    if days < 0:
        return ("", f"invoice due in {-days} days")
    return ("", f"invoice {days} days late" if days != 1 else "invoice 1 day late")


def value_text(policy: Policy, name: str, value: Stored) -> str:
    """One value, in the unit of the policy file."""
    if value is None:
        return "missing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, frozenset):
        return "[" + ", ".join(sorted(value)) + "]"
    if isinstance(value, tuple):
        return _number(Fraction(*value))
    if isinstance(value, int):
        kind = _type(policy, name)
        if kind == "amount":
            return minor_text(value, policy.currency)
        return _number(Fraction(value, _SCALE.get(kind or "", 1)))
    return value.isoformat() if isinstance(value, date) else value


_SCALE = {"percent": 10_000, "number": NUMBER_SCALE}


def _type(policy: Policy, name: str) -> str | None:
    own = {f"{attribute.level}.{attribute.name}": attribute.type for attribute in policy.attributes}
    return BY_NAME[name].type if name in BY_NAME else own.get(name)


def _number(value: Fraction) -> str:
    """At most four decimals, without zeros at the end."""
    whole, rest = divmod(abs(value.numerator) * 10_000 // value.denominator, 10_000)
    decimals = f".{rest:04}".rstrip("0").rstrip(".")
    return f"{'-' if value < 0 else ''}{whole}{decimals}"
