"""Interest as a subtraction: for each rate, the running sum of (rate x days), so that a period is one difference.

`fixing: half_year` takes for each day the rate read on 1 January or 1 July of its half-year (C. com. art. L441-10 II).
A half-year whose rate is unknown has none, and everything after it neither: nothing is carried on (3.12).
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from policy_engine.policy.resolved import InterestPenalty, ReferenceRate
from policy_engine.rates import RateTable
from policy_engine.values.days import next_half_year

_FIRST_YEAR = 1970


@dataclass(frozen=True, slots=True)
class RateLine:
    """A step function of half-years and its running sum. Days are `date.toordinal()` numbers.

    Attributes:
        starts: first days of the half-years, rising without gaps.
        rates: ppm a year for each; the last known half-year ends before `end`.
        origins: `contract`, `floor`, `statutory` or `plain`, for explanations.
        sums: ppm x days before each start.
        end: the first day without a rate.
    """

    starts: tuple[int, ...]
    rates: tuple[int, ...]
    origins: tuple[str, ...]
    sums: tuple[int, ...]
    end: int

    def index(self, day: int) -> int | None:
        """Which half-year `day` lies in, or None when its rate is unknown."""
        if day >= self.end or not self.starts or day < self.starts[0]:
            return None
        return bisect_right(self.starts, day) - 1

    def between(self, after: int, last: int) -> int | None:
        """Sum of the rates of the days `after + 1` to `last`, ppm x days; None when a rate is missing."""
        if last <= after:
            return 0
        if last >= self.end or not self.starts or after + 1 < self.starts[0]:
            return None
        upper = bisect_right(self.starts, last) - 1
        lower = bisect_right(self.starts, after + 1) - 1
        if upper == lower:
            return self.rates[upper] * (last - after)
        high = self.sums[upper] + self.rates[upper] * (last + 1 - self.starts[upper])
        return high - self.sums[lower] - self.rates[lower] * (after + 1 - self.starts[lower])


class RateLines:
    """The lines of one penalty: the statutory one, and one for each contract rate met."""

    __slots__ = ("_for_contract", "_statutory")

    def __init__(self, penalty: InterestPenalty, tables: dict[str, RateTable]) -> None:
        self._statutory = _statutory(penalty, tables)
        floor = penalty.floor
        table = None if floor is None else tables[floor.table]

        @lru_cache(maxsize=1024)
        def for_contract(rate: int) -> RateLine:
            return _contract(rate, floor, table)

        self._for_contract = for_contract

    def line(self, contract: int | None) -> RateLine:
        """The line for a customer: by the contract rate (ppm) raised to the floor, else the statutory one."""
        return self._statutory if contract is None else self._for_contract(contract)


def rate_lines(penalty: InterestPenalty, tables: tuple[RateTable, ...]) -> RateLines:
    """The rate lines of an interest penalty over the tables that its policy carries."""
    return RateLines(penalty, {table.name: table for table in tables})


def _half_years() -> list[date]:
    days = [date(_FIRST_YEAR, 1, 1)]
    while days[-1].year < 2201:
        days.append(next_half_year(days[-1]))
    return days


_ANCHORS = tuple(_half_years())


def _line(known: list[tuple[date, int, str]]) -> RateLine:
    starts, rates, origins, sums = [], [], [], []
    total = 0
    for anchor, rate, origin in known:
        start, stop = anchor.toordinal(), next_half_year(anchor).toordinal()
        starts.append(start)
        rates.append(rate)
        origins.append(origin)
        sums.append(total)
        total += rate * (stop - start)
    end = next_half_year(known[-1][0]).toordinal() if known else 0
    return RateLine(tuple(starts), tuple(rates), tuple(origins), tuple(sums), end)


def _read(reference: ReferenceRate, table: RateTable, anchor: date) -> int | None:
    rate = table.on(anchor)
    return None if rate is None else rate * reference.times + reference.plus


def _run(found: list[tuple[date, int, str]], anchor: date, rate: int | None, origin: str) -> bool:
    """Append a half-year; False once the run of known half-years has ended."""
    if rate is None:
        return not found
    found.append((anchor, max(0, rate), origin))
    return True


def _statutory(penalty: InterestPenalty, tables: dict[str, RateTable]) -> RateLine:
    found: list[tuple[date, int, str]] = []
    if penalty.annual is not None:
        return _line([(anchor, penalty.annual, "plain") for anchor in _ANCHORS])
    if penalty.otherwise is None:
        return _line([])
    table = tables[penalty.otherwise.table]
    for anchor in _ANCHORS:
        if not _run(found, anchor, _read(penalty.otherwise, table, anchor), "statutory"):
            break
    return _line(found)


def _contract(rate: int, floor: ReferenceRate | None, table: RateTable | None) -> RateLine:
    if floor is None or table is None:
        return _line([(anchor, rate, "contract") for anchor in _ANCHORS])
    found: list[tuple[date, int, str]] = []
    for anchor in _ANCHORS:
        least = _read(floor, table, anchor)
        origin = "contract" if least is None or rate >= least else "floor"
        if not _run(found, anchor, None if least is None else max(rate, least), origin):
            break
    return _line(found)
