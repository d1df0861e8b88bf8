"""Exchange rates as the snapshot states them, and the one way an amount passes from a currency to another.

A row says: 1 unit of `base` is `rate` units of `quote`. Both directions are read from one row, the other way round as
the exact inverse; two rows are never chained into a cross rate (docs/decisions/0017). Amounts are integers of minor
units, rates exact fractions; the one rounding is half up, away from zero, at the end.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from policy_engine.snapshot.model import ExchangeRate
from policy_engine.values.money import EXPONENTS, round_half_up


class Quote(NamedTuple):
    """The rate that converts: 1 unit of `source` is `numerator / denominator` units of `target`, stated on `day`.

    `inverse` says that the snapshot states it the other way round.
    """

    source: str
    target: str
    day: date
    numerator: int
    denominator: int
    inverse: bool


class ExchangeRates:
    """The rates of a snapshot by pair and day. Immutable."""

    __slots__ = ("_days", "_rows")

    def __init__(self, rates: Iterable[ExchangeRate] = ()) -> None:
        rows: dict[tuple[str, str], list[ExchangeRate]] = {}
        for rate in sorted(rates, key=lambda rate: rate.day):
            rows.setdefault((rate.base, rate.quote), []).append(rate)
        self._rows = rows
        self._days = {pair: [rate.day for rate in found] for pair, found in rows.items()}

    def quote(self, source: str, target: str, day: date) -> Quote | None:
        """The newest rate between two currencies dated `day` or before; of the same day the one stated this way round.

        None when there is none, however many there are through a third currency.
        """
        direct, inverse = self._newest((source, target), day), self._newest((target, source), day)
        if direct is not None and (inverse is None or inverse.day <= direct.day):
            return Quote(source, target, direct.day, direct.numerator, direct.denominator, inverse=False)
        if inverse is not None:
            return Quote(source, target, inverse.day, inverse.denominator, inverse.numerator, inverse=True)
        return None

    def _newest(self, pair: tuple[str, str], day: date) -> ExchangeRate | None:
        days = self._days.get(pair)
        place = 0 if days is None else bisect_right(days, day)
        return self._rows[pair][place - 1] if place else None


NO_RATES = ExchangeRates()


def by_quote(amount: int, quote: Quote) -> int:
    """Minor units of `quote.source` in minor units of `quote.target`, rounded half up."""
    return round_half_up(
        amount * quote.numerator * 10 ** EXPONENTS[quote.target],
        quote.denominator * 10 ** EXPONENTS[quote.source],
    )


def converted(rates: ExchangeRates, amount: int, currency: str, into: str, day: date) -> int | None:
    """An amount in minor units of `currency`, in minor units of `into`, at the newest rate dated `day` or before.

    Rounded half up, once. Zero, and an amount that is in `into` already, need no rate. None when a rate is needed and
    there is none.
    """
    if currency == into or not amount:
        return amount
    quote = rates.quote(currency, into, day)
    return None if quote is None else by_quote(amount, quote)


def converted_sum(rates: ExchangeRates, sums: Mapping[str, int], into: str, day: date) -> int | None:
    """Sums by currency added up in `into`: each converted and rounded once. None when a rate is missing."""
    total = 0
    for currency, amount in sums.items():
        found = converted(rates, amount, currency, into, day)
        if found is None:
            return None
        total += found
    return total
