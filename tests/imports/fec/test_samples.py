"""The two real files: what domain.md 5.1 states of them. Skipped where they are absent."""

from datetime import date
from pathlib import Path

import pytest

from policy_engine.imports.fec import import_fec
from policy_engine.imports.fec_customers import Choices
from tests.imports.fec.support import NET_30, done, opened, read_back

FOLDER = Path(__file__).parents[4] / "shared" / "data" / "fec"
FIRST = FOLDER / "0000000001FEC20220831.txt"
SECOND = FOLDER / "123456789FEC20500930.txt"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the sample files are not beside the repository")


@pytest.fixture(scope="module")
def first():
    return import_fec(FIRST, as_of=date(2022, 8, 31), terms=NET_30, kind="business")


def test_the_first_sample_stands_where_its_ledger_stands(first, tmp_path):
    balances = read_back(tmp_path / "snapshot", first)
    assert {customer: cents for customer, cents in balances.items() if cents} == {
        "CPRO00": 27_123_29,
        "CPMTN0": 18_070_04,
        "CLAURE": 6_661_27,
        "CMOURL": 438_88,
        "CRETAY": 302_89,
        "CNOURR": -79_13,
    }
    assert sum(balances.values()) == first.report.total == 52_517_24
    assert len(balances) == 17


def test_none_of_its_seven_opening_lines_is_open(first):
    done(first)
    assert [row["id"] for row in first.tables["invoices"] if row["id"].startswith("ANO-")] == []
    assert "opening_open" not in dict(first.report.notes)


def test_what_is_open_are_the_invoices_of_the_last_weeks(first):
    items, loose = opened(first)
    assert len(items["CPRO00"]) == 18
    assert set(items["CPRO00"]) == {f"FA  {number}" for number in range(220376, 220394)}
    assert items["CRETAY"] == {"FA  220301": "100.33", "FA  220302": "202.56"}
    assert loose == {"CNOURR": "79.13"}
    assert first.tables["payments"][0]["allocations"] == ""


def test_the_file_is_described(first):
    report = first.report
    assert (report.lines, report.receivable_lines, report.encoding, report.separator) == (
        5422, 538, "UTF-8 with BOM", "TAB",
    )  # fmt: skip
    assert report.complete_through == date(2022, 8, 31)
    assert first.diagnostics == ()


def test_a_suspense_account_is_of_kind_unknown_unless_a_list_says_otherwise(first):
    kinds = {row["id"]: row["kind"] for row in first.tables["customers"]}
    assert {customer for customer, kind in kinds.items() if kind == "unknown"} == {"CATTEN"}
    listed = import_fec(
        FIRST, as_of=date(2022, 8, 31), terms=NET_30, kind="business", kinds=Choices({"CATTEN": "business"})
    )
    assert {row["kind"] for row in listed.tables["customers"]} == {"business"}


@pytest.mark.parametrize("day", [date(2021, 9, 1), date(2021, 12, 31), date(2022, 3, 15), date(2022, 7, 31)])
def test_earlier_days_tie_too(day, tmp_path):
    result = import_fec(FIRST, as_of=day, terms=NET_30, kind="business")
    done(result)
    lines = FIRST.read_text(encoding="utf-8-sig").splitlines()[1:]
    total = 0
    for cells in (line.split("\t") for line in lines):
        if cells[4].startswith("411") and cells[3] <= day.strftime("%Y%m%d"):
            total += int(cells[11].replace(",", "")) - int(cells[12].replace(",", ""))
    assert sum(read_back(tmp_path / "snapshot", result).values()) == total == result.report.total


def test_the_second_sample_names_no_customer():
    result = import_fec(SECOND, as_of=date(2023, 4, 30), terms=NET_30, kind="business")
    tables = done(result)
    assert tables == {"customers": [], "invoices": [], "payments": []}
    [left] = result.report.left_out
    assert (left.account, left.lines, left.balance) == ("411100000", 4, 128_200_50)
    assert (result.report.balance, result.report.left, result.report.total) == (0, 128_200_50, 128_200_50)
    assert "411100000: 4 lines" in dict(result.report.notes)["unnamed"]
