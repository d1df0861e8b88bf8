"""One day's plan for a simulation: the engine's own functions, without rendering what nobody reads.

The same actions and figures as `evaluate` gives on the same snapshot; a test holds them against each other. Outcomes
with their reasons are left out, and customers about whom nothing can have changed are not decided again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from policy_engine.engine.reference.decide import draft
from policy_engine.engine.reference.draft import Draft
from policy_engine.engine.reference.evaluate import apply_capacity
from policy_engine.engine.reference.exchange import ExchangeRates
from policy_engine.engine.reference.families import credit_families
from policy_engine.engine.reference.family import Family
from policy_engine.engine.reference.program import Program
from policy_engine.engine.reference.s03_outcomes import paid_late
from policy_engine.engine.reference.s12_charges import MissingRateError, charges_of
from policy_engine.engine.reference.s18_grave_steps import Reach, safeguards
from policy_engine.engine.reference.s20_order import action_key
from policy_engine.engine.reference.summary import aged_by_currency, missing_rates
from policy_engine.plan.model import Action, Stopped
from policy_engine.simulation.record import Charged, Position
from policy_engine.snapshot.model import PENDING, CustomerAccount, Snapshot


@dataclass(frozen=True, slots=True)
class DayPlan:
    """What a policy would do on a day, and how the receivables stand on its morning.

    Attributes:
        actions: in the order of 3.20.
        stopped: the safeguards that stop it.
        drafts: customer id to the decision, for what the executor has to look up.
        missing_rate: messages held because a rate is missing.
    """

    day: date
    actions: tuple[Action, ...]
    stopped: tuple[Stopped, ...]
    position: Position
    drafts: dict[str, Draft]
    missing_rate: int


class Planner:
    """Plans day after day for one policy. Remembers decisions of customers whom no day changes."""

    def __init__(self, program: Program) -> None:
        self.program = program
        steps = [program_step.step for ladder in program.ladders if ladder is not None for program_step in ladder.steps]
        self._may_rest = all(step.undo is None for step in steps)
        self._resting: dict[str, tuple[CustomerAccount, Draft]] = {}

    def plan(self, snapshot: Snapshot) -> DayPlan:
        """The plan on a snapshot; snapshots come in the order of their days.

        Raises:
            CalendarError: a day outside the years whose closed days the policy's calendar knows.
        """
        program, day = self.program, snapshot.as_of
        rates = ExchangeRates(snapshot.exchange_rates)
        families = credit_families(program, snapshot, rates)
        drafts = [self._draft(account, day, families.get(account.customer.id), rates) for account in snapshot.accounts]
        if program.policy.capacity:
            apply_capacity(program, drafts, day)
        actions = sorted((action for found in drafts for action in found.actions), key=action_key)
        reach = Reach()
        for found in drafts:
            reach.add(found.actions, found.customer)
        return DayPlan(
            day=day,
            actions=tuple(actions),
            stopped=safeguards(program.policy, snapshot.manifest, reach),
            position=position_of(drafts, program.policy.currency),
            drafts={found.account.customer.id: found for found in drafts},
            missing_rate=missing_rates(drafts),
        )

    def _draft(self, account: CustomerAccount, day: date, family: Family | None, rates: ExchangeRates) -> Draft:
        known = self._resting.get(account.customer.id)
        if known is not None and known[0] is account:
            return known[1]
        found = draft(self.program, account, day, family, rates)
        if self._may_rest and _rests(found, day):
            self._resting[account.customer.id] = (account, found)
        return found


def _rests(found: Draft, day: date) -> bool:
    """Whether every later day decides the same while the account stays as it is.

    INVARIANT (rest): nothing is outstanding, so there is nothing to demand, hold or count as overdue, whatever segment
    the customer or its family's exposure comes to; nothing planned; nothing under way that could expire; nothing
    executed today that would count against today's capacity; and no row of a later day that has still to come into
    being.
    """
    account = found.account
    if found.actions or any(item.outstanding > 0 for item in found.items):
        return False
    if any(row.status in PENDING or row.day >= day for row in account.history):
        return False
    return all(row.day <= day for row in account.payments) and all(row.issue_date <= day for row in account.invoices)


def position_of(drafts: Sequence[Draft], currency: str) -> Position:
    """How the receivables stand, in the policy's currency, as a plan's first screen says it; others beside it."""
    aged = aged_by_currency(drafts, currency)
    overdue = dict.fromkeys(aged, 0)
    for found in drafts:
        for item in found.items:
            for unit in item.parts or (item,):
                if unit.overdue and unit.open and unit.outstanding > 0:
                    overdue[unit.currency] += unit.outstanding
    own = aged.pop(currency)
    return Position(
        aged=tuple(bucket.amount for bucket in own.buckets),
        overdue=overdue[currency],
        customers_overdue=sum(bool(found.customer.overdue_invoices) for found in drafts),
        others=tuple((code, aged[code].balance, overdue[code]) for code in sorted(aged)),
    )


def charges_owed(plan: DayPlan, program: Program) -> tuple[Charged, ...]:
    """What each penalty comes to on the plan's day over the invoices in the policy's currency, in the policy's order.

    In the policy's currency. Over overdue invoices, and over those paid late unless the policy forgets them
    (`after_settlement: never`). Where a rate is missing the interest of that invoice is left out and counted.
    """
    sums = {penalty.penalty.name: [0, 0, 0, 0, 0] for penalty in program.penalties}
    for found in plan.drafts.values():
        if found.ladder is None or found.account.quarantined is not None:
            continue
        for item in found.items:
            if item.foreign or (not item.overdue and (item.outstanding > 0 or not paid_late(program, found, item))):
                continue
            rows = found.charge_rows.get(item.id, ())
            for penalty in program.penalties:
                row = sums[penalty.penalty.name]
                try:
                    made = charges_of(item, found.customer, (penalty,), program.stops, rows, plan.day)
                except MissingRateError:
                    row[4] += 1
                    continue
                for amounts in made:
                    for place, amount in enumerate((amounts.accrued, amounts.paid, amounts.waived, amounts.asked)):
                        row[place] += amount
    return tuple(Charged(name, *row) for name, row in sums.items())
