"""What an import of a FEC says: per customer what is open, tied to account 411 to the cent, and what was left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from policy_engine.imports.fec_ledger import CURRENCY
from policy_engine.values.money import minor_text
from policy_engine.values.text import inert

Note = tuple[str, str]
"""A stable key and a sentence."""


@dataclass(frozen=True, slots=True)
class CustomerLine:
    """One customer: cents. `ledger` is the sum of its 411 lines, read apart from `open` and `unallocated`."""

    id: str
    name: str
    kind: str
    terms: str | None
    invoices: int
    open: int
    unallocated: int
    ledger: int

    @property
    def balance(self) -> int:
        """What the snapshot says that the customer owes."""
        return self.open - self.unallocated


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Lines of account 411 without an auxiliary: nobody in particular owes them; cents."""

    account: str
    name: str
    lines: int
    debit: int
    credit: int

    @property
    def balance(self) -> int:
        """Debits less credits."""
        return self.debit - self.credit


@dataclass(frozen=True, slots=True)
class Report:
    """One import. `total` is the balance of account 411 on `as_of`, customers and what was left out together."""

    file: str
    as_of: date
    encoding: str
    guessed: bool
    separator: str
    lines: int
    receivable_lines: int
    first_day: date
    last_day: date
    complete_through: date
    total: int
    customers: tuple[CustomerLine, ...]
    left_out: tuple[LeftOut, ...]
    beside: tuple[tuple[str, str, int], ...]
    notes: tuple[Note, ...]

    @property
    def balance(self) -> int:
        """What the snapshot says that all customers owe."""
        return sum(line.balance for line in self.customers)

    @property
    def left(self) -> int:
        """The balance of what was left out."""
        return sum(line.balance for line in self.left_out)

    @property
    def mismatches(self) -> tuple[CustomerLine, ...]:
        """Customers whose balance isn't that of their account: there must be none."""
        return tuple(line for line in self.customers if line.balance != line.ledger)

    @property
    def tied(self) -> bool:
        """Whether every customer and the total agree with account 411 to the cent."""
        return not self.mismatches and self.balance + self.left == self.total


def report_data(report: Report) -> dict[str, Any]:
    """The report for programs: amounts are decimal texts in euros."""
    return {
        "file": report.file,
        "as_of": report.as_of.isoformat(),
        "encoding": report.encoding,
        "encoding_guessed": report.guessed,
        "separator": report.separator,
        "lines": report.lines,
        "receivable_lines": report.receivable_lines,
        "first_entry": report.first_day.isoformat(),
        "last_entry": report.last_day.isoformat(),
        "payments_complete_through": report.complete_through.isoformat(),
        "currency": CURRENCY,
        "account_411": _money(report.total),
        "snapshot_balance": _money(report.balance),
        "left_out_balance": _money(report.left),
        "tied": report.tied,
        "customers": [
            {
                "id": line.id,
                "name": line.name,
                "kind": line.kind,
                "terms": line.terms,
                "open_invoices": line.invoices,
                "open": _money(line.open),
                "unallocated": _money(line.unallocated),
                "balance": _money(line.balance),
                "account_411": _money(line.ledger),
            }
            for line in report.customers
        ],
        "left_out": [
            {
                "account": line.account,
                "name": line.name,
                "lines": line.lines,
                "debit": _money(line.debit),
                "credit": _money(line.credit),
                "balance": _money(line.balance),
            }
            for line in report.left_out
        ],
        "not_imported": [
            {"account": account, "what": what, "balance": _money(balance)} for account, what, balance in report.beside
        ],
        "notes": [{"key": key, "message": message} for key, message in report.notes],
    }


def report_text(report: Report) -> str:
    """The report for people: a table that ties to account 411, what was left out, and what to know."""
    guess = " (guessed)" if report.guessed else ""
    lines = [
        f"{inert(report.file)} as of {report.as_of}: {report.lines} lines, {report.receivable_lines} on 411",
        f"entries from {report.first_day} to {report.last_day}; {report.encoding}{guess}, separator {report.separator}",
        "",
    ]
    shown = [line for line in report.customers if line.invoices or line.unallocated or line.ledger]
    rows = [
        [
            inert(line.id)[:24], inert(line.name)[:32], line.kind, str(line.invoices), _money(line.open),
            _money(line.unallocated), _money(line.balance), _money(line.ledger),
        ]
        for line in shown
    ]  # fmt: skip
    rows += [
        [inert(line.account)[:24], "no auxiliary: left out", "", "", "", "", _money(0), _money(line.balance)]
        for line in report.left_out
    ]
    rows.append(
        [
            "total", "", "", str(sum(line.invoices for line in report.customers)),
            _money(sum(line.open for line in report.customers)),
            _money(sum(line.unallocated for line in report.customers)), _money(report.balance), _money(report.total),
        ]
    )  # fmt: skip
    lines += _table(["customer", "name", "kind", "invoices", "open", "unallocated", "balance", "account 411"], rows)
    quiet = len(report.customers) - len(shown)
    if quiet:
        lines.append(f"{quiet} more customer{' owes' if quiet == 1 else 's owe'} nothing")
    lines += ["", _verdict(report)]
    lines += [f"- {inert(message)}" for _, message in report.notes]
    return "\n".join(lines) + "\n"


def _verdict(report: Report) -> str:
    if not report.tied:
        return f"NOT TIED: account 411 stands at {_money(report.total)} {CURRENCY}"
    rest = f" and {_money(report.left)} left out" if report.left_out else ""
    return (
        f"account 411 stands at {_money(report.total)} {CURRENCY}: tied to the cent, "
        f"{_money(report.balance)} in the snapshot{rest}"
    )


def _money(cents: int) -> str:
    return minor_text(cents, CURRENCY)


def _table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns as wide as their widest cell: three of text, the others figures."""
    widths = [max(len(row[place]) for row in (heading, *rows)) for place in range(len(heading))]
    return [
        "  ".join(
            cell.ljust(width) if place < 3 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (heading, *rows)
    ]
