"""The reference rates that ship with the package: no gaps, no overlaps, and what other publications say of them."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from importlib.resources import files

import pytest

from policy_engine.engine.reference.rate_lines import RateLine, rate_lines
from policy_engine.policy.resolved import InterestPenalty, ReferenceRate
from policy_engine.rates import PPM_PER_PERCENT, RateTable, RateTableError, percent_to_ppm, reference_rates
from policy_engine.rates import table_from_rows as table
from policy_engine.values.position import NOWHERE

ONE_DAY = timedelta(days=1)
TABLES = sorted(reference_rates())
HALF_YEARS = [date(year, month, 1) for year in range(1999, 2027) for month in (1, 7)]


def percent(name: str, day: date) -> Decimal | None:
    """The rate in percent a year as people write it."""
    found = reference_rates()[name].on(day)
    return None if found is None else Decimal(found) / PPM_PER_PERCENT


def rows(name: str) -> list[dict[str, str]]:
    text = (files("policy_engine.rates") / "data" / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def half_year(text: str) -> date:
    """`2025-S2` is the half-year that begins on 1 July 2025."""
    return date(int(text[:4]), 1 if text.endswith("S1") else 7, 1)


@pytest.mark.parametrize("name", TABLES)
def test_every_row_has_a_day_a_rate_and_a_source(name: str) -> None:
    shipped, loaded = rows(name), reference_rates()[name]
    assert [date.fromisoformat(row["effective_from"]) for row in shipped] == list(loaded.days)
    assert all(row["source"] and row["verified"] in {"yes", "secondary", "no"} for row in shipped)
    assert loaded.sources == tuple(row["source"] for row in shipped)
    assert [Decimal(row["rate_pct"]) * PPM_PER_PERCENT for row in shipped] == list(loaded.ppm)


@pytest.mark.parametrize("name", TABLES)
def test_dates_strictly_increase_and_stay_within_what_was_checked(name: str) -> None:
    loaded = reference_rates()[name]
    assert all(earlier < later for earlier, later in zip(loaded.days, loaded.days[1:], strict=False))
    assert loaded.days[-1] <= loaded.checked_through


@pytest.mark.parametrize("name", TABLES)
def test_a_rate_is_known_every_day_up_to_the_last_one_checked_and_never_after(name: str) -> None:
    loaded = reference_rates()[name]
    assert loaded.on(loaded.days[0] - ONE_DAY) is None
    day = loaded.days[0]
    while day <= loaded.checked_through:
        assert loaded.on(day) is not None, day
        day += ONE_DAY
    assert loaded.on(loaded.checked_through + ONE_DAY) is None
    assert loaded.on(date(2200, 12, 31)) is None


def test_checked_through() -> None:
    assert {name: str(found.checked_through) for name, found in reference_rates().items()} == {
        "de_basiszinssatz": "2026-12-31",
        "ecb_mro": "2026-07-01",
        "fr_legal_interest": "2026-12-31",
        "uk_bank_rate": "2026-09-08",
    }


def test_the_german_base_rate_follows_the_ecb_of_the_day_before() -> None:
    base = reference_rates()["de_basiszinssatz"]
    since = [day for day in base.days if day >= date(2009, 1, 1)]
    assert len(since) > 30
    for day in since:
        before = percent("ecb_mro", day - ONE_DAY)
        assert before is not None
        assert percent("de_basiszinssatz", day) == before - Decimal("0.88"), day


def test_the_french_floor_is_three_times_the_legal_rate() -> None:
    recent = [row for row in rows("fr_legal_interest") if row["effective_from"] >= "2015"]
    assert len(recent) == 24
    for row in recent:
        assert Decimal(row["contract_floor_pct"]) == 3 * Decimal(row["rate_pct"]), row
        assert Decimal(row["individual_creditor_pct"]) > Decimal(row["rate_pct"]), row


@pytest.mark.parametrize(
    ("half", "floor"), [("2025-S1", "11.13"), ("2025-S2", "8.28"), ("2026-S1", "7.86"), ("2026-S2", "8.25")]
)
def test_published_french_floors(half: str, floor: str) -> None:
    found = percent("fr_legal_interest", half_year(half))
    assert found is not None
    assert 3 * found == Decimal(floor)


@pytest.mark.parametrize(
    ("legal", "floor", "day"),
    [("0.89", "2.67", "2018-01-01"), ("0.79", "2.37", "2021-01-01"), ("4.92", "14.76", "2024-07-01")],
)
def test_floors_of_three_professional_pages(legal: str, floor: str, day: str) -> None:
    assert percent("fr_legal_interest", date.fromisoformat(day)) == Decimal(legal)
    assert 3 * Decimal(legal) == Decimal(floor)


# fmt: off
IRELAND = {
    "2013-S2": "8.50", "2014-S1": "8.25", "2014-S2": "8.15", "2015-S1": "8.05", "2015-S2": "8.05", "2016-S1": "8.05",
    "2016-S2": "8.00", "2017-S1": "8.00", "2017-S2": "8.00", "2018-S1": "8.00", "2018-S2": "8.00", "2019-S1": "8.00",
    "2019-S2": "8.00", "2020-S1": "8.00", "2020-S2": "8.00", "2021-S1": "8.00", "2021-S2": "8.00", "2022-S1": "8.00",
    "2022-S2": "8.00", "2023-S1": "10.50", "2023-S2": "12.00", "2024-S1": "12.50", "2024-S2": "12.25",
}
UNITED_KINGDOM = {
    "2012-S1": "8.50", "2012-S2": "8.50", "2013-S1": "8.50", "2013-S2": "8.50", "2014-S1": "8.50", "2014-S2": "8.50",
    "2015-S1": "8.50", "2015-S2": "8.50", "2016-S1": "8.50", "2016-S2": "8.50", "2017-S1": "8.25", "2017-S2": "8.25",
    "2018-S1": "8.50", "2018-S2": "8.50", "2019-S1": "8.75", "2019-S2": "8.75", "2020-S1": "8.75", "2020-S2": "8.10",
    "2021-S1": "8.10", "2021-S2": "8.10", "2022-S1": "8.25", "2022-S2": "9.25", "2023-S1": "11.50", "2023-S2": "13.00",
    "2024-S1": "13.25",
}
FRANCE = {  # the default rate, ecb_mro + 10, and the floor of contract rates
    "2023-S1": ("12.50", "6.18"), "2023-S2": ("14.00", "12.66"), "2024-S1": ("14.50", "15.21"),
    "2025-S1": ("13.15", "11.13"), "2025-S2": ("12.15", "8.28"), "2026-S2": ("12.40", "8.25"),
}
# fmt: on


@pytest.mark.parametrize(("half", "rate"), IRELAND.items())
def test_the_irish_late_payment_table_is_ecb_plus_eight(half: str, rate: str) -> None:
    found = percent("ecb_mro", half_year(half))
    assert found is not None
    assert found + 8 == Decimal(rate)


@pytest.mark.parametrize(("half", "rate"), UNITED_KINGDOM.items())
def test_the_british_late_payment_table_is_bank_rate_of_the_eve_plus_eight(half: str, rate: str) -> None:
    found = percent("uk_bank_rate", half_year(half) - ONE_DAY)
    assert found is not None
    assert found + 8 == Decimal(rate)


def french(contract: int | None) -> RateLine:
    """The French rate line of the engine, for a customer with or without a contract rate."""
    penalty = InterestPenalty(
        name="late_interest",
        when=None,
        contract=None,
        floor=ReferenceRate("fr_legal_interest", 3, 0),
        otherwise=ReferenceRate("ecb_mro", 1, 10 * PPM_PER_PERCENT),
        annual=None,
        allocation="interest_first",
        position=NOWHERE,
    )
    shipped = reference_rates()
    return rate_lines(penalty, (shipped["ecb_mro"], shipped["fr_legal_interest"])).line(contract)


def rate_of(line: RateLine, day: date) -> Fraction:
    index = line.index(day.toordinal())
    assert index is not None
    return Fraction(line.rates[index], PPM_PER_PERCENT)


@pytest.mark.parametrize(("half", "rates"), FRANCE.items())
def test_the_french_default_rate_and_floor_as_the_engine_reads_them(half: str, rates: tuple[str, str]) -> None:
    start = half_year(half)
    default, floor = (Fraction(rate) for rate in rates)
    assert rate_of(french(None), start) == default
    assert rate_of(french(0), start) == floor
    assert rate_of(french(100 * PPM_PER_PERCENT), start) == 100


def test_the_french_floor_is_above_the_default_rate_in_2024_only() -> None:
    above = [
        start
        for start in HALF_YEARS
        if start >= date(2015, 1, 1) and rate_of(french(0), start) > rate_of(french(None), start)
    ]
    assert above == [date(2024, 1, 1), date(2024, 7, 1)]


def test_a_half_year_keeps_the_rate_of_its_first_day() -> None:
    line = french(None)
    change = date(2024, 9, 18)  # 4.25 to 3.65
    assert percent("ecb_mro", change) == Decimal("3.65")
    assert rate_of(line, change) == rate_of(line, date(2024, 12, 31)) == Fraction("14.25")
    assert rate_of(line, date(2025, 1, 1)) == Fraction("13.15")


def test_statutory_interest_is_known_to_the_end_of_the_half_year_checked_last() -> None:
    for line in (french(None), french(12 * PPM_PER_PERCENT)):
        last = date(2026, 12, 31).toordinal()
        assert line.index(last) is not None
        assert line.index(last + 1) is None
        assert line.between(last - 10, last) == 10 * line.rates[-1]
        assert line.between(last - 10, last + 1) is None
        assert line.between(last, last) == 0


def test_a_sum_of_rates_is_the_sum_day_by_day() -> None:
    line = french(None)
    first = date(2022, 5, 30).toordinal()
    for length in (1, 31, 32, 33, 200, 217, 400, 800):
        days = range(first + 1, first + length + 1)
        expected = sum(line.rates[line.index(day) or 0] for day in days)
        assert line.between(first, first + length) == expected


def test_a_table_with_overlaps_or_doubles_is_refused() -> None:
    through = date(2026, 12, 31)
    good = [(date(2025, 1, 1), 1, "a"), (date(2025, 7, 1), 2, "b")]
    assert isinstance(table("good", "Good", good, through), RateTable)
    for day in (date(2025, 7, 1), date(2025, 3, 1), date(2024, 1, 1)):
        with pytest.raises(RateTableError, match="does not come after"):
            table("bad", "Bad", [*good, (day, 3, "c")], through)


def test_a_gap_at_either_end_has_no_rate() -> None:
    found = table("short", "Short", [(date(2025, 1, 1), 20_000, "a")], date(2025, 6, 30))
    assert found.on(date(2024, 12, 31)) is None
    assert found.on(date(2025, 6, 30)) == 20_000
    assert found.on(date(2025, 7, 1)) is None


def test_rates_are_read_exactly() -> None:
    assert percent_to_ppm("12.40") == 124_000
    assert percent_to_ppm("-0.88") == -8_800
    assert percent_to_ppm("0.0001") == 1
    for text in ("12,40", "", "NaN", "Infinity", "0.00001", "ten"):
        with pytest.raises(RateTableError):
            percent_to_ppm(text)


@pytest.mark.parametrize(
    ("name", "day", "wrong", "right"),
    [
        ("fr_legal_interest", "2025-01-01", "7.61", "3.71"),  # the other category, mistyped
        ("fr_legal_interest", "2025-07-01", "6.54", "2.76"),
        ("de_basiszinssatz", "2025-07-01", "1.77", "1.27"),
        ("ecb_mro", "2024-07-01", "3.65", "4.25"),  # September's rate taken for July's
        ("ecb_mro", "2026-01-01", "2.65", "2.15"),
    ],
)
def test_errors_seen_elsewhere_are_not_here(name: str, day: str, wrong: str, right: str) -> None:
    found = percent(name, date.fromisoformat(day))
    assert found == Decimal(right)
    assert found != Decimal(wrong)
