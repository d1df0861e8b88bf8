"""Rows of a table as texts, before they are a snapshot: kept as columns where many of them were made together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, overload

TableRow: TypeAlias = Mapping[str, str]
"""One row: column to cell, as it stands in CSV. A column that is left out is empty."""


@dataclass(slots=True)
class Block:
    """Rows made together: the cells of each column, "" for an empty one, and how many rows there are."""

    columns: dict[str, Sequence[str]]
    count: int

    def rows(self) -> Iterator[dict[str, str]]:
        """The rows one by one, without empty cells."""
        for cells in zip(*self.columns.values(), strict=True):
            yield {name: cell for name, cell in zip(self.columns, cells, strict=True) if cell}


class TableRows(Sequence[TableRow]):
    """A sequence of rows, added one by one or many as columns. A million rows as columns are a quarter of the memory.

    `parts` may be changed by whoever made it, as long as the number of rows stays.
    """

    __hash__ = None  # type: ignore[assignment]  # it grows

    def __init__(self, rows: Iterable[TableRow] = ()) -> None:
        single = list(rows)
        self.parts: list[list[TableRow] | Block] = [single] if single else []
        self._length = len(single)

    def append(self, row: TableRow) -> None:
        """Add a row."""
        if not self.parts or isinstance(self.parts[-1], Block):
            self.parts.append([])
        self.parts[-1].append(row)  # type: ignore[union-attr]  # a list: see above
        self._length += 1

    def add(self, block: Block) -> None:
        """Add rows that were made together."""
        self.parts.append(block)
        self._length += block.count

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[TableRow]:
        for part in self.parts:
            yield from part.rows() if isinstance(part, Block) else part

    @overload
    def __getitem__(self, place: int) -> TableRow: ...
    @overload
    def __getitem__(self, place: slice) -> list[TableRow]: ...
    def __getitem__(self, place: int | slice) -> TableRow | list[TableRow]:
        return list(self)[place]

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, list | TableRows) else NotImplemented

    def __repr__(self) -> str:
        return f"TableRows({list(self)!r})"

    def names(self) -> list[str]:
        """The columns in which any cell is filled."""
        used: dict[str, None] = {}
        for part in self.parts:
            if isinstance(part, Block):
                used.update((name, None) for name, cells in part.columns.items() if name not in used and any(cells))
            else:
                for row in part:
                    for name, cell in row.items():
                        if cell and name not in used:
                            used[name] = None
        return list(used)

    def column(self, name: str) -> list[str]:
        """The cells of a column, "" where a row has none."""
        found: list[str] = []
        for part in self.parts:
            if isinstance(part, Block):
                found += part.columns.get(name) or [""] * part.count
            else:
                found += [row.get(name, "") for row in part]
        return found


def table_rows(rows: Sequence[TableRow]) -> TableRows:
    """The same rows, whose columns can be asked for."""
    return rows if isinstance(rows, TableRows) else TableRows(rows)
