"""Several currencies in one decision: what customers are worth to expressions, and who is held for want of a rate.

The engine's own sums stay in an invoice's currency. Expressions see amounts in the policy's: a customer's as one sum a
currency, each converted once, half up (language.md section 2). All of it is passed by when a customer has nothing in
another currency.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import lcm

from policy_engine.engine.reference.build_facts import set_balance_facts, set_paid_facts
from policy_engine.engine.reference.draft import Draft
from policy_engine.engine.reference.exchange import converted
from policy_engine.engine.reference.facts import CustomerFacts
from policy_engine.engine.reference.item import Item
from policy_engine.engine.reference.parts import set_part_facts
from policy_engine.engine.reference.s12_charges import amount_on, first_claim
from policy_engine.plan.model import Outcome
from policy_engine.policy.resolved import FlatPenalty, Minimum
from policy_engine.snapshot.model import Alert, CustomerAccount
from policy_engine.values.money import EXPONENTS

NO_RATE = "no_exchange_rate"
"""The problem, in an outcome's detail, of what is held because an exchange rate is missing."""


def cover(found: Draft, minimum: Minimum) -> None:
    """Say of each foreign item whether its currency is dunned."""
    for item in found.items:
        if item.foreign:
            item.covered = minimum.covers(item.currency)
            for part in item.parts:
                part.covered = item.covered


def has_foreign(account: CustomerAccount, currency: str) -> bool:
    """Whether a limit of a customer is in another currency than the policy's."""
    if account.customer.limit_currency is not None and account.customer.limit_currency != currency:
        return True
    return bool(account.insurance) and any(row.currency != currency for row in account.insurance)


def leave_outside(found: Draft) -> None:
    """Take out the currencies that no ladder of the policy covers: they count in no fact, and need no rate."""
    ladders = found.program.policy.ladders
    for code in {item.currency for item in found.items if item.foreign}:
        if not any(ladder.minimum.covers(code) for ladder in ladders):
            found.outside |= {code}
            for item in found.items:
                item.covered = item.covered and item.currency != code


def convert_facts(found: Draft) -> None:
    """The customer's amounts in the policy's currency; `unconverted` is what needs a rate that is missing."""
    found.unconverted, found.unpriced = set(), set()
    customer = found.customer
    if found.outside:
        found.unpriced |= {
            i.currency for i in found.items if i.currency in found.outside and i.open and i.outstanding > 0
        }
        inside = [item for item in found.items if item.currency not in found.outside]
        set_balance_facts(customer, inside)
        if found.account.instalments:
            set_part_facts(customer, inside, found.as_of, found.program.policy.grace)
        if found.program.needs_paid:
            set_paid_facts(customer, inside, found.as_of)
    codes = {item.currency for item in found.items} - found.outside
    parts = {code: facts_in(found, code) for code in sorted(codes)}
    customer.outstanding = _sum(found, {code: part.outstanding for code, part in parts.items()}, "customer.outstanding")
    customer.overdue = _sum(found, {code: part.overdue for code, part in parts.items()}, "customer.overdue")
    customer.exposure = _sum(found, {code: part.exposure for code, part in parts.items()}, "customer.exposure")
    if found.program.needs_paid:
        paid = {code: part.average_days_late for code, part in parts.items() if part.average_days_late is not None}
        customer.average_days_late = _mean(found, paid)
    limits: dict[str, int] = {}
    for row in found.account.insurance:
        if row.start <= found.as_of and (row.until is None or found.as_of <= row.until):
            limits[row.currency] = limits.get(row.currency, 0) + row.limit
    customer.insured_limit = _sum(found, limits, "customer.insured_limit") if limits else None


def own_limit(found: Draft) -> int | None:
    """The customer's own credit limit in the policy's currency; None when there is none."""
    row = found.account.customer
    if row.credit_limit is None or not found.foreign:
        return row.credit_limit
    code = row.limit_currency or found.currency
    limit = converted(found.rates, row.credit_limit, code, found.currency, found.as_of)
    if limit is None:
        _note(found, code, "customer.credit_limit")
    return limit


def facts_in(found: Draft, code: str) -> CustomerFacts:
    """The facts that add amounts up, over the items of one currency and in it."""
    part = CustomerFacts()
    items = [item for item in found.items if item.currency == code]
    set_balance_facts(part, items)
    if found.account.instalments:
        set_part_facts(part, items, found.as_of, found.program.policy.grace)
    part.average_days_late = None
    if found.program.needs_paid:
        set_paid_facts(part, items, found.as_of)
    return part


def _sum(found: Draft, sums: dict[str, int], fact: str) -> int:
    """Sums by currency, each converted once. One without a rate counts as nothing, and is noted when `fact` is read."""
    total = 0
    for code, amount in sums.items():
        part = converted(found.rates, amount, code, found.currency, found.as_of)
        if part is None:
            _note(found, code, fact)
            if fact == "customer.outstanding":
                found.unpriced.add(code)
        else:
            total += part
    return total


def _mean(found: Draft, means: dict[str, tuple[int, int]]) -> tuple[int, int] | None:
    """Amount-weighted over the currencies: both terms at the exact rates, nothing rounded."""
    factors: dict[str, Fraction] = {}
    for code in means:
        quote = None if code == found.currency else found.rates.quote(code, found.currency, found.as_of)
        if code == found.currency:
            factors[code] = Fraction(1)
        elif quote is None:
            _note(found, code, "customer.average_days_late")
        else:
            scale = Fraction(10 ** EXPONENTS[found.currency], 10 ** EXPONENTS[code])
            factors[code] = Fraction(quote.numerator, quote.denominator) * scale
    if not factors:
        return None
    common = lcm(*(factor.denominator for factor in factors.values()))
    weighted = sum(means[code][0] * int(factor * common) for code, factor in factors.items())
    return weighted, sum(means[code][1] * int(factor * common) for code, factor in factors.items())


def _note(found: Draft, code: str, fact: str) -> None:
    if fact in found.program.reads:
        found.unconverted.add(code)


def lacking(found: Draft, item: Item) -> tuple[tuple[str, str], ...] | None:
    """Why the invoice is held for want of an exchange rate, as detail pairs, or None (section 2).

    A rate is needed for the customer's amounts when the policy reads them, for the invoice's own amounts likewise, for
    a plain minimum, and for a plain fee of its ladder, then of the day the fee was first claimed.
    """
    if item.currency in found.outside:
        return None
    if found.unconverted:
        return _detail(min(found.unconverted), found.currency, found.as_of.isoformat())
    if not item.foreign:
        return None
    amounts = found.program.reads_invoice_amounts
    if found.ladder is not None:
        minimum = found.ladder.ladder.minimum
        amounts = amounts or bool(minimum.item and minimum.item_by is None)
        amounts = amounts or bool(minimum.customer and minimum.customer_by is None)
    if amounts and found.rates.quote(item.currency, found.currency, found.as_of) is None:
        return _detail(item.currency, found.currency, found.as_of.isoformat())
    for penalty in _fees(found):
        dated = amount_on(penalty, item.due_date)
        day = first_claim(found.charge_rows.get(item.id, ()), penalty.name, found.as_of)
        if dated is not None and item.fee(dated, day) is None:
            return _detail(found.currency, item.currency, day.isoformat())
    return None


def _fees(found: Draft) -> Iterable[FlatPenalty]:
    """The fees that some step of the ladder asks for."""
    steps = () if found.ladder is None else found.ladder.steps
    asked = {program.penalty.name: program.penalty for step in steps for program in step.asks}
    return [penalty for penalty in asked.values() if isinstance(penalty, FlatPenalty)]


def _detail(source: str, target: str, day: str) -> tuple[tuple[str, str], ...]:
    """Sorted by key, as details are."""
    return (("currency", source), ("day", day), ("into", target), ("problem", NO_RATE))


def exchange_alerts(drafts: Sequence[Draft], rows: Sequence[Outcome]) -> Iterable[Alert]:
    """Pairs of currencies without a rate, with how many invoices are held for it."""
    if not any(found.foreign for found in drafts):
        return
    counts: dict[str, int] = {}
    for row in rows:
        detail = dict(row.detail) if row.reason == "data_problem" else {}
        if detail.get("problem") == NO_RATE:
            pair = f"{detail['currency']}/{detail['into']}"
            counts[pair] = counts.get(pair, 0) + 1
    for pair, count in sorted(counts.items()):
        text = f"no exchange rate {pair} of the day or before: {count} invoices are held"
        yield Alert("exchange_rate_missing", pair, text, count)
