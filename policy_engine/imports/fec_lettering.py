"""Lettering (lettrage): which lines of a customer were matched by the bookkeeper, as far as it was true on a day.

A letter belongs to an account and an auxiliary: letters repeat across customers. It is the lettering of the day on
which the file was extracted, so on an earlier day it knows the future.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from policy_engine.imports.fec_ledger import Line


@dataclass(frozen=True, slots=True)
class Lettered:
    """The lines of one auxiliary up to a day.

    Attributes:
        groups: those that don't balance, each with its lines; where one does, its lines settle one another.
        loose: lines that no group holds.
        straddling: how many groups have a line after the day.
    """

    groups: tuple[tuple[Line, ...], ...]
    loose: tuple[Line, ...]
    straddling: int


def letter_groups(lines: Iterable[Line], as_of: date) -> Lettered:
    """The groups of one auxiliary's lines on `as_of`.

    A group that balances with lines up to `as_of` only is closed: the money was there, whenever it was lettered. A
    group with a line after `as_of` isn't: its lines that were lettered after `as_of` (DateLet) were loose then; where
    DateLet is empty it counts as a group that doesn't balance.
    """
    by_letter: dict[tuple[str, str], list[Line]] = {}
    loose: list[Line] = []
    for line in lines:
        if line.letter:
            by_letter.setdefault((line.account, line.letter), []).append(line)
        elif line.day <= as_of:
            loose.append(line)
    straddling = 0
    groups: list[tuple[Line, ...]] = []
    for _, group in sorted(by_letter.items()):
        now = [line for line in group if line.day <= as_of]
        if not now:
            continue
        if len(now) < len(group):
            straddling += 1
            later = [line for line in now if line.letter_day is not None and line.letter_day > as_of]
            loose += later
            now = [line for line in now if line.letter_day is None or line.letter_day <= as_of]
        elif sum(line.amount for line in now) == 0:
            continue
        if now:
            groups.append(tuple(now))
    return Lettered(tuple(groups), tuple(loose), straddling)
