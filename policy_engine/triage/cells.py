"""Cells of a worksheet as spreadsheets leave them: amounts in any style, dates in theirs."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from policy_engine.imports.csv_dates import CANDIDATES, date_format
from policy_engine.values.money import EXPONENTS

_BLANKS = re.compile(r"[\s\u00a0\u202f\u2009'\u2019]")
_ISO = "yyyy-mm-dd"


def amounts_of(cell: str, currency: str) -> frozenset[int]:
    """Every amount that a cell may mean, in minor units; empty when it is none.

    `1.234` may be two amounts. That does no harm: the cell is only compared with the amount that is known.
    """
    text = _BLANKS.sub("", cell).replace("\u2212", "-").replace(currency, "").strip("\u20ac$\u00a3")
    exponent = EXPONENTS[currency]
    found = set()
    for decimal, thousands in (".,", ",."):
        mark, point = re.escape(thousands), re.escape(decimal)
        whole = rf"-?(?:[0-9]{{1,3}}(?:{mark}[0-9]{{3}}){{1,5}}|[0-9]{{1,15}})"
        if not re.fullmatch(rf"{whole}(?:{point}[0-9]{{0,9}})?", text):
            continue
        scaled = Decimal(text.replace(thousands, "").replace(decimal, ".").rstrip(".")).scaleb(exponent)
        if scaled == scaled.to_integral_value():
            found.add(int(scaled))
    return frozenset(found)


def formats_seen(pairs: Iterable[tuple[str, date]]) -> tuple[str, ...]:
    """The formats in which every cell is the day that it is known to be; none when there is no cell."""
    known = [(cell, day) for cell, day in pairs if cell]
    if not known:
        return ()
    return tuple(name for name in CANDIDATES if all(_read(name, cell) == day for cell, day in known))


def days_of(cell: str, formats: Iterable[str]) -> tuple[date, ...]:
    """Every day that a cell may mean, rising: as ISO 8601, in the formats that the file uses, else in any usual one."""
    day = _read(_ISO, cell)
    if day is not None:
        return (day,)
    for names in (formats, CANDIDATES):
        found = {day for name in names if (day := _read(name, cell)) is not None}
        if found:
            return tuple(sorted(found))
    return ()


def _read(name: str, cell: str) -> date | None:
    form = date_format(name)
    return None if form is None else form.read(cell)
