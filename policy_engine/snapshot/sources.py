"""What a snapshot can be read from: the interface that every reader fills, and the findings they share.

A `Source` is one `-s` argument: a folder of CSV or Parquet files (`csv_folder`, `parquet`), one YAML or JSON file
(`document`), a DuckDB or SQLite file (`database_duckdb`, `database_sqlite`), a workbook (`excel`). All give the same
`RawTable`s and need to know nothing of accounts, quarantine or control totals.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Protocol

from policy_engine.snapshot.cells import Cell
from policy_engine.snapshot.model import Alert
from policy_engine.snapshot.nodes import Mapping as DocumentMapping
from policy_engine.snapshot.tables import Table
from policy_engine.values.diagnostics import Diagnostic
from policy_engine.values.position import Position

MAX_FILE_BYTES = 2 * 1024**3
"""Largest CSV file."""
MAX_DOCUMENT_BYTES = 64 * 1024**2
"""Largest YAML or JSON file: they are held in memory whole."""
_MAX_LINE = 2_000
_LINED = frozenset({".csv", ".yaml", ".yml", ".json"})
"""Files that have lines to show."""


class Fault(NamedTuple):
    """What makes a whole row unusable, before its cells are looked at."""

    code: str
    message: str
    fix: str = ""
    column: str = ""


class RawRow(NamedTuple):
    """A row as it stands in the file: its first line, its cells in the order of `RawTable.columns`."""

    line: int
    cells: list[Cell]
    faults: tuple[Fault, ...] = ()
    ragged: bool = False


class RawBatch(NamedTuple):
    """Many whole rows, none of them empty: their first lines, and the cells of each column of `RawTable.columns`."""

    lines: Sequence[int]
    columns: Sequence[Sequence[Cell]]

    def rows(self) -> Iterator[RawRow]:
        """The same rows one by one."""
        for line, cells in zip(self.lines, zip(*self.columns, strict=True), strict=True):
            yield RawRow(line, list(cells))


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file: `path` to open and to show in diagnostics, `short` to name in problems (no machine's folders)."""

    path: Path
    short: str
    shown: str = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "shown", self.path.as_posix())  # once: every column of every table has a place

    def at(self, line: int, column: int = 1, length: int = 1) -> Position:
        """A place in the file."""
        return Position(self.shown, line, column, length)

    def where(self, line: int, place: int = 0) -> str:
        """How a problem names a row, and the cell in column number `place` (from 0) where a format can point at it."""
        del place
        return f"{self.short}:{line}"


@dataclass(frozen=True, slots=True)
class RawColumn:
    """A column as the file names it, and where."""

    name: str
    position: Position


@dataclass(frozen=True, slots=True)
class RawTable:
    """A table of a source.

    Attributes:
        columns: None when it has no rows that could name any.
        parts: rows, singly or many at a time, cells in the order of `columns`.
        unfit: columns of a type that can't hold what is meant exactly (doubles), by name: what is wrong. They are
            errors when they are read, and their cells are empty.
    """

    definition: Table
    file: SourceFile
    start: Position
    columns: tuple[RawColumn, ...] | None
    parts: Iterable[RawRow | RawBatch]
    unfit: Mapping[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> Iterator[RawRow]:
        """The rows one by one; they can be gone through once, here or in `parts`."""
        for part in self.parts:
            if isinstance(part, RawRow):
                yield part
            else:
                yield from part.rows()


@dataclass(frozen=True, slots=True)
class RawManifest:
    """A manifest as it was parsed."""

    file: SourceFile
    node: DocumentMapping


@dataclass(slots=True)
class Findings:
    """What is found on the way: diagnostics and alerts."""

    diagnostics: list[Diagnostic] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)

    def error(self, code: str, at: Position, message: str, fix: str | None = None, *, quote: bool = True) -> None:
        """Keep an error, with the line of the file when there is one to `quote`."""
        source = line_of(Path(at.file), at.line) if quote else None
        self.diagnostics.append(Diagnostic(code, "error", message, at, fix, source))

    def alert(self, code: str, subject: str, message: str, count: int = 1) -> None:
        """Keep an alert."""
        self.alerts.append(Alert(code, subject, message, count))


class Source(Protocol):
    """One `-s` argument."""

    def manifest(self, findings: Findings) -> RawManifest | None:
        """Its manifest, or None when it has none or it can't be parsed (then there is a finding)."""

    def tables(self, findings: Findings) -> Iterator[RawTable]:
        """Its tables. Findings about a table's rows come while the rows are iterated."""


def counted(rows: int) -> str:
    """`1 row`, `2 rows`."""
    return f"{rows} row" if rows == 1 else f"{rows} rows"


def line_of(path: Path, line: int) -> str | None:
    """A line of a file as far as it can be shown, or None."""
    if path.suffix.lower() not in _LINED:
        return None
    try:
        with path.open("rb") as file:
            found = next(islice(file, line - 1, None), None)
    except OSError:
        return None
    if found is None or len(found) > _MAX_LINE:
        return None
    return found.decode("utf-8-sig" if line == 1 else "utf-8", "replace").rstrip("\r\n")


def check_bytes(file: SourceFile, findings: Findings, limit: int) -> bool:
    """Whether the file can be opened, is not beyond `limit` bytes, and is UTF-8 without NUL: each line is known."""
    line = 1
    size = 0
    rest = b""
    at = file.at(1)
    try:
        with file.path.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                size += len(chunk)
                if size > limit:
                    findings.error("DUN509", at, f"the file is larger than {limit // 1024**2} MB", quote=False)
                    return False
                chunk = rest + chunk
                nul = chunk.find(b"\0")
                try:
                    chunk.decode("utf-8")
                    wrong, rest = -1, b""
                except UnicodeDecodeError as error:
                    cut = error.end == len(chunk) and error.reason == "unexpected end of data"
                    wrong, rest = (-1, chunk[error.start :]) if cut else (error.start, b"")
                if nul >= 0 or wrong >= 0:
                    _wrong_byte(file, findings, line, chunk, nul, wrong)
                    return False
                line += chunk.count(b"\n")
                if rest:
                    line -= rest.count(b"\n")
    except OSError as error:
        findings.error("DUN501", at, f"the file can't be read: {error.strerror or type(error).__name__}", quote=False)
        return False
    if rest:
        _wrong_byte(file, findings, line, rest, -1, 0)
        return False
    return True


def _wrong_byte(file: SourceFile, findings: Findings, line: int, chunk: bytes, nul: int, wrong: int) -> None:
    fix = "save the file as UTF-8"
    if line == 1 and chunk[:2] in (b"\xff\xfe", b"\xfe\xff"):
        findings.error("DUN502", file.at(1), "the file is UTF-16, not UTF-8", fix, quote=False)
        return
    place = min(spot for spot in (nul, wrong) if spot >= 0)
    line += chunk.count(b"\n", 0, place)
    if place == nul:
        findings.error(
            "DUN502", file.at(line), "the line holds a NUL byte", "export the file again as text", quote=False
        )
    else:
        byte = f"0x{chunk[place]:02X}"
        findings.error("DUN502", file.at(line), f"the byte {byte} in this line is not UTF-8", fix, quote=False)
