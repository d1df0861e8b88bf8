"""A folder of CSV or Parquet files, one a table, beside an optional `manifest.yaml`."""

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import StringIO
from itertools import chain
from pathlib import Path
from typing import TextIO

from policy_engine.snapshot.cells import Cell
from policy_engine.snapshot.database import few_enough
from policy_engine.snapshot.document import parse_file
from policy_engine.snapshot.nodes import Mapping
from policy_engine.snapshot.parquet import read_parquet
from policy_engine.snapshot.sources import (
    MAX_DOCUMENT_BYTES,
    MAX_FILE_BYTES,
    Fault,
    Findings,
    RawBatch,
    RawColumn,
    RawManifest,
    RawRow,
    RawTable,
    SourceFile,
    check_bytes,
)
from policy_engine.snapshot.tables import TABLES, Table
from policy_engine.values.diagnostics import did_you_mean
from policy_engine.values.text import nfc

_QUOTES = 'a text that holds a separator or `"` stands in quotes and doubles them: `"12"" pipe, long"`'
_CHUNK = 1 << 18
"""Characters that are looked at together."""
_LONGEST = 131_072
"""Longest cell that `csv` takes; lines that may be longer are left to it."""
_MANIFESTS = ("manifest.yaml", "manifest.yml", "manifest.json")


@dataclass(frozen=True, slots=True)
class CsvFolder:
    """A folder with TABLE.csv or TABLE.parquet files; `name` is what problems call it."""

    path: Path
    name: str

    def manifest(self, findings: Findings) -> RawManifest | None:
        """The folder's `manifest.yaml`, when it has one."""
        for name in _MANIFESTS:
            file = SourceFile(self.path / name, f"{self.name}/{name}")
            if file.path.exists():
                if not check_bytes(file, findings, MAX_DOCUMENT_BYTES):
                    return None
                node = parse_file(file, findings)
                if node is not None and not isinstance(node, Mapping):
                    findings.error("DUN504", file.at(node.line, node.column), "a manifest is a map of keys")
                    return None
                return RawManifest(file, node or Mapping((), 1, 1))
        return None

    def tables(self, findings: Findings) -> Iterator[RawTable]:
        """The tables, by the names of their files; what looks like a table that can't be read is an error."""
        try:
            entries = sorted(self.path.iterdir())
        except OSError as error:
            at = SourceFile(self.path, self.name).at(1)
            findings.error("DUN501", at, f"the folder can't be read: {error.strerror}", quote=False)
            return
        there = {path.name for path in entries}
        for path in entries:
            file = SourceFile(path, f"{self.name}/{path.name}")
            stem, _, extension = path.name.partition(".")
            if extension == "parquet" and stem in TABLES and f"{stem}.csv" in there:
                text = f"`{stem}.csv` and `{path.name}` are the same table"
                findings.error("DUN509", file.at(1), text, "keep one of them", quote=False)
            elif extension.lower() in _READERS and stem in TABLES:
                table = _READERS[extension.lower()](file, TABLES[stem], findings)
                if table is not None:
                    yield table
            elif stem.lower() in TABLES:
                fix = f"export it as `{stem.lower()}.csv`"
                findings.error(
                    "DUN509", file.at(1), f"`{path.name}` looks like a table but can't be read", fix, quote=False
                )
            elif extension.lower() in _READERS:
                self._unknown(file, stem, findings)

    def _unknown(self, file: SourceFile, stem: str, findings: Findings) -> None:
        near = did_you_mean(stem, TABLES)
        if near:
            findings.error("DUN508", file.at(1), f"`{stem}` is not a table of a snapshot", near, quote=False)
        else:
            findings.alert("unknown_table", file.short, f"`{file.short}` is not a table of a snapshot and is left out")


def _delimiter(header: str) -> str:
    """`,` or `;`, whichever stands oftener in the header outside quotes."""
    outside = "".join(header.split('"')[::2])
    return ";" if outside.count(";") > outside.count(",") else ","


def read_csv(file: SourceFile, definition: Table, findings: Findings) -> RawTable | None:
    """The table in a CSV file, or None when it has no header or can't be read."""
    if not check_bytes(file, findings, MAX_FILE_BYTES):
        return None
    with file.path.open(encoding="utf-8-sig", newline="") as stream:
        first = stream.readline(1 << 20)
    if not first.strip():
        fix = "a table without rows still has a line with its columns"
        findings.error("DUN503", file.at(1), "the file has no header", fix, quote=False)
        return None
    delimiter = _delimiter(first)
    try:
        names = next(csv.reader(StringIO(first), delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration):
        findings.error("DUN503", file.at(1), "the header can't be read as CSV", "write plain column names")
        return None
    if len(names) == 1 and "\t" in first:
        findings.error("DUN503", file.at(1), "the columns are separated by tabs", "separate them by `,` or `;`")
        return None
    names = [nfc(name.strip()) for name in names]
    width = len(names)
    while len(names) > 1 and not names[-1]:
        names.pop()
    if not few_enough(file, names, findings):
        return None
    columns = []
    place = 0
    for name in names:
        found = first.find(name, place)
        place = found if found >= 0 else place
        columns.append(RawColumn(name, file.at(1, place + 1, max(1, len(name)))))
        place += len(name)
    return RawTable(definition, file, file.at(1), tuple(columns), _rows(file, delimiter, width, len(names), findings))


def _rows(file: SourceFile, delimiter: str, width: int, named: int, findings: Findings) -> Iterator[RawRow | RawBatch]:
    """Rows as wide as the header: even an empty cell too many may mean that a separator shifted all before it.

    Columns at the end of the header without a name are no columns, as long as nothing stands in them.
    """
    with file.path.open(encoding="utf-8-sig", newline="") as stream:
        stream.readline()
        line = 1
        while chunk := stream.read(_CHUNK):
            chunk += stream.readline()
            columns = plain_columns(chunk, delimiter, width) if named == width else None
            if columns is not None:
                count = len(columns[0])
                yield RawBatch(range(line + 1, line + 1 + count), columns)
                line += count
                continue
            reader = _Records(chunk, stream, delimiter, line)
            yield from _checked(reader, width, named)
            if reader.error is not None:
                message = f"the row that begins here can't be read as CSV: {reader.error}"
                findings.error("DUN503", file.at(reader.line + 1), message, _QUOTES)
                return
            line = reader.line


def plain_columns(chunk: str, delimiter: str, width: int) -> list[list[str]] | None:
    """The columns of whole lines when each is a record that splits at its separators: no quotes, no empty record.

    None when one line isn't. All is split at once: each line end becomes a cell of its own, and where every line has
    `width` cells these stand at every (width + 1)th place and nowhere else.
    """
    if '"' in chunk:
        return None
    if "\r" in chunk:
        chunk = chunk.replace("\r\n", "\n")
        if "\r" in chunk:
            return None
    body = chunk.removesuffix("\n")
    empty = delimiter * (width - 1)
    if f"\n{empty}\n" in f"\n{body}\n" or not _broken_up(body):
        return None
    cells = body.replace("\n", f"{delimiter}\n{delimiter}").split(delimiter)
    step = width + 1
    if len(cells) % step != width:
        return None
    ends = cells[width::step]
    if len(ends) != body.count("\n") or not set(ends) <= {"\n"}:
        return None
    return [cells[place::step] for place in range(width)]


def _broken_up(text: str) -> bool:
    """Whether every line is short enough for any reader of CSV: no stretch of half that length without a line end."""
    half = _LONGEST // 2
    return all(text.find("\n", start, start + half) >= 0 for start in range(0, len(text) - half, half))


class _Records:
    """The records that begin in a chunk, as `csv` reads them; the last one may go on in the stream.

    `line` is the last line of the record before; `error` is set when the next one can't be read.
    """

    def __init__(self, chunk: str, stream: TextIO, delimiter: str, line: int) -> None:
        lines = list(StringIO(chunk, newline=""))
        self._end = len(lines)
        self._reader = csv.reader(chain(lines, stream), delimiter=delimiter, strict=True)
        self._before = line
        self.line = line
        self.error: csv.Error | None = None

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        while self._reader.line_num < self._end:
            try:
                record = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                self.error = error
                return
            start, self.line = self.line + 1, self._before + self._reader.line_num
            yield start, record


def _checked(records: Iterable[tuple[int, list[str]]], width: int, named: int) -> Iterator[RawRow | RawBatch]:
    starts: list[int] = []
    whole: list[list[str]] = []
    for start, record in records:
        cells: list[Cell] = record  # type: ignore[assignment]  # a list of text is a list of cells
        if len(record) == width and (named == width or not any(record[named:])):
            if any(record):
                starts.append(start)
                whole.append(record)
        elif any(cell.strip() for cell in record):
            yield RawRow(start, cells, (_uneven(len(record), width),), ragged=True)
    if whole:
        yield RawBatch(starts, list(zip(*whole, strict=True)))


def _uneven(found: int, width: int) -> Fault:
    if found == width:
        return Fault("DUN522", "has a value behind the last column", _QUOTES)
    return Fault("DUN522", f"has {found} cells where the header has {width}", _QUOTES)


_READERS: dict[str, Callable[[SourceFile, Table, Findings], RawTable | None]] = {
    "csv": read_csv,
    "parquet": read_parquet,
}
