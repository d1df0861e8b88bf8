"""The plan as values. What is made once an invoice is a `NamedTuple`: immutable, and ten times cheaper to make.

Amounts are minor units of `currency`. Lists are in a documented order (language.md 3.20): outcomes by customer id,
then invoice id; actions by customer id, stage rank descending, then id; decisions by customer id, day, order id; credit
alerts by customer id, then in the policy's order.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple, TypeAlias

from policy_engine.snapshot.model import Alert, Problem

OUTCOMES = ("problem", "out_of_scope", "settled", "held", "acted", "waiting", "not_due")
"""In the order of 3.3: each invoice gets the first that applies."""

OutcomeName: TypeAlias = Literal["problem", "out_of_scope", "settled", "held", "acted", "waiting", "not_due"]

REASONS: dict[str, tuple[str, ...]] = {
    "problem": ("problem",),
    "out_of_scope": ("draft", "cancelled", "written_off", "no_ladder", "currency_not_covered"),
    "settled": ("charges_due", "paid"),
    "held": ("data_problem", "block", "<hold>", "needs_triage"),
    "acted": ("demanded", "mentioned"),
    "waiting": (
        "pending",
        "rejected",
        "already_today",
        "account_in_credit",
        "after_previous",
        "below_minimum",
        "contact_cap",
        "capacity",
        "no_channel",
        "missing_rate",
        "behind_overdue",
        "step_to_come",
        "ladder_done",
    ),
    "not_due": ("not_due",),
}
"""Outcome to its reasons, in the order in which the first that applies is told. `<hold>` is the hold's own name."""


class Period(NamedTuple):
    """One run of days of interest with the same balance and rate: `first` and `last` bear interest, both included.

    `balance` is exact, in minor units: a fraction `balance_numerator / balance_denominator`. `rate` in ppm a year.
    `origin` says where the rate comes from: `contract`, `floor`, `statutory` or `plain`.
    """

    first: date
    last: date
    days: int
    balance_numerator: int
    balance_denominator: int
    rate: int
    origin: str


class Amounts(NamedTuple):
    """What one penalty of one invoice comes to, minor units: asked = accrued - invoiced - paid - waived, at least 0."""

    penalty: str
    kind: str  # "interest" | "flat"
    asked: int
    accrued: int
    invoiced: int
    paid: int
    waived: int


class Line(NamedTuple):
    """An invoice in an action, or an instalment of one.

    Attributes:
        principal: what is asked of it: outstanding less the disputed part and what isn't due yet.
        later: what is outstanding in parts that aren't due yet (3.10).
        instalment: the part that it is about, None for an invoice as a whole.
        carrier: whether the message goes at this invoice's age (`scope: customer`).
    """

    invoice: str
    number: str
    step: str
    occurrence: int
    due_date: date
    days_late: int
    trigger_on: date
    outstanding: int
    disputed: int
    principal: int
    interest: int
    lump_sums: int
    charges: tuple[Amounts, ...]
    later: int = 0
    instalment: str | None = None
    carrier: bool = False


class Listed(NamedTuple):
    """An overdue invoice shown for information, in no total (3.11); an intervention may list several currencies."""

    invoice: str
    number: str
    due_date: date
    days_late: int
    outstanding: int
    currency: str
    instalment: str | None = None


class ApprovalNeeded(NamedTuple):
    """Who must agree. `grave` says that the stage asks for it whatever the policy says."""

    role: str
    people: int
    grave: bool


class Action(NamedTuple):
    """One thing to do: a message, a task, a placement; or an intervention (`intervention` set, `step` its name).

    Attributes:
        id: sha256 of customer, step, channel and sorted items (3.17).
        items: the dunning items, `invoice|step|occurrence` (of a part `invoice|instalment|step|occurrence`), or
            `customer-or-invoice|intervention`.
        credits: what `netting: account` took off the principal (positive), else 0.
        total: principal + interest + lump_sums.
        priority: the capacity's rank value when its channel has one (exact text), else None.
        why: the policy's `file:line:column` of the step, or of the hold that asked for the intervention.
        deadline: legal deadline of an intervention; never moved for holidays.
        any_day: whether it may leave on a day that is no business day (`adjust: none`).
    """

    id: str
    customer: str
    customer_name: str
    segment: str
    ladder: str
    step: str
    stage: str
    rank: int
    channel: str
    also: tuple[str, ...]
    template: str | None
    adapter: str | None
    demanded: tuple[Line, ...]
    mentioned: tuple[Line, ...]
    listed: tuple[Listed, ...]
    currency: str
    principal: int
    credits: int
    interest: int
    lump_sums: int
    total: int
    priority: str | None
    approval: ApprovalNeeded | None
    exempt: bool
    trigger_on: date
    send_on: date
    items: tuple[str, ...]
    why: str
    intervention: str | None = None
    deadline: date | None = None
    any_day: bool = False


class Next(NamedTuple):
    """What comes next for an invoice: a step on a day if still unpaid, or what must happen first.

    `on` None means that no date can be told; `until` is a code such as `person`, `hold_lifted`, `payment`, `rate`,
    `delivery`, `address`, `nothing`.
    """

    on: date | None
    step: str | None
    until: str | None


class Outcome(NamedTuple):
    """What became of one row of `invoices`.

    Attributes:
        amount: gross, None when the row's amount can't be read.
        outstanding: after netting.
        step: the position reached before this plan, None before the first step.
        action: id of the action that demands or mentions it.
        detail: structured facts about the reason, e.g. the hold's name, the block's id, the problem's code,
            rank and cut-off of a capacity; text pairs sorted by key.
        rule: `file:line:column` of the rule that decided, when one did.
        charges: what is due on a settled invoice (`settled: charges_due`), else empty.
    """

    invoice: str
    number: str
    customer: str
    currency: str | None
    amount: int | None
    outstanding: int | None
    due_date: date | None
    days_late: int | None
    segment: str | None
    ladder: str | None
    step: str | None
    outcome: OutcomeName
    reason: str
    next: Next | None
    action: str | None
    rule: str | None
    detail: tuple[tuple[str, str], ...]
    charges: tuple[Amounts, ...]


class Bucket(NamedTuple):
    """A column of the aged balance: what is outstanding, count and minor units."""

    name: str
    invoices: int
    amount: int


class CurrencyTotals(NamedTuple):
    """The figures of another currency than the policy's, in its own minor units: nothing is converted."""

    currency: str
    outcomes: tuple[tuple[str, str, int, int, int], ...]
    aged: tuple[Bucket, ...]
    balance: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures on the first screen, tied to the snapshot to the cent.

    Attributes:
        invoices: rows of `invoices`.
        amount: gross sum over the rows whose amount can be read, by currency.
        unreadable: rows whose amount can't be read.
        outcomes: (outcome, reason, count, gross, outstanding) in the order of 3.3; counts are those of every
            currency, sums those of the policy's.
        aged: the aged balance in the policy's currency by due date: not_due, 1-30, 31-60, 61-90, 91+, and
            unallocated (negative).
        balance: the sum of `aged`; equal to gross less payments of the policy's currency.
        customers_overdue: customers with an overdue invoice.
        missing_rate: messages held because a rate is missing.
        other_currencies: the currencies beside the policy's, by code, each with its own counts and sums.
    """

    invoices: int
    amount: tuple[tuple[str, int], ...]
    unreadable: int
    outcomes: tuple[tuple[str, str, int, int, int], ...]
    aged: tuple[Bucket, ...]
    balance: int
    customers: int
    customers_overdue: int
    actions: int
    missing_rate: int
    other_currencies: tuple[CurrencyTotals, ...] = ()


class Stopped(NamedTuple):
    """A safeguard that stopped the plan: its name, what it counted, what it allows (both as exact text)."""

    safeguard: str
    found: str
    allowed: str
    rule: str | None


class Decision(NamedTuple):
    """What becomes of an order that waits for credit (3.19).

    Attributes:
        amount: what the order would add, in minor units of its own `currency`.
        decision: approve, refer or refuse.
        reason: the rule's name; `data_problem` when an order isn't approved because its figures can't be trusted.
        role: whose decision it is, of `refer`.
        exposure: what it was judged on, minor units of the policy's currency: orders approved before it included.
        limit: the limit that it was held against, None for no limit.
        limit_of: the customer whose limit that is.
        rule: `file:line:column` of the rule; of `data_problem`, of the rule that would have approved.
    """

    order: str
    customer: str
    customer_name: str
    date: date
    amount: int
    currency: str
    decision: str
    reason: str
    role: str | None
    exposure: int
    limit: int | None
    limit_of: str
    rule: str | None


class CreditAlert(NamedTuple):
    """A customer of whom an alert of the policy holds; amounts in minor units of the policy's currency."""

    alert: str
    customer: str
    customer_name: str
    exposure: int
    limit: int | None
    rule: str


@dataclass(frozen=True, slots=True)
class Header:
    """What made the plan; no part of its identity (3.20)."""

    engine: str
    versions: tuple[tuple[str, str], ...]
    policy_file: str
    policy_digest: str
    snapshot_digest: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A deterministic, explained action plan. `identity` is the sha256 of its canonical body, header left out."""

    as_of: date
    policy: str
    policy_version: int
    currency: str
    valid_until: date
    vouched: bool  # False when no manifest vouches for the payments
    actions: tuple[Action, ...]
    outcomes: tuple[Outcome, ...]
    alerts: tuple[Alert, ...]
    problems: tuple[Problem, ...]
    stopped: tuple[Stopped, ...]
    summary: Summary
    identity: str
    header: Header
    decisions: tuple[Decision, ...] = ()
    credit_alerts: tuple[CreditAlert, ...] = ()
    closed: tuple[date, ...] = ()  # the days from `as_of` to `valid_until` that are no business days

    @property
    def size(self) -> int:
        """How many actions it has."""
        return len(self.actions)

    def chunks(self, most: int = 500) -> Iterator[Sequence[Action]]:
        """The actions in order, at most so many at once: what a plan that isn't held whole gives too (`source`)."""
        for start in range(0, len(self.actions), most):
            yield self.actions[start : start + most]
