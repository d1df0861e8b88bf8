"""The credit of a customer as text: the exposure with its computation, the limit and whose it is, orders, alerts."""

from collections.abc import Callable, Iterable, Sequence

from policy_engine.explanation.model import CreditExplained, OrderExplained, ShareExplained, Tried
from policy_engine.explanation.sentences import Money, Words
from policy_engine.values.text import inert

Rules = Callable[[Sequence[Tried], str], Iterable[str]]
"""Renders rules that were tried as lines with a lead."""


def credit_lines(credit: CreditExplained, customer: str, words: Words, currency: str, rules: Rules) -> Iterable[str]:
    """The lines of the section; `rules` renders the conditions that were tried."""
    yield words.say("credit.title")
    yield "  " + words.say("credit.exposure", exposure=Money(credit.exposure, currency))
    if credit.shares and (len(credit.shares) > 1 or credit.shares[0].orders):
        for share in credit.shares:
            yield f"    {_share(share, words, currency)}"
        if credit.more:
            more = Money(credit.more_total, currency)
            yield "    " + words.say("credit.more", count=words.locale.count(credit.more), total=more)
    yield f"  {_limit(credit, customer, words, currency)}"
    if credit.doubtful:
        yield "  " + words.say("credit.doubtful", count=words.locale.count(credit.doubtful))
    for order in credit.orders:
        yield f"  {_order(order, words, currency, credit.exposure)}"
        yield from rules(order.rules, "    ")
    if credit.alerts:
        yield "  " + words.say("credit.alerts")
        yield from rules(credit.alerts, "    ")


def _share(share: ShareExplained, words: Words, currency: str) -> str:
    total = Money(share.total, currency)
    if share.own_limit:
        return words.say("credit.share.below", customer=share.customer, total=total)
    key = "credit.share.both" if share.orders else "credit.share"
    return words.say(
        key,
        customer=share.customer,
        total=total,
        outstanding=Money(share.outstanding, currency),
        orders=Money(share.orders, currency),
    )


def _limit(credit: CreditExplained, customer: str, words: Words, currency: str) -> str:
    if credit.limit is None:
        return words.say("credit.limit.none")
    key = f"credit.limit.{credit.limit_from}" if credit.limit_of == customer else "credit.limit.shared"
    return words.say(
        key, limit=Money(credit.limit, currency), holder=credit.limit_of, name=credit.limit_name or credit.limit_of
    )


def _order(order: OrderExplained, words: Words, currency: str, exposure: int) -> str:
    made = order.decision
    text = words.say(
        f"credit.order.{made.decision}",
        order=made.order,
        date=made.date,
        amount=Money(made.amount, made.currency),
        role=made.role,
    )
    because = "data_problem" if made.reason == "data_problem" else "rule"
    text += words.say("and") + words.say(f"credit.because.{because}", rule=made.reason)
    if made.exposure != exposure:
        text += words.say("and") + words.say("credit.before", approved=Money(made.exposure - exposure, currency))
    return f"{text} ({inert(made.rule)})" if made.rule else text
