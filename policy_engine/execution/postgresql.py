"""Ledgers in a PostgreSQL database: durable commits, one writer at a time, who works there, what its clock says."""

import logging
import os
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, OperationalError

from policy_engine.execution.address import hidden, shown
from policy_engine.execution.errors import LedgerError

CONNECT = 10
"""Seconds to wait for a server."""
PATIENCE = 90
"""Seconds to wait for another writer."""
IDLE = 60
"""Seconds after which the server ends a transaction whose worker says nothing any more, so that the others go on."""
_LOCK = 0x64756E6E
"""The first half of the writers' lock, so that no other application's is met; the second is the schema."""

_SESSION = f"""SELECT set_config('lock_timeout', '{PATIENCE}s', false),
 set_config('idle_in_transaction_session_timeout', '{IDLE}s', false),
 set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'
 ELSE current_setting('synchronous_commit') END, false)"""
_WRITES = f"SELECT pg_advisory_xact_lock({_LOCK}, quote_ident(current_schema())::regnamespace::oid::int)"
_CHECKED = "SELECT current_schema(), current_setting('fsync'), current_setting('server_encoding')"

_SAYS = {
    "42501": "{shown}: `{user}` lacks a right there: {text}; docs/execution.md lists what a worker needs",
    "55P03": "{shown}: another worker has been writing for more than {patience} seconds",
    "25006": "{shown} can only be read: {text}",
    "3D000": "{shown}: {text}",
}
"""SQLSTATE to what is said of it."""
_PASSING = ("08", "57P", "55P03")
"""How an SQLSTATE begins that time may heal: a connection fails, the server stops or starts, another worker writes."""
_LOST = (
    "the connection to the ledger {shown} was lost: {text}; run the same command again: what was under way is repeated"
    " where that is harmless, else it is in doubt"
)


def engine_of(url: URL) -> Engine:
    """A database of a server. Nothing is connected yet.

    Raises:
        LedgerError: the driver isn't installed.
    """
    try:
        import psycopg  # noqa: F401 - whether it is there, with its library
    except ImportError as error:
        raise LedgerError(
            "ledgers in PostgreSQL need one more package (psycopg): pip install 'dunning-policy-engine[postgres]'"
        ) from error
    # of a lost connection the driver says more than one line, to stderr where nobody has set up logging
    logging.getLogger("psycopg").addHandler(logging.NullHandler())
    arguments: dict[str, Any] = {"fallback_application_name": "dunning"}
    if "connect_timeout" not in url.query and "PGCONNECT_TIMEOUT" not in os.environ:
        arguments["connect_timeout"] = CONNECT
    engine = create_engine(
        url,
        connect_args=arguments,
        pool_size=1,
        max_overflow=4,
        pool_pre_ping=True,
        use_native_hstore=False,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _connected)
    event.listen(engine, "begin", _begun)
    return engine


def check(connection: Connection) -> None:
    """Refuse a database that can't keep what it has confirmed, or not every text.

    Raises:
        LedgerError: why not.
    """
    schema, fsync, encoding = connection.exec_driver_sql(_CHECKED).one()
    name = shown(connection.engine.url)
    if schema is None:
        raise LedgerError(f"{name} has no schema for the ledger: the search_path names none that exists")
    if fsync != "on":
        raise LedgerError(f"{name} would lose what it has confirmed: its server runs with fsync off")
    if encoding != "UTF8":
        raise LedgerError(f"{name} can't hold every text: its encoding is {encoding}, not UTF8")


def user_of(connection: Connection) -> str:
    """Who logged in at the server; `SET ROLE` doesn't change it."""
    return str(connection.exec_driver_sql("SELECT session_user").scalar_one())


def ahead(connection: Connection) -> timedelta:
    """How far the server's clock is ahead of this computer's, within half the time of one question."""
    connection.exec_driver_sql("SELECT 1")  # the transaction has begun when the clock is asked
    before = datetime.now(UTC)
    there = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
    after = datetime.now(UTC)
    gap: timedelta = there - (before + (after - before) / 2)
    return gap


def reclaim(engine: Engine) -> None:
    """What was deleted is gone from the tables' files, too. Only their owner can do it."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT", reads=True) as connection:
        for table in ("payloads", "actions"):
            connection.exec_driver_sql(f"VACUUM FULL {table}")


def fault(engine: Engine, error: Exception) -> str:
    """What the server, or the way to it, said, as one line."""
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    said: Any = error.orig if isinstance(error, DBAPIError) else error
    primary = getattr(getattr(said, "diag", None), "message_primary", None)
    text = hidden(" ".join(str(primary or said).split()), engine.url).rstrip(".")
    pattern = _SAYS.get(getattr(said, "sqlstate", None) or "", "{shown} can't be used as a ledger: {text}")
    name, user = shown(engine.url), engine.url.username or "this user"
    return (_LOST if lost else pattern).format(shown=name, text=text, user=user, patience=PATIENCE)


def is_lost(error: Exception) -> bool:
    """Whether the server may go on later: the connection was cut, none is to be had, or another worker writes."""
    said: Any = error.orig if isinstance(error, DBAPIError) else error
    state: str | None = getattr(said, "sqlstate", None)
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, OperationalError) if state is None else state.startswith(_PASSING)


def _connected(connection: Any, record: Any) -> None:
    """Waiting has an end, and what is confirmed is on the disk, whatever the server's usual settings are."""
    del record
    with connection.cursor() as cursor:
        cursor.execute(_SESSION)
    connection.commit()


def _begun(connection: Connection) -> None:
    """A writer takes the lock at once; each of its statements then sees all that was written before.

    The server lets it go at the end of the transaction, or of the connection.
    """
    if not connection.get_execution_options().get("reads", False):
        connection.exec_driver_sql(_WRITES)
