"""The desk's folder: rows are appended under a lock, whole or not at all; nothing that stands in it is changed."""

import csv
import os
import re
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from policy_engine.desk.entry import DAY_OF, TABLE_OF, Entry, Kind
from policy_engine.snapshot.csv_folder import read_csv
from policy_engine.snapshot.rows import read_rows
from policy_engine.snapshot.sources import Findings, SourceFile
from policy_engine.snapshot.tables import Table
from policy_engine.values.diagnostics import Diagnostic
from policy_engine.values.text import nfc

_PATIENCE = 200
"""How often the lock is tried, twenty times a second: ten seconds."""


class DeskError(Exception):
    """The folder can't be used; the message says why in one line, `diagnostics` where."""

    def __init__(self, message: str, diagnostics: tuple[Diagnostic, ...] = ()) -> None:
        super().__init__(message)
        self.diagnostics = diagnostics


@dataclass(frozen=True, slots=True)
class Noted:
    """A row that was appended: its id, its file, its cells by column."""

    id: str
    file: Path
    table: str
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Listed:
    """A row of the desk as it stands in its file. `broken` says what can't be read, "" when everything can."""

    kind: Kind
    table: str
    id: str
    day: str
    cells: dict[str, str]
    where: str
    broken: str = ""


def append(folder: Path, made: Entry, taken: Collection[str] = ()) -> Noted:
    """Append one entry; see `append_all`."""
    return append_all(folder, (made,), taken)[0]


def append_all(folder: Path, entries: Sequence[Entry], taken: Collection[str] = ()) -> tuple[Noted, ...]:
    """Append entries as new rows with new ids, `desk-KIND-DAY-NUMBER`: all of them, or none.

    Two people at once get one id each: whoever comes second waits. Each file is written anew beside itself, with the
    bytes that it had and its new rows, and renamed once all are written; a reader sees it before or after, never in
    between. When one can't be renamed, those that were are put back.

    Args:
        folder: made when it isn't there.
        entries: without mistakes.
        taken: ids that stand elsewhere and must not be given again.

    Raises:
        DeskError: the folder or a file can't be read or written, or is not one that the reader takes.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder):
            files: dict[str, _File] = {}
            noted = []
            for made in entries:
                file = files.get(made.table.name)
                if file is None:
                    file = files[made.table.name] = _File.of(folder, made.table)
                noted.append(file.add(folder, made, taken))
            _replace_all({file.path: file.content for file in files.values()})
            return tuple(noted)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise DeskError(f"can't write to {folder}: {why}") from error


@dataclass(slots=True)
class _File:
    """A file of the desk while rows are added to it."""

    path: Path
    columns: list[str]
    delimiter: str
    end: str
    ids: set[str]
    content: bytes

    @classmethod
    def of(cls, folder: Path, table: Table) -> "_File":
        """The file of a table as it stands, with a header when it is new."""
        path = Path(os.path.realpath(folder / f"{table.name}.csv"))
        content = path.read_bytes() if path.exists() else b""
        end = "\r\n" if b"\r\n" in content else "\n"
        if not content.strip():
            columns = [column.name for column in table.columns]
            return cls(path, columns, ",", end, set(), _line(columns, ",", end).encode())
        columns, delimiter, ids = _header(folder, path, table)
        return cls(path, columns, delimiter, end, ids, content if content.endswith(b"\n") else content + end.encode())

    def add(self, folder: Path, made: Entry, taken: Collection[str]) -> Noted:
        """Add an entry as a row."""
        key = _fresh(made, {*self.ids, *taken})
        given = {"id": key, **made.cells}
        cells = {column.name: given[column.name] for column in made.table.columns if column.name in given}
        lacking = [name for name in cells if name not in self.columns]
        if lacking:
            names = ", ".join(f"`{name}`" for name in lacking)
            raise DeskError(f"{self.path} lacks the column {names}: add it to the header, or begin a new folder")
        self.ids.add(key)
        self.content += _line([cells.get(name, "") for name in self.columns], self.delimiter, self.end).encode("utf-8")
        return Noted(key, folder / f"{made.table.name}.csv", made.table.name, cells)


def _header(folder: Path, path: Path, table: Table) -> tuple[list[str], str, set[str]]:
    """The columns as they stand, with those that have no name, the separator, and the ids that are taken.

    Raises:
        DeskError: the reader doesn't take the file; appending would bury what is wrong with it.
    """
    findings = Findings()
    file = SourceFile(path, f"{folder.name}/{path.name}")
    raw = read_csv(file, table, findings)
    if raw is not None:
        read_rows(raw, (), None, findings)
    if raw is None or findings.diagnostics:
        raise DeskError(f"{path} can't be read, so nothing is added to it", tuple(findings.diagnostics))
    records, delimiter = _records(path, [column.name for column in raw.columns or ()])
    header = [nfc(name.strip()) for name in records[0][1]]
    place = header.index("id")
    return header, delimiter, {nfc(cells[place].strip()) for _, cells in records[1:] if len(cells) > place}


def _records(path: Path, names: list[str]) -> tuple[list[tuple[int, list[str]]], str]:
    """The header and the rows of a file that the reader takes, with their first lines; and the separator."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        text = stream.read()
    found: list[tuple[int, list[str]]] = []
    for delimiter in ",;":
        reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
        line = 0
        found = []
        for cells in reader:
            found.append((line + 1, cells))
            line = reader.line_num
        if [nfc(name.strip()) for name in found[0][1][: len(names)]] == names:
            return found, delimiter
    raise DeskError(f"{path} changed while it was read; try again")


def _fresh(made: Entry, taken: set[str]) -> str:
    start = f"desk-{made.kind}-{made.day}-"
    numbers = [int(key[len(start) :]) for key in taken if re.fullmatch(re.escape(start) + r"[0-9]{1,9}", key)]
    return f"{start}{max(numbers, default=0) + 1}"


def _line(cells: list[str], delimiter: str, end: str) -> str:
    return delimiter.join(map(_cell, cells)) + end


def _cell(text: str) -> str:
    """A cell, in quotes unless it is plain; every text comes back exactly."""
    if re.fullmatch(r"[\w.+-]*", text):
        return text
    return '"' + text.replace('"', '""') + '"'


def _replace_all(contents: Mapping[Path, bytes]) -> None:
    """Write every file beside itself, then rename; what was renamed is put back when a later one can't be."""
    parts = {path: path.with_name(f".{path.name}.{os.getpid()}.part") for path in contents}
    before = {path: path.read_bytes() if path.exists() else None for path in contents}
    renamed: list[Path] = []
    try:
        for path, part in parts.items():
            _write(part, contents[path], like=path)
        for path, part in parts.items():
            part.replace(path)
            renamed.append(path)
    except OSError:
        for path in renamed:
            _put_back(path, before[path], parts[path])
        raise
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


def _put_back(path: Path, content: bytes | None, part: Path) -> None:
    if content is None:
        path.unlink()
        return
    _write(part, content, like=path)
    part.replace(path)


def _write(part: Path, content: bytes, like: Path) -> None:
    mode = like.stat().st_mode & 0o777 if like.exists() else None
    with part.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    if mode is not None:
        part.chmod(mode)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Nobody else appends meanwhile.

    Raises:
        DeskError: somebody held the folder for ten seconds.
    """
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o666)
    try:
        for _ in range(_PATIENCE):
            if _try_lock(handle):
                break
            time.sleep(0.05)
        else:
            raise DeskError(f"somebody else is writing to {folder}; try again")
        yield
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: int) -> bool:
        """Whether the lock is ours now; it ends with the file."""
        with suppress(OSError):
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            return True
        return False
else:
    import fcntl

    def _try_lock(handle: int) -> bool:
        """Whether the lock is ours now; it ends with the file."""
        with suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False


def rows_of(folder: Path) -> tuple[tuple[Listed, ...], tuple[Diagnostic, ...]]:
    """Every row of the desk's tables in the order of the files, and what makes a file unreadable.

    Raises:
        DeskError: a file went away or changed while it was read.
    """
    findings = Findings()
    listed: list[Listed] = []
    for kind, table in TABLE_OF.items():
        path = folder / f"{table.name}.csv"
        file = SourceFile(path, f"{folder.name}/{path.name}")
        try:
            if path.is_file():
                listed += _rows(kind, table, file, findings)
        except (OSError, ValueError) as error:
            raise DeskError(
                f"{path} can't be read: {getattr(error, 'strerror', None) or type(error).__name__}"
            ) from error
    return tuple(listed), tuple(findings.diagnostics)


def _rows(kind: Kind, table: Table, file: SourceFile, findings: Findings) -> list[Listed]:
    raw = read_csv(file, table, findings)
    if raw is None:
        return []
    errors = len(findings.diagnostics)
    broken = {
        row.line: "; ".join(fault.message for fault in row.faults) for row in read_rows(raw, (), None, findings).broken
    }
    if len(findings.diagnostics) > errors:
        return []
    names = [column.name for column in raw.columns or ()]
    found = []
    for line, cells in _records(file.path, names)[0][1:]:
        told = {name: nfc(cell.strip()) for name, cell in zip(names, cells, strict=False) if cell.strip()}
        day = told.get(DAY_OF[kind], "")
        if told:
            place = f"{file.short}:{line}"
            found.append(Listed(kind, table.name, told.get("id", ""), day, told, place, broken.get(line, "")))
    return found
