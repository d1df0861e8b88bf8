"""Reference rates as dated data: step functions with a source, known up to `checked_through` and not a day more.

Rates are integers in parts per million of the principal a year: 12.40 % is 124_000. The tables ship in
`data/`, each row with its source and how well it is verified. Nothing is ever extrapolated (domain.md 2.1).
"""

import csv
import json
import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from itertools import pairwise

_PERCENT = re.compile(r"-?[0-9]{1,4}(\.[0-9]{1,4})?", re.ASCII)

PPM_PER_PERCENT = 10_000
"""1 % a year = 10 000 parts per million."""


class RateTableError(ValueError):
    """A rate table whose dates don't strictly increase, or whose rates are no plain decimals."""


@dataclass(frozen=True, slots=True)
class RateTable:
    """One reference rate. A row holds from its date until the day before the next row's.

    Attributes:
        name: how a policy names it, e.g. `ecb_mro`.
        title: for people.
        days: first days of the rows, strictly increasing.
        ppm: the rates, parts per million a year, one per row.
        checked_through: the last day for which the table is known; a later day has no rate.
        sources: where each row stands.
    """

    name: str
    title: str
    days: tuple[date, ...]
    ppm: tuple[int, ...]
    checked_through: date
    sources: tuple[str, ...] = ()

    def on(self, day: date) -> int | None:
        """The rate in force on `day` in ppm a year, or None: before the first row, after `checked_through`."""
        if day > self.checked_through:
            return None
        index = bisect_right(self.days, day) - 1
        return None if index < 0 else self.ppm[index]


def percent_to_ppm(text: str) -> int:
    """`"12.40"` (percent a year) as 124_000 ppm.

    Raises:
        RateTableError: not a plain decimal with at most four decimals.
    """
    if not _PERCENT.fullmatch(text):
        raise RateTableError(f"`{text[:40]}` is not a rate in percent a year with at most four decimals")
    return int(Decimal(text) * PPM_PER_PERCENT)


def table_from_rows(name: str, title: str, rows: list[tuple[date, int, str]], checked_through: date) -> RateTable:
    """A checked table.

    Raises:
        RateTableError: the dates don't strictly increase (a gap can't be seen, an overlap or a double can).
    """
    for earlier, later in pairwise(rows):
        if later[0] <= earlier[0]:
            raise RateTableError(f"{name}: {later[0]} does not come after {earlier[0]}")
    return RateTable(
        name,
        title,
        tuple(row[0] for row in rows),
        tuple(row[1] for row in rows),
        checked_through,
        tuple(row[2] for row in rows),
    )


@cache
def reference_rates() -> dict[str, RateTable]:
    """The tables that ship with the package, by name. Read once per process; treat as read-only."""
    folder = files("policy_engine.rates") / "data"
    heads = json.loads((folder / "tables.json").read_text(encoding="utf-8"))
    tables: dict[str, RateTable] = {}
    for name, head in sorted(heads.items()):
        text = (folder / f"{name}.csv").read_text(encoding="utf-8")
        rows = [
            (date.fromisoformat(row["effective_from"]), percent_to_ppm(row[head["column"]]), row["source"])
            for row in csv.DictReader(text.splitlines())
        ]
        through = date.fromisoformat(head["checked_through"])
        tables[name] = table_from_rows(name, head["title"], rows, through)
    return tables
