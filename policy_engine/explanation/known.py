"""What else is known about an outcome's reason, for its sentence: the engine's codes carry less than a draft does."""

from policy_engine.engine.reference.draft import Draft
from policy_engine.engine.reference.item import Item
from policy_engine.engine.reference.s04_history import is_pending
from policy_engine.engine.reference.s06_holds import block_on
from policy_engine.engine.reference.s13_minimum import below_item
from policy_engine.explanation.climbing import carrier_of
from policy_engine.explanation.sentences import Money
from policy_engine.plan.model import Outcome
from policy_engine.policy.resolved import ByCurrency, InterestPenalty
from policy_engine.values.days import ONE_DAY, half_year_start, next_half_year


def known_facts(found: Draft, item: Item, outcome: Outcome) -> tuple[tuple[str, object], ...]:
    """Facts by the names that the sentences use, sorted."""
    facts: dict[str, object] = {}
    more = _MORE.get((outcome.outcome, outcome.reason))
    if more is not None:
        facts |= more(found, item)
    return tuple(sorted((key, value) for key, value in facts.items() if value is not None and value != ""))


def _block(found: Draft, item: Item) -> dict[str, object]:
    block = block_on(item, found.account.blocks, found.as_of)
    if block is None:
        return {}
    return {"until": block.until, "by": block.by, "text": block.reason, "block": block.id}


def _triage(found: Draft, _item: Item) -> dict[str, object]:
    onboarding = found.program.policy.onboarding
    return {} if onboarding is None else {"onboarding": onboarding.day}


def _pending(found: Draft, item: Item) -> dict[str, object]:
    policy = found.program.policy
    step = None if item.candidate is None else item.candidate.step.name
    for row in item.rows:
        one = Item()
        one.rows = (row,)
        if is_pending(one, step, found.as_of, policy.calendar, policy.valid_for):
            return {"pending_step": row.step, "status": row.status}
    return {}


def _rejected(_found: Draft, item: Item) -> dict[str, object]:
    return {"until": item.rejected_until}


def _after_previous(_found: Draft, item: Item) -> dict[str, object]:
    step = None if item.candidate is None else item.candidate.step
    return {"last_delivery": item.last_delivery, "after_previous": None if step is None else step.after_previous}


def _below_minimum(found: Draft, item: Item) -> dict[str, object]:
    if found.ladder is None:
        return {}
    minimum = found.ladder.ladder.minimum
    if below_item(item, minimum):
        least = _least(found, item, minimum.item, minimum.item_by)
        return {"amount": Money(item.principal, item.currency), "minimum": least, "level": "item"}
    return {"minimum": _least(found, item, minimum.customer, minimum.customer_by), "level": "customer"}


def _least(found: Draft, item: Item, plain: int, by: ByCurrency | None) -> Money:
    """A minimum as it is written: by currency, or in the policy's."""
    return Money(plain, found.currency) if by is None else Money(dict(by).get(item.currency, 0), item.currency)


def _account(found: Draft, item: Item) -> dict[str, object]:
    return {"credits": Money(found.credits_left.get(item.currency, 0), item.currency)}


def _cap(found: Draft, _item: Item) -> dict[str, object]:
    cap = found.program.policy.contact
    return {} if cap is None else {"max": cap.max, "per_days": cap.per_days}


def _channel(_found: Draft, item: Item) -> dict[str, object]:
    return {} if item.candidate is None else {"channel": item.candidate.step.channel}


def _rate(found: Draft, item: Item) -> dict[str, object]:
    """The table that ends first among those that the step's charges read: known to the end of its last half-year."""
    if item.candidate is None:
        return {}
    tables = {table.name: table for table in found.program.policy.rates}
    read = [
        reference.table
        for program in item.candidate.asks
        if isinstance(program.penalty, InterestPenalty)
        for reference in (program.penalty.floor, program.penalty.otherwise)
        if reference is not None
    ]
    named = [tables[name] for name in read if name in tables]
    if not named:
        return {}
    shortest = min(named, key=lambda table: (table.checked_through, table.name))
    return {"rate": shortest.name, "known_to": next_half_year(half_year_start(shortest.checked_through)) - ONE_DAY}


def _mentioned(found: Draft, item: Item) -> dict[str, object]:
    carrier = carrier_of(found, item)
    return {} if carrier is None else {"carrier": carrier.number}


def _covered(found: Draft, _item: Item) -> dict[str, object]:
    """The currencies that the ladder's minimum knows."""
    if found.ladder is None:
        return {}
    minimum = found.ladder.ladder.minimum
    known = [{code for code, _ in by} for by in (minimum.item_by, minimum.customer_by) if by is not None]
    return {"covered": ", ".join(sorted(set.intersection(*known)))} if known else {}


_MORE = {
    ("out_of_scope", "currency_not_covered"): _covered,
    ("acted", "mentioned"): _mentioned,
    ("held", "block"): _block,
    ("held", "needs_triage"): _triage,
    ("waiting", "pending"): _pending,
    ("waiting", "rejected"): _rejected,
    ("waiting", "after_previous"): _after_previous,
    ("waiting", "below_minimum"): _below_minimum,
    ("waiting", "account_in_credit"): _account,
    ("waiting", "contact_cap"): _cap,
    ("waiting", "no_channel"): _channel,
    ("waiting", "missing_rate"): _rate,
}
