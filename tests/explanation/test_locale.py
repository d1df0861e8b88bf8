"""How the two languages write amounts, dates, rates and exact sums."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from babel.numbers import format_currency, format_decimal

from policy_engine.explanation.locale import locale_of
from policy_engine.values.money import EXPONENTS

EN, FR = locale_of("en"), locale_of("fr")


@pytest.mark.parametrize(
    ("minor", "currency", "english", "french"),
    [
        (123456789, "EUR", "€1,234,567.89", "1\u202f234\u202f567,89\u00a0€"),
        (-5, "EUR", "-€0.05", "-0,05\u00a0€"),
        (1234, "JPY", "¥1,234", "1\u202f234\u00a0JPY"),
        (12345, "TND", "TND12.345", "12,345\u00a0TND"),
        (99_999_999_999_999_999, "EUR", "€999,999,999,999,999.99", "999\u202f999\u202f999\u202f999\u202f999,99\u00a0€"),
    ],
)
def test_amounts(minor, currency, english, french):
    assert EN.amount(minor, currency) == english
    assert FR.amount(minor, currency) == french


def test_dates_are_iso_in_english_and_day_first_in_french():
    assert EN.day(date(2026, 12, 4)) == "2026-12-04"
    assert FR.day(date(2026, 12, 4)) == "04/12/2026"


@pytest.mark.parametrize(
    ("ppm", "english", "french"),
    [(124_000, "12.40%", "12,40\u00a0%"), (121_250, "12.125%", "12,125\u00a0%"), (0, "0.00%", "0,00\u00a0%")],
)
def test_rates(ppm, english, french):
    assert EN.percent(ppm) == english
    assert FR.percent(ppm) == french


def test_exact_sums_are_cut_and_never_rounded():
    assert EN.exact(Fraction(2, 3), "EUR") == "0.006666…"
    assert EN.exact(Fraction(199_999_999, 1_000_000), "EUR", 2) == "1.99…"
    assert FR.exact(Fraction(123_450), "EUR", 2) == "1\u202f234,50"
    assert EN.decimal(Fraction(-7, 2)) == "-3.50"


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_currency_is_written_as_babel_writes_it(language):
    """Babel is asked once a currency; what it would say of each amount is the measure."""
    for currency, exponent in EXPONENTS.items():
        unit = "¤#,##0" if language == "en" else "#,##0"
        pattern = unit + (f".{'0' * exponent}" if exponent else "") + ("" if language == "en" else "\u00a0¤")
        for minor in (0, 1, -1, 10, 99, -100, 999, 1_000, -12_345, 100_000, 999_999, -1_000_000, 10**15 + 1, -(10**20)):
            value = Decimal(minor).scaleb(-exponent)
            babel = format_currency(value, currency, format=pattern, locale=language, currency_digits=False)
            assert locale_of(language).amount(minor, currency) == babel
            plain = pattern.replace("¤", "").strip("\u00a0")
            assert locale_of(language).plain(minor, currency) == format_decimal(value, format=plain, locale=language)
