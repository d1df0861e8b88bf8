"""Where the houses of tests keep their ledgers: SQLite files beside them, or schemas of a PostgreSQL."""

import sqlite3
from pathlib import Path

from tests.postgres import Server


class Files:
    """A SQLite file in each house."""

    name = "sqlite"

    def address(self, folder: Path, user: str) -> str:
        """Everybody uses the same file."""
        return f"sqlite:///{folder / 'ledger.db'}"

    def shown(self, folder: Path) -> str:
        """What messages call the ledger."""
        return str(folder / "ledger.db")

    def meddle(self, folder: Path, statement: str) -> None:
        """Change something behind the ledger's back."""
        with sqlite3.connect(folder / "ledger.db") as connection:
            connection.execute("PRAGMA foreign_keys=OFF")
            assert connection.execute(statement).rowcount >= 1

    def stored(self, folder: Path) -> bytes:
        """All that a thief of the files would have."""
        return b"".join(path.read_bytes() for path in folder.glob("ledger.db*"))

    def tables(self, folder: Path) -> int | None:
        """How many tables there are, None when not even a file."""
        if not (folder / "ledger.db").exists():
            return None
        with sqlite3.connect(folder / "ledger.db") as connection:
            return int(connection.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table'").fetchone()[0])

    def close(self) -> None:
        """The folders are deleted by whoever made them."""


class Schemas:
    """A schema of a server for each house; whoever works there logs in as database user of that name."""

    name = "postgresql"

    def __init__(self, server: Server) -> None:
        self.server = server
        self._schemas: dict[Path, str] = {}

    def schema(self, folder: Path) -> str:
        """The house's schema."""
        if folder not in self._schemas:
            self._schemas[folder] = self.server.schema()
        return self._schemas[folder]

    def address(self, folder: Path, user: str) -> str:
        """The same schema for everybody, each by his own name."""
        return self.server.url(user, schema=self.schema(folder))

    def shown(self, folder: Path) -> str:
        """What messages call the ledger."""
        return "postgresql://alice@/ledgers"

    def meddle(self, folder: Path, statement: str) -> None:
        """Change something behind the ledger's back."""
        import psycopg

        url = self.server.url("postgres", schema=self.schema(folder)).replace("postgresql://", "postgresql://", 1)
        with psycopg.connect(url) as connection:
            connection.execute("SET session_replication_role = replica")  # foreign keys don't count
            assert connection.execute(statement.encode()).rowcount >= 1

    def stored(self, folder: Path) -> bytes:
        """All that a thief of the tables' files would have."""
        self.server.ask("CHECKPOINT")
        files = self.server.ask(
            "SELECT pg_relation_filepath(c.oid) FROM pg_class c WHERE relfilenode <> 0 AND relnamespace ="
            f" '{self.schema(folder)}'::regnamespace"
        )
        assert len(files) > 10
        toast = self.server.ask(
            "SELECT pg_relation_filepath(reltoastrelid) FROM pg_class WHERE reltoastrelid <> 0 AND relnamespace ="
            f" '{self.schema(folder)}'::regnamespace"
        )
        return b"".join((self.server.data / str(row[0])).read_bytes() for row in [*files, *toast])

    def tables(self, folder: Path) -> int | None:
        """How many tables there are, None when there is none at all."""
        found = self.server.ask(f"SELECT count(*) FROM pg_tables WHERE schemaname = '{self.schema(folder)}'")
        return int(str(found[0][0])) or None

    def close(self) -> None:
        """Drop the schemas."""
        for schema in self._schemas.values():
            self.server.drop(schema)


class Given:
    """An address that somebody else has made."""

    name = "given"

    def __init__(self, address: str) -> None:
        self._address = address

    def address(self, folder: Path, user: str) -> str:
        """The same for everybody."""
        return self._address
