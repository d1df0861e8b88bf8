"""Pieces of generated Python: a value over a fixed denominator, the tests before it may be read, how pieces combine."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import lcm

LAST_ORDINAL = date.max.toordinal()
"""The last day number of Python's calendar, 9999-12-31."""


@dataclass(frozen=True, slots=True)
class Part:
    """A value in Python: `text` may be read once every one of `checks` was true, in their order.

    A numeric part is `text / denominator`. `ordinal` marks a date given as its day number.
    """

    checks: tuple[str, ...]
    text: str
    denominator: int = 1
    ordinal: bool = False

    @property
    def check(self) -> str:
        """All the tests as one condition."""
        return " and ".join(self.checks) if self.checks else "True"


def all_of(tests: Sequence[str]) -> str:
    """Tests that must all be true, from left to right."""
    return f"({' and '.join(tests)})"


def scaled(part: Part, common: int) -> str:
    """The numerator over a multiple of the part's own denominator; constants are multiplied at once."""
    factor = common // part.denominator
    if factor == 1:
        return part.text
    number = part.text.strip("()")
    if number.lstrip("-").isdigit():
        return f"({int(number) * factor})"
    return f"({part.text} * {factor})"


def ordinal_of(part: Part) -> str:
    """The day number of a date."""
    return part.text if part.ordinal else f"{part.text}.toordinal()"


def alike(parts: Sequence[Part]) -> tuple[list[str], int, bool]:
    """The texts over one denominator; day numbers as soon as one of them is one."""
    if any(part.ordinal for part in parts):
        return [ordinal_of(part) for part in parts], 1, True
    common = lcm(*(part.denominator for part in parts))
    return [scaled(part, common) for part in parts], common, False


def within(ordinal: int) -> int:
    """A day number within the calendar: dates never overflow (language.md section 2)."""
    return min(max(ordinal, 1), LAST_ORDINAL)


def exact(numerator: int, denominator: int) -> int | Fraction:
    """A quotient as an int when it is whole. `denominator` > 0."""
    value = Fraction(numerator, denominator)
    return value.numerator if value.denominator == 1 else value
