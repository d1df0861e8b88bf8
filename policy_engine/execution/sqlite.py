"""Ledgers in a SQLite file: durable commits, one writer at a time."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from policy_engine.execution.address import hidden
from policy_engine.execution.errors import LedgerError

_PATIENCE = 60
"""Seconds to wait for another writer."""


def engine_of(url: URL, *, create: bool) -> Engine:
    """The database of a file.

    Raises:
        LedgerError: there is no such file, or no folder for it.
    """
    path = file_of(url)
    if not create and not path.is_file():
        raise LedgerError(f"there is no ledger {hidden(str(path))}")
    if not path.parent.is_dir():
        raise LedgerError(f"there is no folder {hidden(str(path.parent))} for the ledger")
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": _PATIENCE}, hide_parameters=True)
    event.listen(engine, "connect", _connected)
    event.listen(engine, "begin", _begun)
    return engine


def file_of(url: URL) -> Path:
    """The file of an address."""
    assert url.database is not None
    return Path(url.database)


def reclaim(engine: Engine) -> None:
    """What was deleted is gone from the file, too."""
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("VACUUM")
        raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        raw.close()


@contextmanager
def remaking(connection: Connection) -> Iterator[None]:
    """SQLite changes a column by making its table anew, which what refers to that table must not hinder."""
    raw = connection.connection.cursor()  # outside of a transaction, or the pragma does nothing
    raw.execute("PRAGMA foreign_keys=OFF")
    yield
    raw.execute("PRAGMA foreign_keys=ON")


def is_locked(error: object) -> bool:
    """Whether somebody else kept the file for too long."""
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


def _connected(connection: sqlite3.Connection, record: Any) -> None:
    del record
    connection.isolation_level = None  # transactions begin where `_begun` says so
    for pragma in (f"busy_timeout={_PATIENCE * 1000}", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    _patiently(connection, "PRAGMA journal_mode=WAL")


def _begun(connection: Connection) -> None:
    """A writer takes its lock at once: what it read before is still true when it writes."""
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    if connection.get_execution_options().get("reads", False):
        _patiently(raw, "BEGIN", "SELECT count(*) FROM sqlite_master")
    else:
        _patiently(raw, "BEGIN IMMEDIATE")


def _patiently(connection: sqlite3.Connection, *statements: str) -> None:
    """Begin with something, again while others are in the way.

    SQLite waits for a writer by itself, but not for those who begin or end using the write-ahead log of the file at the
    same moment: there it gives up at once.
    """
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            for statement in statements:
                connection.execute(statement)
        except sqlite3.OperationalError as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if not is_locked(error) or time.monotonic() >= end:
                raise
            time.sleep(0.01)
        else:
            return
