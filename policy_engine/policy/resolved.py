"""The resolved policy: what is left of the YAML once it is read, merged, checked and typed.

Frozen, hashable where it matters, in the engine's units: amounts in minor units of `Policy.currency`, rates in
parts per million a year, days as calendar days. Every node an explanation cites keeps its `Position`.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from policy_engine.policy.tree import Node, Type
from policy_engine.rates import RateTable
from policy_engine.values.position import Position

Channel: TypeAlias = Literal[
    "email",
    "letter",
    "registered_letter",
    "call",
    "task",
    "webhook",
    "placement",
    "order_hold",
    "order_release",
]
Scope: TypeAlias = Literal["invoice", "instalment", "customer"]
"""Who climbs a ladder (language.md 3.10)."""
CONTACT_CHANNELS: frozenset[str] = frozenset({"email", "letter", "registered_letter", "call"})
"""Channels that speak to the customer; the others are actions of their own (language.md 3.11)."""
GRAVE_STAGES: frozenset[str] = frozenset({"formal_notice", "agency", "legal"})
"""Stages whose steps wait for a person (language.md 3.18)."""
FINAL_STAGES: frozenset[str] = frozenset({"agency", "legal"})
"""Stages handed to somebody else: no repeats, no shared messages afterwards (language.md 3.9, 3.11)."""


CREDIT_ROLE = "credit_manager"
"""Who decides on an order that is referred without a word of the policy to whom."""


@dataclass(frozen=True, slots=True)
class Expression:
    """An author's expression: its text as written, the place of its first character, its typed tree."""

    text: str
    position: Position
    tree: Node

    @property
    def type(self) -> Type:
        """The type of the whole expression."""
        return self.tree.type


@dataclass(frozen=True, slots=True)
class PolicyFact:
    """A fact that the policy defines: customer level, or invoice level when it names an invoice fact."""

    name: str
    level: Literal["customer", "invoice"]
    expression: Expression
    nullable: bool
    position: Position


@dataclass(frozen=True, slots=True)
class Attribute:
    """A column of the company's own, declared so that expressions can be checked."""

    level: Literal["customer", "invoice"]
    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Calendar:
    """Business days. `closed` holds public holidays and the company's own closed days, sorted.

    Known from `first_year` to `last_year`, both included; days outside can't be asked.
    """

    country: str | None
    weekend: frozenset[int]  # Monday is 0
    closed: frozenset[date]
    adjust: Literal["next_business_day", "none"]
    first_year: int
    last_year: int


ByCurrency: TypeAlias = tuple[tuple[str, int], ...]
"""Amounts by currency, sorted by code, each in minor units of its own; never converted (language.md section 2)."""


@dataclass(frozen=True, slots=True)
class Minimum:
    """What a message must ask for at least, minor units: per invoice, per message. 0 = no minimum.

    Attributes:
        item, customer: in the policy's currency.
        item_by, customer_by: amounts by currency, the policy's own among them; None for a plain amount.
    """

    item: int
    customer: int
    item_by: ByCurrency | None = None
    customer_by: ByCurrency | None = None

    def covers(self, currency: str) -> bool:
        """Whether invoices in a currency are dunned: no amounts by currency lack it."""
        return all(amounts is None or currency in dict(amounts) for amounts in (self.item_by, self.customer_by))


@dataclass(frozen=True, slots=True)
class Onboarding:
    """How invoices that were already overdue enter (3.7). `entry` is None for hold: a person must triage.

    Otherwise `(days late on `day`, stage)` pairs, ages rising.
    """

    day: date
    entry: tuple[tuple[int, str], ...] | None
    position: Position


@dataclass(frozen=True, slots=True)
class Segment:
    """A group of customers; the first whose `when` holds wins, the last has none."""

    name: str
    when: Expression | None
    ladder: str | None  # None = `ladder: none`, never dunned
    credit_limit: int | None  # minor units; None = no limit; 0 = nothing on credit
    position: Position


@dataclass(frozen=True, slots=True)
class Repeat:
    """A step again, `every` days or months after its last delivery, `times` at most (None = no limit)."""

    every_days: int | None
    every_months: int | None
    times: int | None


@dataclass(frozen=True, slots=True)
class Approval:
    """Who must agree before the action leaves: a role, how many people, and under which condition."""

    role: str
    people: int
    when: Expression | None


@dataclass(frozen=True, slots=True)
class Step:
    """One rung of a ladder.

    Attributes:
        index: its place in the ladder, from 0.
        rank: the place of its stage on the policy's scale, from 0.
        days: calendar days from the anchor, negative before the due date; None when `months` is given.
        anchor: `due_date`, `issue_date` or `previous_step`, the ladder's unless the step says otherwise.
        round_to: `end_of_month` moves the date to the end of its month; `then` adds days after that.
        adjust: how the sending date moves, the calendar's unless the step says otherwise.
        charges: names of the penalties asked at this step, inherited from the last `charge` at or above it.
        approval: None when nobody is asked; grave steps without a word of the policy have the default one.
        after_previous: days since the last delivery for this invoice.
    """

    name: str
    index: int
    stage: str
    rank: int
    days: int | None
    months: int | None
    anchor: Literal["due_date", "issue_date", "previous_step"]
    round_to: Literal["end_of_month"] | None
    then: int | None
    adjust: Literal["next_business_day", "none"]
    channel: Channel
    otherwise: Channel | None
    also: tuple[Channel, ...]
    template: str | None
    adapter: str | None
    when: Expression | None
    after_previous: int
    charges: tuple[str, ...]
    exempt: bool
    repeat: Repeat | None
    approval: Approval | None
    undo: str | None  # name of an intervention
    position: Position

    @property
    def grave(self) -> bool:
        """Whether the stage is formal_notice, agency or legal."""
        return self.stage in GRAVE_STAGES


@dataclass(frozen=True, slots=True)
class Ladder:
    """The steps an unpaid invoice climbs, in order.

    Attributes:
        scope: who climbs: each invoice, each instalment, or the customer's account.
        carrier: with `scope: customer`, the overdue invoice that gives the account its age; else None.
        on_carrier_paid: with `scope: customer`, where the account stands once another invoice carries; else None.
    """

    name: str
    scope: Scope
    carrier: Literal["oldest", "highest"] | None
    on_carrier_paid: Literal["keep", "restart", "recompute"] | None
    progression: Literal["stepwise", "jump"]
    consolidate: Literal["customer", "step", "item"]
    minimum: Minimum
    steps: tuple[Step, ...]
    position: Position


@dataclass(frozen=True, slots=True)
class Stop:
    """A hold that ends interest: the last day bearing it is the day before the date fact `since` names."""

    penalty: str
    since: Expression


@dataclass(frozen=True, slots=True)
class Hold:
    """A reason to leave an invoice alone."""

    name: str
    when: Expression
    instead: str | None  # name of an intervention
    stops: tuple[Stop, ...]
    position: Position


@dataclass(frozen=True, slots=True)
class Deadline:
    """A legal deadline: a date fact plus days or months; it never moves for holidays."""

    since: Expression
    days: int | None
    months: int | None


@dataclass(frozen=True, slots=True)
class Intervention:
    """What is planned once for a customer or an invoice: by a hold's `instead` or a step's `undo`."""

    name: str
    channel: Channel
    template: str | None
    adapter: str | None
    once: Literal["customer", "invoice"]
    deadline: Deadline | None
    position: Position


@dataclass(frozen=True, slots=True)
class ContactCap:
    """At most `max` contacts in any `per_days` days over `channels` (3.14)."""

    max: int
    per_days: int
    channels: frozenset[str]
    position: Position


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many actions of a channel people can do a day, and who comes first: higher `priority` wins."""

    name: str
    channel: Channel
    per_day: int
    priority: Expression | None
    position: Position


@dataclass(frozen=True, slots=True)
class Bounds:
    """A safeguard's bounds, both inclusive. `max_share` in millionths of the customers with an overdue invoice."""

    max: int | None
    max_share: int | None
    position: Position


@dataclass(frozen=True, slots=True)
class Safeguards:
    """What stops a whole plan (3.18). `bank_lag` in business days."""

    bank_lag: int | None
    all: Bounds | None
    steps: tuple[tuple[str, Bounds], ...]


@dataclass(frozen=True, slots=True)
class ReferenceRate:
    """A rate read from a table: `times` x reference + `plus`, in ppm a year."""

    table: str
    times: int
    plus: int


@dataclass(frozen=True, slots=True)
class InterestPenalty:
    """Late-payment interest as French law has it (C. com. art. L441-10 II).

    half_year fixing read on 1 January and 1 July, actual/365, from the day after the due date, payments to
    interest first, no compounding, rounded half up once an invoice. Exactly one of `annual` and `otherwise` is set.

    Attributes:
        contract: the fact holding the agreed rate (ppm), used when known.
        floor: the least a contract rate may be.
        otherwise: the statutory rate when no contract rate is known.
        annual: a plain rate instead, ppm a year.
        allocation: what payments settle first.
    """

    name: str
    when: Expression | None
    contract: Expression | None
    floor: ReferenceRate | None
    otherwise: ReferenceRate | None
    annual: int | None
    allocation: Literal["interest_first", "principal_first"]
    position: Position
    reference: str | None = None  # the article that grounds it, as the author cites it


@dataclass(frozen=True, slots=True)
class DatedAmount:
    """An amount in force from a day on (None = always), with its legal reference.

    `amount` in minor units of the policy's currency, 0 when amounts by currency (`by`) lack it.
    """

    start: date | None
    amount: int
    reference: str | None
    by: ByCurrency | None = None


@dataclass(frozen=True, slots=True)
class FlatPenalty:
    """A lump sum once per invoice for good (C. com. art. D441-5); the amount in force on the due date."""

    name: str
    when: Expression | None
    amounts: tuple[DatedAmount, ...]  # starts rising, an undated one first
    position: Position
    reference: str | None = None


Penalty: TypeAlias = InterestPenalty | FlatPenalty


@dataclass(frozen=True, slots=True)
class CreditRule:
    """A rule on open orders: the first whose `when` holds decides, the last has none (3.19). `role` with refer only."""

    name: str
    when: Expression | None
    decision: Literal["approve", "refer", "refuse"]
    role: str | None
    position: Position


@dataclass(frozen=True, slots=True)
class CreditAlertRule:
    """Customers that somebody should know of: those of whom `when` holds."""

    name: str
    when: Expression
    position: Position


@dataclass(frozen=True, slots=True)
class Credit:
    """What is at risk, whose limit holds, and what becomes of orders (3.19).

    Attributes:
        exposure: what adds up to `customer.exposure`, sorted: `outstanding`, `unbilled_orders`.
        roll_up: `parent` lets a parent's limit hold for its children, with the exposure of all of them.
        decisions: in order; empty when the policy decides nothing on orders.
    """

    exposure: tuple[Literal["outstanding", "unbilled_orders"], ...]
    roll_up: Literal["none", "parent"]
    decisions: tuple[CreditRule, ...]
    alerts: tuple[CreditAlertRule, ...]
    position: Position


@dataclass(frozen=True, slots=True)
class Policy:
    """A resolved policy: everything the engines need, nothing they don't. Equal policies have equal digests."""

    language: int
    name: str
    version: int
    effective_from: date | None
    effective_to: date | None  # last day in force
    currency: str
    locale: str
    calendar: Calendar
    stages: tuple[str, ...]
    netting: Literal["oldest_first", "account", "none"]
    minimum: Minimum
    grace: int
    valid_for: int  # business days
    after_settlement: Literal["never", "list"]
    onboarding: Onboarding | None
    attributes: tuple[Attribute, ...]
    facts: tuple[PolicyFact, ...]  # in an order in which each names only earlier ones
    segments: tuple[Segment, ...]
    ladders: tuple[Ladder, ...]
    holds: tuple[Hold, ...]
    promise_grace: int
    interventions: tuple[Intervention, ...]
    contact: ContactCap | None
    capacity: tuple[Capacity, ...]
    safeguards: Safeguards
    penalties: tuple[Penalty, ...]
    rates: tuple[RateTable, ...]  # the tables that penalties name, sorted by name
    digest: str  # sha256 of the canonical form, see policy.canonical
    file: str
    credit: Credit | None = None

    def place(self, position: Position) -> str:
        """`file:line:column`, the file as seen from the policy's folder: no plan depends on where one stands."""
        folder = self.file.rpartition("/")[0]
        file = position.file
        if folder and file.startswith(f"{folder}/"):
            file = file[len(folder) + 1 :]
        return f"{file}:{position.line}:{position.column}"

    def ladder(self, name: str) -> Ladder:
        """The ladder of that name.

        Raises:
            KeyError: no such ladder.
        """
        for ladder in self.ladders:
            if ladder.name == name:
                return ladder
        raise KeyError(name)
