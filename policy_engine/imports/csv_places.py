"""Where in the exports each row of the snapshot comes from, in a few bytes a row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from policy_engine.values.position import Position

_FILES = 1 << 16
"""More files than an import takes."""


@dataclass(slots=True)
class Places:
    """The file and line of rows, by table and id; a row stands at the beginning of its line."""

    first: Position | None = None
    _files: list[str] = field(default_factory=list)
    _tables: dict[str, dict[str, int]] = field(default_factory=dict)

    def put(self, table: str, key: str, at: Position) -> None:
        """Keep a row's place."""
        self._tables.setdefault(table, {})[key] = at.line * _FILES + self._file(at.file)
        self.begin(at)

    def begin(self, at: Position) -> None:
        """The place of the first row, when none is known."""
        self.first = self.first or at

    def put_all(self, table: str, keys: Sequence[str], file: str, lines: Iterable[int]) -> None:
        """Keep the places of many rows of a file, none of which has one yet."""
        number = self._file(file)
        known = self._tables.setdefault(table, {})
        before = len(known)
        known.update(zip(keys, [line * _FILES + number for line in lines], strict=True))
        assert len(known) == before + len(keys)

    def get(self, table: str, key: str) -> Position | None:
        """A row's place, or None when there is no such row."""
        found = self._tables.get(table, {}).get(key)
        return None if found is None else Position(self._files[found % _FILES], found // _FILES, 1)

    def knows_any(self, table: str, keys: Iterable[str]) -> bool:
        """Whether one of the ids has a place."""
        return not self._tables.get(table, {}).keys().isdisjoint(keys)

    def _file(self, file: str) -> int:
        if file not in self._files:
            self._files.append(file)
        return self._files.index(file)
