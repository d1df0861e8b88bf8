"""Conversion between currencies: exact, half up once, the newest rate of either direction, no cross rates."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from policy_engine.engine.reference.exchange import ExchangeRates, Quote, converted, converted_sum
from policy_engine.snapshot.model import ExchangeRate
from policy_engine.values.money import EXPONENTS

DAY = date(2026, 6, 30)


def rate(base: str, quote: str, text: str, day: date = DAY) -> ExchangeRate:
    value = Fraction(text)
    return ExchangeRate(base, quote, day, value.numerator, value.denominator)


def test_a_row_says_what_one_unit_of_base_is_in_quote() -> None:
    rates = ExchangeRates([rate("USD", "EUR", "0.92")])
    assert converted(rates, 100_00, "USD", "EUR", DAY) == 92_00
    assert converted(rates, 46_00, "EUR", "USD", DAY) == 50_00  # 46 / 0.92


def test_halves_go_away_from_zero() -> None:
    rates = ExchangeRates([rate("USD", "EUR", "0.5")])
    assert converted(rates, 5, "USD", "EUR", DAY) == 3  # 2.5 cents
    assert converted(rates, -5, "USD", "EUR", DAY) == -3


def test_the_inverse_is_exact() -> None:
    rates = ExchangeRates([rate("EUR", "USD", "1.2")])
    assert converted(rates, 100_00, "USD", "EUR", DAY) == 83_33  # 83.333...
    assert rates.quote("USD", "EUR", DAY) == Quote("USD", "EUR", DAY, 5, 6, inverse=True)


def test_yen_have_no_decimals_and_dinars_three() -> None:
    rates = ExchangeRates([rate("JPY", "EUR", "0.0061"), rate("TND", "EUR", "0.2955")])
    assert converted(rates, 12_345, "JPY", "EUR", DAY) == 75_30  # 75.3045
    assert converted(rates, 1_234_567, "TND", "EUR", DAY) == 364_81  # 364.8145...
    assert converted(rates, 40_00, "EUR", "JPY", DAY) == 6_557  # 6557.377
    assert converted(rates, 40_00, "EUR", "TND", DAY) == 135_364  # 135.3637...


def test_the_newest_of_either_direction_dated_up_to_the_day() -> None:
    before, after = DAY - timedelta(days=9), DAY + timedelta(days=1)
    rates = ExchangeRates(
        [rate("USD", "EUR", "0.9", before), rate("EUR", "USD", "1.25"), rate("USD", "EUR", "0.5", after)]
    )
    assert converted(rates, 100_00, "USD", "EUR", DAY - timedelta(days=1)) == 90_00
    assert converted(rates, 100_00, "USD", "EUR", DAY) == 80_00
    assert converted(rates, 100_00, "USD", "EUR", before - timedelta(days=1)) is None


def test_of_the_same_day_the_rate_stated_this_way_round_counts() -> None:
    rates = ExchangeRates([rate("USD", "EUR", "0.9"), rate("EUR", "USD", "1.25")])
    assert converted(rates, 100_00, "USD", "EUR", DAY) == 90_00
    assert converted(rates, 100_00, "EUR", "USD", DAY) == 125_00


def test_two_rates_are_never_chained() -> None:
    rates = ExchangeRates([rate("USD", "EUR", "0.9"), rate("GBP", "EUR", "1.2")])
    assert converted(rates, 100_00, "USD", "GBP", DAY) is None


def test_zero_and_the_same_currency_need_no_rate() -> None:
    assert converted(ExchangeRates(), 0, "USD", "EUR", DAY) == 0
    assert converted(ExchangeRates(), 7, "EUR", "EUR", DAY) == 7


def test_each_currency_of_a_sum_is_rounded_once() -> None:
    rates = ExchangeRates([rate("USD", "EUR", "0.5"), rate("GBP", "EUR", "0.5")])
    assert converted_sum(rates, {"USD": 1, "GBP": 1, "EUR": 10}, "EUR", DAY) == 12  # 0.5 -> 1, 0.5 -> 1
    assert converted_sum(rates, {"USD": 2, "CHF": 1}, "EUR", DAY) is None


CODES = st.sampled_from(["EUR", "USD", "JPY", "TND", "CLP", "KWD"])


@given(
    amount=st.integers(-(10**12), 10**12),
    source=CODES,
    target=CODES,
    value=st.decimals("0.000001", "100000", places=6),
    inverse=st.booleans(),
)
def test_conversion_is_what_decimal_arithmetic_says(
    amount: int, source: str, target: str, value: Decimal, inverse: bool
) -> None:
    """Against the definition in Decimal with digits to spare: major units times the rate, rounded to the target's."""
    if source == target:
        return
    exact = Fraction(value)
    row = (target, source) if inverse else (source, target)
    found = converted(ExchangeRates([ExchangeRate(*row, DAY, *exact.as_integer_ratio())]), amount, source, target, DAY)
    major = Fraction(amount, 10 ** EXPONENTS[source]) * (1 / exact if inverse else exact)
    minor = abs(major) * 10 ** EXPONENTS[target]
    rounded = (minor + Fraction(1, 2)).__floor__()
    assert found == (rounded if amount >= 0 else -rounded)
    if not inverse:
        product = Decimal(amount).scaleb(-EXPONENTS[source]).quantize(Decimal(1).scaleb(-EXPONENTS[source])) * value
        assert found == int(product.scaleb(EXPONENTS[target]).quantize(Decimal(1), rounding=ROUND_HALF_UP))
