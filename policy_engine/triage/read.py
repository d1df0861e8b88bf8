"""A filled worksheet into decisions, or everything that is wrong with it, located. Nothing is applied here."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from policy_engine.desk.entry import Entry, entry
from policy_engine.engine.reference.s04_history import recorded
from policy_engine.imports.csv_decode import read_export
from policy_engine.imports.csv_findings import ImportFindings
from policy_engine.imports.csv_records import Sheet, find_sheet, records
from policy_engine.imports.csv_values import clean
from policy_engine.snapshot.cells import CellError
from policy_engine.snapshot.model import History, Snapshot
from policy_engine.triage.cells import amounts_of, days_of, formats_seen
from policy_engine.triage.model import Triage, TriageItem
from policy_engine.triage.worksheet import LEAVE_ALONE, START, key_of, plain_cell
from policy_engine.values.diagnostics import Diagnostic, did_you_mean
from policy_engine.values.money import minor_text
from policy_engine.values.position import Position
from policy_engine.values.text import nfc

_NEEDED = ("invoice", "outstanding", "step")
_STARTS = {START, "debut", "début"}
_LEAVES = {LEAVE_ALONE, "laisser"}


@dataclass(frozen=True, slots=True)
class Filled:
    """What a worksheet decides.

    Attributes:
        entries: what is to be noted, in the order of the rows.
        undecided: invoices of the triage for which it makes no choice.
        repeated: rows whose choice stands in the desk's folder already.
        diagnostics: what is wrong; with any, nothing may be applied.
    """

    entries: tuple[Entry, ...]
    undecided: int
    repeated: int
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known beside the triage: every document's id, and the last `set` row of each."""

    documents: frozenset[str]
    sets: Mapping[str, History]


def standing_of(snapshot: Snapshot) -> Standing:
    """What a snapshot knows of documents and of what people set."""
    sets: dict[str, History] = {}
    rows = [row for account in snapshot.accounts for row in account.history if row.status == "set" and row.invoice]
    for row in sorted(rows, key=recorded):
        sets[row.invoice or ""] = row
    known = {invoice.id for account in snapshot.accounts for invoice in account.invoices}
    return Standing(frozenset(known | {row.id for row in snapshot.broken_invoices}), sets)


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: Mapping[str, str]


def read_worksheet(path: Path, triage: Triage, standing: Standing, day: date, by: str) -> Filled:
    """Read a worksheet back. Never raises on what the file holds or lacks.

    Args:
        path: the file, as a spreadsheet saved it.
        triage: of the snapshot as it is now.
        standing: to tell what left the triage from what never was in it.
        day: the day of the decisions.
        by: who decided.
    """
    findings = ImportFindings()
    text = read_export(path, _encoding(path), findings)
    sheet = None if text is None else find_sheet(text, path.as_posix(), None, _NEEDED, findings)
    if sheet is None:
        return Filled((), 0, 0, findings.all())
    reader = _Reader(sheet, triage, standing, findings, day, by)
    rows = reader.rows()
    reader.find_duplicates(rows)
    reader.formats = formats_seen(
        (row.cells.get("due_date", ""), item.due_date)
        for row in rows
        if (item := reader.items.get(row.cells.get("invoice", ""))) is not None
    )
    entries = [made for row in rows if (made := reader.decision(row)) is not None]
    undecided = len(reader.items.keys() - reader.decided)
    return Filled(tuple(entries), undecided, reader.repeated, findings.all())


def _encoding(path: Path) -> str | None:
    """Windows-1252 for what is neither UTF-8 nor marked: that is what spreadsheets write."""
    try:
        data = path.read_bytes()
    except (OSError, ValueError):
        return None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return None


def _same(text: str) -> str:
    """A choice as it is compared: capitals, blanks, hyphens and underscores don't count."""
    return " ".join(nfc(text).casefold().replace("_", " ").replace("-", " ").split())


def _read(cell: str) -> str:
    """A cell's text: what `safe_cell` neutralised as it was, any other formula refused with a CellError."""
    text = cell.strip()
    return nfc(plain_cell(text) if text.startswith("'") else clean(text))


class _Reader:
    """One worksheet against one triage."""

    def __init__(
        self, sheet: Sheet, triage: Triage, standing: Standing, findings: ImportFindings, day: date, by: str
    ) -> None:
        self.sheet = sheet
        self.findings = findings
        self.standing = standing
        self.day = day
        self.by = by
        self.items = {item.invoice: item for item in triage.items}
        self.customers = {customer.id for customer in triage.customers}
        self.keys = {key_of(item.invoice): item.invoice for item in triage.items}
        self.formats: tuple[str, ...] = ()
        self.decided: set[str] = set()
        self.repeated = 0

    def rows(self) -> list[_Row]:
        """Every row with its cells by column; the invoice's id is put right where a spreadsheet rewrote it."""
        names = [name.strip() for name in self.sheet.names]
        found = []
        last = 0 if self.sheet.ended else self.sheet.text.count("\n") + 1
        for line, cells in records(self.sheet, self.findings):
            if len(cells) > max(self.sheet.width, self.sheet.headed):
                text = f"the row has {len(cells)} cells where the header has {self.sheet.width}"
                self._error("DUN670", line, 0, text, "a text that holds a separator stands in quotes")
                continue
            if line == last and len(cells) < self.sheet.width:
                text = f"the file ends in the middle of this row ({len(cells)} of {self.sheet.width} cells)"
                self._error("DUN670", line, 0, text, "the file was cut: save it again")
                continue
            row: dict[str, str] = {}
            for place, (name, cell) in enumerate(zip(names, cells, strict=False)):
                try:
                    row[name] = _read(cell) if name in _READ else cell.strip()
                except CellError as error:
                    self._error(error.code, line, place, error.message, error.fix or "")
                    break
            else:
                self._find_invoice(row, line)
                found.append(_Row(line, row))
        return found

    def _find_invoice(self, row: dict[str, str], line: int) -> None:
        """By its id, else by the key; both must mean the same, or a column was sorted apart from the others."""
        by_key = self.keys.get(row.get("key", ""))
        named = row.get("invoice", "")
        if by_key is None or by_key == named:
            return
        if named in self.standing.documents:
            text = f"the row has the key of `{by_key}`, but names `{named}`"
            self._error(
                "DUN671", line, self._place("invoice"), text, "columns were sorted apart: write a new worksheet"
            )
            row["step"] = ""
            return
        row["invoice"] = by_key

    def find_duplicates(self, rows: list[_Row]) -> None:
        """Of two rows about one invoice none counts."""
        times = Counter(row.cells.get("invoice", "") for row in rows)
        first: dict[str, int] = {}
        for row in rows:
            named = row.cells.get("invoice", "")
            if named and times[named] > 1:
                if named in first:
                    text = f"`{named}` stands in {times[named]} rows, first in line {first[named]}"
                    self._error("DUN675", row.line, self._place("invoice"), text, "keep one row an invoice")
                first.setdefault(named, row.line)

    def decision(self, row: _Row) -> Entry | None:
        """What a row decides; None without a choice, with a finding, or when it is noted already."""
        chosen = row.cells.get("step", "")
        if not chosen:
            for name in ("reason", "until"):
                if row.cells.get(name):
                    text = f"`{name}` is filled in, but `step` is empty"
                    self._error("DUN673", row.line, self._place(name), text, f"choose a step, or `{LEAVE_ALONE}`")
            return None
        item = self._item(row, chosen)
        if item is None:
            return None
        self.decided.add(item.invoice)
        errors = self.findings.errors
        self._check_owner(row, item)
        self._check_amount(row, item)
        made = self._left_alone(row, item) if _same(chosen) in _LEAVES else self._put(row, item, chosen)
        return None if self.findings.errors > errors else made

    def _item(self, row: _Row, chosen: str) -> TriageItem | None:
        named = row.cells.get("invoice", "")
        item = self.items.get(named)
        if item is not None:
            return item
        at = self._place("invoice")
        last = self.standing.sets.get(named)
        if last is not None:
            where = last.step or START
            if _same(chosen) == _same(where) or (last.step is None and _same(chosen) in _STARTS):
                self.repeated += 1
                return None
            by = f" by {last.by}" if last.by else ""
            text = f"`{named}` was put on `{where}` on {last.day}{by} already"
            self._error("DUN672", row.line, at, text, "clear the cell; `dunning desk set` puts it elsewhere")
        elif named in self.standing.documents:
            text = f"`{named}` doesn't wait for a person any more"
            fix = "it was settled, or history says what was sent: clear the cell `step`"
            self._error("DUN672", row.line, at, text, fix)
        else:
            fix = did_you_mean(named, self.items) or "write a new worksheet"
            self._error("DUN671", row.line, at, f"the snapshot has no invoice `{named}`", fix)
        return None

    def _check_owner(self, row: _Row, item: TriageItem) -> None:
        customer = row.cells.get("customer", "")
        if customer != item.customer and customer in self.customers:
            text = f"`{item.invoice}` is `{item.customer}`'s, not `{customer}`'s"
            fix = "columns were sorted apart: write a new worksheet"
            self._error("DUN678", row.line, self._place("customer"), text, fix)

    def _check_amount(self, row: _Row, item: TriageItem) -> None:
        cell = row.cells.get("outstanding", "")
        found = amounts_of(cell, item.currency)
        if item.outstanding in found:
            return
        now = minor_text(item.outstanding, item.currency)
        if found:
            text = f"`{cell}` was open when the worksheet was written, now it is {now} {item.currency}"
            fix = f"look at the invoice again; write {now} into the cell if the choice stands"
        else:
            text, fix = f"`{cell}` is not an amount", f"write {now}, or write a new worksheet"
        self._error("DUN674", row.line, self._place("outstanding"), text, fix)

    def _put(self, row: _Row, item: TriageItem, chosen: str) -> Entry | None:
        same = _same(chosen)
        stages = dict(item.steps)
        named = chosen if chosen in stages else next((name for name in stages if _same(name) == same), None)
        if named is None and same not in _STARTS:
            near = did_you_mean(chosen, [*stages, START, LEAVE_ALONE])
            choices = ", ".join(f"`{name}`" for name in (START, *stages, LEAVE_ALONE))
            text = f"the ladder `{item.ladder}` has no step `{chosen[:60]}`"
            self._error("DUN673", row.line, self._place("step"), text, near or f"one of {choices}")
            return None
        if row.cells.get("until"):
            text = f"`until` is the last day of `{LEAVE_ALONE}`; a step has none"
            self._error("DUN676", row.line, self._place("until"), text, "clear the cell")
            return None
        cells = {"customer": item.customer, "invoice": item.invoice, "status": "set"}
        if named is not None:
            cells |= {"step": named, "stage": stages[named]}
        return self._made("set", row, cells)

    def _left_alone(self, row: _Row, item: TriageItem) -> Entry | None:
        reason = row.cells.get("reason", "")
        if not reason:
            text = f"`{item.invoice}` is to be left alone, but `reason` is empty"
            self._error("DUN677", row.line, self._place("reason"), text, "say why: somebody will ask")
            return None
        day = self._until(row)
        until = None if day is None else day.isoformat()
        for argument in item.against:
            told = dict(argument.detail)
            if argument.code == "block" and (told.get("reason"), told.get("until")) == (reason, until):
                self.repeated += 1
                return None
        cells = {"customer": item.customer, "invoice": item.invoice, "until": until, "reason": reason}
        return self._made("block", row, cells)

    def _until(self, row: _Row) -> date | None:
        cell = row.cells.get("until", "")
        if not cell:
            return None
        days = days_of(cell, self.formats)
        at = self._place("until")
        if len(days) == 1 and days[0] >= self.day:
            return days[0]
        if not days:
            self._error("DUN676", row.line, at, f"`{cell}` is not a date", "write it like `2026-12-31`")
        elif len(days) > 1:
            text = f"`{cell}` may be {' or '.join(map(str, days))}"
            self._error("DUN676", row.line, at, text, f"write `{days[0]}` or `{days[-1]}`")
        else:
            self._error("DUN676", row.line, at, f"{days[0]} is before the decision ({self.day})", "put a later day")
        return None

    def _made(self, kind: str, row: _Row, cells: Mapping[str, str | None]) -> Entry | None:
        made, mistakes = entry("set" if kind == "set" else "block", self.day, self.by, cells)
        for mistake in mistakes:
            place = self._place(mistake.about.strip("`"))
            self._error("DUN677", row.line, place, f"{mistake.about} {mistake.message}", mistake.help or "")
        return None if mistakes else made

    def _place(self, name: str) -> int:
        return max(0, self.sheet.place(name))

    def _error(self, code: str, line: int, place: int, text: str, fix: str) -> None:
        at = self.sheet.at(self.findings, line, place) if place else Position(self.sheet.file, line, 1)
        self.findings.error(code, at, text, fix or None, about=code)


_READ = frozenset({"key", "customer", "invoice", "outstanding", "due_date", "step", "reason", "until"})
"""The columns that are read back; the others were for the person."""
