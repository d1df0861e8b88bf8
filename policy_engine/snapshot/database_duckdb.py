"""A DuckDB file as a source, and how DuckDB's columns become cells: exactly, or not at all.

The file is opened read-only, without access to any other file, without extensions; the configuration is locked before
the first query, so that a view or macro in the file can't read what the snapshot's author wasn't given.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from policy_engine.snapshot.cells import NESTING, Nested
from policy_engine.snapshot.database import (
    BATCH,
    columns_of,
    failed,
    few_enough,
    places,
    quoted,
    resolved,
    table_file,
)
from policy_engine.snapshot.pairs import manifest_of_pairs
from policy_engine.snapshot.sources import Fault, Findings, RawBatch, RawManifest, RawRow, RawTable, SourceFile
from policy_engine.snapshot.tables import Table
from policy_engine.values.text import nfc

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MISSING = "pip install 'dunning-policy-engine[columnar]'"
_LOCKED = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "memory_limit": "1GB",
    "threads": "2",
}
_INTEGERS = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"}
)
_TEXTS = frozenset({"VARCHAR", "DATE", "BOOLEAN", "UUID"})
_RTRIM = "system.main.rtrim"
"""Named in full: a macro of the file's own of that name would be taken otherwise, and change amounts."""
_NUL = Fault("DUN520", "a text holds a NUL byte", "export the text again")


def installed(file: SourceFile, findings: Findings) -> bool:
    """Whether DuckDB is there; else a finding that says how it gets there."""
    try:
        import duckdb  # noqa: F401
    except ImportError:
        message = "reading this kind of file needs DuckDB, which isn't installed"
        findings.error("DUN509", file.at(1), message, MISSING, quote=False)
        return False
    return True


def connect(
    database: str = ":memory:", *, read_only: bool = False, paths: tuple[str, ...] = ()
) -> "DuckDBPyConnection":
    """A connection that reaches its own database and `paths`, nothing else, whatever a query says.

    Raises:
        duckdb.Error: the database can't be opened.
    """
    import duckdb

    connection = duckdb.connect(database, read_only=read_only, config=dict(_LOCKED))
    connection.execute("SET enable_progress_bar = false")  # it would be drawn into the command's output
    connection.execute("SET allowed_paths = $paths", {"paths": list(paths)})
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


@dataclass(frozen=True, slots=True)
class DuckdbFile:
    """A DuckDB file: its tables and views of the schema `main`."""

    file: SourceFile

    def manifest(self, findings: Findings) -> RawManifest | None:
        """Its table `manifest`, of the columns `key` and `value`."""
        if not installed(self.file, findings):
            return None
        import duckdb

        file = table_file(self.file, "manifest")
        try:
            opened = connect(resolved(self.file.path), read_only=True)
        except duckdb.Error:
            return None  # reported once, with the tables
        try:
            with opened as connection:
                name = next((name for name in _names(connection) if name.lower() == "manifest"), None)
                if name is None:
                    return None
                query = f"SELECT key::VARCHAR, value::VARCHAR FROM main.{quoted(name)}"  # noqa: S608  # quoted
                found = connection.execute(query).fetchmany(BATCH)
        except duckdb.Error as error:
            failed(file, error, findings)
            return None
        pairs = ((line, key or "", value or "") for line, (key, value) in enumerate(found, 1))
        return manifest_of_pairs(file, pairs, findings)

    def tables(self, findings: Findings) -> Iterator[RawTable]:
        """Its tables whose names a snapshot knows."""
        try:
            import duckdb
        except ImportError:
            return
        try:
            with connect(resolved(self.file.path), read_only=True) as connection:
                for definition, name in places(self.file, _names(connection), findings):
                    file = table_file(self.file, name)
                    try:
                        table = read_relation(connection, f"main.{quoted(name)}", file, definition, findings)
                    except duckdb.Error as error:
                        failed(file, error, findings)
                        continue
                    if table is not None:
                        yield table
        except duckdb.Error as error:
            failed(self.file, error, findings)


def _names(connection: "DuckDBPyConnection") -> list[str]:
    query = (
        "SELECT table_name FROM information_schema.tables"
        " WHERE table_schema = 'main' AND table_catalog = system.main.current_database()"
    )
    return [name for (name,) in connection.execute(query).fetchall()]


def read_relation(
    connection: "DuckDBPyConnection", relation: str, file: SourceFile, definition: Table, findings: Findings
) -> RawTable | None:
    """The table that a relation (SQL, trusted) holds; rows are read while they are iterated.

    Raises:
        duckdb.Error: the relation can't be described.
    """
    described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()  # noqa: S608  # ours
    names = [nfc(str(row[0])).strip() for row in described]
    if not few_enough(file, names, findings):
        return None
    picks: list[str] = []
    lists: list[int] = []
    unfit: dict[str, str] = {}
    for place, (name, row) in enumerate(zip(names, described, strict=True)):
        column = definition.index.get(name)
        kind = None if column is None else definition.columns[column].type
        text = _pick(quoted(str(row[0])), str(row[1]), kind)
        if text is None:
            unfit[name] = f"is of type {row[1]}, which can't hold it exactly"
            text = "''"
        elif str(row[1]).endswith("[]"):
            lists.append(place)
        picks.append(text)
    query = f"SELECT {', '.join(picks)} FROM {relation}"  # noqa: S608  # columns are quoted
    rows = _rows(lambda: connection.execute(query), tuple(lists), file, findings)
    return RawTable(definition, file, file.at(1), columns_of(file, names), rows, unfit)


def _pick(column: str, type_name: str, kind: str | None) -> str | None:
    """The SQL of a column's cells as text (int: minor units, or an attribute's number); None when it can't be exact."""
    if type_name in _INTEGERS:
        return column if kind in (None, "amount") else f"coalesce({column}::VARCHAR, '')"
    if type_name == "VARCHAR":
        return f"coalesce({column}, '')"
    if type_name == "VARCHAR[]":
        return column if kind is None or kind in NESTING else None
    if type_name.startswith("DECIMAL("):
        # `1200.500` is one thousand two hundred and a half here, which a text wouldn't be sure of.
        text = f"{column}::VARCHAR"
        exact = text if type_name.endswith(",0)") else f"{_RTRIM}({_RTRIM}({text}, '0'), '.')"
        return f"coalesce({exact}, '')"
    if type_name in _TEXTS or type_name.startswith("ENUM(") or type_name == '"NULL"':
        return f"coalesce({column}::VARCHAR, '')"
    return None


def _rows(
    run: Callable[[], "DuckDBPyConnection"], lists: tuple[int, ...], file: SourceFile, findings: Findings
) -> Iterator[RawRow | RawBatch]:
    import duckdb

    number = 1
    try:
        result = run()
        while batch := result.fetchmany(BATCH):
            columns = list(zip(*batch, strict=True))
            if not lists and all(map(_whole, columns)) and "" not in columns[0]:
                yield RawBatch(range(number, number + len(batch)), columns)
            else:
                yield from _singly(batch, lists, number)
            number += len(batch)
    except duckdb.Error as error:
        failed(file, error, findings)


def _whole(cells: tuple[Any, ...]) -> bool:
    """Whether a column has no NULL and no NUL: it is all texts without one, or all numbers."""
    if type(cells[0]) is str:
        return "\0" not in "".join(cells)
    return None not in cells


def _singly(batch: list[tuple[Any, ...]], lists: tuple[int, ...], number: int) -> Iterator[RawRow]:
    for line, record in enumerate(batch, number):
        row = list(record)
        for place in lists:
            row[place] = Nested(tuple(text or "" for text in row[place] or ()))
        row = ["" if cell is None else cell for cell in row]
        nul = any("\0" in cell for cell in row if type(cell) is str)
        if nul or any(cell != "" for cell in row):
            yield RawRow(line, row, (_NUL,) if nul else ())
