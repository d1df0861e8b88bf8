"""The schemas and the reference: generated, committed, and saying what the reader does."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from policy_engine.snapshot.reference import snapshot_reference
from policy_engine.snapshot.schema import manifest_schema, row_schema, snapshot_schema, snapshot_schemas
from policy_engine.snapshot.tables import TABLES
from tests.snapshot.support import PORTFOLIO, read, texts, write_csv

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", sorted(snapshot_schemas()))
def test_schema_is_valid_and_committed(name):
    schema = snapshot_schemas()[name]
    Draft202012Validator.check_schema(schema)
    assert json.loads((ROOT / "schemas" / name).read_text()) == schema


def test_no_other_snapshot_schema_is_committed():
    assert {path.name for path in (ROOT / "schemas").glob("snapshot*")} == set(snapshot_schemas())


def test_reference_is_committed():
    assert (ROOT / "docs/snapshot.md").read_text(encoding="utf-8") == snapshot_reference()


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_column_is_described_with_an_example_that_fits(table):
    schema = row_schema(table)
    row = {}
    for column in table.columns:
        found = schema["properties"][column.name]
        assert found["description"]
        (row[column.name],) = found["examples"]
    Draft202012Validator(schema).validate(row)


def test_examples_of_the_manifest_fit():
    schema = manifest_schema()
    text = "\n".join(f"{name}: {found['examples'][0]}" for name, found in schema["properties"].items())
    Draft202012Validator(schema).validate(texts(text) | {"tables": {"invoices": {"rows": 2}}})


def test_the_portfolio_fits_the_schema():
    Draft202012Validator(snapshot_schema()).validate(PORTFOLIO)
    wrong = {**PORTFOLIO, "payments": [{"id": "P-1", "customer": "C-1", "date": "1.7.2026", "amount": "1,5", "sum": 3}]}
    found = {tuple(error.absolute_path) for error in Draft202012Validator(snapshot_schema()).iter_errors(wrong)}
    assert found == {("payments", 0), ("payments", 0, "date"), ("payments", 0, "amount")}


def test_the_examples_of_each_table_are_read(tmp_path):
    tables = {name: [dict(row) for row in rows] for name, rows in PORTFOLIO.items()}
    for name, rows in tables.items():
        for column in TABLES[name].columns:
            if column.type not in ("id", "ids", "allocations", "word") and column.name in rows[0]:
                rows[0][column.name] = column.example
    assert read(write_csv(tmp_path / "s", tables)).diagnostics == ()
