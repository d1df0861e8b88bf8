"""What only the data shows of the law: agreed rates below the legal floor, payment terms above the legal maximum."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from policy_engine.engine.reference.draft import Draft
from policy_engine.engine.reference.item import Item
from policy_engine.engine.reference.program import PenaltyProgram, Program
from policy_engine.engine.reference.s12_charges import contract_rate
from policy_engine.policy.resolved import InterestPenalty
from policy_engine.snapshot.model import Alert
from policy_engine.values.days import end_of_month, half_year_start

_LONGEST = timedelta(days=60)
"""The longest agreed term from the issue date (C. com. art. L441-10 I)."""
_MONTH_END = timedelta(days=45)
"""45 days end of month: the end of the month after them, or them after the end of the month, as agreed."""


def legal_alerts(program: Program, drafts: Sequence[Draft]) -> Iterable[Alert]:
    """`contract_rate_below_floor`, one a penalty; `terms_above_maximum`, where the policy's calendar is French."""
    open_items = [(found, items) for found in drafts if (items := _open(found))]
    for penalty in program.penalties:
        yield from _below_floor(program, penalty, open_items)
    if program.policy.calendar.country == "FR":
        yield from _long_terms(open_items)


def _open(found: Draft) -> list[Item]:
    """Open invoices of a business: what L441-10 is about."""
    if found.account.customer.kind != "business":
        return []
    return [item for item in found.items if item.open and item.outstanding > 0]


def _below_floor(
    program: Program, asked: PenaltyProgram, open_items: Sequence[tuple[Draft, list[Item]]]
) -> Iterable[Alert]:
    """Businesses with open invoices whose agreed rate is below the policy's floor in the half-year of `as_of`.

    The floor is asked in its stead (C. com. art. L441-10 II); the contract is what needs a word.
    """
    penalty = asked.penalty
    if not isinstance(penalty, InterestPenalty) or penalty.floor is None or not open_items:
        return
    table = next(table for table in program.policy.rates if table.name == penalty.floor.table)
    rate = table.on(half_year_start(open_items[0][0].as_of))
    if rate is None:
        return
    floor = rate * penalty.floor.times + penalty.floor.plus
    low = []
    for found, items in open_items:
        agreed = contract_rate(asked, found.customer, items[0])
        if agreed is not None and agreed < floor:
            low.append(found.account.customer.id)
    if low:
        text = f"agreed rates below the floor of {penalty.name}, which is asked instead: {len(low)}, first {min(low)}"
        yield Alert("contract_rate_below_floor", min(low), text, len(low))


def _long_terms(open_items: Sequence[tuple[Draft, list[Item]]]) -> Iterable[Alert]:
    """Open invoices due later than any term that the law lets businesses agree on."""
    late = [item.id for _, items in open_items for item in items if item.kind == "invoice" and _too_long(item)]
    if late:
        text = (
            f"payment terms above the legal maximum of 60 days or 45 days end of month: {len(late)}, first {min(late)}"
        )
        yield Alert("terms_above_maximum", min(late), text, len(late))


def _too_long(item: Item) -> bool:
    issued, due = item.issue_date, item.due_date
    if due - issued <= _LONGEST:
        return False
    return due > end_of_month(issued + _MONTH_END) and due > end_of_month(issued) + _MONTH_END
