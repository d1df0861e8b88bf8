"""The credit of a customer explained: what adds up to the exposure, whose limit holds, why each order is decided so."""

from collections.abc import Iterable, Mapping, Sequence

from policy_engine.engine.reference.decide import on_the_books
from policy_engine.engine.reference.draft import Draft
from policy_engine.engine.reference.family import Family
from policy_engine.engine.reference.program import CreditProgram
from policy_engine.engine.reference.s19_credit import (
    decide_orders,
    holder_of,
    open_orders,
    order_facts,
    own_limit,
    readable,
    share_of,
)
from policy_engine.explanation.conditions import Reader, condition
from policy_engine.explanation.model import CreditExplained, OrderExplained, ShareExplained, Tried
from policy_engine.plan.model import Decision
from policy_engine.policy.resolved import Credit
from policy_engine.snapshot.model import CustomerAccount, Order, Snapshot

MOST_SHARES = 20
"""Members of a family that are listed, the largest first; the others are counted."""


def explain_credit(
    reader: Reader, found: Draft, snapshot: Snapshot, families: Mapping[str, Family]
) -> CreditExplained | None:
    """The customer's credit, None when the policy has no credit section or the customer's own row is broken."""
    credit, program = found.program.policy.credit, found.program.credit
    if credit is None or program is None or found.segment < 0:
        return None
    accounts = {account.customer.id: account for account in snapshot.accounts}
    holder = holder_of(found)
    shares, below = _shares(found)
    shown = [*shares, *below][:MOST_SHARES]
    return CreditExplained(
        exposure=found.customer.exposure,
        shares=tuple(shown),
        more=len(shares) + len(below) - len(shown),
        more_total=sum(share.total for share in [*shares, *below][MOST_SHARES:]),
        limit=found.customer.credit_limit,
        limit_of=holder,
        limit_name=accounts[holder].customer.name if holder in accounts else "",
        limit_from=_limit_from(found, accounts.get(holder, found.account)),
        doubtful=0 if found.family is None else found.family.doubtful,
        orders=_orders(reader, credit, program, found, accounts, families),
        alerts=_alerts(reader, credit, program, found),
    )


def _limit_from(found: Draft, holder: CustomerAccount) -> str:
    if found.customer.credit_limit is None:
        return "none"
    own = own_limit(holder.customer, found.currency, found.rates, found.as_of) is not None
    return "own" if own else "segment"


def _shares(found: Draft) -> tuple[list[ShareExplained], list[ShareExplained]]:
    """Who adds what: the customer first, then the largest; then those under limits of their own."""
    customer, family = found.customer.id, found.family
    mine = share_of(found)
    shares = [ShareExplained(customer, mine.outstanding, mine.orders, mine.total, own_limit=False)]
    if family is None:
        return shares, []
    others = sorted((-share.total, key) for key, share in family.shares.items() if key != customer and share.total)
    for _, key in others:
        share = family.shares[key]
        shares.append(ShareExplained(key, share.outstanding, share.orders, share.total, own_limit=False))
    below = sorted(family.below, key=lambda pair: (-pair[1], pair[0]))
    return shares, [ShareExplained(key, 0, 0, total, own_limit=True) for key, total in below if total]


def _orders(
    reader: Reader,
    credit: Credit,
    program: CreditProgram,
    found: Draft,
    accounts: Mapping[str, CustomerAccount],
    families: Mapping[str, Family],
) -> tuple[OrderExplained, ...]:
    """The customer's open orders, decided among those of everybody who draws on the same limits."""
    waiting = {order.id: order for order in open_orders(found)}
    if not waiting or not credit.decisions:
        return ()
    drafts = [found, *_sharing(found, accounts, families)]
    customer = found.customer.id
    made = [row for row in decide_orders(found.program, drafts) if row.customer == customer]
    return tuple(OrderExplained(row, _rules(reader, credit, program, found, waiting[row.order], row)) for row in made)


def _sharing(found: Draft, accounts: Mapping[str, CustomerAccount], families: Mapping[str, Family]) -> Iterable[Draft]:
    """The others with open orders that take room from the same limit: everybody under its holder."""
    holder = holder_of(found)
    for key, family in families.items():
        account = accounts[key]
        if key == found.customer.id or not any(order.status == "open" for order in account.orders):
            continue
        at: Family | None = family
        while at is not None and at.holder != holder:
            at = None if at.above is None else families[at.above]
        if at is not None:
            yield on_the_books(found.program, account, found.as_of, family, found.rates)


def _rules(
    reader: Reader, credit: Credit, program: CreditProgram, found: Draft, order: Order, decision: Decision
) -> tuple[Tried, ...]:
    if not readable(found, order):
        return ()
    tried: list[Tried] = []
    facts = order_facts(found, order)
    customer = found.customer
    before = customer.exposure
    customer.exposure = decision.exposure
    for place, rule in enumerate(credit.decisions):
        chosen = decision.rule == program.rule_at[place]
        asked = None
        if rule.when is not None and not _passed(tried):
            asked = condition(reader, rule.when, customer, facts)
        verdict = "passed" if _passed(tried) else "no"
        if chosen:
            verdict = "otherwise" if rule.when is None else "chosen"
        tried.append(Tried(rule.name, verdict, program.rule_at[place], asked))
    customer.exposure = before
    return tuple(tried)


def _passed(tried: Sequence[Tried]) -> bool:
    return any(rule.verdict in ("chosen", "otherwise") for rule in tried)


def _alerts(reader: Reader, credit: Credit, program: CreditProgram, found: Draft) -> tuple[Tried, ...]:
    tried = []
    for place, alert in enumerate(credit.alerts):
        asked = condition(reader, alert.when, found.customer, None)
        tried.append(Tried(alert.name, "applies" if asked.holds else "no", program.alert_at[place], asked))
    return tuple(tried)
