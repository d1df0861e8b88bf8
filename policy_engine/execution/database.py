"""Opening a ledger: a SQLite file, its tables brought up to date by Alembic, every transaction one writer at a time."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlalchemy.pool import NullPool

REVISION = "0002"
"""The tables that this version works with."""
_PATIENCE = 60
"""Seconds to wait for another writer."""


class LedgerError(ValueError):
    """A ledger that can't be used; one line says why."""


def _url(text: str) -> URL:
    """The URL of a SQLite file; a path alone is one.

    Raises:
        LedgerError: no URL, or of a database that this version doesn't keep ledgers in.
    """
    try:
        url = make_url(text) if ":" in text else URL.create("sqlite", database=text)
    except ArgumentError as error:
        raise LedgerError(f"`{text}` is not the address of a ledger; write e.g. sqlite:///ledger.db") from error
    if url.get_backend_name() != "sqlite" or url.query:
        raise LedgerError(
            f"this version keeps ledgers in SQLite files, not in `{url.get_backend_name()}`;"
            " write e.g. sqlite:///ledger.db"
        )
    if not url.database or url.database == ":memory:":
        raise LedgerError("a ledger must outlive the command: name a file, e.g. sqlite:///ledger.db")
    return url.set(drivername="sqlite+pysqlite")


def ledger_file(text: str) -> Path:
    """The file of a ledger's address.

    Raises:
        LedgerError: no such address.
    """
    database = _url(text).database
    assert database is not None
    return Path(database)


def open_database(text: str, *, create: bool) -> Engine:
    """The database of a ledger, its tables up to date.

    Args:
        text: `sqlite:///PATH`, or a path.
        create: whether a ledger that isn't there yet is made.

    Raises:
        LedgerError: it isn't there, can't be opened, or was written by a later version.
    """
    path = ledger_file(text)
    if not create and not path.is_file():
        raise LedgerError(f"there is no ledger {path}")
    if not path.parent.is_dir():
        raise LedgerError(f"there is no folder {path.parent} for the ledger")
    engine = create_engine(_url(text), poolclass=NullPool, connect_args={"timeout": _PATIENCE})
    event.listen(engine, "connect", _connected)
    event.listen(engine, "begin", _begun)
    try:
        _migrate(engine, path, create=create)
    except DatabaseError as error:
        raise LedgerError(f"{path} can't be used as a ledger: {error.orig}") from error
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads: it sees one state, and keeps no writer waiting."""
    with engine.connect().execution_options(reads=True) as connection, connection.begin():
        yield connection


def _connected(connection: sqlite3.Connection, record: Any) -> None:
    del record
    connection.isolation_level = None  # transactions begin where `_begun` says so
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_PATIENCE * 1000}"):
        connection.execute(f"PRAGMA {pragma}")


def _begun(connection: Connection) -> None:
    """A writer takes its lock at once: what it read before is still true when it writes."""
    reads = connection.get_execution_options().get("reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


@contextmanager
def _remaking(connection: Connection) -> Iterator[None]:
    """SQLite changes a column by making its table anew, which what refers to that table must not hinder."""
    if connection.dialect.name != "sqlite":
        yield
        return
    raw = connection.connection.cursor()  # outside of a transaction, or the pragma does nothing
    raw.execute("PRAGMA foreign_keys=OFF")
    yield
    raw.execute("PRAGMA foreign_keys=ON")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if found is None else str(found)


def _migrate(engine: Engine, path: Path, *, create: bool) -> None:
    with reading(engine) as connection:
        found = _revision(connection)
        if found is None and inspect(connection).get_table_names():
            raise LedgerError(f"{path} is a database, but no ledger")
    if found == REVISION:
        return
    if found is None and not create:
        raise LedgerError(f"{path} holds no ledger")
    if found is not None and found > REVISION:
        raise LedgerError(f"{path} was written by a later version of this program (tables {found}, not {REVISION})")
    from alembic import command
    from alembic.config import Config

    with engine.connect() as connection, _remaking(connection), connection.begin():
        if _revision(connection) == REVISION:
            return  # another worker was quicker
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, REVISION)
