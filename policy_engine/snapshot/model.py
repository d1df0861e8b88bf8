"""The snapshot as frozen values: what was known about the receivables on `as_of` (language.md section 4).

Amounts are minor units of the row's currency, rates ppm a year, dates `datetime.date`. A `CustomerAccount` holds
everything about one customer, so that a decision needs nothing else. Readers build these (`snapshot.read`),
and the engine takes only these.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, TypeAlias

AttributeValue: TypeAlias = str | int | bool | date | frozenset[str] | None
"""amount, percent (ppm), number (ten-thousandths), days and counts are ints."""

EXECUTED = frozenset({"delivered"})
"""History statuses that advance the ladder (3.4). Readers take `executed` as `delivered`."""
PENDING = frozenset({"planned", "awaiting_approval", "approved", "sending", "in_doubt"})
"""Under way: advance nothing, block, count for cap and capacity (3.4)."""
EXPIRING = frozenset({"planned", "awaiting_approval", "approved"})
"""Pending statuses that lapse `valid_for` business days after the plan's date (3.4)."""
IGNORED = frozenset({"failed", "expired", "returned", "voided", "cancelled"})
"""Neither advance nor block (3.4)."""
HISTORY_STATUSES = frozenset({"rejected", "set"}) | EXECUTED | PENDING | IGNORED

ContactRole: TypeAlias = Literal["demanded", "mentioned"]


@dataclass(frozen=True, slots=True)
class Problem:
    """A broken row, kept as a value: where, what, and what it takes with it.

    Attributes:
        code: stable, `DUN5xx`.
        table: e.g. `payments`.
        row: the id of the row when it can be told, else "".
        customer: whose it is, None when it can't be told.
        invoice: the `invoices` row it spoils, None for other tables.
        message: one lower-case sentence.
        where: `file:line` or `file:line:column`.
        holds: whether it holds every other invoice of the customer (3.2).
        help: the likely fix.
    """

    code: str
    table: str
    row: str
    customer: str | None
    invoice: str | None
    message: str
    where: str
    holds: bool
    help: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """Something a person should know that stops nothing: `code` is stable, `subject` an id or a name or ""."""

    code: str
    subject: str
    message: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Customer:
    """A debtor. `contract_rate` in ppm a year; limits in minor units of `limit_currency` or the policy's."""

    id: str
    name: str
    kind: str
    country: str | None = None
    language: str | None = None
    category: str | None = None
    status: str | None = None
    tags: frozenset[str] = frozenset()
    since: date | None = None
    parent: str | None = None
    terms: str | None = None
    insolvent: bool = False
    insolvent_since: date | None = None
    contract_rate: int | None = None
    credit_limit: int | None = None
    limit_currency: str | None = None
    registration: str | None = None  # SIREN or the like
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Allocation:
    """A part of a payment or credit note that settles an invoice: minor units, same sign as the document.

    `invoice` may be a row that can't be used: then it is no invoice of the account, and the part settles nothing else.
    """

    invoice: str
    amount: int


@dataclass(frozen=True, slots=True)
class Invoice:
    """A document on the ledger. Credit notes have negative amounts and may be allocated to invoices."""

    id: str
    number: str
    customer: str
    kind: str
    status: str
    currency: str
    amount: int
    issue_date: date
    due_date: date  # the snapshot's, else from the terms (3.1)
    due_from_terms: str | None = None
    payment_method: str | None = None
    e_status: str | None = None
    factored: bool = False
    allocations: tuple[Allocation, ...] = ()
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that arrived. What `allocations` leave is unallocated. A reversal names the payment it undoes.

    A negative amount is a reversal, or a refund allocated to credit notes.
    """

    id: str
    customer: str
    day: date
    amount: int
    currency: str
    allocations: tuple[Allocation, ...] = ()
    reverses: str | None = None


@dataclass(frozen=True, slots=True)
class Dispute:
    """Open from `opened` until the day before `closed`; `amount` None covers the whole invoice."""

    id: str
    customer: str
    invoice: str
    opened: date
    closed: date | None = None
    amount: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise to pay `amount` (None = all that was outstanding) on `invoices` by `day`, made on `made`.

    An empty `invoices` covers every invoice of the customer issued up to `made`.
    """

    id: str
    customer: str
    made: date
    day: date
    amount: int | None = None
    invoices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanInstalment:
    """An instalment of a payment plan: minor units, due on `day`."""

    day: date
    amount: int


@dataclass(frozen=True, slots=True)
class PaymentPlan:
    """An agreement to pay `invoices` in instalments, made on `made`; instalments by rising date."""

    id: str
    customer: str
    made: date
    invoices: tuple[str, ...]
    instalments: tuple[PlanInstalment, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A person's stop for a customer (`invoice` None) or one invoice; `until` is included, None = until lifted."""

    id: str
    customer: str
    invoice: str | None
    start: date
    until: date | None = None
    reason: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class History:
    """What became of one dunning item (or intervention): one row an item.

    Attributes:
        day: delivery for `delivered`, the plan's date for pending, the day of the decision for the others.
        sequence: order of recording among equal days, rising.
        action: the action's id; rows of one message share it. None when unknown.
        step: None with status `set` puts the invoice before the first step.
        until: last day that a rejection blocks; None = 7 days after `day`.
        intervention: the intervention's name instead of a step.
        instalment: the part that it was about, None for the whole invoice.
        carrier: whether the message went at this invoice's age (`scope: customer`, 3.10).
    """

    id: str
    customer: str
    invoice: str | None
    step: str | None
    stage: str | None
    channel: str | None
    status: str
    day: date
    sequence: int = 0
    action: str | None = None
    role: ContactRole = "demanded"
    until: date | None = None
    intervention: str | None = None
    by: str | None = None
    instalment: str | None = None
    carrier: bool = False


@dataclass(frozen=True, slots=True)
class Charge:
    """What became of a penalty of an invoice: claimed, invoiced, waived or paid on `day`.

    `amount` None on a waiver covers what accrued up to `day` and isn't yet paid; `until_settled` covers all of it,
    for good.
    """

    id: str
    customer: str
    invoice: str
    penalty: str
    status: Literal["claimed", "invoiced", "waived", "paid"]
    day: date
    amount: int | None = None
    until_settled: bool = False


@dataclass(frozen=True, slots=True)
class ContactPerson:
    """Somebody to write to. `address` is a postal address in lines."""

    id: str
    customer: str
    name: str | None = None
    role: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class CreditReport:
    """An agency's report; `score` in ten-thousandths."""

    id: str
    customer: str
    day: date
    score: int | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Insurance:
    """An insured limit in force from `start` to `until` (included; None = open)."""

    id: str
    customer: str
    limit: int
    currency: str
    start: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Instalment:
    """A part of an invoice with its own due date; the parts of an invoice add up to it (3.10)."""

    id: str
    customer: str
    invoice: str
    amount: int
    due_date: date


@dataclass(frozen=True, slots=True)
class Order:
    """An order that is not yet billed in full, or was: `open` orders wait for a credit decision.

    Attributes:
        status: open, confirmed, billed or cancelled.
        billed: what of `amount` was invoiced already.
    """

    id: str
    customer: str
    amount: int
    currency: str
    day: date
    kind: str | None = None
    status: str = "open"
    billed: int = 0

    @property
    def unbilled(self) -> int:
        """What is still to be invoiced of it, whatever its status; never negative."""
        return max(0, self.amount - self.billed)


@dataclass(frozen=True, slots=True)
class ExchangeRate:
    """1 unit of `base` is `numerator / denominator` units of `quote` on `day`."""

    base: str
    quote: str
    day: date
    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True)
class CustomerAccount:
    """Everything the snapshot knows about one customer. Lists are sorted by id.

    `broken_invoices` are rows of `invoices` that can't be used: they get the outcome `problem`.
    `quarantined` is the first problem that holds the customer's other invoices (3.2), or None.
    """

    customer: Customer
    invoices: tuple[Invoice, ...] = ()
    payments: tuple[Payment, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    promises: tuple[Promise, ...] = ()
    payment_plans: tuple[PaymentPlan, ...] = ()
    blocks: tuple[Block, ...] = ()
    history: tuple[History, ...] = ()
    charges: tuple[Charge, ...] = ()
    contact_persons: tuple[ContactPerson, ...] = ()
    credit_reports: tuple[CreditReport, ...] = ()
    insurance: tuple[Insurance, ...] = ()
    instalments: tuple[Instalment, ...] = ()
    orders: tuple[Order, ...] = ()
    quarantined: Problem | None = None
    addresses_known: bool = True  # False when the snapshot has no contact_persons table at all


@dataclass(frozen=True, slots=True)
class BrokenInvoice:
    """A row of `invoices` that can't be used. `amount` and `currency` None when they can't be read."""

    id: str
    customer: str | None
    amount: int | None
    currency: str | None
    problem: Problem


@dataclass(frozen=True, slots=True)
class ControlTotal:
    """What a manifest says of one table: rows, and the sum of amounts by currency in minor units."""

    table: str
    rows: int | None
    amounts: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """Who vouches for the snapshot. `present` is False when there is none and `--as-of` was given."""

    as_of: date
    present: bool = True
    source: str | None = None
    exported_at: str | None = None
    payments_complete_through: date | None = None
    rewound: bool = False
    totals: tuple[ControlTotal, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The receivables on `manifest.as_of`: accounts sorted by customer id.

    `rows` counts the rows of each table that were read, broken ones included.
    """

    manifest: Manifest
    accounts: tuple[CustomerAccount, ...]
    broken_invoices: tuple[BrokenInvoice, ...] = ()
    problems: tuple[Problem, ...] = ()
    alerts: tuple[Alert, ...] = ()
    exchange_rates: tuple[ExchangeRate, ...] = ()
    rows: tuple[tuple[str, int], ...] = ()
    digest: str = ""

    @property
    def as_of(self) -> date:
        """The snapshot's date."""
        return self.manifest.as_of
