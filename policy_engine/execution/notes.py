"""What a report has to tell of single actions: the first are held, the rest wait in a file that nobody else sees.

A mail server that is down, or a plan that has gone stale, may leave every action of a plan to be told of.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from tempfile import TemporaryFile
from typing import IO, Any, Generic, TypeVar, overload

HELD = 500
"""Rows that are held."""
Row = TypeVar("Row", bound=tuple[Any, ...])


class Notes(Sequence[Row], Generic[Row]):
    """Rows of one kind, in the order in which they were added; equal to a list of the same.

    Args:
        kind: a NamedTuple whose fields JSON can hold.
    """

    def __init__(self, kind: type[Row]) -> None:
        self._kind = kind
        self._first: list[Row] = []
        self._more = 0
        self._file: IO[bytes] | None = None

    def append(self, row: Row) -> None:
        """Add a row."""
        if len(self._first) < HELD:
            self._first.append(row)
            return
        if self._file is None:
            self._file = TemporaryFile()  # noqa: SIM115 - it is closed when the rows aren't needed any more
        self._file.seek(0, 2)
        self._file.write(f"{json.dumps(row)}\n".encode("ascii"))
        self._more += 1

    def extend(self, rows: Iterable[Row]) -> None:
        """Add rows."""
        for row in rows:
            self.append(row)

    def __len__(self) -> int:
        return len(self._first) + self._more

    def __iter__(self) -> Iterator[Row]:
        yield from self._first
        if self._file is None:
            return
        self._file.seek(0)
        while line := self._file.readline():
            place = self._file.tell()
            yield self._kind(*json.loads(line))
            self._file.seek(place)  # who was given the row may have added one, or begun anew

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> list[Row]: ...
    def __getitem__(self, place: int | slice) -> Row | list[Row]:
        if isinstance(place, slice):
            start, stop, step = place.indices(len(self))
            return list(islice(self, start, stop, step)) if step > 0 else list(self)[place]
        number = place + len(self) if place < 0 else place
        if not 0 <= number < len(self):
            raise IndexError(place)
        return next(islice(self, number, None))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (list, Notes)) and len(self) == len(other) and all(map(_same, self, other))

    __hash__ = None  # type: ignore[assignment]  # rows may be added

    def __repr__(self) -> str:
        return f"{self[:20]!r}" if len(self) <= 20 else f"<{len(self)} rows, the first {self[0]!r}>"

    def __del__(self) -> None:
        if self._file is not None:
            self._file.close()


def _same(one: object, other: object) -> bool:
    return one == other
