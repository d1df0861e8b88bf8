"""The values of a fact that matter: each constant it is compared with, and one value in every gap between them."""

from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction
from itertools import combinations, pairwise
from typing import TypeAlias

from policy_engine.facts.table import BY_NAME, NUMBER_SCALE
from policy_engine.policy.tree import Name

Stored: TypeAlias = int | str | bool | date | frozenset[str] | tuple[int, int] | None
"""A value as the engine's facts hold it: minor units, ppm, ten-thousandths, a pair for a ratio; None is missing."""
Constants: TypeAlias = frozenset[Fraction | str | bool | date]

OTHER = "other"
_STEP = {"amount": 100, "percent": 10_000, "number": NUMBER_SCALE}
_MOST_TAGS = 5


Bounds: TypeAlias = tuple[int | None, int | None]
"""The least and the most that a fact can be, both included, as it is stored."""


def cells(name: Name, constants: Constants, bounds: Bounds = (None, None)) -> tuple[Stored, ...] | None:
    """Values such that every comparison with a constant comes out in every way it can; None when there are too many.

    None lies outside the bounds. Comparisons of the fact with anything but a constant aren't covered: those are
    decided apart (`conditions`).
    """
    found: list[Stored]
    match name.type:
        case "flag":
            found = [False, True]
        case "text":
            found = list(_texts(name.name, {text for text in constants if isinstance(text, str)}))
        case "set":
            tags = sorted(text for text in constants if isinstance(text, str))
            if len(tags) > _MOST_TAGS:
                return None
            found = [frozenset(chosen) for size in range(len(tags) + 1) for chosen in combinations(tags, size)]
        case "date":
            days = sorted(day for day in constants if isinstance(day, date)) or [date(2025, 1, 15)]
            found = list(dict.fromkeys(day + timedelta(days=near) for day in days for near in (-1, 0, 1)))
        case "ratio":
            found = [
                (value.numerator, value.denominator)
                for value in _points(_numbers(constants), Fraction(1), low=Fraction(0), whole=False)
            ]
        case _:
            scale = NUMBER_SCALE if name.type == "number" else 1
            numbers = [number * scale for number in _numbers(constants)]
            low = Fraction(0) if name.name in BY_NAME and name.name != "invoice.amount" else None
            least, most = bounds
            low = low if least is None else max(Fraction(least), low or Fraction(least))
            points = _points(numbers, Fraction(_STEP.get(name.type, 1)), low=low, whole=True)
            if name.type == "count" and low is not None and numbers and points[0] < numbers[0]:
                points[0] = low  # none at all rather than one less
            inside = [int(value) for value in points if most is None or value <= most]
            found = list(dict.fromkeys([*inside, *(bound for bound in bounds if bound is not None)]))
    return (*found, None) if name.nullable else tuple(found)


def _texts(name: str, constants: set[str]) -> Iterable[str]:
    choices = BY_NAME[name].choices if name in BY_NAME else ()
    if choices:
        return choices
    other = OTHER
    while other in constants:
        other += "_"
    return (*sorted(constants), other)


def _numbers(constants: Constants) -> list[Fraction]:
    return sorted({Fraction(value) for value in constants if isinstance(value, Fraction | int)})


def _points(constants: list[Fraction], step: Fraction, *, low: Fraction | None, whole: bool) -> list[Fraction]:
    """Each constant, and a value in every gap, whole ones where only whole ones exist; none below `low`."""
    if not constants:
        return [Fraction(0) if low is None else max(low, Fraction(0)), step]
    points = [_whole_below(constants[0]) if whole and constants[0].denominator > 1 else constants[0] - step]
    for here, there in pairwise([*constants, None]):
        assert here is not None
        points.append(here)
        points.append(_between(here, there, step, whole=whole))
    if low is not None and points[0] < low < constants[0]:
        points[0] = low
    kept = [value for value in points if (low is None or value >= low) and not (whole and value.denominator > 1)]
    return list(dict.fromkeys(kept))


def _between(here: Fraction, there: Fraction | None, step: Fraction, *, whole: bool) -> Fraction:
    """A value above `here` and below `there`, a whole one if possible; `here` itself when nothing lies between."""
    after = Fraction(_whole_below(here) + 1)
    for value in (here + step if here.denominator == 1 else after, after):
        if there is None or value < there:
            return value
    return here if whole else (here + (there or here)) / 2


def _whole_below(value: Fraction) -> Fraction:
    """The largest whole number not above a value."""
    return Fraction(value.numerator // value.denominator)
