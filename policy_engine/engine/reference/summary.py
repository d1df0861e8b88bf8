"""The figures of the first screen: counts and sums that add up to the snapshot, the aged balance to the cent."""

from collections.abc import Iterable, Sequence

from policy_engine.engine.reference.draft import Draft
from policy_engine.plan.model import OUTCOMES, REASONS, Bucket, CurrencyTotals, Outcome, Summary
from policy_engine.policy.resolved import Policy

BUCKETS = ("not_due", "1-30", "31-60", "61-90", "91+")
"""Ageing by due date (domain.md section 3, the QuickBooks convention)."""

Grouped = dict[tuple[str, str], tuple[int, int, int]]
"""Count, gross and outstanding by outcome and reason."""


def bucket_of(days_late: int) -> int:
    """The index of the bucket: not due, then 30 days each, the last open."""
    return min(4, (days_late + 29) // 30)


class Aged:
    """The aged balance of one currency while it is added up."""

    __slots__ = ("counts", "credits", "sums", "unallocated")

    def __init__(self) -> None:
        self.counts, self.sums = [0] * 5, [0] * 5
        self.credits = self.unallocated = 0

    @property
    def buckets(self) -> tuple[Bucket, ...]:
        """The columns, what is unallocated last."""
        aged = tuple(Bucket(name, self.counts[i], self.sums[i]) for i, name in enumerate(BUCKETS))
        return (*aged, Bucket("unallocated", self.credits, self.unallocated))

    @property
    def balance(self) -> int:
        """Their sum."""
        return sum(self.sums) + self.unallocated


def summarise(policy: Policy, drafts: Sequence[Draft], rows: Sequence[Outcome], actions: int, overdue: int) -> Summary:
    """Sums over outcomes and drafts: the policy's currency first, the others beside it, each in its own."""
    gross: dict[str, int] = {}
    unreadable = 0
    groups: Grouped = {}
    foreign: dict[str, Grouped] = {}
    for row in rows:
        if row.amount is None or row.currency is None:
            unreadable += 1
        else:
            gross[row.currency] = gross.get(row.currency, 0) + row.amount
        count, amount, outstanding = groups.get((row.outcome, row.reason), (0, 0, 0))
        if row.currency == policy.currency:
            amount += row.amount or 0
            outstanding += row.outstanding or 0
        elif row.currency is not None:
            _add(foreign.setdefault(row.currency, {}), row)
        groups[row.outcome, row.reason] = (count + 1, amount, outstanding)
    aged = aged_by_currency(drafts, policy.currency)
    own = aged.pop(policy.currency)
    codes = sorted({*foreign, *aged})
    return Summary(
        invoices=len(rows),
        amount=tuple(sorted(gross.items())),
        unreadable=unreadable,
        outcomes=_in_order(groups),
        aged=own.buckets,
        balance=own.balance,
        customers=len(drafts),
        customers_overdue=overdue,
        actions=actions,
        missing_rate=missing_rates(drafts),
        other_currencies=tuple(
            CurrencyTotals(
                code, _in_order(foreign.get(code, {})), aged.get(code, Aged()).buckets, aged.get(code, Aged()).balance
            )
            for code in codes
        ),
    )


def _add(groups: Grouped, row: Outcome) -> None:
    count, amount, outstanding = groups.get((row.outcome, row.reason), (0, 0, 0))
    groups[row.outcome, row.reason] = (count + 1, amount + (row.amount or 0), outstanding + (row.outstanding or 0))


def aged_by_currency(drafts: Iterable[Draft], currency: str) -> dict[str, Aged]:
    """The aged balance by currency, the policy's own among them."""
    own = Aged()
    found_in = {currency: own}
    for found in drafts:
        for item in (unit for whole in found.items for unit in whole.parts or (whole,)):
            if item.open and item.outstanding > 0:
                aged = found_in.setdefault(item.currency, Aged()) if item.foreign else own
                index = bucket_of(item.days_late)
                aged.counts[index] += 1
                aged.sums[index] += item.outstanding
        for credit in found.credits:
            if credit.left:
                aged = found_in.setdefault(credit.currency, Aged())
                aged.credits += 1
                aged.unallocated -= credit.left
    return found_in


def missing_rates(drafts: Iterable[Draft]) -> int:
    """The messages that are held because a rate is missing: one a customer and step."""
    return len(
        {
            (found.account.customer.id, item.candidate.step.name)
            for found in drafts
            for item in found.climbers
            if item.blocked == "missing_rate" and item.candidate is not None
        }
    )


def _in_order(groups: Grouped) -> tuple[tuple[str, str, int, int, int], ...]:
    """In the order of 3.3, then by reason."""

    def place(key: tuple[str, str]) -> tuple[int, int, str]:
        reasons = REASONS[key[0]]
        return (OUTCOMES.index(key[0]), reasons.index(key[1]) if key[1] in reasons else 2, key[1])

    return tuple((*key, *groups[key]) for key in sorted(groups, key=place))
