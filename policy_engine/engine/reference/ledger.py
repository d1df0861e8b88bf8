"""The ledger of one customer on `as_of`: what payments and credit notes settle by allocation, and what is left over.

Comes before every number: outstanding is gross less the payments and credit notes allocated to the invoice and
dated up to `as_of` (language.md section 2). What is dated later doesn't exist yet; a reversed payment never did.
"""

from collections.abc import Iterable
from datetime import date

from policy_engine.engine.reference.exchange import NO_RATES, ExchangeRates
from policy_engine.engine.reference.foreign_item import ForeignItem
from policy_engine.engine.reference.item import Item
from policy_engine.snapshot.model import CustomerAccount, Invoice, Payment

_VOID = frozenset({"draft", "cancelled"})


class Credit:
    """Money or a credit note that settles nothing yet. `left` in minor units of `currency`, positive.

    `item` is the credit note or overpaid invoice it comes from, None for a payment; `is_note` tells notes apart,
    which lower the principal from their own day on while money does so after it.
    """

    __slots__ = ("currency", "day", "id", "is_note", "item", "left")

    def __init__(self, day: date, ident: str, left: int, currency: str, item: Item | None, *, is_note: bool) -> None:
        self.currency = currency
        self.day = day
        self.id = ident
        self.left = left
        self.item = item
        self.is_note = is_note


def live_payments(payments: Iterable[Payment], as_of: date) -> list[Payment]:
    """Payments that stand on `as_of`: dated up to it, not reversed by then, no reversals themselves."""
    known = [payment for payment in payments if payment.day <= as_of]
    reversed_ids = {payment.reverses for payment in known if payment.reverses is not None}
    if not reversed_ids:
        return known
    return [payment for payment in known if payment.reverses is None and payment.id not in reversed_ids]


def new_item(invoice: Invoice, currency: str, as_of: date, rates: ExchangeRates = NO_RATES) -> Item:
    """An item with the facts that the row alone gives; `currency` is the policy's."""
    if invoice.currency == currency:
        item = Item()
    else:
        item = ForeignItem()
        item.rates, item.into, item.as_of = rates, currency, as_of
    item.invoice = invoice
    item.id, item.number, item.kind, item.status = invoice.id, invoice.number, invoice.kind, invoice.status
    item.currency, item.amount = invoice.currency, invoice.amount
    item.issue_date, item.due_date = invoice.issue_date, invoice.due_date
    item.payment_method, item.e_status, item.factored = invoice.payment_method, invoice.e_status, invoice.factored
    item.attributes = invoice.attributes
    item.open = invoice.status == "open" and invoice.kind != "credit_note"
    item.payments, item.credits = [], []
    return item


def allocate(account: CustomerAccount, items: dict[str, Item], as_of: date) -> list[Credit]:
    """Fill in each item's payments, credits and outstanding; return what is unallocated, by date, then id.

    Drafts and cancelled documents owe nothing, so what was paid on them is unallocated; so is what was paid too much.
    """
    left_over = _allocate_payments(account, items, as_of)
    _allocate_notes(items, as_of)
    for item in items.values():
        note = item.kind == "credit_note"
        outstanding = item.amount if item.status == "open" and not note else _gross(item, as_of)
        for _, amount in item.payments:
            outstanding -= amount
        for _, amount in item.credits:
            outstanding -= amount
        if note and _counts(item, as_of):
            outstanding -= sum(part.amount for part in item.invoice.allocations)
        item.outstanding = outstanding
        if outstanding < 0 and item.status != "written_off":
            left_over.append(_left_of(item, as_of))
    left_over.sort(key=lambda credit: (credit.day, credit.id))
    return left_over


def _allocate_payments(account: CustomerAccount, items: dict[str, Item], as_of: date) -> list[Credit]:
    left_over: list[Credit] = []
    for payment in live_payments(account.payments, as_of):
        rest = payment.amount
        for part in payment.allocations:
            rest -= part.amount
            if part.invoice in items:  # else its row is broken: settled money all the same, no credit for others
                items[part.invoice].payments.append((payment.day, part.amount))
        if rest > 0:
            left_over.append(Credit(payment.day, payment.id, rest, payment.currency, None, is_note=False))
    return left_over


def _allocate_notes(items: dict[str, Item], as_of: date) -> None:
    for item in items.values():
        if item.kind == "credit_note" and _counts(item, as_of):
            for part in item.invoice.allocations:
                if part.invoice in items:
                    items[part.invoice].credits.append((item.issue_date, -part.amount))


def _counts(item: Item, as_of: date) -> bool:
    """Whether a credit note stands: no draft, not cancelled, issued by as_of."""
    return item.status not in _VOID and item.issue_date <= as_of


def _gross(item: Item, as_of: date) -> int:
    """What the document puts on the ledger: nothing while it is void, or a credit note of a later day."""
    if item.status in _VOID or (item.kind == "credit_note" and item.issue_date > as_of):
        return 0
    return item.amount


def _left_of(item: Item, as_of: date) -> Credit:
    """What a credit note leaves, or what was paid too much, as of its day or the day of the last settlement."""
    note = item.kind == "credit_note"
    day = item.issue_date if note else max((day for day, _ in item.payments + item.credits), default=as_of)
    return Credit(day, item.id, -item.outstanding, item.currency, item, is_note=note)
