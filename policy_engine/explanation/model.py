"""An explanation as values: recorded once, rendered as text in two languages or as JSON.

Dates, amounts and rates keep their types; `rule` is always `file:line:column` of the policy. Lists are in the order in
which the engine tries things.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TypeAlias

from policy_engine.plan.model import Action, Amounts, Decision, Outcome, Period
from policy_engine.policy.tree import Type

FactValue: TypeAlias = int | Fraction | str | bool | date | frozenset[str] | tuple[int, int] | None
"""In the engine's units: minor units, ppm a year, ten-thousandths for the facts table's numbers; None is missing."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact with its value. `scale` divides a `number` (ten-thousandths in the facts table, 1 in expressions)."""

    name: str
    type: Type
    value: FactValue
    scale: int = 1


@dataclass(frozen=True, slots=True)
class Decider:
    """A part of a condition that decided it: the author's words, the values they were held against."""

    text: str
    holds: bool
    values: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """A `when`: the author's words, whether it holds, what decided.

    Attributes:
        turns: the first later day on which it would change, if nothing is paid and each step is delivered on its day;
            None when it wouldn't within the days looked at.
    """

    text: str
    rule: str
    holds: bool
    deciders: tuple[Decider, ...]
    turns: date | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """A segment or hold that was tried. `verdict`: chosen, otherwise, no, passed; applies, no."""

    name: str
    verdict: str
    rule: str
    condition: Condition | None


@dataclass(frozen=True, slots=True)
class StepTried:
    """A step of the ladder for one invoice.

    Attributes:
        verdict: done, lapsed, entry, time_over, condition, due, comes, waits, later, no_date, repeat.
        on: the day of the verdict: executed, over, due since, comes, may go.
        reached: of `waits`, the day its date was reached.
    """

    name: str
    stage: str
    rule: str
    verdict: str
    on: date | None
    reached: date | None
    condition: Condition | None


@dataclass(frozen=True, slots=True)
class Converted:
    """An amount of another currency than the policy's, or a fee of the policy's for an invoice in another.

    Attributes:
        fact: the fact it is a part of, or the penalty.
        amount: minor units of `currency`.
        day: of the rate; of a missing one, the last day it might have been of.
        base, quote, rate: as the snapshot states it, 1 `base` is `rate` `quote`; None when there is none.
        result: minor units of `into`, rounded half up once.
    """

    fact: str
    amount: int
    currency: str
    into: str
    day: date
    base: str | None
    quote: str | None
    rate: Fraction | None
    result: int | None


@dataclass(frozen=True, slots=True)
class ChargeExplained:
    """One penalty of one invoice.

    Attributes:
        status: asked (in an action of this plan), due (on a settled invoice), accrues, not_owed, missing_rate,
            stop_without_date.
        asked_from: the first step of the ladder that asks for it.
        periods: of interest, the runs of days; their exact sum in minor units is `exact`.
        reference: the article that grounds it, as the policy cites it.
        converted: of a fee that is in another currency than the invoice.
    """

    penalty: str
    kind: str
    status: str
    rule: str
    reference: str | None
    asked_from: str | None
    amounts: Amounts | None
    periods: tuple[Period, ...]
    exact: Fraction
    condition: Condition | None
    converted: Converted | None = None


@dataclass(frozen=True, slots=True)
class Ahead:
    """What would happen on a day to come. `note`: missing_rate when its rate isn't known yet, approval, or None."""

    on: date
    step: str
    stage: str
    channel: str
    note: str | None
    instalment: str | None = None


@dataclass(frozen=True, slots=True)
class PartExplained:
    """An instalment, amounts in minor units.

    Attributes:
        step: the position it reached, where each part climbs alone.
        outcome, reason: its own, where each part climbs alone; else None.
        speaks: whether the invoice goes by it: the oldest unpaid part, or the one whose outcome the invoice has.
    """

    instalment: str
    amount: int
    outstanding: int
    due_date: date
    days_late: int
    step: str | None
    outcome: str | None
    reason: str | None
    speaks: bool


@dataclass(frozen=True, slots=True)
class Carrier:
    """The invoice whose age is the account's; `itself` when it is the one explained."""

    invoice: str
    number: str
    days_late: int
    outstanding: int
    itself: bool


@dataclass(frozen=True, slots=True)
class Climbing:
    """Who climbs for an invoice in instalments, or in an account (language.md 3.10).

    Attributes:
        choice, on_carrier_paid: of `scope: customer`, what the ladder says; else None.
        carrier: None when nothing overdue is free and large enough.
    """

    scope: str
    parts: tuple[PartExplained, ...]
    choice: str | None
    on_carrier_paid: str | None
    carrier: Carrier | None


@dataclass(frozen=True, slots=True)
class InvoiceExplained:
    """One invoice: what became of it, and everything that was tried. `known` are more facts for the sentence."""

    outcome: Outcome
    known: tuple[tuple[str, object], ...]
    facts: tuple[Fact, ...]
    holds: tuple[Tried, ...]
    steps: tuple[StepTried, ...]
    charges: tuple[ChargeExplained, ...]
    ahead: tuple[Ahead, ...]
    action: Action | None
    climbing: Climbing | None = None
    converted: tuple[Converted, ...] = ()


@dataclass(frozen=True, slots=True)
class ShareExplained:
    """What one customer adds to an exposure, minor units. `own_limit`: with everybody under a limit of its own."""

    customer: str
    outstanding: int
    orders: int
    total: int
    own_limit: bool


@dataclass(frozen=True, slots=True)
class OrderExplained:
    """An open order: what became of it, and the rules that were tried; none when they couldn't be asked."""

    decision: Decision
    rules: tuple[Tried, ...]


@dataclass(frozen=True, slots=True)
class CreditExplained:
    """The credit of a customer.

    Attributes:
        exposure: the sum of `shares` and of `more_total`, of `more` members that aren't listed.
        limit_of: the customer whose limit holds; `limit_from` says where that comes from: own, segment, none.
        doubtful: members of the family with rows that can't be used.
        orders: the open orders, by day, then id.
        alerts: the policy's credit alerts, tried on the customer.
    """

    exposure: int
    shares: tuple[ShareExplained, ...]
    more: int
    more_total: int
    limit: int | None
    limit_of: str
    limit_name: str
    limit_from: str
    doubtful: int
    orders: tuple[OrderExplained, ...]
    alerts: tuple[Tried, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why, why not, and when next, for a customer or one invoice of it.

    Attributes:
        ident: what was asked for.
        about: `customer` or `invoice`.
        ladder: None for a segment without one.
        invoices: explained in full: the one asked for, or the customer's that aren't settled.
        others: the customer's other invoices, outcome only.
        actions: the plan's actions for the customer (of one invoice: those it is in).
        looked_ahead: the last day of the look into the future.
        credit: of a customer, when the policy has a credit section.
        converted: the customer's sums in other currencies.
    """

    ident: str
    about: str
    as_of: date
    policy: str
    policy_version: int
    policy_file: str
    currency: str
    customer: str
    customer_name: str
    segment: str | None
    ladder: str | None
    facts: tuple[Fact, ...]
    segments: tuple[Tried, ...]
    invoices: tuple[InvoiceExplained, ...]
    others: tuple[Outcome, ...]
    actions: tuple[Action, ...]
    looked_ahead: date
    credit: CreditExplained | None = None
    converted: tuple[Converted, ...] = ()
