"""A DuckDB or SQLite file as a source: which of the two it is, by its first bytes, and what both share."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from policy_engine.snapshot.cells import Cell
from policy_engine.snapshot.sources import Fault, Findings, RawColumn, RawRow, Source, SourceFile
from policy_engine.snapshot.tables import TABLES, Table
from policy_engine.values.diagnostics import did_you_mean
from policy_engine.values.position import Position
from policy_engine.values.text import inert

SUFFIXES = (".db", ".duckdb", ".sqlite", ".sqlite3")
MAX_COLUMNS = 2_000
"""Most columns of a table: more than any export has, and few enough to name in findings."""
BATCH = 4_096
"""Rows that are taken out of a database at a time."""
_SHOWN = 8
_SQLITE = b"SQLite format 3\0"
_DUCKDB = b"DUCK"


class TablePlace(NamedTuple):
    """A table of a database, in the name that the database gives it."""

    definition: Table
    name: str


@dataclass(frozen=True, slots=True)
class TableFile(SourceFile):
    """A table inside a file: `base.db:invoices`."""

    table: str = ""

    def at(self, line: int, column: int = 1, length: int = 1) -> Position:
        """A row of the table, from 1; 1 too when it is about the table or one of its columns."""
        return Position(f"{self.path.as_posix()}:{self.table}", line, column, length)


def table_file(file: SourceFile, table: str) -> TableFile:
    """The place of a table in a database."""
    return TableFile(file.path, f"{file.short}:{table}", table)


def open_database(file: SourceFile, findings: Findings) -> Source | None:
    """The source in a database file, or None and a finding."""
    try:
        with file.path.open("rb") as stream:
            head = stream.read(16)
    except OSError as error:
        findings.error("DUN501", file.at(1), f"the file can't be read: {error.strerror}", quote=False)
        return None
    if head == _SQLITE:
        from policy_engine.snapshot.database_sqlite import SqliteFile

        return SqliteFile(file)
    if head[8:12] == _DUCKDB:
        from policy_engine.snapshot.database_duckdb import DuckdbFile

        return DuckdbFile(file)
    message = "the file is neither a SQLite nor a DuckDB database, or it is encrypted"
    findings.error("DUN501", file.at(1), message, "export the tables as CSV, or decrypt the database", quote=False)
    return None


def cause(error: Exception) -> str:
    """The first line of what a database says, harmless on a terminal."""
    lines = str(error).splitlines()
    return inert(lines[0][:200]) if lines else type(error).__name__


def failed(file: SourceFile, error: Exception, findings: Findings) -> None:
    """Keep what a database refused."""
    findings.error("DUN501", file.at(1), f"can't be read: {cause(error)}", quote=False)


def places(file: SourceFile, names: Sequence[str], findings: Findings) -> list[TablePlace]:
    """The snapshot's tables among those of a database; names of tables count without regard to case, as in SQL."""
    found = [TablePlace(TABLES[name.lower()], name) for name in names if name.lower() in TABLES]
    there = {place.definition.name for place in found}
    others = [name for name in names if name.lower() not in TABLES and name.lower() != "manifest"]
    for name in others:
        near = did_you_mean(name.lower(), [table for table in TABLES if table not in there])
        if near:
            at = table_file(file, name).at(1)
            findings.error("DUN508", at, f"`{name[:80]}` is not a table of a snapshot", near, quote=False)
    if others:
        shown = ", ".join(f"`{name[:80]}`" for name in sorted(others)[:_SHOWN])
        more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
        text = f"`{file.short}`: tables that a snapshot doesn't have are left out: {shown}{more}"
        findings.alert("unknown_table", file.short, text, len(others))
    return sorted(found, key=lambda place: place.name)


def few_enough(file: SourceFile, names: Sequence[str], findings: Findings) -> bool:
    """Whether a table has no more columns than can be named."""
    if len(names) <= MAX_COLUMNS:
        return True
    message = f"the table has {len(names)} columns, more than {MAX_COLUMNS}"
    findings.error("DUN509", file.at(1), message, "export the columns that a snapshot has", quote=False)
    return False


def columns_of(file: SourceFile, names: Iterable[str]) -> tuple[RawColumn, ...]:
    """The columns, each at its place."""
    return tuple(RawColumn(name.strip(), file.at(1, place + 1, max(1, len(name)))) for place, name in enumerate(names))


def numbered(rows: Iterable[tuple[list[Cell], tuple[Fault, ...]]]) -> Iterator[RawRow]:
    """Rows with their numbers, from 1; rows without any value are left out, as in CSV."""
    for number, (cells, faults) in enumerate(rows, 1):
        if faults or any(cell != "" for cell in cells):
            yield RawRow(number, cells, faults)


def quoted(name: str) -> str:
    """A name as SQL takes it."""
    return '"' + name.replace('"', '""') + '"'


def resolved(path: Path) -> str:
    """The one spelling of a path that a database is allowed to open."""
    return path.resolve().as_posix()
