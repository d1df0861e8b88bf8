"""The entries of a day in the order in which they are worked off, put on the disk: no more than one is held.

SQLite sorts them, in a file that nobody else can see and that is gone when it is closed.
"""

import pickle
import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from typing import Self

from policy_engine.adapters.lists.entry import Entry, Kind

_TABLE = """\
CREATE TABLE entry (kind TEXT, day BLOB, amount BLOB, customer BLOB, key BLOB, collector BLOB, body BLOB);
CREATE INDEX in_order ON entry (kind, day, amount, customer, key, collector);
"""
_MOST = 1 << 126


class Shelf:
    """Takes entries in any order and gives them in theirs: by day, the largest amounts first. A context manager."""

    def __init__(self) -> None:
        self._base = sqlite3.connect("", isolation_level=None)
        self._base.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; {_TABLE} BEGIN;")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._base.close()

    def put(self, one: Entry) -> None:
        """Take an entry."""
        body = pickle.dumps(one, pickle.HIGHEST_PROTOCOL)
        words = (_bytes(one.on), _falling(one.total), *map(_bytes, (one.customer, one.key, one.collector)))
        self._base.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?)", (one.kind, *words, body))

    def collectors(self, kind: Kind) -> list[str]:
        """Who calls, sorted; without those of whom nothing is said."""
        rows = self._base.execute("SELECT DISTINCT collector FROM entry WHERE kind = ?", (kind,))
        return sorted(found.decode("utf-8", "surrogatepass") for (found,) in rows if found)

    def entries(self, kind: Kind, collector: str | None = None) -> Iterator[Entry]:
        """Those of a kind in their order; of one collector where one is named."""
        wanted = "SELECT body FROM entry WHERE kind = ? ORDER BY day, amount, customer, key"
        given: tuple[object, ...] = (kind,)
        if collector is not None:
            wanted, given = wanted.replace("kind = ?", "kind = ? AND collector = ?"), (kind, _bytes(collector))
        for (body,) in self._base.execute(wanted, given):
            found: Entry = pickle.loads(body)  # noqa: S301 - what `put` wrote
            yield found


def _bytes(text: str) -> bytes:
    """UTF-8 sorts as the characters do; a half of a pair, which isn't text, too."""
    return text.encode("utf-8", "surrogatepass")


def _falling(amount: str) -> bytes:
    """What sorts the largest amount first."""
    millionths = int(Decimal(amount).scaleb(6))
    return (_MOST - max(-_MOST, min(millionths, _MOST))).to_bytes(17, "big")
