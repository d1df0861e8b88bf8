"""A SQLite file as a source: opened read-only, nothing but SELECT allowed, and no number taken for what it isn't.

SQLite keeps what a column's declared type makes of a value: DECIMAL and NUMERIC columns hold doubles. So amounts stand
in columns declared TEXT (major units, `1234.50`) or INTEGER (minor units); anything else is refused by its column.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from policy_engine.snapshot.cells import Cell
from policy_engine.snapshot.database import BATCH, columns_of, failed, few_enough, numbered, places, quoted, table_file
from policy_engine.snapshot.pairs import manifest_of_pairs
from policy_engine.snapshot.sources import Fault, Findings, RawManifest, RawTable, SourceFile
from policy_engine.snapshot.tables import Table
from policy_engine.values.text import nfc

_FIGURES = frozenset({"amount", "percent", "number", "rate", "count"})
_ALLOWED = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE})
_ERRORS = (sqlite3.Error, UnicodeDecodeError, OverflowError)
"""What a damaged file makes the library raise."""
_LOADERS = frozenset({"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"})


def _authorize(action: int, name: str | None, function: str | None, *_: Any) -> int:
    """SELECT only: no ATTACH, no PRAGMA, no writing; no functions that reach files."""
    del name
    if action not in _ALLOWED or (action == sqlite3.SQLITE_FUNCTION and (function or "").lower() in _LOADERS):
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _connect(file: SourceFile) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{file.path.resolve().as_uri()}?mode=ro", uri=True)
    for pragma in ("query_only = ON", "trusted_schema = OFF", "cell_size_check = ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _names(connection: sqlite3.Connection) -> list[str]:
    found = connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name")
    return [str(name) for (name,) in found if not str(name).startswith("sqlite_")]


@dataclass(frozen=True, slots=True)
class SqliteFile:
    """A SQLite file: its tables and views."""

    file: SourceFile

    def manifest(self, findings: Findings) -> RawManifest | None:
        """Its table `manifest`, of the columns `key` and `value`."""
        file = table_file(self.file, "manifest")
        try:
            with closing(_connect(self.file)) as connection:
                name = next((name for name in _names(connection) if name.lower() == "manifest"), None)
                if name is None:
                    return None
                connection.set_authorizer(_authorize)
                query = f"SELECT key, value FROM main.{quoted(name)}"  # noqa: S608  # quoted
                found = connection.execute(query).fetchmany(BATCH)
        except sqlite3.OperationalError as error:
            failed(file, error, findings)
            return None
        except _ERRORS:
            return None  # reported once, with the tables
        pairs = ((line, _word(key), _word(value)) for line, (key, value) in enumerate(found, 1))
        return manifest_of_pairs(file, pairs, findings)

    def tables(self, findings: Findings) -> Iterator[RawTable]:
        """Its tables whose names a snapshot knows."""
        try:
            with closing(_connect(self.file)) as connection:
                found = places(self.file, _names(connection), findings)
                declared = {place.name: _declared(connection, place.name, self.file, findings) for place in found}
                connection.set_authorizer(_authorize)
                for place in found:
                    table = _table(connection, self.file, place.definition, place.name, declared[place.name], findings)
                    if table is not None:
                        yield table
        except _ERRORS as error:
            failed(self.file, error, findings)


def _word(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _declared(connection: sqlite3.Connection, name: str, file: SourceFile, findings: Findings) -> list[tuple[str, str]]:
    try:
        found = connection.execute(f"PRAGMA table_xinfo({quoted(name)})").fetchall()
    except _ERRORS as error:
        failed(table_file(file, name), error, findings)
        return []
    return [(str(row[1]), str(row[2] or "").upper()) for row in found if row[6] != 1]


def _affinity(declared: str) -> str:
    """What SQLite makes of a declared type: its rules in their order, https://www.sqlite.org/datatype3.html 3.1."""
    if "INT" in declared:
        return "integer"
    if any(word in declared for word in ("CHAR", "CLOB", "TEXT")):
        return "text"
    if not declared or "BLOB" in declared:
        return "none"
    if any(word in declared for word in ("REAL", "FLOA", "DOUB")):
        return "real"
    return "numeric"


def _table(
    connection: sqlite3.Connection,
    whole: SourceFile,
    definition: Table,
    name: str,
    declared: list[tuple[str, str]],
    findings: Findings,
) -> RawTable | None:
    file = table_file(whole, name)
    if not declared or not few_enough(file, declared_names := [nfc(column) for column, _ in declared], findings):
        return None
    unfit: dict[str, str] = {}
    minor: list[bool] = []
    for column, type_name in declared:
        place = definition.index.get(column)
        kind = None if place is None else definition.columns[place].type
        affinity = _affinity(type_name)
        figures = kind in _FIGURES or (kind is None and any(word in type_name for word in ("DEC", "NUM")))
        if affinity == "real" or (affinity == "numeric" and figures):
            unfit[nfc(column)] = f"is declared {type_name}, which SQLite stores as doubles"
        minor.append(affinity == "integer" and kind in (None, "amount"))
    picks = ", ".join(quoted(column) for column, _ in declared)
    query = f"SELECT {picks} FROM main.{quoted(name)}"  # noqa: S608  # quoted
    rows = _rows(connection, query, file, declared_names, (unfit, tuple(minor), definition), findings)
    return RawTable(definition, file, file.at(1), columns_of(file, declared_names), numbered(rows), unfit)


def _rows(
    connection: sqlite3.Connection,
    query: str,
    file: SourceFile,
    names: list[str],
    rules: tuple[dict[str, str], tuple[bool, ...], Table],
    findings: Findings,
) -> Iterator[tuple[list[Cell], tuple[Fault, ...]]]:
    unfit, minor, table = rules
    amounts = {name for name in names if name in table.index and table.column(name).type in _FIGURES}
    try:
        cursor = connection.execute(query)
        while batch := cursor.fetchmany(BATCH):
            for record in batch:
                row: list[Cell] = list(record)
                faults: list[Fault] = []
                for place, cell in enumerate(record):
                    if type(cell) is str and "\0" not in cell:
                        continue
                    if cell is None or names[place] in unfit:
                        row[place] = ""
                    elif type(cell) is int:
                        if not minor[place]:
                            row[place] = str(cell)
                            if names[place] in amounts and table.column(names[place]).type == "amount":
                                faults.append(
                                    _fault(names[place], "is a number in a column that isn't INTEGER or TEXT")
                                )
                    else:
                        row[place] = ""
                        faults.append(_fault(names[place], f"holds {_KINDS[type(cell)]}"))
                yield row, tuple(faults)
    except _ERRORS as error:
        failed(file, error, findings)


_KINDS = {float: "a double, which isn't exact", bytes: "bytes, not text", str: "a text with a NUL byte"}


def _fault(name: str, what: str) -> Fault:
    fix = "store amounts as INTEGER minor units or TEXT like `1234.50`, everything else as TEXT"
    return Fault("DUN520", f"`{name}`: {what}", fix, column=name)
