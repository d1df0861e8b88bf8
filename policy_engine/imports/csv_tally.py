"""What became of every row and every amount of an export: the accounts that an import closes with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from policy_engine.snapshot.model import ControlTotal
from policy_engine.values.money import minor_text

Sums = dict[str, int]
"""Minor units by currency."""


@dataclass(slots=True)
class Entry:
    """Rows of one fate: how many, and their amounts as the export writes them, in minor units by currency."""

    rows: int = 0
    amounts: Sums = field(default_factory=dict)

    def add(self, amount: int | None, currency: str | None) -> None:
        """One more row, with its amount when it has one."""
        self.rows += 1
        if amount is not None and currency is not None:
            self.amounts[currency] = self.amounts.get(currency, 0) + amount

    def add_all(self, rows: int, amounts: Sums) -> None:
        """Many rows more, and what their amounts add up to."""
        self.rows += rows
        for code, amount in amounts.items():
            self.amounts[code] = self.amounts.get(code, 0) + amount


@dataclass(slots=True)
class Tally:
    """Counted while rows are read.

    Attributes:
        entries: by what became of the rows and why; every row of the export is in exactly one.
        derived: what was made of columns beside the rows' own documents: payments, disputes and the like.
        expected: what the tables must add up to, by table, in minor units by currency.
    """

    read: Entry = field(default_factory=Entry)
    entries: dict[tuple[str, str], Entry] = field(default_factory=dict)
    derived: dict[tuple[str, str], Entry] = field(default_factory=dict)
    expected: dict[str, Entry] = field(default_factory=dict)

    def row(self, fate: str, why: str, amount: int | None = None, currency: str | None = None) -> None:
        """One row of the export."""
        self.read.add(amount, currency)
        self.entries.setdefault((fate, why), Entry()).add(amount, currency)

    def rows(self, fate: str, why: str, rows: int, amounts: Sums) -> None:
        """Many rows of the export of one fate."""
        self.read.add_all(rows, amounts)
        self.entries.setdefault((fate, why), Entry()).add_all(rows, amounts)

    def part(self, fate: str, why: str, amount: int | None, currency: str | None) -> None:
        """A further amount of a row that was counted: the second bucket of an ageing."""
        for entry in (self.read, self.entries.setdefault((fate, why), Entry())):
            entry.add(amount, currency)
            entry.rows -= 1

    def made(self, what: str, why: str, amount: int | None = None, currency: str | None = None) -> None:
        """Something beside the row's own document."""
        self.derived.setdefault((what, why), Entry()).add(amount, currency)

    def made_all(self, what: str, why: str, count: int, amounts: Sums) -> None:
        """The same of many rows."""
        self.derived.setdefault((what, why), Entry()).add_all(count, amounts)

    def expect_all(self, table: str, count: int, amounts: Sums) -> None:
        """Many rows that must stand in a table."""
        self.expected.setdefault(table, Entry()).add_all(count, amounts)

    def expect(self, table: str, amount: int, currency: str) -> None:
        """A row that must stand in a table."""
        self.expected.setdefault(table, Entry()).add(amount, currency)


@dataclass(frozen=True, slots=True)
class FileRead:
    """One file of an import."""

    file: str
    header_line: int
    rows: int


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import did, for people and programs. Sums are minor units by currency, as the export writes them."""

    as_of: date
    files: tuple[FileRead, ...]
    tally: Tally
    tables: tuple[ControlTotal, ...]
    open: Mapping[str, int]
    customers: int
    unknown_kind: int
    payments_complete_through: date
    undated: int = 0


_FATES = {
    "invoice": "invoices",
    "credit_note": "credit notes",
    "prepayment": "prepayments",
    "payment": "payments",
    "ageing": "rows of an ageing",
    "later": "left out",
    "skip": "skipped",
    "group": "group titles",
    "subtotal": "subtotals",
    "total": "totals",
}


def summary_text(summary: ImportSummary) -> str:
    """The summary for a person: rows and totals in, what became of them, out, and what is open."""
    tally = summary.tally
    lines = [
        f"{read.file}: {read.rows} {'row' if read.rows == 1 else 'rows'} below the header in line {read.header_line}"
        for read in summary.files
    ]
    body = [("in", tally.read)]
    body += [(_name(key), tally.entries[key]) for key in sorted(tally.entries, key=_order)]
    out = Entry()
    for entry in tally.entries.values():
        out.rows += entry.rows
        for code, amount in entry.amounts.items():
            out.amounts[code] = out.amounts.get(code, 0) + amount
    lines += _table([*body, ("out", out)], sorted(tally.read.amounts))
    if tally.derived:
        lines.append("made of other columns:")
        made = [(f"{what}{why and ': '}{why}", entry) for (what, why), entry in sorted(tally.derived.items())]
        lines += _table(made, sorted({code for _, entry in made for code in entry.amounts}))
    lines.append("snapshot:")
    lines += _table(
        [(total.table, Entry(total.rows or 0, dict(total.amounts))) for total in summary.tables],
        sorted({code for total in summary.tables for code, _ in total.amounts}),
    )
    still = (
        ", ".join(f"{minor_text(amount, code)} {code}" for code, amount in sorted(summary.open.items())) or "nothing"
    )
    lines.append(f"open on {summary.as_of}: {still} (documents less payments)")
    lines.append(f"payments are taken as complete through {summary.payments_complete_through}")
    if summary.undated:
        one = summary.undated == 1
        lines.append(
            f"{summary.undated} payment{'' if one else 's'} without a day count{'s' if one else ''} as of "
            f"{summary.as_of}: what {'it' if one else 'they'} settled shows as paid late, with interest until then; "
            "map `paid.date` where the export has it"
        )
    if summary.unknown_kind:
        lines.append(
            f"{summary.unknown_kind} of {summary.customers} customers are of unknown kind: nothing will be dunned "
            "until it is known; say --kind business when all are, or map `customers.kind`"
        )
    return "\n".join(lines) + "\n"


def _order(key: tuple[str, str]) -> tuple[int, str]:
    return list(_FATES).index(key[0]), key[1]


def _name(key: tuple[str, str]) -> str:
    fate, why = key
    return f"{_FATES[fate]}{': ' if why else ''}{why}"


def _table(rows: list[tuple[str, Entry]], currencies: list[str]) -> list[str]:
    """Aligned lines: what, how many, and a column for each currency."""
    texts = [
        [name[:60], str(entry.rows), *(_shown(entry.amounts.get(code), code) for code in currencies)]
        for name, entry in rows
    ]
    header = ["", "rows", *currencies]
    widths = [max(len(row[place]) for row in (header, *texts)) for place in range(len(header))]
    lines = []
    for row in (header, *texts):
        figures = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        lines.append("  ".join(["  " + row[0].ljust(widths[0]), *figures]).rstrip())
    return lines


def _shown(amount: int | None, code: str) -> str:
    return "" if amount is None else minor_text(amount, code)


def summary_data(summary: ImportSummary) -> dict[str, Any]:
    """The summary for a program: amounts as decimal texts."""
    tally = summary.tally
    return {
        "as_of": summary.as_of.isoformat(),
        "payments_complete_through": summary.payments_complete_through.isoformat(),
        "files": [{"file": read.file, "header_line": read.header_line, "rows": read.rows} for read in summary.files],
        "in": _entry_data(tally.read),
        "rows": [
            {"fate": fate, "why": why, **_entry_data(tally.entries[(fate, why)])}
            for fate, why in sorted(tally.entries, key=_order)
        ],
        "derived": [
            {"what": what, "why": why, **_entry_data(entry)} for (what, why), entry in sorted(tally.derived.items())
        ],
        "tables": {
            total.table: _entry_data(Entry(total.rows or 0, dict(total.amounts))) for total in summary.tables
        },
        "payments_without_a_day": summary.undated,
        "open": {code: minor_text(amount, code) for code, amount in sorted(summary.open.items())},
        "customers": {"all": summary.customers, "unknown_kind": summary.unknown_kind},
    }  # fmt: skip


def _entry_data(entry: Entry) -> dict[str, Any]:
    return {
        "rows": entry.rows,
        "amounts": {code: minor_text(amount, code) for code, amount in sorted(entry.amounts.items())},
    }
