"""Payments: allocations, refunds and reversals, each row checked against the others (3.2)."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from policy_engine.snapshot.books import Books, RowError, in_order
from policy_engine.snapshot.cells import CellError, minor
from policy_engine.snapshot.model import Payment
from policy_engine.snapshot.quick import new_allocation, new_payment
from policy_engine.snapshot.receivables import allocations, refuse_credit_notes
from policy_engine.snapshot.rows import GoodRows, Row, Rows
from policy_engine.snapshot.tables import PAYMENTS
from policy_engine.values.money import MAX_MINOR


def take_payments(books: Books, rows: Rows) -> list[Payment]:
    """The payments that can be used."""
    found: dict[str, Payment] = {}
    reversals: list[tuple[Row, Payment]] = []
    for row in _not_plain(books, books.unique(PAYMENTS, rows), found):
        try:
            payment = _payment(books, row.values)
        except CellError as error:
            books.spoil(PAYMENTS, row, error)
            continue
        if payment.reverses is None:
            found[payment.id] = payment
        else:
            reversals.append((row, payment))
    times = Counter(payment.reverses for _, payment in reversals)
    undone = {payment.id for _, payment in reversals}
    good = []
    for row, payment in reversals:
        try:
            _reversal(books, row, payment, found, times[payment.reverses], undone)
            good.append(payment)
        except CellError as error:
            books.spoil(PAYMENTS, row, error)
    return [*found.values(), *good]


def _not_plain(books: Books, rows: GoodRows, found: dict[str, Payment]) -> Iterator[Row]:
    """Takes the payments of one invoice of the same customer and currency, and gives back the other rows.

    Nine payments of ten are of this form, and every check of `_payment` passes for it.
    """
    invoices = books.invoices
    for span in rows.spans():
        for line, key, customer, day, amount, currency, invoice, parts, reverses in zip(
            span.lines, *span.values, strict=True
        ):
            if (
                invoice is not None
                and parts is None
                and reverses is None
                and type(amount) is int
                and 0 <= amount <= MAX_MINOR
                and (target := invoices.get(invoice)) is not None
                and target.customer == customer
                and target.currency == currency
                and target.kind != "credit_note"
            ):
                found[key] = new_payment(key, customer, day, amount, currency, (new_allocation(invoice, amount),), None)
                continue
            yield Row((key, customer, day, amount, currency, invoice, parts, reverses), span.file, line)


def _payment(books: Books, values: Sequence[Any]) -> Payment:
    key, customer, day, text, currency, invoice, parts, reverses = values
    if invoice is not None and parts is None and reverses is None:
        minor(text, currency)  # of two faults this one is told
    books.customer_for(customer, None)
    amount = minor(text, currency)
    given = allocations(books, customer, currency, amount, invoice, parts)
    if reverses is not None:
        return Payment(key, customer, day, amount, currency, (), reverses)
    if amount >= 0:
        refuse_credit_notes(books, given)
    else:
        targets = [books.invoices.get(part.invoice) for part in given]
        notes = all(target is None or target.kind == "credit_note" for target in targets)
        if not notes or sum(part.amount for part in given) != amount:
            fix = "name the payment it undoes in `reverses`, or allocate all of it to credit notes"
            raise RowError("DUN528", "is negative, but neither a reversal nor a refund of credit notes", fix)
    return Payment(key, customer, day, amount, currency, given)


def _reversal(
    books: Books, row: Row, payment: Payment, found: dict[str, Payment], times: int, undone: set[str]
) -> None:
    """Refuses a reversal that doesn't undo one payment, once and wholly.

    Raises:
        RowError: why it doesn't.
    """
    name = payment.reverses or ""
    if name in undone:
        raise RowError("DUN529", f"reverses the reversal `{name}`", "enter the payment again instead")
    original = found.get(name)
    if original is None:
        raise RowError("DUN529", f"reverses the payment `{name}`, which is not there or can't be used")
    if original.customer != payment.customer:
        message = f"reverses the payment `{name}` of another customer, `{original.customer}`"
        raise RowError("DUN529", message, "", [original.customer])
    if times > 1:
        raise RowError("DUN529", f"reverses the payment `{name}`, which {times} rows reverse", "keep one of them")
    if original.currency != payment.currency or original.amount != -payment.amount:
        raise RowError("DUN529", f"does not reverse the whole of the payment `{name}`", "a reversal is the same amount")
    in_order(original.day, payment.day, "the day of the reversal")
    invoice, parts = row.values[5], row.values[6]
    given = allocations(books, payment.customer, payment.currency, payment.amount, invoice, parts)
    if given and {(part.invoice, -part.amount) for part in given} != {
        (part.invoice, part.amount) for part in original.allocations
    }:
        fix = "leave its allocations out: the whole payment is undone"
        raise RowError("DUN529", f"takes from other invoices than the payment `{name}` settled", fix)
