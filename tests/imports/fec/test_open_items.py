"""Which debits are open: ledgers worked out by hand (open_items.yaml)."""

from pathlib import Path

import pytest
import yaml

from tests.imports.fec.support import entry, fec, opened, read_back, run

CASES = yaml.load((Path(__file__).parent / "open_items.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - texts only


def lines_of(case):
    for number, row in enumerate(case["lines"], start=1):
        day = row["day"].replace("-", "")
        cents = int(row["amount"].replace(".", ""))
        more = {
            "DateLet": row.get("lettered", "").replace("-", ""),
            "PieceDate": row.get("piece", day).replace("-", ""),
        }
        if row.get("negative"):
            more |= {"Debit": row["amount"].replace(".", ","), "Credit": "0,00"}
        yield from entry(row["journal"], number, day, row["customer"], cents, row.get("letter", ""), **more)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_open_items(case, tmp_path):
    result = run(tmp_path / "fec.txt", fec(lines_of(case)), as_of=case.get("as_of", "2026-12-31"))
    assert result.diagnostics == () or all(found.severity == "warning" for found in result.diagnostics)
    assert opened(result) == (case.get("open", {}), case.get("unallocated", {}))
    balances = {line.id: line.ledger for line in result.report.customers}
    assert read_back(tmp_path / "snapshot", result) == balances
    if "as_says" in case:
        assert case["as_says"] in dict(result.report.notes)


def test_allocations_explain_what_is_left(tmp_path):
    lines = [
        *entry("VE", 1, "20260301", "A", 100_00, "AA"),
        *entry("BQ", 2, "20260401", "A", -60_00, "AA"),
        *entry("BQ", 3, "20260402", "A", -5_00, "AA"),
    ]
    result = run(tmp_path / "fec.txt", fec(lines))
    [invoice] = result.tables["invoices"]
    assert invoice == {
        "id": "VE-20260301-1-1", "number": "P1", "customer": "A", "kind": "invoice", "currency": "EUR",
        "amount": "100.00", "issue_date": "2026-03-01", "due_date": "2026-03-31", "terms": "net_30",
    }  # fmt: skip
    assert [(row["id"], row["date"], row["amount"], row["allocations"]) for row in result.tables["payments"]] == [
        ("BQ-20260401-2-1", "2026-04-01", "60.00", "VE-20260301-1-1=60.00"),
        ("BQ-20260402-3-1", "2026-04-02", "5.00", "VE-20260301-1-1=5.00"),
    ]


def test_a_payment_counts_only_with_what_it_settled_of_open_invoices(tmp_path):
    lines = [
        *entry("VE", 1, "20260301", "A", 100_00),
        *entry("VE", 2, "20260302", "A", 50_00),
        *entry("BQ", 3, "20260401", "A", -120_00),
    ]
    result = run(tmp_path / "fec.txt", fec(lines))
    assert [row["id"] for row in result.tables["invoices"]] == ["VE-20260302-2-1"]
    [payment] = result.tables["payments"]
    assert (payment["amount"], payment["allocations"]) == ("20.00", "VE-20260302-2-1=20.00")


def test_a_customer_on_two_accounts_is_one(tmp_path):
    lines = [
        *entry("VE", 1, "20260301", "A", 100_00, account="411000"),
        *entry("BQ", 2, "20260401", "A", -40_00, account="411900"),
    ]
    result = run(tmp_path / "fec.txt", fec(lines))
    assert opened(result) == ({"A": {"P1": "60.00"}}, {})


def test_letters_of_two_accounts_are_two_groups(tmp_path):
    lines = [
        *entry("VE", 1, "20260301", "A", 100_00, "AA", account="411000"),
        *entry("BQ", 2, "20260401", "A", -100_00, "AA", account="411900"),
    ]
    result = run(tmp_path / "fec.txt", fec(lines))
    assert opened(result) == ({"A": {"P1": "100.00"}}, {"A": "100.00"})
