"""The figures of the first screen: counts and sums that add up to the snapshot, the aged balance to the cent."""

from collections.abc import Sequence

from policy_engine.engine.reference.draft import Draft
from policy_engine.plan.model import OUTCOMES, REASONS, Bucket, Outcome, Summary
from policy_engine.policy.resolved import Policy

BUCKETS = ("not_due", "1-30", "31-60", "61-90", "91+")
"""Ageing by due date (domain.md section 3, the QuickBooks convention)."""


def bucket_of(days_late: int) -> int:
    """The index of the bucket: not due, then 30 days each, the last open."""
    return min(4, (days_late + 29) // 30)


def summarise(policy: Policy, drafts: Sequence[Draft], rows: Sequence[Outcome], actions: int, overdue: int) -> Summary:
    """Sums over outcomes and drafts. Outcomes are listed in the order of 3.3, then by reason."""
    gross: dict[str, int] = {}
    unreadable = 0
    groups: dict[tuple[str, str], tuple[int, int, int]] = {}
    counts, sums = [0] * 5, [0] * 5
    for row in rows:
        if row.amount is None or row.currency is None:
            unreadable += 1
        else:
            gross[row.currency] = gross.get(row.currency, 0) + row.amount
        count, amount, outstanding = groups.get((row.outcome, row.reason), (0, 0, 0))
        if row.currency == policy.currency:
            amount += row.amount or 0
            outstanding += row.outstanding or 0
        groups[row.outcome, row.reason] = (count + 1, amount, outstanding)
    unallocated = unallocated_count = 0
    for found in drafts:
        for item in (unit for whole in found.items for unit in whole.parts or (whole,)):
            if item.open and item.outstanding > 0:
                index = bucket_of(item.days_late)
                counts[index] += 1
                sums[index] += item.outstanding
        for credit in found.credits:
            if credit.left:
                unallocated_count += 1
                unallocated -= credit.left
    aged = tuple(Bucket(name, counts[i], sums[i]) for i, name in enumerate(BUCKETS))

    def place(key: tuple[str, str]) -> tuple[int, int, str]:
        reasons = REASONS[key[0]]
        return (OUTCOMES.index(key[0]), reasons.index(key[1]) if key[1] in reasons else 2, key[1])

    return Summary(
        invoices=len(rows),
        amount=tuple(sorted(gross.items())),
        unreadable=unreadable,
        outcomes=tuple(
            (outcome, reason, count, amount, outstanding)
            for (outcome, reason), (count, amount, outstanding) in sorted(groups.items(), key=lambda e: place(e[0]))
        ),
        aged=(*aged, Bucket("unallocated", unallocated_count, unallocated)),
        balance=sum(sums) + unallocated,
        customers=len(drafts),
        customers_overdue=overdue,
        actions=actions,
        missing_rate=len(
            {
                (found.account.customer.id, item.candidate.step.name)
                for found in drafts
                for item in found.climbers
                if item.blocked == "missing_rate" and item.candidate is not None
            }
        ),
    )
