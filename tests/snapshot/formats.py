"""The same tables in every format that has types: Parquet, DuckDB, SQLite, Excel."""

import csv
import sqlite3
from contextlib import closing
from datetime import date
from decimal import Decimal

import duckdb
import openpyxl
import yaml

from policy_engine.snapshot.cells import minor
from policy_engine.snapshot.database import quoted
from policy_engine.snapshot.tables import TABLES
from tests.snapshot.support import texts

ATTRIBUTE = {"region": "text", "visits": "count", "bonus": "amount"}


def tables_of(folder):
    """The rows of a folder of CSV files as texts, and its manifest."""
    tables = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            tables[path.stem] = (next(reader := csv.reader(file)), list(reader))
    manifest = folder / "manifest.yaml"
    return tables, texts(manifest.read_text()) if manifest.exists() else None


def pairs(manifest):
    """A manifest as keys and values."""
    for key, value in manifest.items():
        if key != "tables":
            yield key, value
            continue
        for table, said in value.items():
            yield f"{table}.rows", said["rows"]
            yield from ((f"{table}.amount.{code}", total) for code, total in said.get("amount", {}).items())


def kind_of(table, column):
    place = TABLES[table].index.get(column)
    return ATTRIBUTE.get(column, "text") if place is None else TABLES[table].columns[place].type


def typed(table, header, rows, money):
    """Declared types of the columns, and values of these types. Amounts with a currency of their own: minor units."""
    kinds = [kind_of(table, column) for column in header]
    own = header.index("currency") if "currency" in header else None
    types, places = [], []
    for column, kind in zip(header, kinds, strict=True):
        if kind == "date":
            types.append("DATE")
        elif kind in ("count", "flag"):
            types.append({"count": "INTEGER", "flag": "BOOLEAN"}[kind])
        elif column in ("amount", "limit") and own is not None and money == "minor":
            types.append("BIGINT")
        elif kind in ("amount", "percent", "number") and money != "text":
            types.append("DECIMAL(18,4)")
        else:
            types.append("VARCHAR")
        places.append(types[-1])

    def value(cell, kind, row):
        if not cell:
            return None
        return {
            "DATE": lambda: date.fromisoformat(cell),
            "INTEGER": lambda: int(cell),
            "BOOLEAN": lambda: cell in ("yes", "true", "1"),
            "BIGINT": lambda: minor(cell, row[own]),
            "DECIMAL(18,4)": lambda: Decimal(cell),
            "VARCHAR": lambda: cell,
        }[kind]()

    return types, [[value(cell, kind, row) for cell, kind in zip(row, types, strict=True)] for row in rows]


def _insert(name, header):
    return f"INSERT INTO {quoted(name)} VALUES ({', '.join('?' * len(header))})"


def fill_duckdb(connection, tables, money):
    for name, (header, rows) in tables.items():
        types, values = typed(name, header, rows, money)
        columns = ", ".join(f"{quoted(column)} {kind}" for column, kind in zip(header, types, strict=True))
        connection.execute(f"CREATE TABLE {quoted(name)} ({columns})")
        if values:
            connection.executemany(_insert(name, header), values)


def write_parquet(folder, tables, manifest=None, money="minor"):
    folder.mkdir()
    with duckdb.connect() as connection:
        fill_duckdb(connection, tables, money)
        for name in tables:
            connection.execute(f"COPY {quoted(name)} TO '{folder / name}.parquet' (FORMAT parquet)")
    if manifest is not None:
        (folder / "manifest.yaml").write_text(yaml.safe_dump(manifest))
    return folder


def write_duckdb(path, tables, manifest=None, money="minor"):
    with duckdb.connect(str(path)) as connection:
        fill_duckdb(connection, tables, money)
        if manifest is not None:
            connection.execute("CREATE TABLE manifest (key VARCHAR, value VARCHAR)")
            connection.executemany("INSERT INTO manifest VALUES (?, ?)", [list(pair) for pair in pairs(manifest)])
    return path


def write_sqlite(path, tables, manifest=None, money="minor"):
    with closing(sqlite3.connect(path)) as connection, connection:
        for name, (header, rows) in tables.items():
            types, values = typed(name, header, rows, money)
            types = ["TEXT" if kind.startswith("DECIMAL") else kind for kind in types]
            values = [[str(c) if isinstance(c, Decimal | date) else c for c in row] for row in values]
            columns = ", ".join(f"{quoted(column)} {kind}" for column, kind in zip(header, types, strict=True))
            connection.execute(f"CREATE TABLE {quoted(name)} ({columns})")
            connection.executemany(_insert(name, header), values)
        if manifest is not None:
            connection.execute("CREATE TABLE manifest (key, value)")
            connection.executemany("INSERT INTO manifest VALUES (?, ?)", list(pairs(manifest)))
    return path


def write_workbook(path, tables, manifest=None):
    """Amounts as numbers of Excel, days as days of Excel."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, (header, rows) in tables.items():
        sheet = book.create_sheet(name)
        sheet.append(header)
        _, values = typed(name, header, rows, "decimal")
        for row in values:
            sheet.append([float(cell) if isinstance(cell, Decimal) else cell for cell in row])
            for cell in sheet[sheet.max_row]:
                cell.data_type = "s" if cell.data_type == "f" else cell.data_type  # texts, whatever they begin with
    if manifest is not None:
        sheet = book.create_sheet("manifest")
        sheet.append(["key", "value"])
        for key, value in pairs(manifest):
            day = key in ("as_of", "payments_complete_through")
            sheet.append([key, date.fromisoformat(value) if day else value])
    book.save(path)
    return path
