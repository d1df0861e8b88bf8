"""Customers and invoices: who exists, what they owe on paper, and which documents can't be used (3.2)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import repeat
from typing import Any

from policy_engine.snapshot.books import Books, RowError, duplicate, try_minor
from policy_engine.snapshot.cells import CellError, amount_shown, minor
from policy_engine.snapshot.model import Allocation, BrokenInvoice, Customer, Invoice
from policy_engine.snapshot.parents import known_parents, parent_circles
from policy_engine.snapshot.quick import new_invoice
from policy_engine.snapshot.rows import BrokenRow, GoodRows, Row, Rows, row_id
from policy_engine.snapshot.sources import Fault
from policy_engine.snapshot.tables import CUSTOMERS, INVOICES
from policy_engine.snapshot.terms import due_date
from policy_engine.values.money import MAX_MINOR

_WIDTH = len(INVOICES.columns)
_CUSTOMER_WIDTH = len(CUSTOMERS.columns)


def take_customers(books: Books, rows: Rows, attributes: tuple[str, ...]) -> None:
    """Fill `books.customers`. A customer whose row is broken or stands twice stays, as a stand-in of kind unknown."""
    ids = Counter(rows.good.firsts())
    ids.update(row.values[0] for row in rows.broken if row.values[0] is not None)
    for row in rows.good:
        key = row.values[0]
        try:
            if ids[key] > 1:
                raise duplicate(key, ids[key])
            books.customers[key] = _customer(books, row.values, attributes)
        except CellError as error:
            _stand_in(books, row, (Fault(error.code, error.message, error.fix),))
    for broken in rows.broken:
        _stand_in(books, broken, broken.faults)
    for customer in books.customers.values():
        if customer.parent is not None and customer.parent not in books.customers:
            text = f"the parent `{customer.parent}` of `{customer.id}` is not in `customers`"
            books.findings.alert("unknown_parent", customer.id, text)
    for circle in parent_circles(known_parents(books.customers)):
        shown = " -> ".join(f"`{key}`" for key in (*circle[:5], circle[0]))
        text = f"{len(circle)} customers are each other's parents: {shown}"
        books.findings.alert("parent_circle", circle[0], text, len(circle))


def _stand_in(books: Books, row: Row | BrokenRow, faults: tuple[Fault, ...]) -> None:
    key = row_id(CUSTOMERS, row.values)
    if key:
        books.customers[key] = Customer(key, "", "unknown", parent=_sure_parent(books, key, row))
    books.keep(CUSTOMERS, row, faults, [key] if key else [], holds=True)


def _sure_parent(books: Books, key: str, row: Row | BrokenRow) -> str | None:
    """The parent that a broken row names: in whose exposure the customer is missing. Rows that disagree say nothing."""
    place = CUSTOMERS.index["parent"]
    parent = row.values[place] if len(row.values) > place else None
    seen = books.customers.get(key)
    return parent if isinstance(parent, str) and (seen is None or seen.parent == parent) else None


def _customer(books: Books, values: Sequence[Any], attributes: tuple[str, ...]) -> Customer:
    (
        key, name, kind, country, language, category, status, tags, since, parent, terms, insolvent, insolvent_since,
        contract_rate, limit_text, limit_currency, registration,
    ) = values[:_CUSTOMER_WIDTH]  # fmt: skip
    if insolvent is False and insolvent_since is not None:
        fix = "say `yes`, or leave the date out"
        raise RowError("DUN535", "is not insolvent, but `insolvent_since` says since when", fix)
    currency = limit_currency or books.currency
    limit = None
    if limit_text is not None and currency is None:
        books.findings.alert("limit_without_currency", key, f"the credit limit of `{key}` has no currency: left out")
    elif limit_text is not None and currency is not None:
        limit = minor(limit_text, currency)
        if limit < 0:
            raise RowError("DUN530", "`credit_limit` is negative", "0 means nothing on credit")
    return Customer(
        key, name, kind, country, language, category, status, tags or frozenset(), since, parent, terms,
        insolvent if insolvent is not None else insolvent_since is not None, insolvent_since, contract_rate, limit,
        limit_currency, registration, dict(zip(attributes, values[_CUSTOMER_WIDTH:], strict=True)),
    )  # fmt: skip


def take_invoices(books: Books, rows: Rows, attributes: tuple[str, ...]) -> None:
    """Fill `books.invoices` and `books.broken_invoices`: each row goes to exactly one of them.

    An ordinary invoice's row protects nothing but itself: it holds nobody, and doesn't stop the run when its customer
    can't be told. A credit note's does both, and so does a row whose kind can't be read or contradicts the sign.
    """
    ids = Counter(rows.good.firsts())
    ids.update(row.values[0] for row in rows.broken if row.values[0] is not None)
    allocating: list[tuple[Row, Invoice]] = []
    for row in _not_plain(books, rows.good, attributes, ids):
        values = row.values
        try:
            if ids[values[0]] > 1:
                raise duplicate(values[0], ids[values[0]])
            invoice = _invoice(books, values, attributes)
        except CellError as error:
            _spoil(books, row, (Fault(error.code, error.message, error.fix),), doubtful=error.code == "DUN530")
            continue
        books.invoices[invoice.id] = invoice
        if values[13] is not None or values[14] is not None:
            allocating.append((row, invoice))
    for broken in rows.broken:
        _spoil(books, broken, broken.faults, doubtful=broken.ragged)
    _allocate(books, allocating)


def _not_plain(books: Books, rows: GoodRows, attributes: tuple[str, ...], ids: Counter[str]) -> Iterator[Row]:
    """Takes the invoices for which every check of `_invoice` passes and gives back the other rows.

    Nearly all rows are such. Going through columns without making rows or calling anything takes a third of the time.
    """
    customers, invoices = books.customers, books.invoices
    unique = len(ids) == ids.total()
    for span in rows.spans():
        given: Iterable[tuple[Any, ...]] = zip(*span.values[_WIDTH:], strict=True) if attributes else repeat(())
        for (
            line, own, key, number, customer, kind, status, currency, amount, issued, due, terms, method, e_status,
            factored, whole, parts,
        ) in zip(span.lines, given, *span.values[:_WIDTH], strict=False):  # fmt: skip
            if (
                type(amount) is int
                and 0 <= amount <= MAX_MINOR
                and kind != "credit_note"
                and customer in customers
                and due is not None
                and due >= issued
                and whole is None
                and parts is None
                and (unique or ids[key] == 1)
            ):
                invoices[key] = new_invoice(
                    key, number or key, customer, kind, status or "open", currency, amount, issued, due, None, method,
                    e_status, factored or False, (), dict(zip(attributes, own, strict=True)) if attributes else {},
                )  # fmt: skip
                continue
            values = (
                key, number, customer, kind, status, currency, amount, issued, due, terms, method, e_status, factored,
                whole, parts, *own,
            )  # fmt: skip
            yield Row(values, span.file, line)


def _invoice(books: Books, values: Sequence[Any], attributes: tuple[str, ...]) -> Invoice:
    (
        key, number, customer, kind, status, currency, text, issued, due, terms, method, e_status, factored, _, _,
    ) = values[:_WIDTH]  # fmt: skip
    debtor = books.customers.get(customer)
    if debtor is None:
        raise RowError("DUN524", f"names the customer `{customer}`, whom `customers` doesn't hold")
    amount = minor(text, currency)
    credit = kind == "credit_note"
    if credit and amount > 0:
        raise RowError(
            "DUN530", f"is a credit note of {amount_shown(text, currency)}", "amounts of credit notes are negative"
        )
    if not credit and amount < 0:
        message = f"is of kind `{kind}`, but its amount is {amount_shown(text, currency)}"
        raise RowError("DUN530", message, "a credit note has kind credit_note")
    used = None
    if due is None:
        used = terms or debtor.terms
        if used is None:
            fix = "give a due date or terms, on the invoice or on its customer"
            raise RowError("DUN532", "has neither a due date nor payment terms", fix)
        due = due_date(used, issued)
        if due is None:
            fix = "write `net_30`, `45_days_then_end_of_month`, `end_of_month_then_45_days`, `due_on_receipt`"
            raise RowError("DUN532", f"has no due date, and none follows from the terms `{used[:40]}`", fix)
    elif due < issued and not credit:
        raise RowError("DUN531", f"is due {due}, before it was issued ({issued})", "put the dates in order")
    extra = dict(zip(attributes, values[_WIDTH:], strict=True)) if attributes else {}
    made: Invoice = new_invoice(
        key, number or key, customer, kind, status or "open", currency, amount, issued, due, used, method, e_status,
        factored or False, (), extra,
    )  # fmt: skip
    return made


def _spoil(books: Books, row: Row | BrokenRow, faults: tuple[Fault, ...], *, doubtful: bool) -> None:
    """Keep a row of `invoices` that can't be used: `doubtful` when its kind can't be trusted."""
    values = row.values
    holds = doubtful or values[3] is None or values[3] == "credit_note"
    held = books.named(INVOICES, row)
    customer = values[2] if values[2] in books.customers else next(iter(held)) if len(held) == 1 else None
    kept = books.keep(INVOICES, row, faults, held, holds=holds)
    problem = next((problem for problem in kept if problem.customer == customer), kept[0])
    ragged = isinstance(row, BrokenRow) and row.ragged
    currency = None if ragged else values[5]
    amount = None if ragged else try_minor(values[6], currency)
    key = row_id(INVOICES, values)
    broken = BrokenInvoice(key, customer, amount, currency if amount is not None else None, problem)
    books.broken_invoices.append(broken)
    books.spoilt.setdefault(key, []).append(broken)


def _allocate(books: Books, allocating: list[tuple[Row, Invoice]]) -> None:
    """Give credit notes their allocations, once every invoice is known."""
    good: dict[str, Invoice] = {}
    bad: list[tuple[Row, CellError]] = []
    for row, note in allocating:
        try:
            if note.kind != "credit_note":
                fix = "money that settles an invoice stands in `payments`"
                raise RowError("DUN527", "has an allocation, but is no credit note", fix)
            parts = allocations(books, note.customer, note.currency, note.amount, row.values[13], row.values[14])
            refuse_credit_notes(books, parts)
            good[note.id] = replace(note, allocations=parts)
        except CellError as error:
            bad.append((row, error))
    books.invoices.update(good)
    for row, wrong in bad:
        del books.invoices[row.values[0]]
        _spoil(books, row, (Fault(wrong.code, wrong.message, wrong.fix),), doubtful=True)


def allocations(
    books: Books,
    customer: str,
    currency: str,
    amount: int,
    whole: str | None,
    parts: tuple[tuple[str, str], ...] | None,
) -> tuple[Allocation, ...]:
    """What a payment or credit note of `amount` settles, checked, in the document's sign, sorted by invoice.

    `whole` takes the whole amount; `parts` are written as magnitudes, or with the sign of the document.
    Money goes to invoices, never to credit notes, except that a refund (a negative payment) goes to credit notes.

    Raises:
        RowError: an invoice that is unknown, of another customer or currency, or of the wrong kind; too much.
        CellError: an amount that the currency doesn't have.
    """
    if whole is not None and parts:
        raise RowError("DUN527", "names one invoice for the whole amount and allocations too", "keep one of them")
    if whole is not None:
        found = [(whole, amount)]
    elif parts:
        found = [(invoice, _signed(minor(text, currency), amount)) for invoice, text in parts]
    else:
        return ()
    if abs(sum(part for _, part in found)) > abs(amount):
        raise RowError("DUN527", "allocates more than its amount", "the allocations add up to the amount or less")
    for invoice, _ in found:
        books.customer_for(customer, invoice)
        own = books.currency_of(invoice)
        if own is not None and own != currency:
            fix = "allocate in the invoice's currency"
            raise RowError("DUN527", f"is in {currency}, but the invoice `{invoice}` is in {own}", fix)
    return tuple(sorted((Allocation(invoice, part) for invoice, part in found), key=lambda part: part.invoice))


def _signed(part: int, amount: int) -> int:
    if part == 0:
        raise RowError("DUN527", "has an allocation of zero", "leave it out")
    if amount >= 0 and part < 0:
        raise RowError("DUN527", "has a negative allocation of a positive amount", "leave the sign out")
    return -abs(part) if amount < 0 else part


def refuse_credit_notes(books: Books, parts: tuple[Allocation, ...]) -> None:
    """Refuses money that goes to a credit note.

    Raises:
        RowError: one of the documents is a credit note.
    """
    for part in parts:
        target = books.invoices.get(part.invoice)
        if target is not None and target.kind == "credit_note":
            raise RowError("DUN527", f"is allocated to the credit note `{part.invoice}`", "allocate it to invoices")
