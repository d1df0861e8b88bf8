"""Which rate of which day converted what: amounts behind the facts that are read in the policy's currency."""

from collections.abc import Iterable
from datetime import date
from fractions import Fraction

from policy_engine.engine.reference.currencies import facts_in
from policy_engine.engine.reference.draft import Draft
from policy_engine.engine.reference.exchange import by_quote
from policy_engine.engine.reference.item import Item
from policy_engine.explanation.model import Converted
from policy_engine.policy.resolved import DatedAmount


def customer_conversions(found: Draft) -> tuple[Converted, ...]:
    """The customer's sums in other currencies than the policy's: each converted once."""
    if not found.foreign:
        return ()
    made: list[Converted] = []
    for code in sorted({item.currency for item in found.items if item.foreign} - found.outside):
        part = facts_in(found, code)
        made += _nonzero(found, code, (("customer.outstanding", part.outstanding), ("customer.overdue", part.overdue)))
    row = found.account.customer
    if row.limit_currency not in (None, found.currency) and row.credit_limit:
        made += _nonzero(found, row.limit_currency or "", (("customer.credit_limit", row.credit_limit),))
    return tuple(made)


def invoice_conversions(found: Draft, item: Item) -> tuple[Converted, ...]:
    """An invoice's own amounts, when it is in another currency."""
    if not item.foreign:
        return ()
    amounts = (
        ("invoice.amount", item.amount),
        ("invoice.outstanding", item.outstanding),
        ("invoice.disputed_amount", item.disputed_amount),
    )
    return tuple(_nonzero(found, item.currency, amounts))


def fee_conversion(found: Draft, item: Item, penalty: str, dated: DatedAmount | None, day: date) -> Converted | None:
    """A plain fee of an invoice in another currency: at the rate of the day it was first claimed."""
    if dated is None or not item.foreign or dated.by is not None or not dated.amount:
        return None
    return converted_at(found, penalty, dated.amount, found.currency, item.currency, day)


def _nonzero(found: Draft, code: str, amounts: Iterable[tuple[str, int]]) -> Iterable[Converted]:
    for fact, amount in amounts:
        if amount:
            yield converted_at(found, fact, amount, code, found.currency, found.as_of)


def converted_at(found: Draft, fact: str, amount: int, source: str, target: str, day: date) -> Converted:
    """A conversion with the rate as the snapshot states it; no rate: no result."""
    quote = found.rates.quote(source, target, day)
    if quote is None:
        return Converted(fact, amount, source, target, day, None, None, None, None)
    rate = Fraction(quote.numerator, quote.denominator)
    base, of = (target, source) if quote.inverse else (source, target)
    return Converted(
        fact, amount, source, target, quote.day, base, of, 1 / rate if quote.inverse else rate, by_quote(amount, quote)
    )
