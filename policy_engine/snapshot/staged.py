"""Tables that are about to be written, as a source: what reading the written folder would give, without writing it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory

from policy_engine.snapshot.csv_folder import CsvFolder
from policy_engine.snapshot.model import ControlTotal, Manifest
from policy_engine.snapshot.sources import Findings, RawBatch, RawColumn, RawManifest, RawTable, SourceFile
from policy_engine.snapshot.tables import TABLES
from policy_engine.snapshot.write import MANIFEST_FILE, manifest_text, refuse_unwritable
from policy_engine.values.text import nfc

_ROWS = 4_096
"""Rows that are read together: as many again are read one by one when one of them can't be."""
_NAME = "snapshot"
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Staged:
    """A snapshot that isn't written yet.

    `columns` holds the columns of each table as `write.table_columns` gives them, `totals` what its manifest will say.
    """

    columns: Mapping[str, Mapping[str, Sequence[str]]]
    written: Manifest
    totals: Sequence[ControlTotal]

    def manifest(self, findings: Findings) -> RawManifest | None:
        """The manifest's text, read back."""
        with TemporaryDirectory() as name:
            folder = Path(name) / _NAME
            folder.mkdir()
            (folder / MANIFEST_FILE).write_bytes(manifest_text(self.written, self.totals).encode("utf-8"))
            return CsvFolder(folder, _NAME).manifest(findings)

    def tables(self, findings: Findings) -> Iterator[RawTable]:
        """Each table by columns; cells are those that a reader of CSV would find."""
        del findings  # nothing can be wrong with what holds the rows
        for name in sorted(self.columns):
            columns = self.columns[name]
            file = SourceFile(Path(_NAME) / f"{name}.csv", f"{_NAME}/{name}.csv")
            heads = tuple(RawColumn(nfc(column.strip()), file.at(1)) for column in columns)
            yield RawTable(TABLES[name], file, file.at(1), heads, _batches(list(columns.values())))


def _batches(columns: Sequence[Sequence[str]]) -> Iterator[RawBatch]:
    lines = _lines(columns)
    for start in range(0, len(lines), _ROWS):
        yield RawBatch(lines[start : start + _ROWS], [cells[start : start + _ROWS] for cells in columns])


def _lines(columns: Sequence[Sequence[str]]) -> Sequence[int]:
    """The lines in which the rows will begin."""
    count = len(columns[0])
    broken = [cells for cells in columns if "\n" in (joined := "".join(cells)) or "\r" in joined]
    if not broken:
        return range(2, count + 2)
    longer = (sum(len(_LINE_END.findall(cell)) for cell in row) for row in zip(*broken, strict=True))
    return list(accumulate((1 + more for more in longer), initial=2))[:count]


def stage(
    tables: Mapping[str, Mapping[str, Sequence[str]]], manifest: Manifest, totals: Sequence[ControlTotal]
) -> Staged:
    """The tables as a source.

    Raises:
        ValueError: a cell or text that can't be written.
    """
    for columns in tables.values():
        refuse_unwritable(columns)
    manifest_text(manifest, totals).encode("utf-8")
    return Staged(tables, manifest, totals)
