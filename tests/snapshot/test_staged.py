"""Checking tables before they are written says what reading the written folder would say."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_engine.snapshot.model import Manifest
from policy_engine.snapshot.read import read_snapshot, read_sources
from policy_engine.snapshot.staged import stage
from policy_engine.snapshot.table_rows import Block, TableRows
from policy_engine.snapshot.tables import TABLES
from policy_engine.snapshot.write import control_total, table_columns, table_text, write_snapshot
from policy_engine.values.position import Position

START = Position("<export>", 1, 1)
MANIFEST = Manifest(date(2026, 11, 20), True, 'a "source"', None, date(2026, 11, 19))
WORDS = st.sampled_from(
    ["F-1", "F-2", " F 3", "", "é", 'x"y', "a;b", "a,b", "two\nlines", "two\r\nlines", "C-1", "C-2"]
)
DAYS = st.sampled_from(["2026-01-01", "2026-02-01", "", "never"])
AMOUNTS = st.sampled_from(["10.00", "-5.00", "1.5", "1.200", "", "10000000000.01", "7"])
CURRENCIES = st.sampled_from(["EUR", "EUR", "JPY", "XXY"])
TABLES_OF_ROWS = st.fixed_dictionaries({
    "customers": st.lists(
        st.fixed_dictionaries({"id": WORDS, "name": WORDS, "kind": st.sampled_from(["business", "?"])}), max_size=4
    ),
    "invoices": st.lists(
        st.fixed_dictionaries({
            "id": WORDS, "customer": WORDS, "kind": st.sampled_from(["invoice", "credit_note"]), "issue_date": DAYS,
            "due_date": DAYS, "amount": AMOUNTS, "currency": CURRENCIES, "own": WORDS,
        }),
        max_size=6,
    ),
    "payments": st.lists(
        st.fixed_dictionaries({
            "id": WORDS, "customer": WORDS, "date": DAYS, "amount": AMOUNTS, "currency": CURRENCIES, "invoice": WORDS,
        }),
        max_size=4,
    ),
})  # fmt: skip


def as_blocks(rows):
    """The same rows: the first half as columns, the others one by one."""
    half = len(rows) // 2
    found = TableRows()
    if half:
        names = list(dict.fromkeys(name for row in rows[:half] for name in row))
        found.add(Block({name: [row.get(name, "") for row in rows[:half]] for name in names}, half))
    for row in rows[half:]:
        found.append({name: cell for name, cell in row.items() if cell})
    return found


@pytest.mark.property
@given(TABLES_OF_ROWS)
def test_a_staged_snapshot_is_the_written_one(tmp_path_factory, tables):
    blocks = {name: as_blocks(rows) for name, rows in tables.items()}
    folder = tmp_path_factory.mktemp("staged") / "snapshot"
    totals = write_snapshot(folder, tables, MANIFEST)
    assert totals == tuple(sorted((control_total(name, rows) for name, rows in blocks.items()), key=lambda t: t.table))
    staged = stage({name: table_columns(TABLES[name], rows) for name, rows in blocks.items()}, MANIFEST, totals)
    written, checked = read_snapshot([folder]), read_sources([staged], start=START, identified=False)
    assert [(one.code, one.message, one.help) for one in checked.diagnostics] == [
        (one.code, one.message, one.help) for one in written.diagnostics
    ]
    if written.snapshot is None:
        assert checked.snapshot is None
    else:
        assert replace(checked.snapshot, digest="") == replace(written.snapshot, digest="")
        assert checked.snapshot.digest == ""


@pytest.mark.property
@given(TABLES_OF_ROWS)
def test_rows_as_columns_are_written_alike(tables):
    for name, rows in tables.items():
        blocks = as_blocks(rows)
        whole = [{key: cell for key, cell in row.items() if cell} for row in rows]
        assert blocks == whole
        assert len(blocks) == len(rows)
        assert [blocks[place] for place in range(len(rows))] == whole
        assert table_text(TABLES[name], blocks) == table_text(TABLES[name], rows)


def test_cells_that_can_not_be_written_are_refused():
    for cell in ("a\0b", "x" * 131_073):
        rows = TableRows([{"id": "C-1", "name": cell, "kind": "business"}])
        with pytest.raises(ValueError, match="can't stand in a cell"):
            stage({"customers": table_columns(TABLES["customers"], rows)}, MANIFEST, ())
