"""What a simulation leaves behind: one record a day, one position at the end. Amounts in minor units."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from policy_engine.plan.model import Action, Stopped
from policy_engine.policy.resolved import Policy
from policy_engine.snapshot.model import Snapshot


class Position(NamedTuple):
    """How the receivables stand on a morning, before the day's plan is executed.

    Attributes:
        aged: not due, 1-30, 31-60, 61-90, 91+ days late, and unallocated (negative), as on a plan's first screen.
        overdue: outstanding of overdue invoices.
        customers_overdue: customers with an overdue invoice, of whatever currency.
        others: of each other currency its code, ledger balance and overdue, in its own minor units.
    """

    aged: tuple[int, ...]
    overdue: int
    customers_overdue: int
    others: tuple[tuple[str, int, int], ...] = ()

    @property
    def balance(self) -> int:
        """The ledger's balance: the sum of `aged`."""
        return sum(self.aged)

    @property
    def owed(self) -> int:
        """What customers owe, unallocated money not taken off."""
        return sum(self.aged[:-1])


class Charged(NamedTuple):
    """What a penalty comes to over all invoices: `asked` = accrued less invoiced, paid, waived, is what is still owed.

    `unknown` counts invoices whose interest can't be stated because a rate is missing.
    """

    penalty: str
    accrued: int
    paid: int
    waived: int
    owed: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Day:
    """One simulated day.

    Attributes:
        planned: the day's plan, in the order of 3.20.
        delivered: what reached customers today, planned today or before, in the order of 3.20.
        expired: what was to be delivered but isn't any more: too old, or what it was about has changed.
        waiting: actions under way at the end of the day.
        stopped: safeguards that the plan went beyond.
        overridden: whether it was executed all the same.
        morning: the position before the day.
        cash: money that arrived today, in the policy's currency; reversals and refunds taken off.
        cash_others: the same of other currencies, by code.
        charges_paid: interest and lump sums of invoices in the policy's currency that were paid today.
        invoiced: documents issued today, credit notes taken off.
        missing_rate: messages held because a rate is missing.
    """

    day: date
    planned: tuple[Action, ...]
    delivered: tuple[Action, ...]
    expired: tuple[Action, ...]
    waiting: int
    stopped: tuple[Stopped, ...]
    overridden: bool
    morning: Position
    cash: int
    cash_others: tuple[tuple[str, int], ...]
    charges_paid: int
    invoiced: int
    missing_rate: int


@dataclass(frozen=True, slots=True)
class Run:
    """One policy on one scenario.

    Attributes:
        policy: as it was run.
        days: the days that were executed, in order.
        stopped: the day that a safeguard stopped, planned and not executed; it ends the run. None otherwise.
        closing: the position on the morning after the last day (of a stopped run: of the stopped day).
        charges: what is owed on top then.
        snapshot: the snapshot of that morning.
    """

    policy: Policy
    days: tuple[Day, ...]
    stopped: Day | None
    closing: Position
    charges: tuple[Charged, ...]
    snapshot: Snapshot
