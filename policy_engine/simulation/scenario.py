"""A scenario ready to run: names resolved against policies and snapshot, amounts in minor units, rows as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from policy_engine.snapshot.model import Dispute, Invoice, Promise


@dataclass(frozen=True, slots=True)
class Moment:
    """So many calendar days after `due_date`, `issue_date`, or the first delivered action of a stage or above."""

    days: int
    after: str


@dataclass(frozen=True, slots=True)
class Rule:
    """When a customer pays: the earliest of `pays`, never when empty.

    Attributes:
        name: for people.
        segments: of the first policy; None = all.
        customers: ids; None = all.
        backlog: what is paid of invoices whose moment had passed when the run begins.
    """

    name: str
    segments: frozenset[str] | None
    customers: frozenset[str] | None
    pays: tuple[Moment, ...]
    backlog: Literal["first_day", "from_start", "never"]


@dataclass(frozen=True, slots=True)
class DatedPayment:
    """Money on a day: minor units of the invoice's currency, None = all that is outstanding then."""

    day: date
    customer: str
    invoices: tuple[str, ...]
    amount: int | None
    currency: str


@dataclass(frozen=True, slots=True)
class Approvals:
    """Business days until somebody approves, None = never; `stages` are exceptions."""

    after: int | None = 0
    stages: Mapping[str, int | None] | None = None

    def wait(self, stage: str) -> int | None:
        """Business days until an action of the stage is approved, None = never."""
        return (self.stages or {}).get(stage, self.after)


AT_ONCE = Approvals()
"""Everything is approved on the day of its plan."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is assumed. Lists are sorted by day, then id."""

    name: str
    description: str
    days: int
    rules: tuple[Rule, ...] = ()
    disputed: Literal["wait", "pay"] = "wait"
    charges: Literal["unpaid", "asked"] = "unpaid"
    approvals: Approvals = AT_ONCE
    rates: Literal["as_known", "last_known"] = "as_known"
    payments: tuple[DatedPayment, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    promises: tuple[Promise, ...] = ()
    invoices: tuple[Invoice, ...] = ()
    file: str = ""
