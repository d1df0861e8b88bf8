"""What holds for every snapshot: order says nothing, no byte raises, no invoice is lost, broken rows hold."""

import copy
import csv
import random
import tempfile
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_engine.snapshot.tables import TABLES
from tests.snapshot.support import PORTFOLIO, read, shown, write_csv, write_json

pytestmark = pytest.mark.property

PROTECTING = [name for name, table in TABLES.items() if table.holds == "customer"]
OWNER = {row["id"]: row["customer"] for row in PORTFOLIO["invoices"]}


def of(table, row):
    if table == "customers":
        return row["id"]
    return row.get("customer") or OWNER[row["invoice"]]


def accounted(snapshot):
    kept = Counter(row.id for account in snapshot.accounts for row in account.invoices)
    kept.update(row.id for row in snapshot.broken_invoices)
    return kept


@given(st.randoms(use_true_random=False), st.sampled_from([",", ";"]))
def test_order_of_rows_and_columns_says_nothing(rng: random.Random, delimiter):
    tables = {name: rng.sample(rows, len(rows)) for name, rows in PORTFOLIO.items()}
    with tempfile.TemporaryDirectory() as folder:
        shuffled = write_csv(
            Path(folder) / "a", tables, delimiter=delimiter, order=lambda names: rng.sample(names, len(names))
        )
        plain = write_json(Path(folder) / "b.json", PORTFOLIO)
        assert read(shuffled).snapshot == read(plain).snapshot


@given(st.sampled_from(sorted(TABLES)), st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
def test_any_bytes_as_a_table(table, content):
    with tempfile.TemporaryDirectory() as folder:
        path = write_csv(Path(folder) / "s", PORTFOLIO)
        (path / f"{table}.csv").write_bytes(content)
        shown(read(path))


CSV_BITS = st.sampled_from(
    [
        *"abcC-1F,;\n\r\"'\0 =",
        "id",
        "customer",
        "\ufeff",
        "\u0000",
        "1e9",
        "2026-01-01",
        '""',
        "\r\n",
        "C-1",
        "F-1",
        "é",
        "\ud7ff",
    ]
)


@given(st.sampled_from(sorted(TABLES)), st.lists(CSV_BITS, max_size=60).map("".join))
def test_any_text_below_a_header(table, body):
    header = ",".join(column.name for column in TABLES[table].columns)
    with tempfile.TemporaryDirectory() as folder:
        path = write_csv(Path(folder) / "s", PORTFOLIO)
        (path / f"{table}.csv").write_text(f"{header}\n{body}", newline="")
        result = read(path, accept_unattributed=100)
        shown(result)
        if result.snapshot is not None:
            assert accounted(result.snapshot).total() == dict(result.snapshot.rows).get("invoices", 0)


@given(st.binary(max_size=200), st.sampled_from(["s.yaml", "s.json", "s/manifest.yaml", "s/manifest.json"]))
def test_any_bytes_as_a_document(content, name):
    with tempfile.TemporaryDirectory() as folder:
        path = write_csv(Path(folder) / "s", PORTFOLIO)
        (Path(folder) / name).write_bytes(content)
        shown(read(path if name.startswith("s/") else Path(folder) / name))


BITS = st.sampled_from(
    [*'{}[]:,"\n -#&*!|>%@`', "customers", "invoices", "manifest", "id", "null", "1e9", "- ", ": ", "\t", "NaN"]
)


@given(st.lists(BITS, max_size=40).map("".join), st.sampled_from(["s.yaml", "s.json", "s/manifest.yaml"]))
def test_any_punctuation_as_a_document(content, name):
    with tempfile.TemporaryDirectory() as folder:
        path = write_csv(Path(folder) / "s", PORTFOLIO)
        (Path(folder) / name).write_text(content)
        shown(read(path if name.startswith("s/") else Path(folder) / name))


VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=5),
        st.sampled_from(["C-1", "F-1", "A-1"]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=6,
)


@given(st.data())
def test_any_value_in_any_cell_and_every_invoice_once(data):
    tables = copy.deepcopy(PORTFOLIO)
    for _ in range(data.draw(st.integers(1, 4))):
        table = data.draw(st.sampled_from(sorted(tables)))
        row = data.draw(st.sampled_from(tables[table]))
        row[data.draw(st.sampled_from([column.name for column in TABLES[table].columns]))] = data.draw(VALUES)
    with tempfile.TemporaryDirectory() as folder:
        result = read(write_json(Path(folder) / "s.json", tables), accept_unattributed=10)
    shown(result)
    if result.snapshot is not None:
        assert accounted(result.snapshot).total() == len(tables["invoices"])
        assert all(row.problem in result.snapshot.problems for row in result.snapshot.broken_invoices)


def protected(result, customer):
    """The run stopped, or the customer is held, or has no usable invoice at all."""
    if result.snapshot is None:
        return True
    accounts = [account for account in result.snapshot.accounts if account.customer.id == customer]
    return all(account.quarantined or not account.invoices for account in accounts)


def broken_values():
    """Each way to break one cell of a protecting table: garbage where it can't be read, nothing where it must be."""
    for table in PROTECTING:
        for place, row in enumerate(PORTFOLIO[table]):
            for column in TABLES[table].columns:
                if column.required:
                    yield table, place, column.name, ""
                if column.type not in ("id", "text", "ids", "words"):
                    yield table, place, column.name, "?"
                elif column.name in ("invoice", "customer", "reverses", "invoices") and row.get(column.name):
                    yield table, place, column.name, "nobody's"


def test_a_broken_cell_of_a_protecting_table_holds_its_customer_or_stops(tmp_path):
    seen = set()
    for table, place, column, value in broken_values():
        tables = copy.deepcopy(PORTFOLIO)
        tables[table][place][column] = value
        result = read(write_json(tmp_path / "s.json", tables))
        assert protected(result, of(table, PORTFOLIO[table][place])), (table, place, column, value)
        seen.add(table)
    assert seen == set(PROTECTING)


def test_a_doubled_row_of_a_protecting_table_holds_its_customer(tmp_path):
    for table in PROTECTING:
        for row in PORTFOLIO[table]:
            tables = {**PORTFOLIO, table: [*PORTFOLIO[table], row]}
            result = read(write_json(tmp_path / "s.json", tables))
            assert protected(result, of(table, row)), (table, row)
            tables[table] = [*PORTFOLIO[table], {**row, TABLES[table].columns[-1].name: {"a": ["b"]}}]
            assert protected(read(write_json(tmp_path / "s.json", tables)), of(table, row)), (table, row)


def test_a_broken_credit_note_holds_its_customer(tmp_path):
    for place in (4, 5):
        for column in TABLES["invoices"].columns:
            if column.required and column.name != "customer":
                tables = copy.deepcopy(PORTFOLIO)
                tables["invoices"][place][column.name] = ""
                assert protected(read(write_json(tmp_path / "s.json", tables)), OWNER[f"A-{place - 3}"]), column.name


@given(st.sampled_from(PROTECTING), st.data())
def test_a_row_with_cells_too_many_or_too_few_holds_its_customer_or_stops(table, data):
    with tempfile.TemporaryDirectory() as folder:
        path = write_csv(Path(folder) / "s", PORTFOLIO)
        file = path / f"{table}.csv"
        records = list(csv.reader(StringIO(file.read_text(), newline="")))
        place = data.draw(st.integers(1, len(records) - 1))
        cells = records[place]
        customer = of(table, PORTFOLIO[table][place - 1])
        at = data.draw(st.integers(0, len(cells) - 1))
        if data.draw(st.booleans()):
            cells.insert(at, data.draw(st.sampled_from(["x", "000.00", "F-9"])))
        else:
            del cells[max(1, at) :]
        with file.open("w", newline="") as out:
            csv.writer(out).writerows(records)
        result = read(path)
    assert protected(result, customer)


@given(st.sampled_from(["customers", *PROTECTING]), st.integers(0, 400))
def test_a_file_that_was_cut_anywhere_loses_no_invoice(table, at):
    with tempfile.TemporaryDirectory() as folder:
        path = write_csv(Path(folder) / "s", PORTFOLIO)
        content = (path / f"{table}.csv").read_bytes()
        (path / f"{table}.csv").write_bytes(content[: at % len(content)])
        result = read(path, accept_unattributed=100)
    if result.snapshot is not None:
        assert accounted(result.snapshot) == Counter(OWNER.keys())
