"""3.19 Credit: exposure against the limit, what becomes of each open order, alerts."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from policy_engine.engine.reference.exchange import ExchangeRates, converted
from policy_engine.engine.reference.facts import OrderFacts
from policy_engine.engine.reference.family import Family, Share
from policy_engine.plan.model import CreditAlert, Decision
from policy_engine.policy.resolved import CREDIT_ROLE
from policy_engine.snapshot.model import Alert, Customer, CustomerAccount, Order, Snapshot

if TYPE_CHECKING:
    from policy_engine.engine.reference.draft import Draft
    from policy_engine.engine.reference.program import CreditProgram, Program

DATA_PROBLEM = "data_problem"
"""The reason of an order that a rule would approve on figures that can't be trusted."""


def own_limit(customer: Customer, currency: str, rates: ExchangeRates, as_of: date) -> int | None:
    """The customer's own limit, minor units of the policy's `currency`; one in another without a rate isn't known."""
    if customer.credit_limit is None:
        return None
    return converted(rates, customer.credit_limit, customer.limit_currency or currency, currency, as_of)


def inherited_limit(found: "Draft", segment_limit: int | None) -> int | None:
    """The limit of a customer that has none of its own: the family's, else the segment's."""
    family = found.family
    return segment_limit if family is None or family.holder == found.customer.id else family.limit


def share_of(found: "Draft") -> Share:
    """What the customer itself adds to the exposure: what `credit.exposure` lists."""
    credit, account = found.program.credit, found.account
    if credit is None:
        return Share(found.customer.outstanding, 0)
    orders = 0
    if credit.orders and account.orders:
        orders = unbilled(account.orders, found.as_of, found.program.policy.currency, found.rates)
    return Share(found.customer.outstanding if credit.outstanding else 0, orders)


def unbilled(orders: Iterable[Order], as_of: date, currency: str, rates: ExchangeRates) -> int:
    """What confirmed orders dated up to `as_of` will still be invoiced for, minor units of the policy's `currency`.

    One sum a currency, each converted once; a currency without a rate counts as nothing (`has_unknown_orders`).
    """
    sums: dict[str, int] = {}
    for order in orders:
        if order.status == "confirmed" and order.day <= as_of:
            sums[order.currency] = sums.get(order.currency, 0) + order.unbilled
    return sum(converted(rates, amount, code, currency, as_of) or 0 for code, amount in sums.items())


def has_unknown_orders(account: CustomerAccount, as_of: date, currency: str, rates: ExchangeRates) -> bool:
    """Whether a confirmed order can't be counted: it isn't in the policy's `currency`, and there is no rate."""
    return any(
        order.status == "confirmed"
        and order.day <= as_of
        and order.currency != currency
        and rates.quote(order.currency, currency, as_of) is None
        for order in account.orders
    )


def set_exposure(found: "Draft") -> None:
    """`customer.exposure`: the customer's own share, and what the rest of its family owes."""
    own = share_of(found).total
    family = found.family
    found.customer.exposure = own if family is None else own + family.others(found.customer.id)


def holder_of(found: "Draft") -> str:
    """The customer whose limit holds."""
    return found.customer.id if found.family is None else found.family.holder


def open_orders(found: "Draft") -> list[Order]:
    """The orders that wait for a decision, by day, then id; what is dated after `as_of` doesn't exist yet."""
    orders = [order for order in found.account.orders if order.status == "open" and order.day <= found.as_of]
    return sorted(orders, key=lambda order: (order.day, order.id))


def decide_orders(program: "Program", drafts: Sequence["Draft"]) -> tuple[Decision, ...]:
    """A decision on each open order, by customer id, day, order id.

    Decided by day, then id: with unbilled orders in the exposure, what was approved counts against the limits that
    later ones are held to, so that the same room is never given twice.
    """
    credit = program.credit
    if credit is None or credit.rule is None:
        return ()
    above = {f.family.holder: f.family.above for f in drafts if f.family is not None}
    waiting = [(order.day, order.id, found, order) for found in drafts for order in open_orders(found)]
    waiting.sort(key=lambda entry: entry[:2])
    approved: dict[str, int] = {}
    decisions = []
    for _, _, found, order in waiting:
        decision = _decide(program, credit, found, order, approved.get(holder_of(found), 0))
        decisions.append(decision)
        if decision.decision == "approve" and credit.orders:
            holder: str | None = holder_of(found)
            worth = amount_of(found, order) or 0  # approved: it could be converted
            while holder is not None:
                approved[holder] = approved.get(holder, 0) + worth
                holder = above.get(holder)
    return tuple(sorted(decisions, key=lambda row: (row.customer, row.date, row.order)))


def amount_of(found: "Draft", order: Order) -> int | None:
    """What an order adds, minor units of the policy's currency; None without a rate."""
    return converted(found.rates, order.unbilled, order.currency, found.currency, found.as_of)


def order_facts(found: "Draft", order: Order) -> OrderFacts:
    """What the rules on orders read of an order: its amount in the policy's currency."""
    facts = OrderFacts()
    facts.id, facts.amount, facts.currency = order.id, amount_of(found, order) or 0, order.currency
    facts.date, facts.kind = order.day, order.kind
    return facts


def _decide(program: "Program", credit: "CreditProgram", found: "Draft", order: Order, approved: int) -> Decision:
    """The first rule that holds; an order whose figures can't be trusted is referred where it would be approved."""
    assert program.policy.credit is not None
    assert credit.rule is not None
    customer = found.customer
    exposure = customer.exposure + approved
    decision, reason = "refer", DATA_PROBLEM
    role: str | None = CREDIT_ROLE
    at: str | None = None
    if readable(found, order):
        index = rule_for(found, order, approved)
        rule = program.policy.credit.decisions[index]
        at = credit.rule_at[index]
        if rule.decision != "approve" or trusted(found):
            decision, reason, role = rule.decision, rule.name, rule.role
    return Decision(
        order=order.id,
        customer=customer.id,
        customer_name=found.account.customer.name,
        date=order.day,
        amount=order.unbilled,
        currency=order.currency,
        decision=decision,
        reason=reason,
        role=role,
        exposure=exposure,
        limit=customer.credit_limit,
        limit_of=holder_of(found),
        rule=at,
    )


def rule_for(found: "Draft", order: Order, approved: int) -> int:
    """Index of the first rule that holds; `approved` is what other orders added to the exposure before."""
    credit = found.program.credit
    assert credit is not None
    assert credit.rule is not None
    customer = found.customer
    before = customer.exposure
    customer.exposure = before + approved
    try:
        return credit.rule(customer, order_facts(found, order))
    finally:
        customer.exposure = before


def readable(found: "Draft", order: Order) -> bool:
    """Whether the rules can be asked: the customer's segment is known, the order's amount can be converted."""
    return found.segment >= 0 and amount_of(found, order) is not None


def trusted(found: "Draft") -> bool:
    """Whether an approval can stand on the figures: no broken row behind them, no currency left out, a known holder."""
    customer, credit, currency = found.account.customer, found.program.credit, found.program.policy.currency
    if credit is None or found.account.quarantined is not None or (found.family is not None and found.family.doubtful):
        return False
    if found.unpriced or (credit.orders and has_unknown_orders(found.account, found.as_of, currency, found.rates)):
        return False
    if customer.credit_limit is not None:
        return own_limit(customer, currency, found.rates, found.as_of) is not None
    orphan = found.family is None and customer.parent not in (None, customer.id)
    return not (orphan and credit.roll_up)


def credit_alerts(program: "Program", drafts: Sequence["Draft"]) -> tuple[CreditAlert, ...]:
    """The policy's credit alerts, by customer id, then in the policy's order.

    Said once a family: of a customer that has no limit of its own it isn't told what is told of the holder.
    """
    credit, policy = program.credit, program.policy
    if credit is None or policy.credit is None or not credit.alerts:
        return ()
    holds = [
        (found, index)
        for found in drafts
        if found.segment >= 0
        for index, flag in enumerate(credit.alerts)
        if flag(found.customer, None)
    ]
    told = {(found.customer.id, index) for found, index in holds}
    return tuple(
        CreditAlert(
            alert=policy.credit.alerts[index].name,
            customer=found.customer.id,
            customer_name=found.account.customer.name,
            exposure=found.customer.exposure,
            limit=found.customer.credit_limit,
            rule=credit.alert_at[index],
        )
        for found, index in sorted(holds, key=lambda entry: (entry[0].customer.id, entry[1]))
        if holder_of(found) == found.customer.id or (holder_of(found), index) not in told
    )


def data_alerts(program: "Program", drafts: Sequence["Draft"], snapshot: Snapshot) -> Iterable[Alert]:
    """What is wrong or lacking in the data behind exposures and limits."""
    credit, currency = program.credit, program.policy.currency
    if credit is None:
        return
    if credit.orders and snapshot.rows and "orders" not in dict(snapshot.rows):
        text = "`credit.exposure` counts unbilled orders, but the snapshot has no table `orders`"
        yield Alert("no_orders", "orders", text)
    asked = {holder_of(found) for found in drafts if open_orders(found)}
    for found in drafts:
        family, customer = found.family, found.account.customer
        matters = found.customer.credit_limit is not None or customer.id in asked
        if family is not None and family.doubtful and family.holder == customer.id and matters:
            yield _incomplete(family)
        if own_limit(customer, currency, found.rates, found.as_of) is None and customer.credit_limit is not None:
            code = customer.limit_currency
            text = f"the credit limit of `{customer.id}` is in {code}, without a rate to {currency}: not known"
            yield Alert("limit_not_converted", customer.id, text)
        for order in found.account.orders:
            if order.status in ("open", "confirmed") and order.day <= found.as_of and amount_of(found, order) is None:
                text = f"the order `{order.id}` is in {order.currency}, without a rate to {currency}: it doesn't count"
                yield Alert("order_not_converted", order.id, text)


def _incomplete(family: Family) -> Alert:
    text = (
        f"the exposure of `{family.holder}` is not certain, it may be more: rows behind it can't be used"
        f" (customers: {family.doubtful}, such as `{family.doubtful_one}`)"
    )
    return Alert("exposure_incomplete", family.holder, text, family.doubtful)
