"""One YAML or JSON file with all tables: `{manifest: {...}, customers: [...], invoices: [...], ...}`."""

from collections.abc import Iterator
from dataclasses import dataclass

from policy_engine.snapshot.cells import NESTING, Cell, Nested
from policy_engine.snapshot.nodes import DocumentError, Mapping, Node, Scalar, Sequence, parse_json, parse_yaml
from policy_engine.snapshot.sources import (
    Fault,
    Findings,
    RawColumn,
    RawManifest,
    RawRow,
    RawTable,
    SourceFile,
)
from policy_engine.snapshot.tables import TABLES, Table
from policy_engine.values.diagnostics import did_you_mean
from policy_engine.values.text import nfc

SUFFIXES = (".yaml", ".yml", ".json")


def parse_file(file: SourceFile, findings: Findings) -> Node | None:
    """The file's one value; None when it is empty or a finding says why it can't be parsed."""
    try:
        text = file.path.read_text(encoding="utf-8-sig")
        return parse_json(text) if file.path.suffix == ".json" else parse_yaml(text)
    except DocumentError as fault:
        findings.error("DUN504", file.at(fault.line, fault.column), fault.message, fault.fix)
    except OSError as error:
        findings.error("DUN501", file.at(1), f"the file can't be read: {error.strerror}", quote=False)
    return None


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed snapshot file."""

    file: SourceFile
    root: Mapping

    def manifest(self, findings: Findings) -> RawManifest | None:
        """The value of the key `manifest`."""
        node = self.root.get("manifest")
        if node is None or (isinstance(node, Scalar) and node.text is None):
            return None
        if not isinstance(node, Mapping):
            findings.error("DUN504", self.file.at(node.line, node.column), "a manifest is a map of keys")
            return None
        return RawManifest(self.file, node)

    def tables(self, findings: Findings) -> Iterator[RawTable]:
        """The tables, in the order of the file."""
        for key, node in self.root.items:
            name = key.text or ""
            at = self.file.at(key.line, key.column, max(1, len(name)))
            if name == "manifest":
                continue
            if name not in TABLES:
                fix = did_you_mean(name, (*TABLES, "manifest")) or f"one of manifest, {', '.join(TABLES)}"
                findings.error("DUN508", at, f"`{name}` is not a table of a snapshot", fix)
            elif isinstance(node, Sequence):
                yield self._table(TABLES[name], node, findings)
            elif isinstance(node, Mapping) or node.text is not None:
                findings.error("DUN504", at, f"`{name}` is not a list of rows", "write one `- {...}` a row")
            else:
                yield self._table(TABLES[name], Sequence((), key.line, key.column), findings)

    def _table(self, table: Table, rows: Sequence, findings: Findings) -> RawTable:
        columns: dict[str, RawColumn] = {}
        maps = []
        for row in rows.items:
            if not isinstance(row, Mapping):
                at = self.file.at(row.line, row.column)
                findings.error("DUN504", at, f"a row of `{table.name}` is not a map of columns", "write `{id: ...}`")
                continue
            maps.append(row)
            for key, _ in row.items:
                name = nfc((key.text or "").strip())
                if name not in columns:
                    columns[name] = RawColumn(name, self.file.at(key.line, key.column, max(1, len(name))))
        start = self.file.at(rows.line, rows.column)
        if not maps:
            return RawTable(table, self.file, start, None, ())
        return RawTable(table, self.file, start, tuple(columns.values()), _rows(table, tuple(columns), maps))


def _rows(table: Table, columns: tuple[str, ...], rows: list[Mapping]) -> Iterator[RawRow]:
    place = {name: index for index, name in enumerate(columns)}
    kinds = {column.name: column.type for column in table.columns}
    for row in rows:
        cells: list[Cell] = [""] * len(columns)
        faults: list[Fault] = []
        for key, node in row.items:
            name = nfc((key.text or "").strip())
            try:
                cells[place[name]] = cell_of(node, kinds.get(name, "set"))
            except ShapeError as wrong:
                faults.append(Fault("DUN522", f"`{name}`: {wrong}", column=name))
        yield RawRow(row.line, cells, tuple(faults))


class ShapeError(Exception):
    """A value of a shape that its column doesn't take."""


def _text(node: Node) -> str:
    if not isinstance(node, Scalar):
        raise ShapeError("holds a list or map inside a list or map")
    return node.text or ""


def cell_of(node: Node, kind: str) -> Cell:
    """A value of a YAML or JSON file as the cell of a column of a type.

    Raises:
        ShapeError: the column takes no list or map of this shape.
    """
    if isinstance(node, Scalar):
        return node.text or ""
    if kind not in NESTING:
        raise ShapeError("holds a list or map where one value is expected")
    if isinstance(node, Mapping):
        return Nested(tuple(_text(value) for _, value in node.items), tuple(key.text or "" for key, _ in node.items))
    if kind in ("allocations", "schedule") and any(isinstance(item, Mapping) for item in node.items):
        names = ("invoice", "amount") if kind == "allocations" else ("date", "amount")
        pairs = [_pair(item, names) for item in node.items]
        return Nested(tuple(amount for _, amount in pairs), tuple(key for key, _ in pairs))
    return Nested(tuple(_text(item) for item in node.items))


def _pair(node: Node, names: tuple[str, str]) -> tuple[str, str]:
    if not isinstance(node, Mapping) or sorted(key.text or "" for key, _ in node.items) != sorted(names):
        raise ShapeError(f"holds an item that is not {{{names[0]}: ..., {names[1]}: ...}}")
    first, second = (node.get(name) for name in names)
    return (_text(first) if first else "", _text(second) if second else "")
