"""Values of many rows of an export at a time: each distinct cell is read once, plain columns of ids and amounts whole.

What a column gives for a row is what the row's own closure in `csv_values` gives. A row in which one refuses goes into
a set: it is read by itself again, and the finding is that of the row.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from policy_engine.imports.csv_documents import exact
from policy_engine.imports.csv_figures import cents_reader
from policy_engine.imports.csv_records import Sheet
from policy_engine.imports.csv_values import Context, Getter, Record, Test, all_of, amount_value
from policy_engine.imports.mapping_parts import ConditionSyntax, FileSyntax, ValueSyntax
from policy_engine.snapshot.cells import MAX_ID, CellError
from policy_engine.snapshot.tables import Column
from policy_engine.values.money import EXPONENTS

_KEPT = 1 << 16
"""Distinct cells that are remembered together: more of them don't repeat."""
_DISTINCT = frozenset({"id", "invoice", "number"})
"""Columns whose cells hardly ever repeat."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows as wide as the header: their lines, and the cells by row and by column."""

    lines: Sequence[int]
    rows: Sequence[list[str]]
    columns: Sequence[Sequence[str]]

    def __len__(self) -> int:
        return len(self.lines)

    def pick(self, places: Sequence[int]) -> "Batch":
        """Some of the rows."""
        if len(places) == len(self.lines):
            return self
        rows = [self.rows[place] for place in places]
        return batch_of([self.lines[place] for place in places], rows)


def batch_of(lines: Sequence[int], rows: Sequence[list[str]]) -> Batch:
    """A batch from its rows."""
    return Batch(lines, rows, list(zip(*rows, strict=True)))


ColumnGet: TypeAlias = Callable[[Batch, set[int]], Sequence[str]]
"""The texts of a value in each row; rows that must be read by themselves go into the set."""


class _Memo(dict[Any, Any]):
    """What each key was read as, None for what is refused."""

    def __init__(self, read: Callable[[Any], Any]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, key: Any) -> Any:
        if len(self) >= _KEPT:
            self.clear()
        try:
            value = self._read(key)
        except CellError:
            value = None
        self[key] = value
        return value


class Told:
    """A function of some cells of a record, for whole batches: each combination of these cells is looked at once."""

    def __init__(self, places: Sequence[int], read: Callable[[Record], Any], width: int) -> None:
        self.places = tuple(dict.fromkeys(places))

        def of(cells: Sequence[str]) -> Any:
            row = [""] * width
            for place, cell in zip(self.places, cells, strict=True):
                row[place] = cell
            return read(Record(0, row, []))

        self._memo = _Memo(of if len(self.places) != 1 else lambda cell: of((cell,)))

    def of(self, batch: Batch) -> list[Any]:
        """The value for each row, None where it is refused."""
        if len(self.places) == 1:
            return list(map(self._memo.__getitem__, batch.columns[self.places[0]]))
        if not self.places:
            return [self._memo[()]] * len(batch)
        columns = (batch.columns[place] for place in self.places)
        return list(map(self._memo.__getitem__, zip(*columns, strict=True)))


def rule_places(conditions: Sequence[ConditionSyntax], sheet: Sheet) -> list[int]:
    """The columns that conditions look at."""
    return [sheet.place(condition.column) for condition in conditions]


def value_places(value: ValueSyntax, sheet: Sheet) -> list[int]:
    """The columns that a value comes from."""
    names = [value.column, *(value.columns or ()), value.debit, value.credit]
    return [sheet.place(name) for name in names if name is not None]


def _as_it_stands(value: ValueSyntax) -> bool:
    return value.column is not None and value.lookup is None and value.empty is None and value.prefix is None


def column_get(value: ValueSyntax, column: Column | None, getter: Getter, sheet: Sheet) -> ColumnGet:
    """The same as `getter` for batches; `column` is the snapshot's, None for one of the company's own."""
    told = Told(value_places(value, sheet), getter.get, len(sheet.names))

    def get(batch: Batch, refused: set[int]) -> Sequence[str]:
        return _without_refused(told.of(batch), refused)

    if column is None or column.name not in _DISTINCT or column.type not in ("id", "text") or not _as_it_stands(value):
        return get
    place, is_id, required = told.places[0], column.type == "id", column.required

    def get_distinct(batch: Batch, refused: set[int]) -> Sequence[str]:
        cells = batch.columns[place]
        whole = _is_plain(cells, is_id=is_id) and not (required and "" in cells)
        return cells if whole else get(batch, refused)

    return get_distinct


def _without_refused(values: list[Any], refused: set[int]) -> list[str]:
    if None in values:
        refused.update(place for place, value in enumerate(values) if value is None)
        return [value or "" for value in values]
    return values


def _is_plain(cells: Sequence[str], *, is_id: bool) -> bool:
    """Whether all cells are texts that are taken as they stand."""
    joined = "\n".join(cells)
    if joined.count("\n") != len(cells) - 1:
        return False
    framed = f"\n{joined}\n"
    trimmed = "\n " not in framed and " \n" not in framed and "\n=" not in framed
    if not trimmed or not joined.replace("\n", "").isprintable():  # other blanks aren't printable
        return False
    return not is_id or (joined.isascii() and "  " not in joined and max(map(len, cells)) <= MAX_ID)


class Amounts:
    """The amounts of a value for batches, in minor units of each row's currency."""

    def __init__(self, value: ValueSyntax, context: Context, options: FileSyntax | None) -> None:
        self.value = value
        self._get = amount_value(value, context)
        self._place = context.sheet.place(value.column) if value.column is not None else -1
        self._cents = cents_reader(options) if _as_it_stands(value) else None
        self._negative: Told | None = None
        if value.negative_when is not None:
            test: Test = all_of(value.negative_when, context)
            self._negative = Told(rule_places(value.negative_when, context.sheet), test, len(context.sheet.names))

    def of(self, batch: Batch, currencies: Sequence[str], refused: set[int], *, required: bool) -> list[Any]:
        """What each row writes, before `sign` is turned; None where it is empty and needn't be filled."""
        units = self._plainly(batch, currencies, required=required)
        if units is None:
            return self._by_rows(batch, currencies, refused, required=required)
        if self._negative is not None:
            pairs = zip(units, self._negative.of(batch), strict=True)
            return [-unit if negative and unit else unit for unit, negative in pairs]
        return units

    def turned(self, written: list[Any]) -> list[Any]:
        """The amounts as the snapshot has them, the sign turned where the mapping says."""
        if self.value.sign != "reversed":
            return written
        return [None if unit is None else -unit for unit in written]

    def _plainly(self, batch: Batch, currencies: Sequence[str], *, required: bool) -> list[Any] | None:
        if self._cents is None or any(EXPONENTS.get(code) != 2 for code in set(currencies)):
            return None
        cells = batch.columns[self._place]
        if required or "" not in cells:
            return self._cents(cells)
        filled = [cell for cell in cells if cell]
        units = self._cents(filled) if filled else []
        if units is None:
            return None
        given = iter(units)
        return [next(given) if cell else None for cell in cells]

    def _by_rows(
        self, batch: Batch, currencies: Sequence[str], refused: set[int], *, required: bool
    ) -> list[int | None]:
        found: list[int | None] = []
        for place, (row, currency) in enumerate(zip(batch.rows, currencies, strict=True)):
            unit = None
            try:
                text, sign, _ = self._get(Record(0, row, []))
                unit = exact(text, sign, currency) if text or required else None
            except CellError:
                refused.add(place)
                unit = 0
            found.append(unit)
        return found
