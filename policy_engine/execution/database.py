"""Opening a ledger: its database, its tables brought up to date by Alembic, every transaction one writer at a time."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Insert, Update, inspect
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, IntegrityError

from policy_engine.execution import postgresql, sqlite
from policy_engine.execution.address import parse, shown
from policy_engine.execution.errors import LedgerError, LedgerLostError

REVISION = "0003"
"""The tables that this version works with."""
_OWN = frozenset({"plans", "actions", "transitions"})
"""Tables by which a ledger is known."""
_READS: dict[str, dict[str, Any]] = {
    "sqlite": {"reads": True},
    "postgresql": {"reads": True, "isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}


class Seen(NamedTuple):
    """What a look at an address told.

    Attributes:
        there: whether there is a ledger.
        actor: who would work on it.
    """

    there: bool
    actor: str


def open_database(text: str, *, create: bool) -> Engine:
    """The database of a ledger, its tables up to date.

    Args:
        text: `sqlite:///PATH`, a path, or `postgresql://USER@HOST/DATABASE`.
        create: whether a ledger that isn't there yet is made.

    Raises:
        LedgerError: it isn't there, can't be opened, or was written by a later version.
    """
    engine = _engine(parse(text), create=create)
    try:
        with _told(engine):
            _migrate(engine, create=create)
    except LedgerError:
        engine.dispose()
        raise
    return engine


def look(text: str, user: str) -> Seen:
    """Whether there is a ledger at an address, and who would work on it. Nothing is written or made.

    Args:
        text: as for `open_database`.
        user: the user of the operating system.

    Raises:
        LedgerError: the address can't be used.
    """
    url = parse(text)
    if _is_sqlite(url):
        return Seen(sqlite.file_of(url).exists(), user)
    engine = _engine(url, create=False)
    try:
        with reading(engine) as connection:
            return Seen(_revision(connection) is not None, postgresql.user_of(connection))
    finally:
        engine.dispose()


def actor_on(engine: Engine, user: str) -> str:
    """Who works on a ledger, for its roles and its record: whom the database knows, if it knows its users.

    On PostgreSQL that is the user who logged in at the server. A SQLite file knows nobody: there it is the user of the
    operating system.

    Raises:
        LedgerError: the database can't be asked.
    """
    if _is_sqlite(engine.url):
        return user
    with reading(engine) as connection:
        return postgresql.user_of(connection)


def ahead(engine: Engine) -> timedelta:
    """How far the ledger's clock is ahead of this computer's; a file has no other clock."""
    if _is_sqlite(engine.url):
        return timedelta(0)
    with reading(engine) as connection:
        return postgresql.ahead(connection)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads: it sees one state, and keeps no writer waiting.

    Raises:
        LedgerError: the database failed.
    """
    options = _READS[engine.dialect.name]
    with _told(engine), engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes: the only one of the ledger from its beginning to its end.

    Raises:
        LedgerError: the database failed; nothing was written, unless it failed while it confirmed.
        LedgerLostError: the same, and it may go on later.
    """
    with _told(engine), engine.begin() as connection:
        yield connection


def many(connection: Connection, statement: Insert | Update, rows: Sequence[Mapping[str, Any]]) -> None:
    """Execute a statement for each of many rows of equal keys, whose values the database's driver takes as they are.

    SQLAlchemy would look at every value of every row, which takes longer than the database does.
    """
    if not rows:
        return
    compiled: Any = statement.compile(dialect=connection.dialect, column_keys=[*rows[0]])
    own = {name: value for name, value in compiled.params.items() if name not in rows[0]}  # the statement's own values
    given: list[Any] = [{**own, **row} for row in rows] if own else [*rows]
    if compiled.positional:
        given = [tuple(map(row.__getitem__, compiled.positiontup)) for row in given]
    connection.exec_driver_sql(compiled.string, given)


@contextmanager
def held(engine: Engine) -> Iterator[None]:
    """Keep a database open over many transactions: the last one who closes a SQLite file folds its log into it.

    Raises:
        LedgerError: the database failed.
    """
    if not _is_sqlite(engine.url):
        yield  # its pool keeps it open
        return
    with _told(engine):
        idle = engine.connect()
    try:
        yield
    finally:
        idle.close()


def reclaim(engine: Engine) -> None:
    """Give back the place of what was deleted, so that it can't be read from the database's files."""
    with _told(engine):
        (sqlite if _is_sqlite(engine.url) else postgresql).reclaim(engine)


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _engine(url: URL, *, create: bool) -> Engine:
    return sqlite.engine_of(url, create=create) if _is_sqlite(url) else postgresql.engine_of(url)


@contextmanager
def _told(engine: Engine) -> Iterator[None]:
    """What a database says becomes one line. A broken rule of the tables is none of that: it is a mistake of ours."""
    driver: type[Exception] = engine.dialect.loaded_dbapi.Error
    try:
        yield
    except IntegrityError:
        raise
    except (DBAPIError, driver) as error:
        if _is_sqlite(engine.url):
            said = error.orig if isinstance(error, DBAPIError) else error
            fault = LedgerLostError if sqlite.is_locked(said) else LedgerError
            raise fault(f"{shown(engine.url)} can't be used as a ledger: {said}") from error
        fault = LedgerLostError if postgresql.is_lost(error) else LedgerError
        raise fault(postgresql.fault(engine, error)) from error


def _revision(connection: Connection) -> str | None:
    """The tables' version, None where there is nothing yet.

    Raises:
        LedgerError: there is something else.
    """
    tables = set(inspect(connection).get_table_names())
    if not tables:
        return None
    found = None
    if tables >= _OWN | {"alembic_version"}:
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if found is None:
        own = "" if _is_sqlite(connection.engine.url) else "; give the ledger a database or a schema of its own"
        raise LedgerError(f"{shown(connection.engine.url)} is a database, but no ledger{own}")
    return str(found)


@contextmanager
def _migrating(engine: Engine) -> Iterator[Connection]:
    remaking = sqlite.remaking if _is_sqlite(engine.url) else nullcontext
    with engine.connect() as connection, remaking(connection), connection.begin():
        yield connection


def _migrate(engine: Engine, *, create: bool) -> None:
    name = shown(engine.url)
    with reading(engine) as connection:
        if not _is_sqlite(engine.url):
            postgresql.check(connection)
        found = _revision(connection)
    if found == REVISION:
        return
    if found is None and not create:
        raise LedgerError(f"{name} holds no ledger")
    if found is not None and found > REVISION:
        raise LedgerError(f"{name} was written by a later version of this program (tables {found}, not {REVISION})")
    from alembic import command
    from alembic.config import Config

    with _migrating(engine) as connection:
        if _revision(connection) == REVISION:
            return  # another worker was quicker
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, REVISION)
