"""A table in a Parquet file, read by DuckDB: minor units, DECIMAL and DATE come out as they went in."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from policy_engine.snapshot.database import failed, resolved
from policy_engine.snapshot.database_duckdb import connect, installed, read_relation
from policy_engine.snapshot.sources import Findings, RawBatch, RawRow, RawTable, SourceFile
from policy_engine.snapshot.tables import Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_MAGIC = b"PAR1"


def read_parquet(file: SourceFile, definition: Table, findings: Findings) -> RawTable | None:
    """The table in a Parquet file, or None when it can't be read. Problems name `file:row`, rows from 1."""
    if not installed(file, findings) or not _is_parquet(file, findings):
        return None
    import duckdb

    path = resolved(file.path)
    literal = "'" + path.replace("'", "''") + "'"
    try:
        connection = connect(paths=(path,))
        table = read_relation(connection, f"read_parquet([{literal}])", file, definition, findings)
    except duckdb.Error as error:
        failed(file, error, findings)
        return None
    return None if table is None else replace(table, parts=_closing(connection, table))


def _closing(connection: "DuckDBPyConnection", table: RawTable) -> Iterator[RawRow | RawBatch]:
    with connection:
        yield from table.parts


def _is_parquet(file: SourceFile, findings: Findings) -> bool:
    try:
        with file.path.open("rb") as stream:
            head = stream.read(4)
    except OSError as error:
        findings.error("DUN501", file.at(1), f"the file can't be read: {error.strerror}", quote=False)
        return False
    if head == _MAGIC:
        return True
    encrypted = head == b"PARE"
    message = "the Parquet file is encrypted" if encrypted else "the file is not a Parquet file"
    findings.error("DUN501", file.at(1), message, "export it again, unencrypted", quote=False)
    return False
