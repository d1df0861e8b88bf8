"""A raw table into rows of typed values: the header is checked once, then each row is good or broken, never lost."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, partial
from itertools import groupby, repeat
from operator import attrgetter
from typing import Any, NamedTuple

from policy_engine.policy.resolved import Attribute
from policy_engine.snapshot.cells import NOTHING, CellError, Parse, attribute_parser, parser
from policy_engine.snapshot.columns import ColumnParse, column_parser, in_minor, nothing, one_by_one
from policy_engine.snapshot.sources import Fault, Findings, RawRow, RawTable, SourceFile
from policy_engine.snapshot.tables import TABLES, Column, Table
from policy_engine.values.diagnostics import did_you_mean

_EXACT = "amounts: 64-bit integers of minor units, DECIMAL, or text; days: DATE or text like `2026-07-21`"


class Row(NamedTuple):
    """A row whose cells can all be read: values in the order of the table's columns, then the attributes'."""

    values: Sequence[Any]
    file: SourceFile
    line: int

    @property
    def where(self) -> str:
        """`file:line`."""
        return self.file.where(self.line)


class BrokenRow(NamedTuple):
    """A row with a cell that can't be read: what can be is in `values`, everything else None.

    `ragged` rows have more or fewer cells than the header: which cell is which can't be told, so `cells` are all.
    `place` is the number of the first column with a fault.
    """

    values: Sequence[Any]
    file: SourceFile
    line: int
    faults: tuple[Fault, ...]
    cells: tuple[str, ...] = ()
    ragged: bool = False
    place: int = 0

    @property
    def where(self) -> str:
        """`file:line`."""
        return self.file.where(self.line, self.place)


_new_row = partial(tuple.__new__, Row)
"""`Row` from its fields: a third of the time that calling it takes, and every row needs one."""


class Span(NamedTuple):
    """Rows that were read together: the values of each column."""

    values: Sequence[Sequence[Any]]
    file: SourceFile
    lines: Sequence[int]

    def rows(self) -> Iterator[Row]:
        """The same rows one by one."""
        return map(_new_row, zip(zip(*self.values, strict=True), repeat(self.file), self.lines))


class GoodRows:
    """Rows that can be read, in their order. Those read together stay columns; each is made when it is gone through."""

    __slots__ = ("_length", "_parts")

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        single = list(rows)
        self._parts: list[list[Row] | Span] = [single] if single else []
        self._length = len(single)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Row]:
        for part in self._parts:
            yield from part.rows() if isinstance(part, Span) else part

    def spans(self) -> Iterator[Span]:
        """The same rows by columns, in their order; those that came singly are put together."""
        for part in self._parts:
            if isinstance(part, Span):
                yield part
                continue
            for file, rows in groupby(part, attrgetter("file")):
                single = list(rows)
                yield Span(list(zip(*(row.values for row in single), strict=True)), file, [row.line for row in single])

    def append(self, row: Row) -> None:
        """Add a row."""
        if not self._parts or isinstance(self._parts[-1], Span):
            self._parts.append([])
        self._parts[-1].append(row)  # type: ignore[union-attr]  # a list: see above
        self._length += 1

    def add(self, span: Span) -> None:
        """Add rows that were read together."""
        self._parts.append(span)
        self._length += len(span.lines)

    def join(self, other: "GoodRows") -> None:
        """Add the rows of others, which stay as they are."""
        self._parts += [part if isinstance(part, Span) else list(part) for part in other._parts]
        self._length += len(other)

    def firsts(self) -> Iterator[Any]:
        """The values of the first column, which is the id where a table has one."""
        for part in self._parts:
            if isinstance(part, Span):
                yield from part.values[0]
            else:
                yield from (row.values[0] for row in part)


class Rows:
    """What one source, or all of them, say in one table."""

    __slots__ = ("broken", "good")

    def __init__(self, good: Iterable[Row] = (), broken: Iterable[BrokenRow] = ()) -> None:
        self.good = good if isinstance(good, GoodRows) else GoodRows(good)
        self.broken = list(broken)

    def __len__(self) -> int:
        return len(self.good) + len(self.broken)


class _Wanted(NamedTuple):
    name: str
    parse: Parse
    place: int  # -1: the file lacks the column
    read: ColumnParse  # many cells at a time


def read_rows(raw: RawTable, attributes: Sequence[Attribute], currency: str | None, findings: Findings) -> Rows:
    """The table's rows. A header that can't be used is a finding, and the rows are still gone through for theirs."""
    wanted = _columns(raw, [item for item in attributes if item.level == raw.definition.attributes], currency, findings)
    plan = [(NOTHING if column.place < 0 else column.parse, column.place) for column in wanted]
    rows = Rows()
    good, file = rows.good, raw.file
    for raw_row in _singly(raw, wanted, good):
        line, cells, faults, _ = raw_row
        if not faults:
            cells.append("")
            try:
                good.append(Row([parse(cells[place]) for parse, place in plan], file, line))
            except CellError:
                cells.pop()
            else:
                continue
        rows.broken.append(_broken(raw, raw_row, wanted))
    return rows


def _singly(raw: RawTable, wanted: list[_Wanted], good: GoodRows) -> Iterator[RawRow]:
    """The rows to be read one by one; batches without a fault go straight to `good`."""
    names = [column.name for column in wanted]
    currency = names.index("currency") if "currency" in names else None
    amounts = [] if currency is None else [names.index(name) for name in ("amount", "limit") if name in names]
    for found in raw.parts:
        if isinstance(found, RawRow):
            yield found
            continue
        try:
            values = [
                nothing(len(found.lines)) if column.place < 0 else column.read(found.columns[column.place])
                for column in wanted
            ]
        except CellError:
            yield from found.rows()
            continue
        if currency is not None:
            for place in amounts:
                values[place] = in_minor(values[place], values[currency])
        good.add(Span(values, raw.file, found.lines))


def _broken(raw: RawTable, row: RawRow, wanted: list[_Wanted]) -> BrokenRow:
    faults = list(row.faults)
    values: list[Any] = []
    nested = {fault.column for fault in row.faults}
    spoilt: list[int] = []
    for name, parse, place, _ in wanted:
        value = None
        if name not in nested:
            try:
                value = parse(row.cells[place] if 0 <= place < len(row.cells) else "")
            except CellError as error:
                if not row.ragged:
                    faults.append(Fault(error.code, f"`{name}`: {error.message}", error.fix))
                    spoilt.append(place)
        else:
            spoilt.append(place)
        values.append(value)
    cells: tuple[str, ...] = ()
    if row.ragged:
        texts = tuple(cell.strip() for cell in row.cells if isinstance(cell, str))
        # The last cell of a short row may be cut in the middle, and then name somebody else.
        cells = texts if len(texts) > len(raw.columns or ()) else texts[:-1]
    first = min((place for place in spoilt if place >= 0), default=0)
    return BrokenRow(values, raw.file, row.line, tuple(faults), cells, row.ragged, first)


def _columns(raw: RawTable, own: list[Attribute], currency: str | None, findings: Findings) -> list[_Wanted]:
    table = raw.definition
    given = {column.name for column in raw.columns or ()}
    absent = _absent(table.name)
    wanted = [_reading(column) if column.name in given else absent[place] for place, column in enumerate(table.columns)]
    for item in own:
        parse = attribute_parser(item.type, currency)
        wanted.append((item.name, parse, one_by_one(parse)))
    if raw.columns is None:
        return [_Wanted(name, parse, -1, read) for name, parse, read in wanted]
    places: dict[str, int] = {}
    for place, column in enumerate(raw.columns):
        if column.name in places:
            message = f"the column `{column.name}` of `{table.name}` stands twice"
            findings.error("DUN507", column.position, message, "keep one of them")
        places.setdefault(column.name, place)
    names = [name for name, _, _ in wanted]
    mistaken = _unknown(raw, names, places, findings)
    for column in raw.columns:
        if column.name in names and column.name in raw.unfit:
            message = f"the column `{column.name}` of `{table.name}` {raw.unfit[column.name]}"
            findings.error("DUN515", column.position, message, _EXACT)
    required = {column.name for column in table.columns if column.required} | {item.name for item in own}
    for name in names:
        if name in required and name not in places and name not in mistaken:
            declared = name not in table.index
            message = f"`{table.name}` has no column `{name}`"
            fix = f"the policy declares it: {table.attributes}.{name}" if declared else "the column is required"
            findings.error("DUN506", raw.start, message, fix)
    return [_Wanted(name, parse, places.get(name, -1), read) for name, parse, read in wanted]


def _reading(column: Column) -> tuple[str, Parse, ColumnParse]:
    parse = parser(column)
    return column.name, parse, column_parser(column, parse)


@cache
def _absent(table: str) -> tuple[tuple[str, Parse, ColumnParse], ...]:
    """The same of columns that a file lacks: they are only ever asked what an empty cell means, so one will do."""
    return tuple(_reading(column) for column in TABLES[table].columns)


def _unknown(raw: RawTable, names: list[str], places: dict[str, int], findings: Findings) -> set[str]:
    """Reports columns nobody knows; gives back the known ones that were probably meant."""
    if places.keys() <= set(names):
        return set()
    missing = [name for name in names if name not in places]
    plain = {_plain(name): name for name in missing}
    meant: set[str] = set()
    for column in raw.columns or ():
        if column.name in names:
            continue
        near = difflib.get_close_matches(column.name[:80], missing, n=1, cutoff=0.8)
        guess = plain.get(_plain(column.name)) or (near[0] if near else None)
        if guess:
            meant.add(guess)
            message = f"`{column.name[:80]}` is not a column of `{raw.definition.name}`"
            findings.error("DUN508", column.position, message, f"did you mean `{guess}`?")
        else:
            hint = did_you_mean(column.name, missing)
            message = f"`{raw.file.short}`: the column `{column.name[:80]}` of `{raw.definition.name}` is left out"
            findings.alert("unknown_column", column.name[:80], message + (f" ({hint})" if hint else ""))
    return meant


def _plain(name: str) -> str:
    return "".join(ch for ch in name.casefold() if ch.isalnum())


def collect(parts: Sequence[Rows]) -> Rows:
    """The rows of one table from all sources."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return Rows()
    good = GoodRows()
    for part in parts:
        good.join(part.good)
    return Rows(good, [row for part in parts for row in part.broken])


def row_id(table: Table, values: Sequence[Any]) -> str:
    """The row's id, or "" when it can't be told."""
    place = table.index.get("id")
    return "" if place is None else values[place] or ""
