"""The rows of a test as a source of a snapshot: what a file holding them would give, without a file's tree of nodes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from policy_engine.language.nodes import Items, Map, Node
from policy_engine.snapshot import nodes as plain
from policy_engine.snapshot.cells import Cell
from policy_engine.snapshot.document import ShapeError, cell_of
from policy_engine.snapshot.sources import Fault, Findings, RawColumn, RawManifest, RawRow, RawTable, SourceFile
from policy_engine.snapshot.tables import TABLES
from policy_engine.values.position import Position

_KINDS = {name: {column.name: column.type for column in table.columns} for name, table in TABLES.items()}


@dataclass(frozen=True, slots=True)
class GivenRow:
    """A row of a table: its cells by column, and where the test says it."""

    at: Position
    cells: Mapping[str, Node | str]


@dataclass(frozen=True, slots=True)
class GivenRows:
    """A `Source` of a test's rows as of a day."""

    file: SourceFile
    as_of: date
    complete: date
    tables_: Mapping[str, Sequence[GivenRow]]

    def manifest(self, findings: Findings) -> RawManifest:
        """Whose day it is, and that payments are known up to a day."""
        del findings
        said = {"as_of": self.as_of, "payments_complete_through": self.complete}
        items = tuple((plain.Scalar(key, 1, 1), plain.Scalar(day.isoformat(), 1, 1)) for key, day in said.items())
        return RawManifest(self.file, plain.Mapping(items, 1, 1))

    def tables(self, findings: Findings) -> Iterator[RawTable]:
        """The tables that have rows; customers and invoices always."""
        del findings
        for name, rows in self.tables_.items():
            columns: dict[str, RawColumn] = {}
            for row in rows:
                for column in row.cells:
                    if column not in columns:
                        place = self.file.at(row.at.line, row.at.column, len(column))
                        columns[column] = RawColumn(column, place)
            start = self.file.at(1, 1)
            known = tuple(columns.values()) if rows else None
            yield RawTable(TABLES[name], self.file, start, known, _raw(name, tuple(columns), rows))


def _raw(table: str, columns: tuple[str, ...], rows: Sequence[GivenRow]) -> Iterator[RawRow]:
    for row in rows:
        cells: list[Cell] = []
        faults: list[Fault] = []
        for name in columns:
            value = row.cells.get(name, "")
            if isinstance(value, str):
                cells.append(str(value))
                continue
            try:
                cells.append(cell_of(_node(value), _KINDS[table].get(name, "set")))
            except ShapeError as wrong:
                cells.append("")
                faults.append(Fault("DUN522", f"`{name}`: {wrong}", column=name))
        yield RawRow(row.at.line, cells, tuple(faults))


def _node(value: Node | str) -> plain.Node:
    """A list or map of a test as the nodes that a snapshot file is parsed into."""
    if isinstance(value, Map):
        at = value.position
        pairs = tuple((plain.Scalar(str(key), at.line, at.column), _node(item)) for key, item in value.items())
        return plain.Mapping(pairs, at.line, at.column)
    if isinstance(value, Items):
        return plain.Sequence(tuple(_node(item) for item in value), value.line, value.column)
    return plain.Scalar(str(value), 1, 1)
