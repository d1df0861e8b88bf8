"""What the row checks share: who exists, who owns which document, and whom a broken row holds (language.md 3.2)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from policy_engine.snapshot.cells import CellError, minor
from policy_engine.snapshot.model import BrokenInvoice, Customer, Invoice, Problem
from policy_engine.snapshot.rows import BrokenRow, GoodRows, Row, Rows, row_id
from policy_engine.snapshot.sources import Fault, Findings
from policy_engine.snapshot.tables import Table
from policy_engine.values.text import nfc

NOBODY: frozenset[str] = frozenset()


class RowError(CellError):
    """A row that contradicts itself or others; `involved` are customers it also could have protected."""

    def __init__(self, code: str, message: str, fix: str = "", involved: Iterable[str] = ()) -> None:
        super().__init__(code, message, fix)
        self.involved = frozenset(involved)


@dataclass(slots=True)
class Books:
    """The state of one reading.

    Attributes:
        customers: by id, broken ones as a minimal stand-in.
        invoices: usable ones by id.
        spoilt: unusable ones by id.
        parts: the instalments' invoices by the instalments' ids, unusable ones included; None when it can't be read.
        problems: every broken row.
        unattributed: the rows among them whose customer can't be told, so that nobody can be held instead.
    """

    as_of: date
    currency: str | None
    findings: Findings
    rewound: bool = False
    customers: dict[str, Customer] = field(default_factory=dict)
    invoices: dict[str, Invoice] = field(default_factory=dict)
    spoilt: dict[str, list[BrokenInvoice]] = field(default_factory=dict)
    parts: dict[str, str | None] = field(default_factory=dict)
    broken_invoices: list[BrokenInvoice] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unattributed: list[tuple[Problem, Row | BrokenRow]] = field(default_factory=list)
    _currencies: dict[str, set[str]] = field(default_factory=dict)

    def owners(self, invoice: str) -> frozenset[str]:
        """The customers that the document of this id may belong to."""
        found = self.invoices.get(invoice)
        if found is not None:
            return frozenset((found.customer,))
        return frozenset(row.customer for row in self.spoilt.get(invoice, ()) if row.customer is not None)

    def knows(self, invoice: str) -> bool:
        """Whether a document of this id stands in `invoices`, usable or not."""
        return invoice in self.invoices or invoice in self.spoilt

    def currency_of(self, invoice: str) -> str | None:
        """The document's currency, None when it can't be read."""
        found = self.invoices.get(invoice)
        if found is not None:
            return found.currency
        seen = {row.currency for row in self.spoilt.get(invoice, ())}
        return seen.pop() if len(seen) == 1 else None

    def currencies_of(self, customer: str) -> set[str]:
        """The currencies of a customer's usable invoices; to be asked once `invoices` is complete."""
        if not self._currencies:
            for row in self.invoices.values():
                self._currencies.setdefault(row.customer, set()).add(row.currency)
        return self._currencies.get(customer, set())

    def customer_for(self, customer: str | None, invoice: str | None) -> str:
        """Whose row it is, from its customer and its invoice.

        Raises:
            RowError: one of them is unknown, they contradict each other, or neither says.
        """
        if customer is not None and customer not in self.customers:
            raise RowError("DUN524", f"names the customer `{customer}`, whom `customers` doesn't hold")
        if invoice is None:
            if customer is None:
                raise RowError("DUN524", "names neither a customer nor an invoice")
            return customer
        owners = self.owners(invoice)
        if not self.knows(invoice):
            raise RowError("DUN525", f"names the invoice `{invoice}`, which `invoices` doesn't hold")
        if customer is None:
            if len(owners) != 1:
                raise RowError("DUN524", f"the customer of the invoice `{invoice}` can't be told", "", owners)
            return next(iter(owners))
        if owners and customer not in owners:
            other = ", ".join(f"`{owner}`" for owner in sorted(owners))
            fix = f"name the customer {other} or another invoice"
            raise RowError("DUN526", f"names `{customer}`, but the invoice `{invoice}` is {other}'s", fix, owners)
        return customer

    def part_of(self, part: str, invoice: str | None) -> None:
        """Refuses an instalment that isn't one of the invoice.

        Raises:
            RowError: it is unknown, of another invoice, or no invoice is named beside it.
        """
        if invoice is None:
            raise RowError("DUN535", f"names the instalment `{part}`, but no invoice", "name its invoice too")
        if part not in self.parts:
            raise RowError("DUN525", f"names the instalment `{part}`, which `instalments` doesn't hold")
        whole = self.parts[part]
        if whole is not None and whole != invoice:
            fix = f"name the invoice `{whole}` or another instalment"
            message = f"names `{invoice}`, but the instalment `{part}` is a part of `{whole}`"
            raise RowError("DUN526", message, fix, self.owners(whole))

    def named(self, table: Table, row: Row | BrokenRow) -> frozenset[str]:
        """Every known customer that a row names, directly or by a document."""
        if isinstance(row, BrokenRow) and row.ragged:
            found: set[str] = set()
            for cell in map(nfc, row.cells):
                found |= {cell} & self.customers.keys()
                found |= self.owners(cell)
            return frozenset(found)
        found = set()
        for column, value in zip(table.columns, row.values, strict=False):
            if value is None:
                continue
            if column.name == "customer":
                found |= {value} & self.customers.keys()
            elif column.name in ("invoice", "allocated_to"):
                found |= self.owners(value)
            elif column.name == "invoices":
                found.update(*(self.owners(key) for key in value))
            elif column.name == "allocations":
                found.update(*(self.owners(key) for key, _ in value))
        return frozenset(found)

    def spoil(self, table: Table, row: Row | BrokenRow, error: CellError | Sequence[Fault]) -> None:
        """Keep a broken row as a problem for each customer it holds."""
        held = self.named(table, row)
        if isinstance(error, CellError):
            if isinstance(error, RowError):
                held |= error.involved
            error = (Fault(error.code, error.message, error.fix),)
        self.keep(table, row, error, held, holds=table.holds == "customer")

    def keep(
        self, table: Table, row: Row | BrokenRow, faults: Sequence[Fault], held: Iterable[str], *, holds: bool
    ) -> list[Problem]:
        """Keep the problem of a row, once for each of its customers; without any it is unattributed when it holds."""
        name = row_id(table, row.values)
        message = "; ".join(fault.message for fault in faults)
        fix = next((fault.fix for fault in faults if fault.fix), "")
        invoice = (name or None) if table.name == "invoices" else None
        kept = [
            Problem(faults[0].code, table.name, name, customer, invoice, message, row.where, holds, fix)
            for customer in (*sorted(held),) or (None,)
        ]
        self.problems += kept
        if holds and kept[0].customer is None:
            self.unattributed.append((kept[0], row))
        return kept

    def unique(self, table: Table, rows: Rows) -> GoodRows:
        """The rows whose id stands once; of the others none wins, and broken rows become problems."""
        ids = Counter(rows.good.firsts())
        ids.update(row.values[0] for row in rows.broken if row.values[0] is not None)
        for broken in rows.broken:
            self.spoil(table, broken, broken.faults)
        if ids.total() == len(ids):
            return rows.good
        kept = GoodRows()
        for row in rows.good:
            if ids[row.values[0]] == 1:
                kept.append(row)
            else:
                self.spoil(table, row, duplicate(row.values[0], ids[row.values[0]]))
        return kept


def duplicate(key: Any, times: int) -> RowError:
    """The error of a row whose id stands in several."""
    return RowError("DUN523", f"the id `{key}` stands in {times} rows", "ids are unique across all snapshots read")


def try_minor(text: str | int | None, currency: str | None) -> int | None:
    """Minor units when both can be read, else None."""
    if text is None or currency is None:
        return None
    try:
        return minor(text, currency)
    except CellError:
        return None


def in_order(first: date, then: date | None, what: str) -> None:
    """Refuses dates out of order.

    Raises:
        RowError: `then` is before `first`.
    """
    if then is not None and then < first:
        raise RowError("DUN531", f"{what} {then} is before {first}", "put the dates in order")


def positive(amount: int | None, what: str) -> None:
    """Refuses amounts of zero and less.

    Raises:
        RowError: it is not positive.
    """
    if amount is not None and amount <= 0:
        raise RowError("DUN530", f"{what} is not positive", "leave the sign out")
