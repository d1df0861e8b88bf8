"""Amounts, dates and rates as people of a language read them. Babel is loaded when the first number is shown.

English dates are ISO 8601 ("2026-12-04"), the only form that reads the same on both sides of the Atlantic; French
ones are dd/mm/yyyy. French amounts carry U+202F between thousands and U+00A0 before the unit. Decimals of a
currency are ISO 4217's, not CLDR's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Literal, TypeAlias

from policy_engine.values.money import EXPONENTS

Language: TypeAlias = Literal["en", "fr"]


@dataclass(frozen=True, slots=True)
class Locale:
    """How a language writes numbers and dates."""

    language: Language

    def amount(self, minor: int, currency: str) -> str:
        """Minor units with the currency: `€1,234.50`, `1 234,50 €`."""
        return _amount(self.language, minor, currency)

    def plain(self, minor: int, currency: str) -> str:
        """Minor units without the currency: `1,234.50`, `1 234,50`."""
        return _plain(self.language, minor, EXPONENTS[currency])

    def count(self, number: int) -> str:
        """A whole number with its thousands set apart."""
        return _plain(self.language, number, 0)

    def day(self, day: date) -> str:
        """A date: ISO 8601 in English, dd/mm/yyyy in French."""
        return _day(self.language, day)

    def percent(self, ppm: int) -> str:
        """A yearly rate in ppm as percent with two to four decimals: `12.15%`, `12,15 %`."""
        text = f"{Decimal(ppm) / 10_000:.4f}"
        whole, _, rest = text.partition(".")
        rest = rest[:2] + rest[2:].rstrip("0")
        return f"{whole}.{rest}%" if self.language == "en" else f"{whole},{rest}\u00a0%"

    def decimal(self, value: Fraction, decimals: int = 2) -> str:
        """A number cut (never rounded) to two decimals, with an ellipsis when it goes on."""
        scaled = abs(value) * 10**decimals
        text = _plain(self.language, scaled.numerator // scaled.denominator, decimals)
        return f"{'-' if value < 0 else ''}{text}{'' if scaled.denominator == 1 else '…'}"

    def number(self, value: Fraction) -> str:
        """An exact number, positive, with as many decimals as it has, ten at most and then an ellipsis."""
        decimals = next((n for n in range(10) if (value * 10**n).denominator == 1), 10)
        return self.decimal(value, decimals)

    def exact(self, value: Fraction, currency: str, decimals: int = 6) -> str:
        """An exact amount in minor units, cut (never rounded) to `decimals` decimals of the major unit."""
        return self.decimal(value / 10 ** EXPONENTS[currency], decimals)


def locale_of(language: Language) -> Locale:
    """The locale of a language: `en` or `fr`."""
    return Locale(language)


@lru_cache(maxsize=64)
def _pattern(language: str, exponent: int, *, unit: bool) -> str:
    digits = "#,##0" + ("." + "0" * exponent if exponent else "")
    if not unit:
        return digits
    return f"¤{digits}" if language == "en" else f"{digits}\u00a0¤"


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a language puts around and into a number: Babel is asked once, not for every amount of a portfolio."""

    before: str
    after: str
    before_negative: str
    after_negative: str
    group: str
    point: str
    exponent: int

    def write(self, minor: int) -> str:
        """Minor units, with `exponent` decimals."""
        before, after = (self.before, self.after) if minor >= 0 else (self.before_negative, self.after_negative)
        digits = str(abs(minor)).rjust(self.exponent + 1, "0")
        rest = ""
        if self.exponent:
            digits, rest = digits[: -self.exponent], self.point + digits[-self.exponent :]
        if len(digits) > 3:
            digits = f"{int(digits):,}".replace(",", self.group)
        return f"{before}{digits}{rest}{after}"


def _shape(write: Callable[[Decimal], str], language: str, exponent: int) -> _Shape:
    from babel.numbers import get_decimal_symbol, get_group_symbol

    one = Decimal(1).scaleb(-exponent)  # ends in the only digit 1, begins with a 0 or is that 1
    first = "0" if exponent else "1"

    def around(text: str) -> tuple[str, str]:
        return text[: text.index(first)], text[text.rindex("1") + 1 :]

    return _Shape(
        *around(write(one)), *around(write(-one)), get_group_symbol(language), get_decimal_symbol(language), exponent
    )


@lru_cache(maxsize=64)
def _plain_shape(language: str, exponent: int) -> _Shape:
    from babel.numbers import format_decimal

    pattern = _pattern(language, exponent, unit=False)
    return _shape(lambda value: format_decimal(value, format=pattern, locale=language), language, exponent)


@lru_cache(maxsize=512)
def _amount_shape(language: str, currency: str) -> _Shape:
    from babel.numbers import format_currency

    exponent = EXPONENTS[currency]
    pattern = _pattern(language, exponent, unit=True)
    return _shape(
        lambda value: format_currency(value, currency, format=pattern, locale=language, currency_digits=False),
        language,
        exponent,
    )


@lru_cache(maxsize=4096)
def _day(language: str, day: date) -> str:
    return day.isoformat() if language == "en" else f"{day.day:02d}/{day.month:02d}/{day.year:04d}"


@lru_cache(maxsize=4096)
def _plain(language: str, minor: int, exponent: int) -> str:
    return _plain_shape(language, exponent).write(minor)


@lru_cache(maxsize=4096)
def _amount(language: str, minor: int, currency: str) -> str:
    return _amount_shape(language, currency).write(minor)
