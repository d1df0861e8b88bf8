"""An Excel workbook (.xlsx) as a source: one sheet a table, the header in its first row, a sheet `manifest`.

Excel keeps numbers as doubles. What a cell shows is the shortest decimal that gives the same double, and that is what
is taken: 1200.1 is 1200.10, never 1200.0999999999999. A value with more decimals than its currency is a problem.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from policy_engine.snapshot.cells import Cell
from policy_engine.snapshot.database import MAX_COLUMNS
from policy_engine.snapshot.excel_scan import scan_workbook
from policy_engine.snapshot.pairs import manifest_of_pairs
from policy_engine.snapshot.sources import Fault, Findings, RawColumn, RawManifest, RawRow, RawTable, SourceFile
from policy_engine.snapshot.tables import TABLES
from policy_engine.values.diagnostics import did_you_mean
from policy_engine.values.position import Position
from policy_engine.values.text import inert, nfc

SUFFIXES = (".xlsx",)
MISSING = "pip install 'dunning-policy-engine[excel]'"
_VALUES = "write the value into the cell, or open the workbook in Excel, let it compute, and save it"


@dataclass(frozen=True, slots=True)
class SheetFile(SourceFile):
    """A sheet of a workbook: `book.xlsx:invoices!B7`."""

    sheet: str = ""

    def at(self, line: int, column: int = 1, length: int = 1) -> Position:
        """A cell by the numbers of its row and column."""
        return Position(f"{self.path.as_posix()}:{self.sheet}", line, column, length)

    def where(self, line: int, place: int = 0) -> str:
        """A cell as Excel names it."""
        return f"{self.short}!{letters(place)}{line}"


def letters(place: int) -> str:
    """A column's letters from its number, from 0."""
    text = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        text = chr(65 + rest) + text
    return text


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as the library reads it, and what `excel_scan` found in it: cells from 1."""

    file: SheetFile
    name: str
    rows: list[list[Any]]
    spoilt: dict[tuple[int, int], str]


@dataclass(frozen=True, slots=True)
class Workbook:
    """An opened workbook."""

    file: SourceFile
    sheets: tuple[Sheet, ...]

    def manifest(self, findings: Findings) -> RawManifest | None:
        """The sheet `manifest`: keys in its first column, values in its second; a header `key`, `value` may stand."""
        for sheet in self.sheets:
            if sheet.name.lower() == "manifest":
                sound = True
                for (row, column), why in sheet.spoilt.items():
                    findings.error("DUN504", sheet.file.at(row, column), f"the cell {why}", _VALUES, quote=False)
                    sound = False
                return manifest_of_pairs(sheet.file, _pairs(sheet.rows), findings) if sound else None
        return None

    def tables(self, findings: Findings) -> Iterator[RawTable]:
        """The sheets whose names a snapshot knows; others are left out with an alert, near ones refused."""
        there = {sheet.name.lower() for sheet in self.sheets}
        for sheet in self.sheets:
            name = sheet.name.lower()
            if name in TABLES:
                table = _table(sheet, findings)
                if table is not None:
                    yield table
            elif name != "manifest":
                near = did_you_mean(name, [table for table in TABLES if table not in there])
                what = f"the sheet `{sheet.name[:80]}` is not a table of a snapshot"
                if near:
                    findings.error("DUN508", sheet.file.at(1), what, near, quote=False)
                else:
                    text = f"`{self.file.short}`: {what} and is left out"
                    findings.alert("unknown_table", sheet.file.short, text)


def open_workbook(file: SourceFile, findings: Findings) -> Workbook | None:
    """The workbook in a file, or None and a finding."""
    try:
        from python_calamine import CalamineWorkbook
    except ImportError:
        message = "reading workbooks needs python-calamine, which isn't installed"
        findings.error("DUN509", file.at(1), message, MISSING, quote=False)
        return None
    scan = scan_workbook(file, findings)
    if scan is None:
        return None
    sheets: list[Sheet] = []
    try:
        with CalamineWorkbook.from_path(str(file.path)) as book:
            for name in book.sheet_names:
                if name in scan.spoilt:
                    found = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
                    place = SheetFile(file.path, f"{file.short}:{name}", name)
                    sheets.append(Sheet(place, name, found, scan.spoilt[name]))
    except BaseException as error:  # a panic of the library's is no Exception
        if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit | MemoryError):
            raise
        what = inert(str(error).splitlines()[0][:200]) if str(error) else type(error).__name__
        fix = "open it in Excel and save it again"
        findings.error("DUN501", file.at(1), f"the workbook can't be read: {what}", fix, quote=False)
        return None
    return Workbook(file, tuple(sheets))


def _pairs(rows: list[list[Any]]) -> Iterator[tuple[int, str, str]]:
    for line, row in enumerate(rows, 1):
        key, value = (text_of(cell) or "" for cell in (*row, "", "")[:2])
        if line > 1 or key.strip().lower() != "key":
            yield line, key, value


def text_of(cell: Any) -> str | None:
    """A cell as it would stand in CSV; None when no text says what it holds (times, durations)."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return str(cell)
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else f"{Decimal(str(cell)):f}"
    if isinstance(cell, datetime):
        whole = (cell.hour, cell.minute, cell.second, cell.microsecond) == (0, 0, 0, 0)
        return cell.date().isoformat() if whole else cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, date) else None


def _table(sheet: Sheet, findings: Findings) -> RawTable | None:
    file = sheet.file
    if not sheet.rows or not any(cell != "" for cell in sheet.rows[0]):
        fix = "the first row holds the columns' names, even when there are no rows"
        findings.error("DUN503", file.at(1), "the sheet has no header in its first row", fix, quote=False)
        return None
    names = [nfc((text_of(cell) or "").strip()) for cell in sheet.rows[0]]
    width = max(place for place, name in enumerate(names, 1) if name or place == 1)
    if width > MAX_COLUMNS:
        message = f"the sheet has {width} columns, more than {MAX_COLUMNS}"
        findings.error("DUN509", file.at(1), message, "keep the columns that a snapshot has", quote=False)
        return None
    columns = tuple(RawColumn(name, file.at(1, place)) for place, name in enumerate(names[:width], 1))
    return RawTable(TABLES[sheet.name.lower()], file, file.at(1), columns, _rows(sheet, names[:width]))


def _rows(sheet: Sheet, names: list[str]) -> Iterator[RawRow]:
    spoilt: dict[int, dict[int, str]] = {}
    for (row, column), why in sheet.spoilt.items():
        spoilt.setdefault(row, {})[column] = why
    width = len(names)
    for line, record in enumerate(sheet.rows[1:], 2):
        wrong = spoilt.get(line, {})
        if not wrong and not any(cell != "" for cell in record):
            continue
        cells, faults = _cells(record[:width], names, wrong)
        over = any(cell != "" for cell in record[width:]) or any(column > width for column in wrong)
        if over:
            faults.append(Fault("DUN522", "has a value behind the last column", "name its column in the first row"))
        yield RawRow(line, cells, tuple(faults), over)


def _cells(record: Iterable[Any], names: list[str], wrong: dict[int, str]) -> tuple[list[Cell], list[Fault]]:
    cells: list[Cell] = []
    faults: list[Fault] = []
    for place, cell in enumerate(record):
        text = text_of(cell)
        why = wrong.get(place + 1)
        if text is None:
            why = "holds a time, not a value that a snapshot has"
        elif "\0" in text:
            why = "holds a text with a NUL byte"
        if why is not None:
            faults.append(Fault("DUN520", f"`{names[place]}`: {why}", _VALUES, column=names[place]))
        cells.append("" if why is not None else text or "")
    cells += [""] * (len(names) - len(cells))
    return cells, faults
