"""Every reader on files that are broken, hostile or of the wrong type: findings with a place, never an exception."""

import random
import sqlite3
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import duckdb
import openpyxl
import pytest

from tests.snapshot.formats import tables_of, write_duckdb, write_parquet, write_sqlite, write_workbook
from tests.snapshot.support import read, shown

ROOT = Path(__file__).parents[2]
TABLES, MANIFEST = tables_of(ROOT / "examples/twelve")
CUSTOMERS = {"customers": TABLES["customers"]}
INVOICE = "'BER-1' AS id, 'bernard-credit-note' AS customer, 'invoice' AS kind, 'EUR' AS currency"
DAYS = "DATE '2026-06-01' AS issue_date, DATE '2026-07-01' AS due_date"


def codes(result):
    """Codes and places of the findings, else of the problems."""
    if result.snapshot is None:
        return {(found.code, Path(found.position.file).name) for found in result.diagnostics}
    return {(found.code, found.where) for found in result.snapshot.problems}


def parquet(tmp_path, select):
    folder = write_parquet(tmp_path / "s", CUSTOMERS)
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({select}) TO '{folder / 'invoices.parquet'}' (FORMAT parquet)")
    return folder


def in_duckdb(tmp_path, select):
    path = write_duckdb(tmp_path / "s.duckdb", CUSTOMERS)
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"CREATE TABLE invoices AS {select}")
    return path


TYPES = [
    ("100.0::DOUBLE AS amount", "DUN515", "amount"),
    ("'NaN'::DOUBLE AS amount", "DUN515", "amount"),
    ("100.0::FLOAT AS amount", "DUN515", "amount"),
    ("TIMESTAMP '2026-06-01 10:00' AS amount", "DUN515", "amount"),
    ("{'a': 1} AS amount", "DUN515", "amount"),
    ("'\\x00'::BLOB AS amount", "DUN515", "amount"),
    ("['1'] AS amount", "DUN515", "amount"),
    ("'1.200,50' AS amount", "DUN520", "`1.200,50` is not a decimal number"),
    ("'NaN' AS amount", "DUN520", "`NaN` is not a decimal number"),
    ("'Infinity' AS amount", "DUN520", "not a decimal"),
    ("1.234 AS amount", "DUN520", "more than the 2 decimals of EUR"),
    ("1000000000001 AS amount", "DUN533", "`10000000000.01` EUR is beyond"),
    ("-5 AS amount", "DUN530", "its amount is -0.05"),
    ("NULL AS amount", "DUN521", "is empty"),
    ("1 AS amont", "DUN508", "did you mean `amount`?"),
    ("true AS amount", "DUN520", "not a decimal"),
]


@pytest.mark.parametrize("place", [parquet, in_duckdb])
@pytest.mark.parametrize(("column", "code", "text"), TYPES)
def test_types_of_an_amount(place, column, code, text, tmp_path):
    result = read(place(tmp_path, f"SELECT {INVOICE}, {column}, {DAYS}"))
    assert {found for found, _ in codes(result)} == {code}, shown(result)
    assert text in shown(result)
    where = {where for _, where in codes(result)}
    if code in ("DUN515", "DUN508"):
        assert where == {"invoices.parquet" if place is parquet else "s.duckdb:invoices"}
    else:
        assert where == {"s/invoices.parquet:1" if place is parquet else "s.duckdb:invoices:1"}


DATES = [
    ("TIMESTAMP '2026-06-01 00:00' AS issue_date", "DUN515"),
    ("TIMESTAMPTZ '2026-06-01 00:00' AS issue_date", "DUN515"),
    ("20260601 AS issue_date", "DUN520"),
    ("DATE '0044-03-15 (BC)' AS issue_date", "DUN520"),
    ("DATE 'infinity' AS issue_date", "DUN520"),
    ("'01/06/2026' AS issue_date", "DUN520"),
]


@pytest.mark.parametrize(("column", "code"), DATES)
def test_types_of_a_day(column, code, tmp_path):
    result = read(parquet(tmp_path, f"SELECT {INVOICE}, 100 AS amount, {column}, DATE '2026-07-01' AS due_date"))
    assert {found for found, _ in codes(result)} == {code}, shown(result)


def test_three_decimals_in_a_typed_column_are_no_thousands(tmp_path):
    select = f"SELECT {INVOICE}, 1200.500::DECIMAL(18,3) AS amount, {DAYS}"
    (invoice,) = next(row.invoices for row in read(parquet(tmp_path, select)).snapshot.accounts if row.invoices)
    assert invoice.amount == 120_050


def test_lists_and_nul_bytes(tmp_path):
    select = f"SELECT {INVOICE}, 100 AS amount, {DAYS}, chr(0) AS number"
    assert codes(read(parquet(tmp_path / "a", select) if (tmp_path / "a").mkdir() is None else "")) == {
        ("DUN520", "s/invoices.parquet:1")
    }
    folder = parquet(tmp_path, f"SELECT {INVOICE}, 100 AS amount, {DAYS}")
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT 'PR' AS id, 'bernard-credit-note' AS customer, ['BER-1', NULL] AS invoices,"
            f" DATE '2026-07-01' AS made, DATE '2026-07-02' AS date) TO '{folder}/promises.parquet' (FORMAT parquet)"
        )
    result = read(folder)
    assert next(row.promises for row in result.snapshot.accounts if row.promises)[0].invoices == ("BER-1",)


@pytest.mark.parametrize("place", [parquet, in_duckdb])
def test_a_missing_column_and_ten_thousand_others(place, tmp_path):
    result = read(place(tmp_path, f"SELECT {INVOICE}, {DAYS}"))
    assert {found for found, _ in codes(result)} == {"DUN506"}
    (tmp_path / "wide").mkdir()
    many = ", ".join(f"{number} AS strange{number}" for number in range(10_000))
    wide = read(place(tmp_path / "wide", f"SELECT {INVOICE}, {DAYS}, 5 AS amount, {many}"))
    assert {found for found, _ in codes(wide)} == {"DUN509"}
    assert "10007 columns" in shown(wide)


def damaged(path, seed):
    """The file cut short, or with bytes that somebody else wrote."""
    bytes_ = bytearray(path.read_bytes())
    dice = random.Random(seed)  # noqa: S311
    if seed % 3 == 0:
        del bytes_[dice.randrange(len(bytes_)) :]
    else:
        for _ in range(1 + seed * 5):
            bytes_[dice.randrange(len(bytes_))] = dice.randrange(256)
    path.write_bytes(bytes_)
    return path


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("kind", ["parquet", "duckdb", "sqlite", "xlsx"])
def test_damaged_files_raise_nothing(kind, seed, tmp_path):
    if kind == "parquet":
        path = write_parquet(tmp_path / "s", TABLES)
        damaged(path / "invoices.parquet", seed)
    else:
        writer = {"duckdb": write_duckdb, "sqlite": write_sqlite, "xlsx": write_workbook}[kind]
        path = damaged(writer(tmp_path / f"s.{kind}", TABLES, MANIFEST), seed)
    result = read(path, as_of=None)
    assert result.snapshot is not None or result.diagnostics


NOT_WHAT_IT_SAYS = [
    ("s.duckdb", b"", "DUN501"), ("s.db", b"x" * 4096, "DUN501"), ("s.sqlite", b"\x8a\x11" * 900, "DUN501"),
    ("s.sqlite", b"SQLite format 3\0" + b"\x07" * 600, "DUN501"),
    ("s.duckdb", b"12345678DUCK" + b"\0" * 9000, "DUN501"),
    ("s.xlsx", b"", "DUN501"), ("s.xlsx", b"id,customer", "DUN501"), ("s.xlsx", b"PK\x03\x04" + b"\0" * 60, "DUN501"),
    ("s.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "DUN509"), ("s.xls", b"\xd0\xcf\x11\xe0", "DUN509"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "code"), NOT_WHAT_IT_SAYS)
def test_files_that_are_not_what_they_say(name, content, code, tmp_path):
    (tmp_path / name).write_bytes(content)
    assert codes(read(tmp_path / name)) == {(code, name)}


@pytest.mark.parametrize("content", [b"", b"id,customer", b"PARE" + b"\0" * 50, b"PAR1" + b"\0" * 50 + b"PAR1"])
def test_parquet_files_that_are_none(content, tmp_path):
    folder = parquet(tmp_path, f"SELECT {INVOICE}, 1 AS amount, {DAYS}")
    (folder / "invoices.parquet").write_bytes(content)
    assert codes(read(folder)) == {("DUN501", "invoices.parquet")}


def test_a_table_in_two_formats(tmp_path):
    folder = parquet(tmp_path, f"SELECT {INVOICE}, 1 AS amount, {DAYS}")
    (folder / "invoices.csv").write_text("id\n")
    assert ("DUN509", "invoices.parquet") in codes(read(folder))


@pytest.mark.parametrize("module", ["duckdb", "python_calamine"])
def test_a_missing_extra_says_what_to_install(module, tmp_path, monkeypatch):
    extra = "columnar" if module == "duckdb" else "excel"
    if module == "duckdb":
        paths = [write_parquet(tmp_path / "s", TABLES), write_duckdb(tmp_path / "s.duckdb", TABLES)]
    else:
        paths = [write_workbook(tmp_path / "s.xlsx", TABLES)]
    monkeypatch.setitem(sys.modules, module, None)
    for path in paths:
        result = read(path)
        assert {found.code for found in result.diagnostics} == {"DUN509"}
        assert f"pip install 'dunning-policy-engine[{extra}]'" in shown(result)


@pytest.mark.parametrize(
    "view",
    [
        "SELECT * FROM read_csv('{secret}')",
        "SELECT * FROM '{secret}'",
        "SELECT content AS id FROM read_text('{secret}')",
        "SELECT * FROM stolen()",
        "SELECT * FROM glob('{folder}/*')",
    ],
)
def test_a_hostile_view_of_duckdb_reaches_no_other_file(view, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("id,customer\n4711,4711\n")
    path = write_duckdb(tmp_path / "s.duckdb", CUSTOMERS)
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"CREATE MACRO stolen() AS TABLE SELECT * FROM read_csv('{secret}')")
        connection.execute("CREATE VIEW invoices AS " + view.format(secret=secret, folder=tmp_path))
    result = read(path)
    assert result.snapshot is None
    assert codes(result) == {("DUN501", "s.duckdb:invoices")}
    assert "4711" not in shown(result)


def test_macros_named_like_functions_change_nothing(tmp_path):
    path = write_duckdb(tmp_path / "s.duckdb", TABLES, MANIFEST, "decimal")
    with duckdb.connect(str(path)) as connection:
        for name in ("rtrim(a, b)", "current_database()", "coalesce(a, b)"):
            connection.execute(f"CREATE MACRO {name} AS '999.00'")
    result = read(path, as_of=None)
    assert result.snapshot == read(ROOT / "examples/twelve", as_of=None).snapshot


def test_databases_are_not_written(tmp_path):
    writers = {"a.duckdb": write_duckdb, "b.sqlite": write_sqlite}
    for path in [writer(tmp_path / name, TABLES, MANIFEST) for name, writer in writers.items()]:
        before = path.read_bytes()
        path.chmod(0o444)
        assert read(path, as_of=None).snapshot is not None
        assert path.read_bytes() == before
    assert sorted(found.name for found in tmp_path.iterdir()) == ["a.duckdb", "b.sqlite"]


SQLITE = [
    ("amount REAL", 12.5, "DUN515", "stores as doubles"),
    ("amount DECIMAL(10,2)", "1200.00", "DUN515", "declared DECIMAL(10,2)"),
    ("amount NUMERIC", 1200, "DUN515", "doubles"),
    ("amount", 1200, "DUN520", "isn't INTEGER"),
    ("amount", 12.5, "DUN520", "holds a double"),
    ("amount", "12.50", None, ""),
    ("amount TEXT", "12.50", None, ""),
    ("amount BIGINT", 1250, None, ""),
    ("amount INTEGER", 12.5, "DUN520", "holds a double"),
    ("amount INTEGER", "twelve", "DUN520", "not a decimal"),
    ("amount TEXT", b"12.50", "DUN520", "holds bytes"),
    ("amount TEXT", None, "DUN521", "is empty"),
    ("amount TEXT", "12\x00.50", "DUN520", "NUL"),
    ("amount TEXT", "12.50,00", "DUN520", "not a decimal"),
]


@pytest.mark.parametrize(("column", "value", "code", "text"), SQLITE)
def test_types_of_sqlite(column, value, code, text, tmp_path):
    path = write_sqlite(tmp_path / "s.sqlite", CUSTOMERS)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"CREATE TABLE Invoices (id, customer, kind, currency, {column}, issue_date, due_date)")
        row = ["BER-1", "bernard-credit-note", "invoice", "EUR", value, "2026-06-01", "2026-07-01"]
        connection.execute("INSERT INTO invoices VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    result = read(path)
    assert {found for found, _ in codes(result)} == ({code} if code else set()), shown(result)
    assert text in shown(result)
    if code:
        expected = "s.sqlite:Invoices" if code == "DUN515" else "s.sqlite:Invoices:1"
        assert {where for _, where in codes(result)} == {expected}
    else:
        assert next(row for row in result.snapshot.accounts if row.invoices).invoices[0].amount == 1250


@pytest.mark.parametrize(
    "view",
    [
        "SELECT load_extension('evil') AS id",
        "SELECT readfile('/etc/hostname') AS id",
        "SELECT * FROM nowhere",
        "SELECT * FROM invoices",
        "SELECT * FROM pragma_database_list",
    ],
)
def test_a_hostile_view_of_sqlite(view, tmp_path):
    path = write_sqlite(tmp_path / "s.sqlite", CUSTOMERS)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"CREATE VIEW invoices AS {view}")
    result = read(path)
    assert result.snapshot is None
    assert "DUN501" in {found.code for found in result.diagnostics}, shown(result)


def test_sqlite_text_that_is_not_utf8(tmp_path):
    path = write_sqlite(tmp_path / "s.sqlite", {"customers": TABLES["customers"], "invoices": TABLES["invoices"]})
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE customers SET name = CAST(x'e9e9' AS TEXT)")
    assert codes(read(path)) == {("DUN501", "s.sqlite:customers")}


def workbook(tmp_path, *rows, name="invoices"):
    path = write_workbook(tmp_path / "s.xlsx", CUSTOMERS)
    book = openpyxl.load_workbook(path)
    sheet = book.create_sheet(name)
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


HEADER = ["id", "customer", "kind", "currency", "amount", "issue_date", "due_date"]


def line(amount=12.5, issued="2026-06-01", key="BER-1"):
    return [key, "bernard-credit-note", "invoice", "EUR", amount, issued, "2026-07-01"]


CELLS = [
    (12.345, "DUN520", "s.xlsx:invoices!A2", "more than the 2 decimals"),
    ("twelve", "DUN520", "s.xlsx:invoices!E2", "not a decimal"),
    ("1.234,50", "DUN520", "s.xlsx:invoices!E2", "write `1234.50`"),
    ("=6+6", "DUN520", "s.xlsx:invoices!E2", "formula without a stored value"),
    ("#N/A", "DUN520", "s.xlsx:invoices!E2", "error instead of a value"),
    (None, "DUN521", "s.xlsx:invoices!E2", "is empty"),
    (1e30, "DUN520", "s.xlsx:invoices!E2", "not a decimal"),
    (-1, "DUN530", "s.xlsx:invoices!A2", "its amount is -1"),
]


@pytest.mark.parametrize(("cell", "code", "where", "text"), CELLS)
def test_cells_of_a_workbook(cell, code, where, text, tmp_path):
    result = read(workbook(tmp_path, HEADER, line(cell)))
    assert codes(result) == {(code, where)}, shown(result)
    assert text in shown(result)


def test_shapes_of_a_workbook(tmp_path):
    behind = read(workbook(tmp_path, HEADER, [*line(), "stray"]))
    assert codes(behind) == {("DUN522", "s.xlsx:invoices!A2")}
    assert codes(read(workbook(tmp_path))) == {("DUN503", "s.xlsx:invoices")}
    assert codes(read(workbook(tmp_path, [], HEADER, line()))) == {("DUN503", "s.xlsx:invoices")}
    assert codes(read(workbook(tmp_path, HEADER[:4]))) == {("DUN506", "s.xlsx:invoices")}
    assert codes(read(workbook(tmp_path, HEADER, name="invoice"))) == {("DUN508", "s.xlsx:invoice")}
    assert codes(read(workbook(tmp_path, [*HEADER, "amount"]))) == {("DUN507", "s.xlsx:invoices")}
    wide = read(workbook(tmp_path, [*HEADER, *(f"x{number}" for number in range(10_000))]))
    assert codes(wide) == {("DUN509", "s.xlsx:invoices")}
    empty = read(workbook(tmp_path, HEADER))
    assert (empty.diagnostics, dict(empty.snapshot.rows)["invoices"]) == ((), 0)


def repacked(path, change):
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, change(name, content))
    return path


def test_a_sheet_that_claims_billions_of_cells(tmp_path):
    path = workbook(tmp_path, HEADER, line())
    far = lambda name, content: content.replace(b'r="G2"', b'r="XFD1048576"')  # noqa: E731
    assert codes(read(repacked(path, far))) == {("DUN509", "s.xlsx")}


def test_a_workbook_with_a_document_type(tmp_path):
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><workbook/>'
    path = repacked(workbook(tmp_path), lambda name, content: bomb if name == "xl/workbook.xml" else content)
    assert codes(read(path)) == {("DUN501", "s.xlsx")}


def test_a_workbook_that_unpacks_to_too_much(tmp_path, monkeypatch):
    monkeypatch.setattr("policy_engine.snapshot.excel_scan.MAX_UNPACKED", 1000)
    assert codes(read(workbook(tmp_path))) == {("DUN509", "s.xlsx")}


def test_manifests_that_contradict_themselves(tmp_path):
    rows = [["key", "value"], ["as_of", "2026-10-30"], ["as_of", "2026-10-31"]]
    path = workbook(tmp_path, *rows, name="manifest")
    assert ("DUN504", "s.xlsx:manifest") in codes(read(path, as_of=None))
    formula = workbook(tmp_path, ["as_of", "=TODAY()"], name="manifest")
    assert ("DUN504", "s.xlsx:manifest") in codes(read(formula, as_of=None))
    wrong = dict(MANIFEST, tables={"invoices": {"rows": "3", "amount": {"EUR": "1.00"}}})
    for found in (
        read(write_sqlite(tmp_path / "m.sqlite", TABLES, wrong), as_of=None),
        read(write_duckdb(tmp_path / "m.duckdb", TABLES, wrong), as_of=None),
    ):
        assert {code for code, _ in codes(found)} == {"DUN512"}, shown(found)
