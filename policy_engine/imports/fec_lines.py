"""The lines of a FEC as values: dates, exact amounts, and of which entry each is a part.

The whole file is read and balanced, the lines of customer accounts are kept.
"""

import re
from dataclasses import dataclass, replace
from datetime import date

from policy_engine.imports.fec_cells import SIDES, CellError, plain, read_amount, read_day, shown
from policy_engine.imports.fec_dialect import LONGEST_FIELD, FecText, column_of
from policy_engine.imports.fec_findings import Findings
from policy_engine.imports.fec_ledger import BESIDE, CURRENCY, RECEIVABLES, Ledger, Line
from policy_engine.snapshot.cells import MAX_ID
from policy_engine.values.money import minor_text
from policy_engine.values.text import nfc

_OPENING_CODES = frozenset({"AN", "ANO", "ANX", "ANC", "RAN", "OUV", "ANOUV", "AN1"})
_OPENING = re.compile(r"\ba[ -]?nouveaux?\b|\bouverture\b|\bbalance initiale\b")


def read_lines(text: FecText, findings: Findings) -> Ledger:
    """The whole file: lines of customers, balances of entries, days. Findings: DUN650, DUN653 to DUN656."""
    reader = _Reader(text, findings)
    ledger = reader.read()
    if not findings.failed():
        _check_balance(reader.entries, ledger, len(text.lines), findings)
    first = min(ledger.days, default=date.min)
    ledger.lines = [
        _described(line, first, reader.journals[line.journal], reader.entries[line.journal, line.entry, line.day])
        for line in ledger.lines
    ]
    return ledger


def _check_balance(
    entries: dict[tuple[str, str, date], "_Entry"], ledger: Ledger, last: int, findings: Findings
) -> None:
    """Debits equal credits: over the file (else it is cut), and in each entry (else it is numbered in its own way)."""
    if ledger.debit != ledger.credit:
        debit, credit = minor_text(ledger.debit, CURRENCY), minor_text(ledger.credit, CURRENCY)
        message = f"the file doesn't balance: debits are {debit}, credits {credit}"
        fix = "lines are missing: export it again, as a whole"
        findings.add("DUN656", message, line=last, help_=fix)
    by_number: dict[tuple[str, str], int] = {}
    odd = {key: entry for key, entry in entries.items() if entry.balance}
    for (journal, number, _), entry in odd.items():
        by_number[journal, number] = by_number.get((journal, number), 0) + entry.balance
    for (journal, number, day), entry in odd.items():
        if by_number[journal, number]:
            message = f"the entry `{journal} {number}` of {day} doesn't balance: {minor_text(entry.balance, CURRENCY)}"
            findings.add("DUN656", message, line=entry.line, severity="warning", help_="look at it in the ledger")


def _described(line: Line, first: date, journal_name: str, entry: "_Entry") -> Line:
    """The line with what it is.

    Opening balances stand in a journal of theirs: on the first day as one figure, or in detail with the dates that
    the invoices had. A code or a text alone says so on the first day only.
    """
    if _OPENING.search(journal_name) or (
        line.day == first
        and (line.journal.upper().replace(" ", "") in _OPENING_CODES or _OPENING.search(plain(line.label)))
    ):
        return replace(line, opening=True, origin="opening")
    if "7" in entry.classes:
        return replace(line, origin="sale")
    return replace(line, origin="bank") if "5" in entry.classes else line


@dataclass(slots=True)
class _Entry:
    """An entry: its first line, its balance in cents, the classes of its accounts (first digits)."""

    line: int
    balance: int = 0
    classes: str = ""


class _Reader:
    """Reads the lines one after the other; every mistake in them is a finding."""

    def __init__(self, text: FecText, findings: Findings) -> None:
        self.text = text
        self.findings = findings
        self.ledger = Ledger()
        self.entries: dict[tuple[str, str, date], _Entry] = {}
        self.journals: dict[str, str] = {}
        self.places = text.dialect.columns
        self.sided = "Debit" not in self.places or "Credit" not in self.places
        self._texts: dict[str, str] = {}
        self._days: dict[str, date] = {}
        self._amounts: dict[str, int] = {}

    def read(self) -> Ledger:
        last = len(self.text.lines)
        width, full = self.text.dialect.width, self.text.dialect.cells
        for number, line, cells in self.text.rows():
            self.ledger.count += 1
            if len(cells) != full or (full > width and "".join(cells[width:]).strip()):
                self._uneven(number, line, cells, cut=number == last and not self.text.ended)
                continue
            if len(line) > LONGEST_FIELD and max(map(len, cells)) > LONGEST_FIELD:
                self.findings.add("DUN653", f"a field is longer than {LONGEST_FIELD} characters", line=number)
                continue
            self._take(number, line, cells)
        if not self.ledger.count:
            self.findings.add("DUN650", "the file has a header and no line", help_="export the FEC again")
        return self.ledger

    def _uneven(self, number: int, line: str, cells: list[str], *, cut: bool) -> None:
        width, full = self.text.dialect.width, self.text.dialect.cells
        count = f"{len(cells)} field{'' if len(cells) == 1 else 's'}"
        if cut and len(cells) < width:
            message = f"the file ends in the middle of a line: {count} where the header has {width}"
            fix = "the export was cut short: make it again"
        else:
            what = f"where the header has {width}" if full == width else f"where the others have {full}"
            message = f"the line has {count} {what}" if len(cells) != full else "the line has a text behind its end"
            fix = "a separator inside a text, or one too few: every field behind it is in the wrong column"
        self.findings.add("DUN653", message, line=number, source=line, length=len(line), help_=fix)

    def _take(self, number: int, line: str, cells: list[str]) -> None:
        day = self._day(number, line, cells, "EcritureDate", "error")
        amount = self._amount(number, line, cells)
        account = self._cell(cells, "CompteNum")
        if not account:
            self._wrong("DUN653", number, line, cells, "CompteNum", "a line without an account", "export it again")
        if day is None or amount is None or not account:
            return
        ledger = self.ledger
        ledger.days.add(day)
        if amount > 0:
            ledger.debit += amount
        else:
            ledger.credit -= amount
        journal, entry = self._kept(cells, "JournalCode"), nfc(self._cell(cells, "EcritureNum"))
        key = (journal, entry, day)
        whole = self.entries.get(key)
        if whole is None:
            whole = self.entries[key] = _Entry(number)
        whole.balance += amount
        if account[0] not in whole.classes:
            whole.classes += account[0]
        if account.startswith(RECEIVABLES):
            self._keep(number, line, cells, (journal, entry, day, account, amount))
        elif account[:3] in BESIDE:
            ledger.beside.append((account[:3], day, amount))

    def _keep(self, number: int, line: str, cells: list[str], known: tuple[str, str, date, str, int]) -> None:
        journal, entry, day, account, amount = known
        for column in ("CompAuxNum", "EcritureLet"):
            if not self._cell(cells, column).isprintable():
                message, fix = f"`{column}` holds a character that can't be seen", "export the file again as text"
                self._wrong("DUN653", number, line, cells, column, message, fix)
        if len(self._cell(cells, "CompAuxNum")) > MAX_ID:
            message = f"`CompAuxNum` is longer than {MAX_ID} characters"
            self._wrong("DUN653", number, line, cells, "CompAuxNum", message, "it is the customer's id")
        if journal not in self.journals:
            self.journals[journal] = plain(self._cell(cells, "JournalLib"))
        self.ledger.lines.append(
            Line(
                number, journal, entry, day, self._texts.setdefault(account, account),
                self._kept(cells, "CompteLib"), self._kept(cells, "CompAuxNum"), self._kept(cells, "CompAuxLib"),
                nfc(self._cell(cells, "PieceRef")), self._day(number, line, cells, "PieceDate", "warning"),
                nfc(self._cell(cells, "EcritureLib")), amount, self._kept(cells, "EcritureLet"),
                self._day(number, line, cells, "DateLet", "warning"),
            )
        )  # fmt: skip

    def _cell(self, cells: list[str], column: str) -> str:
        place = self.places.get(column)
        return "" if place is None else cells[place].strip()

    def _kept(self, cells: list[str], column: str) -> str:
        """A text in NFC; equal ones are one object, because names and accounts repeat on every line."""
        text = nfc(self._cell(cells, column))
        return self._texts.setdefault(text, text)

    def _day(self, number: int, line: str, cells: list[str], column: str, severity: str) -> date | None:
        text = self._cell(cells, column)
        day = self._days.get(text)
        if day is None and (text or severity == "error"):
            try:
                day = self._days[text] = read_day(text)
            except CellError as error:
                message = f"`{column}` is empty" if not text else f"{error} in `{column}`"
                if severity == "error":
                    self._wrong("DUN654", number, line, cells, column, message, error.fix)
                else:
                    fix = "the date of the entry counts" if column == "PieceDate" else "the lettering counts as undated"
                    self._wrong("DUN654", number, line, cells, column, message, fix, warning=True)
        return day

    def _amount(self, number: int, line: str, cells: list[str]) -> int | None:
        if self.sided:
            size = self._cents(number, line, cells, "Montant")
            side = SIDES.get(self._cell(cells, "Sens").upper().replace("É", "E"))
            if side is None and size != 0:
                text = self._cell(cells, "Sens")
                self._wrong("DUN655", number, line, cells, "Sens", f"`{shown(text)}` is no side", "write `D` or `C`")
                return None
            return None if size is None else size * (side or 1)
        debit = self._cents(number, line, cells, "Debit")
        credit = self._cents(number, line, cells, "Credit")
        if debit is None or credit is None:
            return None
        if debit and credit:
            message = "the line has both a debit and a credit"
            self._wrong("DUN655", number, line, cells, "Credit", message, "one of them is 0,00")
            return None
        return debit - credit

    def _cents(self, number: int, line: str, cells: list[str], column: str) -> int | None:
        text = self._cell(cells, column)
        cents = self._amounts.get(text)
        if cents is None:
            try:
                cents = read_amount(text)
            except CellError as error:
                self._wrong("DUN655", number, line, cells, column, f"{error} in `{column}`", error.fix)
                return None
            if len(self._amounts) < 100_000:
                self._amounts[text] = cents
        return cents

    def _wrong(
        self, code: str, number: int, line: str, cells: list[str], column: str, message: str, fix: str, *,
        warning: bool = False,
    ) -> None:  # fmt: skip
        place = self.places[column]
        self.findings.add(
            code, message, line=number, column=column_of(line, cells, place, self.text.dialect.separator),
            length=len(cells[place].strip()), help_=fix, source=line, severity="warning" if warning else "error",
        )  # fmt: skip
