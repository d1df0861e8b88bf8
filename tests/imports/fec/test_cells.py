"""Amounts and dates, one by one."""

from datetime import date

import pytest

from policy_engine.imports.fec_cells import CellError, read_amount, read_day


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("", 0), ("0", 0), ("0,00", 0), ("000", 0), ("12", 12_00), ("12,5", 12_50), ("12,50", 12_50), ("12.50", 12_50),
        ("0000000069,60", 69_60), ("-12,34", -12_34), ("+12,34", 12_34), ("-000000000001437,12", -1437_12),
        (",5", 50), ("12,", 12_00), ("1 234,56", 1234_56), ("1\u202f234\u202f567,89", 1_234_567_89),
        ("12,3400", 12_34), ("10000000000,00", 10**12), ("-0,00", 0),
    ],
)  # fmt: skip
def test_amounts(text, cents):
    assert read_amount(text) == cents


@pytest.mark.parametrize(
    "text",
    ["1.234,56", "1,234.56", "1,234", "1.234", "12,340", "12,345", "1 23,45", "12 34", "1e3", "€5", "5 €", "-", "+",
     ",", "--5", "5-", "(5,00)", "=1+1", "nan", "0x10", "٣,00", "10000000000,01", "9" * 5_000],
)  # fmt: skip
def test_what_is_no_amount(text):
    with pytest.raises(CellError) as error:
        read_amount(text)
    assert error.value.fix
    assert len(str(error.value)) < 120


@pytest.mark.parametrize("text", ["20260731", "2026-07-31", "31/07/2026"])
def test_dates(text):
    assert read_day(text) == date(2026, 7, 31)


@pytest.mark.parametrize(
    "text",
    ["", "0", "20260230", "20261301", "00000000", "19691231", "22010101", "2026731", "07/31/2026", "31-07-2026",
     "31.07.2026", "2026/07/31", "31072026", "٢٠٢٦٠٧٣١", "20260731 ", "202607310"],
)  # fmt: skip
def test_what_is_no_date(text):
    with pytest.raises(CellError):
        read_day(text)
