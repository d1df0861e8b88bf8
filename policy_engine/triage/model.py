"""A triage as values: the backlog by customer, what the ladder would do with it, what speaks against, what is proposed.

Amounts are minor units of the item's currency. Lists are in a documented order: customers by id, items by due date,
then id.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

Mode: TypeAlias = Literal["hold", "by_age", "none"]
"""What the policy says of the backlog: it is held for a person, enters by its age, or nothing."""

ARGUMENTS = (
    "data_problem", "block", "hold", "dispute", "promise", "payment_plan", "insolvent", "factored", "limitation",
    "pending", "below_minimum",
)  # fmt: skip
"""What may speak against dunning an invoice, in the order in which it is told."""


@dataclass(frozen=True, slots=True)
class Argument:
    """Something that speaks against dunning: a code of `ARGUMENTS` and what is known about it, texts by name."""

    code: str
    detail: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class NextStep:
    """A step that an invoice would take, and the day from which it may: on or before `as_of`, at once."""

    step: str
    stage: str
    on: date | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a person could decide: nothing that happens by itself.

    Attributes:
        choice: `step` (put the invoice on `step`, None = before the first), `leave_alone`, or `repair` when its data
            has to be put right first.
        step: the step to stand on.
        then: the step that follows, None when there is none.
        because: `age`, `limitation`, `data_problem`.
    """

    choice: Literal["step", "leave_alone", "repair"]
    step: str | None
    then: str | None
    because: str


@dataclass(frozen=True, slots=True)
class TriageItem:
    """One invoice of the backlog.

    Attributes:
        late_then: days late on `onboarding.date`, None without onboarding.
        enters: the step it would take without a person; None when the ladder has none left for it.
        at_once: whether it would take it on `as_of`.
        steps: its ladder's steps in order, each with its stage: what may be chosen.
    """

    invoice: str
    number: str
    customer: str
    currency: str
    outstanding: int
    issue_date: date
    due_date: date
    late_then: int | None
    late: int
    ladder: str
    steps: tuple[tuple[str, str], ...]
    enters: NextStep | None
    at_once: bool
    against: tuple[Argument, ...]
    proposal: Proposal


@dataclass(frozen=True, slots=True)
class TriageCustomer:
    """A customer with its items, by due date, then id."""

    id: str
    name: str
    segment: str
    ladder: str
    items: tuple[TriageItem, ...]


@dataclass(frozen=True, slots=True)
class Triage:
    """The backlog of a snapshot under a policy.

    Attributes:
        day: `onboarding.date`, None without onboarding.
        history: whether the snapshot holds any executed or set history at all.
        suggestion: lines of YAML to add to a policy without `onboarding`, else empty.
    """

    as_of: date
    policy: str
    version: int
    currency: str
    mode: Mode
    day: date | None
    history: bool
    customers: tuple[TriageCustomer, ...]
    suggestion: tuple[str, ...]

    @property
    def items(self) -> tuple[TriageItem, ...]:
        """Every item, customer by customer."""
        return tuple(item for customer in self.customers for item in customer.items)
