"""What no FEC says of a customer and a person has to: payment terms and kind, for all or in a CSV list.

A list has a header with `customer` and `terms`, `kind` or both, separated by `,`, `;` or TAB; the customer `*` stands
for everybody else. Codes: DUN658.
"""

import csv
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from policy_engine.facts.table import KINDS
from policy_engine.imports.fec_findings import Findings
from policy_engine.snapshot.terms import due_date
from policy_engine.values.diagnostics import Diagnostic, did_you_mean
from policy_engine.values.text import nfc

EVERYBODY = "*"
_MOST_BYTES = 64 * 1024**2
_FORMS = "`net_30`, `45_days_then_end_of_month`, `end_of_month_then_45_days`, `end_of_month`, `due_on_receipt`"


@dataclass(frozen=True, slots=True)
class Choices:
    """A value for each customer named, and `rest` for everybody else, None when there is none."""

    named: dict[str, str] = field(default_factory=dict)
    rest: str | None = None
    file: str = "<command line>"

    def of(self, customer: str) -> str | None:
        """The customer's value."""
        return self.named.get(customer, self.rest)


def are_terms(text: str) -> bool:
    """Whether a due date follows from such terms."""
    return due_date(text, date(2000, 1, 1)) is not None


def read_terms(text: str) -> tuple[Choices, tuple[Diagnostic, ...]]:
    """Terms for everybody (`net_30`), or the path of a list."""
    if are_terms(text):
        return Choices(rest=text), ()
    path = Path(text)
    try:
        there = path.exists()
    except (OSError, ValueError):
        there = False
    if there:
        return read_list(path, "terms")
    findings = Findings("<command line>")
    message = f"`{text[:60]}` is neither payment terms nor a file"
    findings.add("DUN658", message, help_=f"write {_FORMS}, or the path of a CSV with `customer` and `terms`")
    return Choices(), findings.result()


def read_list(path: Path, column: str) -> tuple[Choices, tuple[Diagnostic, ...]]:
    """A CSV list with `customer` and `column` (`terms` or `kind`); cells of `column` may be empty."""
    findings = Findings(path.as_posix())
    lines = _lines(path, findings)
    if lines is None:
        return Choices(), findings.result()
    separator = max((",", ";", "\t"), key=lines[0].count)
    names = [name.strip().lower() for name in _row(lines[0], separator)]
    missing = [name for name in ("customer", column) if names.count(name) != 1]
    for name in missing:
        fix = did_you_mean(name, names) or f"the first line is `customer{separator}{column}`"
        times = "stands twice" if name in names else "is missing"
        findings.add("DUN658", f"the column `{name}` {times}", source=lines[0], help_=fix)
    if missing:
        return Choices(), findings.result()
    found: dict[str, str] = {}
    for number, line in enumerate(lines[1:], start=2):
        cells = [nfc(cell.strip()) for cell in _row(line, separator)]
        if any(cells):
            _take(cells, names, column, found, number, line, findings)
    rest = found.pop(EVERYBODY, None)
    return Choices(found, rest, findings.file), findings.result()


def _take(
    cells: list[str], names: list[str], column: str, found: dict[str, str], number: int, line: str, findings: Findings
) -> None:
    def wrong(message: str, fix: str, cell: str = "") -> None:
        start = max(0, line.find(cell)) + 1
        findings.add("DUN658", message, line=number, column=start, length=len(cell), source=line, help_=fix)

    if len(cells) != len(names):
        wrong(f"the line has {len(cells)} fields where the header has {len(names)}", "one value for each column")
        return
    customer, value = cells[names.index("customer")], cells[names.index(column)]
    if not value:
        return
    if not customer:
        wrong("the line names no customer", "write the CompAuxNum of the customer, or `*` for everybody else")
    elif customer in found:
        wrong(f"the customer `{customer[:60]}` stands twice", "keep one of them", customer)
    elif column == "terms" and not are_terms(value):
        wrong(f"`{value[:60]}` are no payment terms", f"write {_FORMS}", value)
    elif column == "kind" and value not in KINDS:
        fix = did_you_mean(value, KINDS) or f"one of {', '.join(KINDS)}"
        wrong(f"`{value[:60]}` is no kind of customer", fix, value)
    else:
        found[customer] = value


def _row(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return line.split(separator)


def _lines(path: Path, findings: Findings) -> list[str] | None:
    try:
        if path.stat().st_size > _MOST_BYTES:
            findings.add("DUN658", "the list is larger than 64 MB")
            return None
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the path can't be used"
        findings.add("DUN658", f"the list can't be read: {reason}", help_="check the path")
        return None
    if b"\0" in data:
        findings.add("DUN658", "the list holds NUL bytes: it is no text", help_="save it as CSV, UTF-8")
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("iso-8859-15")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not lines[0].strip():
        findings.add("DUN658", "the list is empty", help_="the first line names the columns")
        return None
    return lines
