"""What each row of an export is: a document, a payment, a title, a total. Totals are added up again, never believed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from policy_engine.imports.csv_findings import ImportFindings
from policy_engine.imports.csv_records import Sheet, plain
from policy_engine.imports.csv_tally import Tally
from policy_engine.imports.csv_values import Context, Record, Test, all_of, clean
from policy_engine.imports.mapping_model import MappingSyntax
from policy_engine.imports.mapping_parts import RowClass
from policy_engine.snapshot.cells import CellError
from policy_engine.values.position import Position

_TOTAL = re.compile(
    r"(?:grand |overall |sub-?\s?|sous-?\s?|net )?total(?:s|e|en|aux)?(?: (?:g[ée]n[ée]ral|due|amount|ttc))?|"
    r"(?:gesamt|zwischen)?summe|solde(?: total)?|somme|report|[àa] reporter|insgesamt",
    re.IGNORECASE,
)
HINTS = ("total", "summe", "solde", "somme", "report", "insgesamt")
"""Without one of these in a row nothing below can match."""
_BEGINS = re.compile(
    r"\W*(?:grand |sub-?\s?|sous-?\s?)?total\b|\W*(?:zwischen|gesamt)?summe\b|\W*solde\b", re.IGNORECASE
)


@dataclass(slots=True)
class Row:
    """A row that is a document or a payment, or one to be left out. `ruled` says that a rule of the mapping fits."""

    record: Record
    kind: RowClass
    why: str
    ruled: bool


@dataclass(slots=True)
class _Sums:
    """Running sums of the column `totals`, exact."""

    since_subtotal: Fraction = Fraction(0)
    all: Fraction = Fraction(0)
    readable: bool = True


@dataclass(slots=True)
class RowReader:
    """The rows of one sheet, told apart."""

    sheet: Sheet
    mapping: MappingSyntax
    context: Context
    findings: ImportFindings
    tally: Tally
    count: int = 0
    normal: int = 0
    _sums: _Sums = field(default_factory=_Sums)
    _longer: list[int] = field(default_factory=list)
    _above: list[str] = field(default_factory=list)
    _rules: list[tuple[Test, RowClass, str]] = field(init=False)
    header: list[str] = field(init=False)
    total: int = field(init=False)
    _end: int = field(init=False)

    def __post_init__(self) -> None:
        mapping = self.mapping
        self._rules = [(all_of(rule.when, self.context), rule.is_, rule.because or "") for rule in mapping.rows]
        self.header = [plain(name) for name in self.sheet.names]
        self.total = -1 if mapping.totals is None else self.sheet.place(mapping.totals)
        self._end = self._last_line()

    def row(self, line: int, cells: list[str]) -> Row | None:
        """A document, a payment, or a row to skip; None for what is counted or refused here: titles, totals, faults."""
        self.count += 1
        header, width = self.header, len(self.header)
        found = len(cells)
        if found < width:
            cells.extend([""] * (width - found))
        record = Record(line, cells, self._above)
        kind, why, ruled = self.fate(record)
        if not ruled and plain(cells[0]) == header[0] and [plain(cell) for cell in cells[:width]] == header:
            self.tally.row("skip", "the header again")
            return None
        if kind == "group":
            self._above = cells
            self.tally.row("group", why)
            return None
        if kind in ("total", "subtotal"):
            self._check_total(record, kind, self.total)
            self.tally.row(kind, why)
            return None
        if kind != "skip":
            if not self._fits(found, cells, line, self._end):
                return None
            self.normal += 1
        if self.total >= 0:
            self._add(record, self.total)
        return Row(record, kind, why, ruled)

    def fate(self, record: Record) -> tuple[RowClass, str, bool]:
        """What a row is, why, and whether a rule says so."""
        for test, kind, why in self._rules:
            if test(record):
                return kind, why, True
        return self.mapping.otherwise, "", False

    def figures(self, cells: Sequence[str]) -> list[Fraction | None]:
        """Cells of the column `totals`; None for one that can't be read."""
        return list(map(self._figure, cells))

    def take(self, count: int, normal: int, figures: Fraction) -> None:
        """Rows that were looked at together: all, those that aren't skipped, their sum in the column `totals`."""
        self.count += count
        self.normal += normal
        if figures:
            self._sums.since_subtotal += figures
            self._sums.all += figures

    def _last_line(self) -> int:
        """The number of the last line when nothing ends it, else 0."""
        return 0 if self.sheet.ended else self.sheet.text.count("\n") + 1

    def _fits(self, found: int, cells: list[str], line: int, last_line: int) -> bool:
        width = self.sheet.width
        if found == width:
            return True
        at = Position(self.sheet.file, line, 1)
        if found < width:
            if line == last_line:
                fix = "the file was cut: export it again; if the row is a total, say so in `rows`"
                self.findings.error(
                    "DUN607", at, f"the file ends in the middle of this row ({found} of {width} cells)", fix
                )
            else:
                fix = "correct the export; if the row is a title or total, say so in `rows`"
                self.findings.error(
                    "DUN608", at, f"the row has {found} cells where the header has {width}", fix, about="short"
                )
            return False
        if any(cell.strip() for cell in cells[width:]):
            fix = "a text that holds a separator stands in quotes; correct the export"
            self.findings.error(
                "DUN608", at, f"the row has {found} cells where the header has {width}", fix, about="long"
            )
            return False
        if found > self.sheet.headed:
            self._longer.append(line)
        return True

    def close(self) -> None:
        """After the last row. A separator at the end of every row shifts nothing; at the end of some it may."""
        if self._longer and len(self._longer) != self.normal:
            at = Position(self.sheet.file, self._longer[0], 1)
            text = f"{len(self._longer)} of {self.normal} rows have an empty cell more than the header"
            self.findings.error("DUN608", at, text, "a separator too many may shift cells: correct the export")

    def _add(self, record: Record, total: int) -> None:
        figure = self._figure(record.cells[total])
        if figure is None:
            self._sums.readable = False
            return
        self._sums.since_subtotal += figure
        self._sums.all += figure

    def _figure(self, cell: str) -> Fraction | None:
        """A cell of the column `totals`; empty counts as zero, None when it can't be read (then it is refused)."""
        try:
            text = clean(cell)
            return Fraction(self.context.figure(text)[0]) if text else Fraction(0)
        except CellError:
            return None

    def _check_total(self, record: Record, kind: str, total: int) -> None:
        sums = self._sums
        added = sums.since_subtotal if kind == "subtotal" else sums.all
        readable = sums.readable
        if kind == "subtotal":
            sums.since_subtotal = Fraction(0)
        if total < 0 or not record.cells[total].strip() or not readable:
            return
        said = self._figure(record.cells[total])
        at = self.sheet.at(self.findings, record.line, total)
        name = self.sheet.names[total]
        if said is None:
            text = f"the {kind} `{record.cells[total].strip()[:40]}` is not an amount"
            self.findings.error("DUN610", at, text, "correct the mapping's `file` or `totals`", about=name)
        elif said != added:
            text = f"the {kind} says {_plain(said)}, but the rows above add up to {_plain(added)}"
            fix = "rows are missing or there twice: export again, or correct `rows` in the mapping"
            self.findings.error("DUN621", at, text, fix, about=name)


def _plain(value: Fraction) -> str:
    """A decimal that was read from one, as text."""
    whole, rest = divmod(abs(value.numerator) * 10**9 // value.denominator, 10**9)
    digits = f"{rest:09}".rstrip("0")
    return ("-" if value < 0 else "") + f"{whole}.{digits.ljust(2, '0')}"


def looks_like_total(cells: list[str], needed: list[int]) -> int:
    """The place of a cell that says `Total`, or -1. When a needed cell is empty, one that begins so is enough."""
    whole = "\n".join(cells).casefold()
    if not any(word in whole for word in HINTS):
        return -1
    lacking = any(not cells[place].strip() for place in needed)
    for place, cell in enumerate(cells):
        text = cell.strip().rstrip(":").strip()
        if text and len(text) <= 80 and (_TOTAL.fullmatch(text) or (lacking and _BEGINS.match(text))):
            return place
    return -1
