"""Every reader on data that is right: equal rows give an equal snapshot and digest, whatever holds them."""

from datetime import date
from pathlib import Path

import pytest

from policy_engine.policy.resolved import Attribute
from policy_engine.snapshot.excel import letters, text_of
from tests.snapshot.formats import tables_of, write_duckdb, write_parquet, write_sqlite, write_workbook
from tests.snapshot.support import PORTFOLIO, read, shown, write_csv

ROOT = Path(__file__).parents[2]
WRITERS = {
    "parquet of minor units": lambda at, *data: write_parquet(at / "s", *data, money="minor"),
    "parquet of decimals": lambda at, *data: write_parquet(at / "s", *data, money="decimal"),
    "parquet of texts": lambda at, *data: write_parquet(at / "s", *data, money="text"),
    "duckdb of minor units": lambda at, *data: write_duckdb(at / "s.duckdb", *data, money="minor"),
    "duckdb of decimals": lambda at, *data: write_duckdb(at / "s.db", *data, money="decimal"),
    "sqlite of minor units": lambda at, *data: write_sqlite(at / "s.sqlite", *data, money="minor"),
    "sqlite of texts": lambda at, *data: write_sqlite(at / "s.db", *data, money="text"),
    "workbook": lambda at, *data: write_workbook(at / "s.xlsx", *data),
}
OWN = [
    Attribute("customer", "region", "text"),
    Attribute("invoice", "visits", "count"),
    Attribute("invoice", "bonus", "amount"),
]


@pytest.mark.parametrize("writer", WRITERS)
def test_the_twelve_are_the_same_in_every_format(writer, tmp_path):
    folder = ROOT / "examples/twelve"
    expected = read(folder, as_of=None)
    found = read(WRITERS[writer](tmp_path, *tables_of(folder)), as_of=None)
    assert found.diagnostics == (), shown(found)
    assert found.snapshot == expected.snapshot
    assert found.snapshot.digest == expected.snapshot.digest


@pytest.mark.parametrize("writer", WRITERS)
def test_every_table_and_an_attribute_of_each_kind(writer, tmp_path):
    folder = write_csv(tmp_path / "csv", PORTFOLIO)
    tables, _ = tables_of(folder)
    header, rows = tables["customers"]
    tables["customers"] = ([*header, "region"], [[*row, "ouest"] for row in rows])
    header, rows = tables["invoices"]
    tables["invoices"] = ([*header, "visits", "bonus"], [[*row, "3", "10.50"] for row in rows])
    dicts = {name: [dict(zip(header, row, strict=True)) for row in rows] for name, (header, rows) in tables.items()}
    expected = read(write_csv(tmp_path / "csv2", dicts), attributes=OWN)
    found = read(WRITERS[writer](tmp_path, tables), attributes=OWN)
    assert expected.diagnostics == found.diagnostics == (), shown(found)
    assert found.snapshot == expected.snapshot
    assert found.snapshot.accounts[0].invoices[0].attributes == {"visits": 3, "bonus": 1050}


def test_formats_stand_beside_each_other(tmp_path):
    folder = ROOT / "examples/twelve"
    tables, manifest = tables_of(folder)
    erp = {name: tables.pop(name) for name in ("customers", "invoices", "payments", "contact_persons")}
    history = {"history": tables.pop("history")}
    sources = [
        write_parquet(tmp_path / "erp", erp),
        write_sqlite(tmp_path / "desk.sqlite", tables),
        write_workbook(tmp_path / "history.xlsx", history, {"as_of": manifest["as_of"]}),
    ]
    both = read(*sources, as_of=None).snapshot
    assert both.accounts == read(folder, as_of=None).snapshot.accounts


@pytest.mark.parametrize(
    ("place", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16383, "XFD")]
)
def test_columns_have_the_names_that_excel_gives_them(place, name):
    assert letters(place) == name


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (1200.0, "1200"), (1200.1, "1200.1"), (0.1 + 0.2, "0.30000000000000004"), (1e-7, "0.0000001"),
        (1e22, "10000000000000000000000"), (True, "yes"), (date(2026, 7, 1), "2026-07-01"), ("", ""), (-0.01, "-0.01"),
    ],
)  # fmt: skip
def test_a_number_of_excel_is_the_shortest_decimal(cell, text):
    assert text_of(cell) == text
