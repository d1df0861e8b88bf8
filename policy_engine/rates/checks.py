"""What must hold of rate tables beyond their form: no gaps, and agreement with each other and with publications.

A mistyped rate is a wrong sum on every reminder of a half-year, so each relation that holds between tables, or
between a table and what somebody else published, is compared wherever both sides are known.
"""

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from io import StringIO

from policy_engine.rates import percent_to_ppm
from policy_engine.rates.table_file import RateFile, RateRow, ppm_text
from policy_engine.values.days import ONE_DAY, half_year_start, next_half_year
from policy_engine.values.diagnostics import Diagnostic
from policy_engine.values.position import Position

HALF_YEARLY = {"de_basiszinssatz": date(2002, 1, 1), "fr_legal_interest": date(2015, 1, 1)}
"""Tables that are fixed anew each half-year, and since when: from then on a half-year without a row is a gap.

BGB § 247 (1); arrêtés under CMF art. L313-2 as of the ordonnance 2014-947 of 20 August 2014.
"""
_BASE_SINCE = date(2009, 1, 1)
_FLOOR_SINCE = date(2015, 1, 1)
_BASE_BELOW = 8_800
_FRENCH_MARGIN = 100_000
_ABOVE = frozenset({date(2024, 1, 1), date(2024, 7, 1)})

Files = Mapping[str, RateFile]


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """One relation: how many places it could be compared at, and where it failed."""

    name: str
    says: str
    compared: int
    findings: tuple[Diagnostic, ...]


def statutory_until(file: RateFile) -> date:
    """The last day for which statutory interest can be stated.

    The rate of a half-year's first day is used to its end (C. com. L441-10 II), so a table that is known on 1 July
    serves until 31 December.
    """
    return next_half_year(half_year_start(file.checked_through)) - ONE_DAY


def gaps(file: RateFile) -> tuple[Diagnostic, ...]:
    """Half-years without a row, in tables that have one in each, up to `checked_through`."""
    since = HALF_YEARLY.get(file.name)
    if since is None:
        return ()
    there = {row.day: row for row in file.rows}
    found = []
    day, last = since, file.rows[0] if file.rows else None
    while day <= file.checked_through:
        if day in there:
            last = there[day]
        elif file.replaces and file.rows and day < file.rows[0].day:
            pass  # a company's table may begin later; before its first row no rate is known
        else:
            at, line = (file.position, None) if last is None else (_whole(last), last.source_line)
            message = f"`{file.name}` has no row of {day}, and is said to be known through {file.checked_through}"
            fix = f"add the row of {day}, even when the rate stayed, or end `checked_through` before it"
            found.append(Diagnostic("DUN805", "error", message, at, fix, line))
        day = next_half_year(day)
    return tuple(found)


def _whole(row: RateRow) -> Position:
    return replace(row.position, column=1, length=max(1, len(row.source_line or "")))


def cross_checks(tables: Files) -> tuple[CrossCheck, ...]:
    """Every relation, compared where both sides are known."""
    checks: tuple[tuple[str, str, Callable[[Files], Iterator[Diagnostic | None]]], ...] = (
        ("base_rate", "base rate = ECB rate of the day before less 0.88, since 2009", _base_rate),
        ("french_floor", "French floor = 3 x legal rate, since 2015", _floor),
        ("individual_creditor", "rate for individual creditors above the general one, since 2015", _individual),
        ("floor_above_default", "French floor above ECB + 10 in 2024 only, since 2015", _floor_above_default),
        ("published", "late-payment rates that others published", _published),
    )
    found = []
    for name, says, compare in checks:
        results = list(compare(tables))
        wrong = tuple(result for result in results if result is not None)
        found.append(CrossCheck(name, says, len(results), wrong))
    return tuple(found)


def findings_of(tables: Files) -> tuple[Diagnostic, ...]:
    """Gaps and failed cross-checks of all tables."""
    found = [finding for _, file in sorted(tables.items()) for finding in gaps(file)]
    return (*found, *(finding for check in cross_checks(tables) for finding in check.findings))


def _wrong(row: RateRow, message: str) -> Diagnostic:
    fix = "compare the rate with its source; one of the two is wrong"
    return Diagnostic("DUN808", "error", message, row.position, fix, row.source_line)


def _row_on(file: RateFile, day: date) -> RateRow | None:
    if day > file.checked_through:
        return None
    return next((row for row in reversed(file.rows) if row.day <= day), None)


def _base_rate(tables: Files) -> Iterator[Diagnostic | None]:
    base, ecb = tables.get("de_basiszinssatz"), tables.get("ecb_mro")
    for row in base.rows if base is not None else ():
        before = None if ecb is None else _row_on(ecb, row.day - ONE_DAY)
        if row.day < _BASE_SINCE or before is None:
            continue
        if row.ppm == before.ppm - _BASE_BELOW:
            yield None
        else:
            told = f"the base rate of {row.day} is {ppm_text(row.ppm)} %, "
            told += f"the ECB's of the day before {ppm_text(before.ppm)} %: they have been 0.88 points apart since 2009"
            yield _wrong(row, told)


def _floor(tables: Files) -> Iterator[Diagnostic | None]:
    french = tables.get("fr_legal_interest")
    for row in french.rows if french is not None else ():
        floor = row.extra.get("contract_floor_pct")
        if row.day < _FLOOR_SINCE or floor is None:
            continue
        right = percent_to_ppm(floor) == 3 * row.ppm
        told = f"the floor of {row.day} is {floor} %, three times {ppm_text(row.ppm)} % is {ppm_text(3 * row.ppm)} %"
        yield None if right else _wrong(row, told)


def _individual(tables: Files) -> Iterator[Diagnostic | None]:
    french = tables.get("fr_legal_interest")
    for row in french.rows if french is not None else ():
        other = row.extra.get("individual_creditor_pct")
        if row.day < _FLOOR_SINCE or other is None:
            continue
        right = percent_to_ppm(other) > row.ppm
        told = f"the rate for individual creditors of {row.day}, {other} %, is not above {ppm_text(row.ppm)} %: "
        yield None if right else _wrong(row, told + "the columns are probably exchanged")


def _floor_above_default(tables: Files) -> Iterator[Diagnostic | None]:
    french, ecb = tables.get("fr_legal_interest"), tables.get("ecb_mro")
    last = min((file.checked_through for file in (french, ecb) if file is not None), default=_FLOOR_SINCE)
    day = _FLOOR_SINCE
    while french is not None and ecb is not None and day <= min(last, date(2026, 12, 31)):
        legal, rate = _row_on(french, day), _row_on(ecb, day)
        if legal is not None and rate is not None:
            above = 3 * legal.ppm > rate.ppm + _FRENCH_MARGIN
            told = f"the floor of {day}, {ppm_text(3 * legal.ppm)} %, is {'above' if above else 'not above'} "
            told += f"the default rate, {ppm_text(rate.ppm + _FRENCH_MARGIN)} %"
            yield None if above == (day in _ABOVE) else _wrong(legal, told)
        day = next_half_year(day)


@cache
def _publications() -> tuple[tuple[str, date, int, int, int, str], ...]:
    """Table, day, factor, margin (ppm), what was published (ppm), by whom."""
    text = (files("policy_engine.rates") / "data" / "published.csv").read_text(encoding="utf-8")
    return tuple(
        (
            row["table"],
            date.fromisoformat(row["day"]),
            int(row["times"]),
            percent_to_ppm(row["plus_pct"]),
            percent_to_ppm(row["rate_pct"]),
            row["says"],
        )
        for row in csv.DictReader(StringIO(text))
    )


def _published(tables: Files) -> Iterator[Diagnostic | None]:
    for name, day, times, plus, published, says in _publications():
        row = _row_on(tables[name], day) if name in tables else None
        if row is None:
            continue
        found = row.ppm * times + plus
        told = f"`{name}` gives {ppm_text(found)} % for {day}, published are {ppm_text(published)} %: {says}"
        yield None if found == published else _wrong(row, told)
