"""The address of a ledger: which database, and how to name it without its password."""

import re

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from policy_engine.execution.errors import LedgerError

_EXAMPLES = "write e.g. sqlite:///ledger.db or postgresql://user@host/database"
_POSTGRESQL = ("postgresql", "postgresql+psycopg", "postgres")
_SECRETS = ("password", "sslpassword")


def parse(text: str) -> URL:
    """The URL of a SQLite file or of a PostgreSQL database; a path alone is a SQLite file.

    Raises:
        LedgerError: no URL, or of a database that ledgers aren't kept in.
    """
    try:
        url = make_url(text) if ":" in text else URL.create("sqlite", database=text)
    except (ArgumentError, ValueError):
        raise LedgerError(f"`{hidden(text)}` is not the address of a ledger; {_EXAMPLES}") from None
    if url.drivername in _POSTGRESQL:
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() != "sqlite" or url.query:
        raise LedgerError(f"ledgers are kept in SQLite files and in PostgreSQL, not in `{url.drivername}`; {_EXAMPLES}")
    if not url.database or url.database == ":memory:":
        raise LedgerError("a ledger must outlive the command: name a file, e.g. sqlite:///ledger.db")
    return url.set(drivername="sqlite+pysqlite")


def shown(url: URL) -> str:
    """An address as messages name it: the path of a file; of a database neither password nor options."""
    if url.get_backend_name() == "sqlite":
        return hidden(url.database or "")
    bare = URL.create("postgresql", url.username, host=url.host, port=url.port, database=url.database)
    return bare.render_as_string()


def hidden(text: str, url: URL | None = None) -> str:
    """A text without anything that may be a password: what stands before an `@`, what follows `password=`.

    Args:
        text: what somebody typed, or what a database or its driver said.
        url: the address whose own secrets mustn't stand in the text either.
    """
    if url is not None:
        given = [url.password, *(url.query.get(name) for name in _SECRETS)]
        for secret in given:
            if secret:
                text = text.replace(str(secret), "***")
    text = re.sub(r"(?s)(?<=://).*@", "***@", text)
    return re.sub(r"(?i)(password(?:=|%3D|\s*:|\s*=)\s*)[^\s&]+", r"\1***", text)
