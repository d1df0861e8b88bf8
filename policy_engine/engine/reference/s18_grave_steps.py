"""3.18 Grave steps and safeguards: who must agree to an action, and what stops a whole plan."""

from collections import Counter
from collections.abc import Iterable

from policy_engine.engine.reference.facts import CustomerFacts
from policy_engine.engine.reference.item import Item
from policy_engine.engine.reference.program import StepProgram
from policy_engine.engine.reference.s16_sending_date import business_days_between
from policy_engine.plan.model import Action, ApprovalNeeded, Stopped
from policy_engine.policy.resolved import Bounds, Policy
from policy_engine.snapshot.model import Manifest

MILLION = 1_000_000


def approval_for(pairs: Iterable[tuple[StepProgram, Item]], customer: CustomerFacts) -> ApprovalNeeded | None:
    """Who must agree, over the steps that the items execute: the most people asked for by any of them.

    A grave step asks whatever its `when` says; only `approval: none`, which leaves no approval at all, lifts it.
    """
    needed: ApprovalNeeded | None = None
    for program, item in pairs:
        approval = program.step.approval
        if approval is None:
            continue
        grave = program.step.grave
        if not grave and program.approval_when is not None and not program.approval_when(customer, item):
            continue
        found = ApprovalNeeded(approval.role, approval.people, grave)
        if needed is None or (found.grave, found.people) > (needed.grave, needed.people):
            needed = found
    return needed


class Reach:
    """How many actions a plan has, and how many customers they reach: all that safeguards count.

    Added up customer by customer. Interventions aren't counted.
    """

    __slots__ = ("actions", "customers", "overdue")

    def __init__(self) -> None:
        self.actions = Counter[str | None]()  # by step, of all under None
        self.customers = Counter[str | None]()  # of them the customers with an overdue invoice, likewise
        self.overdue = 0  # customers with an overdue invoice, reached or not

    def add(self, actions: Iterable[Action], customer: CustomerFacts) -> None:
        """One customer with everything that is planned for it."""
        steps: list[str | None] = [action.step for action in actions if action.intervention is None]
        self.actions.update(steps)
        self.actions[None] += len(steps)
        if customer.overdue_invoices:
            self.overdue += 1
            self.customers.update({*steps, None} if steps else ())


def safeguards(policy: Policy, manifest: Manifest, reach: Reach) -> tuple[Stopped, ...]:
    """The safeguards that stop the plan. Bounds are inclusive.

    A share is that of the customers with an overdue invoice who are acted upon.
    """
    found: list[Stopped] = []
    guards = policy.safeguards
    through = manifest.payments_complete_through
    if guards.bank_lag is not None and through is not None and through < manifest.as_of:
        lag = business_days_between(policy.calendar, through, manifest.as_of, guards.bank_lag + 1000)
        if lag > guards.bank_lag:
            found.append(Stopped("bank_lag", f"{lag} business days", f"{guards.bank_lag} business days", None))
    if guards.all is not None:
        found += _bounds(policy, None, guards.all, reach)
    for name, bounds in guards.steps:
        found += _bounds(policy, name, bounds, reach)
    return tuple(found)


def _bounds(policy: Policy, step: str | None, bounds: Bounds, reach: Reach) -> list[Stopped]:
    found: list[Stopped] = []
    name = step or "all"
    at = policy.place(bounds.position)
    count = reach.actions[step]
    if bounds.max is not None and count > bounds.max:
        found.append(Stopped(f"{name}.max", str(count), str(bounds.max), at))
    if bounds.max_share is not None and reach.overdue:
        touched = reach.customers[step]
        if touched * MILLION > bounds.max_share * reach.overdue:
            share = f"{touched} of {reach.overdue} customers"
            found.append(Stopped(f"{name}.max_share", share, _percent(bounds.max_share), at))
    return found


def _percent(millionths: int) -> str:
    whole, rest = divmod(millionths, 10_000)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".") + " %"
