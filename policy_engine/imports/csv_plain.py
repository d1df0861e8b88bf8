"""Rows of an export that are as they should be, thousands at a time; all others go the way of `csv_build`, row by row.

INVARIANT (columns): rows taken here leave behind exactly what `SheetBuild.take` would have left: the same rows of the
snapshot, sums, places. Whatever could end in a finding makes a row one to be read by itself, in its turn.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from unicodedata import is_normalized

from policy_engine.imports.csv_build import SheetBuild
from policy_engine.imports.csv_columns import Batch, Told, batch_of, rule_places
from policy_engine.imports.csv_figures import cents_reader
from policy_engine.imports.csv_plain_tables import Found, PlainDocuments, PlainPayments, sums_of
from policy_engine.imports.csv_records import batches, plain
from policy_engine.imports.csv_rows import HINTS, Row, RowReader, looks_like_total
from policy_engine.imports.csv_telling import Telling
from policy_engine.imports.csv_values import Record
from policy_engine.imports.mapping_load import walk
from policy_engine.imports.mapping_model import MappingSyntax
from policy_engine.imports.mapping_parts import RowClass, ValueSyntax
from policy_engine.snapshot.table_rows import TableRows

_BY_ROWS = frozenset({"group", "subtotal", "total", "refuse"})
_SHORTEST = 16
"""Fewer rows are read one by one."""


def by_columns(mapping: MappingSyntax) -> bool:
    """Whether rows can be read without the rows above them and become one document or payment each."""
    values = (part for part in walk(mapping) if isinstance(part, ValueSyntax))
    return mapping.ageing is None and all(value.above is None for value in values)


class PlainRows:
    """The rows of one sheet."""

    def __init__(self, rows: RowReader, build: SheetBuild) -> None:
        self.rows = rows
        self.build = build
        self.sheet = rows.sheet
        mapping = rows.mapping
        self._cents = cents_reader(mapping.file)
        width = len(self.sheet.names)
        looked_at = [place for rule in mapping.rows for place in rule_places(rule.when, self.sheet)]
        self._fates = Told(looked_at, rows.fate, width)
        self.documents = PlainDocuments(build)
        self.payments = PlainPayments(build)
        self._usable = by_columns(mapping) and self.documents.usable
        self._telling = Telling(build)

    def take(self) -> None:
        """Every row of the sheet."""
        for found in batches(self.sheet, self.build.build.findings):
            for alike, part in self._alike(found):
                if alike:
                    self._take(batch_of([line for line, _ in part], [cells for _, cells in part]))
                else:
                    self._one_by_one(part)

    def _alike(self, found: list[tuple[int, list[str]]]) -> Iterator[tuple[bool, list[tuple[int, list[str]]]]]:
        """Stretches of rows as wide as the header, and what lies between them."""
        headed = self.sheet.headed
        if not self._usable:
            yield False, found
            return
        start = 0
        odd = [place for place, (_, cells) in enumerate(found) if len(cells) != headed]
        if len(odd) * _SHORTEST > len(found):
            yield False, found
            return
        for place in (*odd, len(found)):
            if place > start:
                yield place - start >= _SHORTEST, found[start:place]
            if place < len(found):
                yield False, found[place : place + 1]
            start = place + 1

    def _one_by_one(self, part: Sequence[tuple[int, list[str]]]) -> None:
        for line, cells in part:
            row = self.rows.row(line, cells)
            if row is not None:
                self.build.take(row)

    def _take(self, batch: Batch) -> None:
        refused: set[int] = set()
        taken = self._read(batch, refused)
        if taken is not None and not refused and self.build.build.can_add(taken.ids()):
            self._add(batch, taken)
            return
        pairs = list(zip(batch.lines, batch.rows, strict=True))
        if not refused or len(refused) * _SHORTEST > len(batch):
            self._one_by_one(pairs)
            return
        start = 0
        for place in (*sorted(refused), len(batch)):
            if place - start >= _SHORTEST:
                self._take(batch_of(batch.lines[start:place], batch.rows[start:place]))
            else:
                self._one_by_one(pairs[start:place])
            self._one_by_one(pairs[place : place + 1])
            start = place + 1

    def _read(self, batch: Batch, refused: set[int]) -> "_Taken | None":
        """What the rows would leave behind; rows to be read by themselves go into `refused`."""
        if any(map(any, batch.columns[self.sheet.width :])):
            return None
        fates = self._fates.of(batch)
        kinds = [kind for kind, _, _ in fates]
        free = {place for place, (_, _, ruled) in enumerate(fates) if not ruled}
        several = set(kinds)
        if several & _BY_ROWS:
            refused.update(place for place, kind in enumerate(kinds) if kind in _BY_ROWS)
        refused.update(free.intersection(self._headers(batch)))
        if free:
            refused.update(place for place in free.intersection(self._totals(batch)) if kinds[place] != "skip")
        taken = _Taken(fates, self._figures(batch, refused))
        for reader in (self.documents, self.payments):
            payments = reader is self.payments
            if not (several & {"payment"} if payments else several - _BY_ROWS - {"payment", "skip"}):
                continue
            places = [place for place, kind in enumerate(kinds) if _is_of(kind, payments=payments)]
            faults: set[int] = set()
            part = batch.pick(places)
            found = reader.read(part, [kinds[place] for place in places], faults)
            refused.update(places[place] for place in faults)
            if found is not None:
                taken.parts.append((places, part, found))
        taken.skipped = [place for place, kind in enumerate(kinds) if kind == "skip"]
        return taken

    def _headers(self, batch: Batch) -> list[int]:
        """Rows that may be the header again."""
        name, cells = self.rows.header[0], batch.columns[0]
        joined = "\n".join(cells)
        word = name.partition(" ")[0]
        if word and word not in joined and is_normalized("NFC", joined):
            return []
        return [place for place, cell in enumerate(cells) if plain(cell) == name]

    def _totals(self, batch: Batch) -> list[int]:
        """Rows that look like totals."""
        near: set[int] = set()
        for cells in batch.columns:
            whole = "\n".join(cells).casefold()
            hints = [hint for hint in HINTS if hint in whole]
            if hints:
                near.update(place for place, cell in enumerate(cells) if any(hint in cell.casefold() for hint in hints))
        return [place for place in near if looks_like_total(batch.rows[place], self.build.needed) >= 0]

    def _figures(self, batch: Batch, refused: set[int]) -> Fraction:
        """What the rows add to the sums of the column `totals`."""
        if self.rows.total < 0:
            return Fraction(0)
        cells = batch.columns[self.rows.total]
        units = self._cents(cells)
        if units is not None:
            return Fraction(sum(units), 100)
        figures = self.rows.figures(cells)
        refused.update(place for place, figure in enumerate(figures) if figure is None)
        return sum((figure for figure in figures if figure is not None), Fraction(0))

    def _add(self, batch: Batch, taken: "_Taken") -> None:
        build = self.build
        self.rows.take(len(batch), len(batch) - len(taken.skipped), taken.figures)
        for place in taken.skipped:
            build.take(self._row(batch, taken, place))
        self._tell(batch, taken)
        for places, part, found in taken.parts:
            found.add(build.build, part, self.sheet.file)
            last = self._row(batch, taken, places[-1])
            sums = sums_of(zip(found.currencies, found.written, strict=True))
            build.money_in_all(sums, len(part), last, found.money(-1))

    def _tell(self, batch: Batch, taken: "_Taken") -> None:
        """What rows say beside their own, in the order of the rows; tables begin where their first row stands."""
        build = self.build.build
        firsts = [(places[at], table) for places, _, found in taken.parts for table, at in found.firsts()]
        if firsts:
            build.places.begin(self.build.at(self._row(batch, taken, min(firsts)[0])))
        begun: list[tuple[int, int, str, Found | None, int]] = [(at, 0, table, None, 0) for at, table in firsts]
        for places, part, found in taken.parts:
            begun += [(places[own], 1, "", found, own) for own in self._telling.places(part, found)]
        for place, _, table, said, own in sorted(begun, key=lambda one: one[:3]):
            if said is None:
                build.tables.setdefault(table, TableRows())
            else:
                self._telling.tell(self._row(batch, taken, place), said.cells_of(own))

    def _row(self, batch: Batch, taken: "_Taken", place: int) -> Row:
        kind, why, ruled = taken.fates[place]
        return Row(Record(batch.lines[place], batch.rows[place], []), kind, why, ruled)


def _is_of(kind: str, *, payments: bool) -> bool:
    return kind == "payment" if payments else kind not in _BY_ROWS and kind not in ("payment", "skip")


@dataclass(slots=True)
class _Taken:
    """What a batch would leave behind: the fate of each row, and by table its places in the batch and what it says."""

    fates: list[tuple[RowClass, str, bool]]
    figures: Fraction
    parts: list[tuple[list[int], Batch, Found]] = field(default_factory=list)
    skipped: list[int] = field(default_factory=list)

    def ids(self) -> list[tuple[str, list[str]]]:
        """The ids that would be added, by table."""
        return [one for _, _, found in self.parts for one in found.ids()]
