"""What happened around invoices: disputes, promises, plans, blocks, past actions, charges, instalments (3.2).

Each builder turns the values of one row into one frozen value, or refuses it with a `CellError`.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from policy_engine.snapshot.books import Books, RowError, in_order, positive
from policy_engine.snapshot.cells import CellError, minor
from policy_engine.snapshot.model import (
    Block,
    Charge,
    Dispute,
    History,
    Instalment,
    PaymentPlan,
    PlanInstalment,
    Promise,
)
from policy_engine.snapshot.quick import new_history
from policy_engine.snapshot.rows import Row, Rows
from policy_engine.snapshot.tables import INSTALMENTS, Table
from policy_engine.values.money import minor_text

T = TypeVar("T")
Builder = Callable[[Books, Sequence[Any]], T | None]


def take(books: Books, table: Table, rows: Rows, build: "Builder[T]") -> list[T]:
    """The usable rows of a table; the others become problems."""
    found: list[T] = []
    if not len(rows):
        return found
    for row in books.unique(table, rows):
        try:
            value = build(books, row.values)
        except CellError as error:
            books.spoil(table, row, error)
        else:
            if value is not None:
                found.append(value)
    return found


def _amount(books: Books, text: str | None, invoice: str, what: str) -> int | None:
    """An amount in the invoice's currency; None too when the invoice is unusable and its currency unknown."""
    currency = books.currency_of(invoice)
    if text is None or currency is None:
        return None
    amount = minor(text, currency)
    positive(amount, what)
    return amount


def dispute(books: Books, values: Sequence[Any]) -> Dispute:
    """A row of `disputes`."""
    key, customer, invoice, opened, closed, text, reason, _ = values
    owner = books.customer_for(customer, invoice)
    in_order(opened, closed, "`closed`")
    return Dispute(key, owner, invoice, opened, closed, _amount(books, text, invoice, "the disputed amount"), reason)


def promise(books: Books, values: Sequence[Any]) -> Promise:
    """A row of `promises`."""
    key, customer, invoices, made, day, text, _ = values
    books.customer_for(customer, None)
    for invoice in invoices or ():
        books.customer_for(customer, invoice)
    in_order(made, day, "the promised date")
    amount = None
    if text is not None:
        currency = _common(books, customer, invoices or ())
        amount = None if currency is None else minor(text, currency)
        positive(amount, "the promised amount")
    return Promise(key, customer, made, day, amount, invoices or ())


def _common(books: Books, customer: str, invoices: tuple[str, ...]) -> str | None:
    """The one currency of some invoices; None when all of them are unusable and none can be read.

    Raises:
        RowError: they have several, or no invoice is named and nothing else tells the currency.
    """
    if invoices:
        found = {books.currency_of(invoice) for invoice in invoices} - {None}
    else:
        found = {*books.currencies_of(customer)} or {books.currency}
        if len(found) > 1 and books.currency in found:
            found = {books.currency}
    if len(found) > 1 or (not invoices and None in found):
        raise RowError("DUN535", "names an amount, but its currency can't be told", "name invoices of one currency")
    return next(iter(found), None)


def payment_plan(books: Books, values: Sequence[Any]) -> PaymentPlan | None:
    """A row of `payment_plans`."""
    key, customer, invoices, made, schedule = values
    books.customer_for(customer, None)
    for invoice in invoices:
        books.customer_for(customer, invoice)
    in_order(made, schedule[0][0], "the first instalment's day")
    currency = _common(books, customer, invoices)
    if currency is None:
        return None
    parts = []
    for day, text in schedule:
        amount = minor(text, currency)
        positive(amount, f"the instalment of {day}")
        parts.append(PlanInstalment(day, amount))
    return PaymentPlan(key, customer, made, invoices, tuple(parts))


def block(books: Books, values: Sequence[Any]) -> Block:
    """A row of `blocks`."""
    key, customer, invoice, start, until, reason, by = values
    owner = books.customer_for(customer, invoice)
    in_order(start, until, "`until`")
    return Block(key, owner, invoice, start, until, reason, by)


def history(books: Books, values: Sequence[Any]) -> History:
    """A row of `history`."""
    (
        key, customer, invoice, part, step, stage, channel, status, day, sequence, action, role, carrier, until,
        intervention, by,
    ) = values  # fmt: skip
    owner = books.customer_for(customer, invoice)
    if part is not None:
        books.part_of(part, invoice)
    if invoice is None and intervention is None:
        raise RowError("DUN535", "names neither an invoice nor an intervention")
    if step is not None and intervention is not None:
        raise RowError("DUN535", "names a step and an intervention", "keep one of them")
    if step is None and intervention is None and status != "set":
        raise RowError("DUN535", f"has the status `{status}`, but no step")
    if intervention is not None and status == "set":
        raise RowError("DUN535", "has the status `set`, but names an intervention", "`set` names a step or none")
    if until is not None:
        if status != "rejected":
            raise RowError("DUN535", f"has `until`, but the status `{status}`", "only rejections have `until`")
        in_order(day, until, "`until`")
    made: History = new_history(
        key, owner, invoice, step, stage, channel, "delivered" if status == "executed" else status, day, sequence or 0,
        action, role or "demanded", until, intervention, by, part, carrier or False,
    )  # fmt: skip
    return made


def charge(books: Books, values: Sequence[Any]) -> Charge | None:
    """A row of `charges`."""
    key, customer, invoice, penalty, status, day, text, until, _ = values
    owner = books.customer_for(customer, invoice)
    if until is not None and status != "waived":
        raise RowError(
            "DUN535", f"is `until: settled`, but `{status}`", "only a waiver holds until the invoice is settled"
        )
    if until is not None and text is not None:
        raise RowError("DUN535", "waives an amount and everything until settled", "keep one of them")
    if text is None and status != "waived":
        raise RowError("DUN521", f"`amount`: is empty, but the status is `{status}`", "only a waiver needs no amount")
    amount = _amount(books, text, invoice, "the amount of the charge")
    if text is not None and amount is None:
        return None
    return Charge(key, owner, invoice, penalty, status, day, amount, until is not None)


def take_instalments(books: Books, rows: Rows) -> list[Instalment]:
    """The instalments; those of an invoice that they don't add up to are problems, all of them."""
    parts: dict[str, list[tuple[Row, Instalment]]] = defaultdict(list)
    incomplete = {row.values[2] for row in rows.broken}
    books.parts.update((row.values[0], row.values[2]) for row in (*rows.good, *rows.broken) if row.values[0])
    for row in books.unique(INSTALMENTS, rows):
        key, customer, invoice, text, due = row.values
        try:
            owner = books.customer_for(customer, invoice)
            amount = _amount(books, text, invoice, "the amount of the part")
        except CellError as error:
            incomplete.add(invoice)
            books.spoil(INSTALMENTS, row, error)
            continue
        if amount is not None:
            parts[invoice].append((row, Instalment(key, owner, invoice, amount, due)))
    found = []
    for invoice, rows_of in parts.items():
        whole = books.invoices.get(invoice)
        total = sum(part.amount for _, part in rows_of)
        if whole is not None and total != whole.amount and invoice not in incomplete:
            there, wanted = minor_text(total, whole.currency), minor_text(whole.amount, whole.currency)
            message = (
                f"is a part of `{invoice}`, whose parts add up to {there} and not to its {wanted} {whole.currency}"
            )
            for row, _ in rows_of:
                books.spoil(INSTALMENTS, row, RowError("DUN536", message, "give every part, or none"))
        else:
            found += [part for _, part in rows_of]
    return found
