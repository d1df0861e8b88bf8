"""What is written reads back equal, is whole or not there, and replaces nothing that it shouldn't."""

import csv
import random
import tempfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_engine.snapshot.model import ControlTotal, Manifest
from policy_engine.snapshot.read import read_snapshot
from policy_engine.snapshot.write import write_snapshot
from tests.snapshot.support import AS_OF, PORTFOLIO, read, write_json

VOUCHED = Manifest(AS_OF, source='ERP "été"', exported_at="2026-07-21 22:04", payments_complete_through=AS_OF)


def test_a_snapshot_with_every_table_reads_back_equal(tmp_path):
    totals = write_snapshot(tmp_path / "out", PORTFOLIO, VOUCHED)
    manifest = {
        "as_of": "2026-07-21",
        "source": 'ERP "été"',
        "exported_at": "2026-07-21 22:04",
        "payments_complete_through": "2026-07-21",
        "tables": {
            total.table: {"rows": str(total.rows)} | ({"amount": AMOUNTS[total.table]} if total.amounts else {})
            for total in totals
        },
    }
    back = read(tmp_path / "out")
    plain = read(write_json(tmp_path / "plain.json", PORTFOLIO, manifest))
    assert back.diagnostics == ()
    assert back.snapshot == plain.snapshot
    assert back.snapshot.digest == plain.snapshot.digest
    assert back.snapshot.manifest.totals == totals


AMOUNTS = {
    "invoices": {"EUR": "1310.50", "JPY": "9000"},
    "payments": {"EUR": "96.00", "JPY": "0"},
    "orders": {"EUR": "12.00"},
}


def test_the_same_rows_give_the_same_bytes(tmp_path):
    rng = random.Random(7)  # noqa: S311 - an order, no secret
    shuffled = {name: rng.sample(rows, len(rows)) for name, rows in PORTFOLIO.items()}
    write_snapshot(tmp_path / "a", PORTFOLIO, VOUCHED)
    write_snapshot(tmp_path / "b", shuffled, VOUCHED)
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "b").iterdir())
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_the_bytes(tmp_path):
    customers = [
        {"id": "C-2", "name": "=cmd()", "kind": "business"},
        {"id": "C-1", "name": 'Pipes 12", long', "kind": "business", "country": "", "own": "x"},
    ]
    invoice = {"id": "F-1", "customer": "C-1", "kind": "invoice", "currency": "EUR", "amount": "12.5"}
    dates = {"issue_date": "2026-01-01", "due_date": "2026-02-01"}
    write_snapshot(tmp_path / "out", {"customers": customers, "invoices": [invoice | dates]}, Manifest(AS_OF))
    assert (tmp_path / "out" / "customers.csv").read_text(encoding="utf-8") == (
        'id,name,kind,own\nC-1,"Pipes 12"", long",business,x\nC-2,=cmd(),business,\n'
    )
    assert (tmp_path / "out" / "invoices.csv").read_text(encoding="utf-8") == (
        "id,customer,kind,currency,amount,issue_date,due_date\nF-1,C-1,invoice,EUR,12.5,2026-01-01,2026-02-01\n"
    )
    assert (tmp_path / "out" / "manifest.yaml").read_text(encoding="utf-8") == (
        'as_of: 2026-07-21\ntables:\n  customers: {rows: 2}\n  invoices: {rows: 1, amount: {EUR: "12.50"}}\n'
    )


def test_an_empty_snapshot_still_has_its_tables(tmp_path):
    assert write_snapshot(tmp_path / "out", {}, Manifest(AS_OF)) == (
        ControlTotal("customers", 0),
        ControlTotal("invoices", 0),
    )
    assert read_snapshot([tmp_path / "out"]).snapshot.accounts == ()


def test_amounts_that_cannot_be_read_give_no_total(tmp_path):
    rows = [{"id": "F-1", "currency": "EUR", "amount": "1,5"}]
    totals = write_snapshot(tmp_path / "out", {"invoices": rows}, Manifest(AS_OF))
    assert ControlTotal("invoices", 1) in totals


def test_a_folder_that_is_not_empty_stays(tmp_path):
    folder = tmp_path / "out"
    write_snapshot(folder, PORTFOLIO, VOUCHED)
    before = (folder / "manifest.yaml").read_bytes()
    with pytest.raises(FileExistsError, match="isn't empty"):
        write_snapshot(folder, PORTFOLIO, replace(VOUCHED, as_of=date(2026, 7, 22)))
    assert (folder / "manifest.yaml").read_bytes() == before
    write_snapshot(folder, {}, replace(VOUCHED, as_of=date(2026, 7, 22)), overwrite=True)
    assert sorted(path.name for path in folder.iterdir()) == ["customers.csv", "invoices.csv", "manifest.yaml"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_is_no_snapshot_is_never_replaced(tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").write_text("years")
    with pytest.raises(FileExistsError, match="thesis"):
        write_snapshot(tmp_path / "home", {}, VOUCHED, overwrite=True)
    with pytest.raises(FileExistsError, match="not a folder"):
        write_snapshot(tmp_path / "home" / "thesis.txt", {}, VOUCHED, overwrite=True)
    assert (tmp_path / "home" / "thesis.txt").read_text() == "years"


def test_nothing_is_left_when_a_cell_cannot_be_written(tmp_path):
    for bad in ("a\0b", "x" * 200_000, "\ud800"):
        with pytest.raises(ValueError, match=r"NUL|surrogates"):
            write_snapshot(tmp_path / "out", {"customers": [{"id": "C", "name": bad}]}, VOUCHED)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "tables", [{"clients": []}, {"payments": [{"id": "1", "own": "x"}]}, {"customers": [{"id": "1", " ": "x"}]}]
)
def test_only_tables_and_columns_of_a_snapshot(tmp_path, tables):
    with pytest.raises(ValueError, match="is not a"):
        write_snapshot(tmp_path / "out", tables, VOUCHED)


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@pytest.mark.property
@given(st.lists(st.tuples(CELLS.filter(bool), CELLS, CELLS, CELLS), max_size=6))
def test_every_cell_comes_back(rows):
    names = ("id", "name", "registration", "a;b")
    with tempfile.TemporaryDirectory() as folder:
        tables = {"customers": [dict(zip(names, row, strict=True)) for row in rows]}
        write_snapshot(Path(folder) / "out", tables, VOUCHED)
        with (Path(folder) / "out" / "customers.csv").open(encoding="utf-8", newline="") as stream:
            back = list(csv.DictReader(stream, strict=True))
        key = sorted(tuple(row.get(name, "") for name in names) for row in back)
        assert key == sorted(rows)


@pytest.mark.property
@given(CELLS, CELLS)
def test_every_text_of_a_manifest_comes_back(source, exported_at):
    with tempfile.TemporaryDirectory() as folder:
        write_snapshot(Path(folder) / "out", {}, Manifest(AS_OF, source=source, exported_at=exported_at))
        read = read_snapshot([Path(folder) / "out"])
        assert read.diagnostics == ()
