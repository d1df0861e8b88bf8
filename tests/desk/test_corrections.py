"""Corrections as the snapshot's reader applies them."""

import json
from datetime import date
from itertools import permutations

import pytest

from policy_engine.snapshot.read import read_snapshot

TABLES = {
    "customers": [{"id": "C-1", "name": "Duval", "kind": "business"}],
    "invoices": [
        {
            "id": "F-1", "customer": "C-1", "kind": "invoice", "currency": "EUR", "amount": "100.00",
            "issue_date": "2026-06-01", "due_date": "2026-07-01",
        }
    ],
    "disputes": [{"id": "D-1", "invoice": "F-1", "opened": "2026-07-10", "closed": "2026-08-10"}],
    "blocks": [{"id": "B-1", "customer": "C-1", "from": "2026-07-10"}],
    "promises": [{"id": "PR-1", "customer": "C-1", "made": "2026-07-10", "date": "2026-07-30"}],
    "payment_plans": [
        {"id": "PL-1", "customer": "C-1", "invoices": "F-1", "made": "2026-07-10", "schedule": "2026-07-30=100.00"}
    ],
    "charges": [{"id": "CH-1", "invoice": "F-1", "penalty": "late", "status": "waived", "date": "2026-07-10"}],
}  # fmt: skip


def read(tmp_path, *corrections, as_of="2026-07-21", **tables):
    listed = [
        {"id": f"CO-{number}", **dict(zip(("table", "row", "change", "date", "customer"), row, strict=False))}
        for number, row in enumerate(corrections)
    ]
    path = tmp_path / "s.json"
    path.write_text(json.dumps({**TABLES, **tables, "corrections": listed}), encoding="utf-8")
    result = read_snapshot([path], as_of=date.fromisoformat(as_of))
    assert result.diagnostics == (), [found.render() for found in result.diagnostics]
    return result.snapshot


@pytest.mark.parametrize(
    ("correction", "name", "end"),
    [
        (("disputes", "D-1", "ended", "2026-07-15"), "disputes", date(2026, 7, 15)),
        (("disputes", "D-1", "ended", "2026-07-10"), "disputes", date(2026, 7, 10)),
        (("disputes", "D-1", "ended", "2026-07-22"), "disputes", date(2026, 8, 10)),  # after as_of: not yet
        (("blocks", "B-1", "ended", "2026-07-15"), "blocks", date(2026, 7, 14)),
        (("blocks", "B-1", "ended", "2026-07-11"), "blocks", date(2026, 7, 10)),
        (("blocks", "B-1", "ended", "2026-07-10"), "blocks", None),
        (("blocks", "B-1", "withdrawn", "2026-07-01"), "blocks", None),
        (("promises", "PR-1", "withdrawn", "2026-07-15"), "promises", None),
        (("payment_plans", "PL-1", "withdrawn", "2026-07-15"), "payment_plans", None),
        (("charges", "CH-1", "withdrawn", "2026-07-15", "C-1"), "charges", None),
    ],
)
def test_what_is_left(tmp_path, correction, name, end):
    snapshot = read(tmp_path, correction)
    assert snapshot.problems == ()
    found = getattr(snapshot.accounts[0], name)
    assert [getattr(row, "closed", None) or getattr(row, "until", None) for row in found] == ([end] if end else [])


def test_a_later_end_lengthens_nothing(tmp_path):
    snapshot = read(tmp_path, ("disputes", "D-1", "ended", "2026-09-01"), as_of="2026-09-02")
    assert snapshot.accounts[0].disputes[0].closed == date(2026, 8, 10)


def test_of_several_corrections_the_order_says_nothing(tmp_path):
    several = [
        ("blocks", "B-1", "ended", "2026-07-18"),
        ("blocks", "B-1", "ended", "2026-07-15"),
        ("disputes", "D-1", "ended", "2026-07-12"),
        ("disputes", "D-1", "withdrawn", "2026-07-20"),
    ]
    for order in permutations(several):
        account = read(tmp_path, *order).accounts[0]
        assert account.blocks[0].until == date(2026, 7, 14)
        assert account.disputes == ()
        assert account.quarantined is None


def test_a_row_that_cannot_be_used_is_withdrawn_too(tmp_path):
    gone = [{"id": "PR-9", "customer": "C-1", "invoices": "F-OLD", "made": "2026-07-10", "date": "2026-07-30"}]
    unreadable = [{"id": "B-9", "customer": "C-1", "from": "soon"}]
    for table, rows in (("promises", gone), ("blocks", unreadable)):
        assert read(tmp_path, **{table: rows}).accounts[0].quarantined is not None
        ended = (table, rows[0]["id"], "withdrawn", "2026-07-15", "C-1")
        snapshot = read(tmp_path, ended, **{table: rows})
        assert snapshot.accounts[0].quarantined is None
        assert snapshot.problems == ()


def test_rows_with_one_id_are_not_corrected(tmp_path):
    double = [*TABLES["blocks"], {"id": "B-1", "customer": "C-1", "from": "2026-07-11"}]
    snapshot = read(tmp_path, ("blocks", "B-1", "withdrawn", "2026-07-15"), blocks=double)
    assert [problem.code for problem in snapshot.problems] == ["DUN523", "DUN523"]
    assert snapshot.accounts[0].quarantined is not None


def test_a_correction_that_is_wrong_holds_the_customer_and_changes_nothing(tmp_path):
    for wrong, code in [
        (("promises", "PR-1", "ended", "2026-07-15", "C-1"), "DUN535"),
        (("blocks", "B-1", "ended", "2026-07-09"), "DUN531"),
        (("blocks", "B-1", "lifted", "2026-07-15", "C-1"), "DUN534"),
        (("blocks", "B-1", "ended", "2026-07-15", "C-9"), "DUN526"),
    ]:
        snapshot = read(tmp_path, wrong)
        assert [problem.code for problem in snapshot.problems] == [code]
        assert snapshot.accounts[0].quarantined.code == code
        assert snapshot.accounts[0].blocks[0].until is None
