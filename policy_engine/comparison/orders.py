"""What another policy does to the orders that wait for credit, and whom its credit alerts name."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from policy_engine.comparison.effects import StageEffect
from policy_engine.plan.model import Decision, Plan

VERDICTS = ("approve", "refer", "refuse")
"""What becomes of an order, mildest first."""
UNDECIDED = "-"
"""The verdict of a policy that decides nothing on orders."""


@dataclass(frozen=True, slots=True)
class OrderMoved:
    """An order on which the two policies decide otherwise; None for a policy that decides nothing on orders."""

    old: Decision | None
    new: Decision | None

    @property
    def order(self) -> Decision:
        """Whichever is there: id, customer and amount are the same."""
        found = self.new or self.old
        assert found is not None
        return found


@dataclass(frozen=True, slots=True)
class CreditEffects:
    """The effect on credit.

    Attributes:
        orders: how many are decided on, by at least one of the policies.
        verdicts: orders by (before, after), mildest first; `-` where nothing is decided.
        moved: the orders whose verdict or decider changes, in the order of the plan: customer, then order.
        alerts: the policies' credit alerts: customers on both sides, who is new, who no longer is.
    """

    orders: int
    verdicts: tuple[tuple[str, str, int], ...]
    moved: tuple[OrderMoved, ...]
    alerts: tuple[StageEffect, ...]

    def newly(self, verdict: str) -> int:
        """Orders that get a verdict which they didn't get before."""
        return sum(count for before, after, count in self.verdicts if after == verdict and before != verdict)

    def no_longer(self, verdict: str) -> int:
        """Orders that no longer get a verdict."""
        return sum(count for before, after, count in self.verdicts if before == verdict and after != verdict)


def credit_effects(old: Plan, new: Plan) -> CreditEffects:
    """Compare the decisions and the credit alerts of two plans of one snapshot."""
    sides = [{one.order: one for one in plan.decisions} for plan in (old, new)]
    pairs = [OrderMoved(sides[0].get(key), sides[1].get(key)) for key in dict.fromkeys([*sides[0], *sides[1]])]
    pairs.sort(key=lambda pair: (pair.order.customer, pair.order.order))
    counts = Counter((_verdict(pair.old), _verdict(pair.new)) for pair in pairs)
    order = {name: place for place, name in enumerate((UNDECIDED, *VERDICTS))}
    return CreditEffects(
        orders=len(pairs),
        verdicts=tuple(
            (before, after, counts[before, after])
            for before, after in sorted(counts, key=lambda pair: (order[pair[0]], order[pair[1]]))
        ),
        moved=tuple(pair for pair in pairs if _told(pair.old) != _told(pair.new)),
        alerts=tuple(_alerts(old, new)),
    )


def _verdict(decision: Decision | None) -> str:
    return UNDECIDED if decision is None else decision.decision


def _told(decision: Decision | None) -> tuple[str, str | None]:
    return _verdict(decision), None if decision is None else decision.role


def _alerts(old: Plan, new: Plan) -> Iterator[StageEffect]:
    sides: list[dict[str, set[str]]] = [{}, {}]
    for side, plan in zip(sides, (old, new), strict=True):
        for alert in plan.credit_alerts:
            side.setdefault(alert.alert, set()).add(alert.customer)
    for name in sorted(sides[0].keys() | sides[1].keys()):
        before, after = sides[0].get(name, set()), sides[1].get(name, set())
        yield StageEffect(name, (len(before), len(after)), len(after - before), len(before - after))
