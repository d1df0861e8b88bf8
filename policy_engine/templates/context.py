"""What a template may read: one message as frozen values. Amounts and dates are shown in the message's language.

A name that isn't here can't be used in a template: `templates.check` types every template against these classes, and
the documentation of templates is made from them. There is no bank account in it, only its last four characters.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal, TypeAlias

from policy_engine.explanation.locale import Language

Carrier: TypeAlias = Literal[
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


@dataclass(frozen=True, slots=True)
class Money:
    """An amount: minor units of `currency`. False when it is zero."""

    minor: int
    currency: str

    def __bool__(self) -> bool:
        return self.minor != 0


@lru_cache(maxsize=4096)
def money(minor: int, currency: str) -> Money:
    """An amount, one value for the same figures: of an invoice most are nothing or all of it."""
    return Money(minor, currency)


@dataclass(frozen=True, slots=True)
class Rate:
    """A yearly rate in parts per million."""

    ppm: int


@dataclass(frozen=True, slots=True)
class Sender:
    """The creditor, as its letterhead says.

    Attributes:
        name: the company's name.
        address: postal address in lines.
        registration: what the letterhead must name, e.g. `SAS au capital de 50 000 €, RCS Lyon 123 456 789`.
        email, phone: of the accounts department.
        place: where letters are written, e.g. `Lyon`.
        signatory, role: who signs.
    """

    name: str
    address: tuple[str, ...] = ()
    registration: str | None = None
    email: str | None = None
    phone: str | None = None
    place: str | None = None
    signatory: str | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Payee:
    """Where money goes: no more of the account than its last four characters."""

    holder: str
    bank: str | None
    last_four: str

    @classmethod
    def of(cls, holder: str, account: str, bank: str | None = None) -> "Payee":
        """From a whole account number or IBAN, which is forgotten."""
        return cls(holder, bank, "".join(account.split())[-4:])


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is written to, or called.

    Attributes:
        company: the customer's name.
        person: who there, when known.
        address: postal address in lines, without the names; empty when unknown.
    """

    company: str
    person: str | None = None
    role: str | None = None
    address: tuple[str, ...] = ()
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class CustomerShown:
    """The debtor, as the snapshot knows it."""

    id: str
    name: str
    registration: str | None
    insolvent: bool
    insolvent_since: date | None


@dataclass(frozen=True, slots=True)
class Settlement:
    """What lowered an invoice: a payment, or a credit note with its number where it is known."""

    kind: Literal["payment", "credit_note"]
    day: date
    amount: Money
    number: str | None = None


@dataclass(frozen=True, slots=True)
class InterestPeriod:
    """Days of interest with one balance and one rate; `first` and `last` bear interest.

    `interest` of all periods of a line adds up to what accrued: each is the difference of two rounded running sums.
    """

    first: date
    last: date
    days: int
    balance: Money
    rate: Rate
    interest: Money


@dataclass(frozen=True, slots=True)
class ChargeShown:
    """A penalty of one invoice: asked = accrued - invoiced - paid - waived."""

    penalty: str
    kind: Literal["interest", "flat"]
    reference: str | None
    asked: Money
    accrued: Money
    invoiced: Money
    paid: Money
    waived: Money


@dataclass(frozen=True, slots=True)
class Instalment:
    """A part of an invoice with a due date of its own."""

    due_date: date
    amount: Money
    outstanding: Money
    days_late: int
    asked: bool


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """An invoice, or a part of one, that a message asks for.

    Attributes:
        amount: gross, of the whole invoice.
        paid, credited: what payments and credit notes settled of it.
        outstanding: what is left, the disputed part included.
        disputed: what the customer disputes; it isn't asked.
        later: what isn't due yet.
        principal: what is asked: outstanding - disputed - later.
        total: principal + interest + lump_sums.
        part: this message is about a part of it only.
    """

    number: str
    issue_date: date
    due_date: date
    days_late: int
    amount: Money
    paid: Money
    credited: Money
    outstanding: Money
    disputed: Money
    later: Money
    principal: Money
    interest: Money
    lump_sums: Money
    total: Money
    part: bool
    settlements: tuple[Settlement, ...]
    instalments: tuple[Instalment, ...]
    charges: tuple[ChargeShown, ...]
    periods: tuple[InterestPeriod, ...]


@dataclass(frozen=True, slots=True)
class ListedLine:
    """An overdue invoice shown for information, in no total."""

    number: str
    due_date: date
    days_late: int
    outstanding: Money


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A row of the account: an open invoice, a credit note not used up, money not yet allocated (negative)."""

    kind: Literal["invoice", "prepayment", "credit_note", "payment"]
    number: str
    day: date
    due_date: date | None
    days_late: int
    amount: Money
    balance: Money


@dataclass(frozen=True, slots=True)
class Contact:
    """What was delivered about some of the invoices; `reminder`: to the customer, when one of them was overdue."""

    day: date
    step: str
    stage: str
    channel: str | None
    invoices: int
    reminder: bool


@dataclass(frozen=True, slots=True)
class PromiseShown:
    """A promise to pay that concerns one of the invoices. `amount` None = all; `past`: its day has gone by."""

    made: date
    day: date
    amount: Money | None
    past: bool


@dataclass(frozen=True, slots=True)
class Following:
    """The step after this one, should nothing be paid."""

    name: str
    stage: str
    channel: str


@dataclass(frozen=True, slots=True)
class Loop:
    """What `loop` is inside a loop of a template: the turn, from 1, and whether it is the first or the last."""

    index: int
    first: bool
    last: bool


@dataclass(frozen=True, slots=True)
class MessageContext:
    """One message.

    Attributes:
        reference: what an answer should quote: the beginning of the action's id.
        what_if: the step isn't due: the message mustn't leave.
        sent_on: the day it leaves.
        pay_by: the day until which payment is asked, a business day; pay_days: the days from `sent_on` to it.
        demanded: invoices that have reached the step; mentioned: overdue ones that haven't; listed: for information.
        principal, interest, lump_sums: what is asked; credits were taken off the principal.
        unallocated: money and credit notes that settle no invoice yet, positive.
        references: the articles that ground interest and lump sums, as the policy cites them.
        following: the next step of the ladder.
        deadline: the legal deadline of an intervention.
        statement: the open account in the message's currency; `balance` is its sum.
        settled: invoices paid late whose interest and lump sums are still owed.
        owed: the sums of the listed invoices, one a currency.
    """

    language: Language
    reference: str
    what_if: bool
    step: str
    stage: str
    template: str
    channel: Carrier
    as_of: date
    sent_on: date
    pay_by: date
    pay_days: int
    sender: Sender
    payee: Payee | None
    recipient: Recipient
    customer: CustomerShown
    currency: str
    demanded: tuple[InvoiceLine, ...]
    mentioned: tuple[InvoiceLine, ...]
    listed: tuple[ListedLine, ...]
    principal: Money
    credits: Money
    unallocated: Money
    interest: Money
    lump_sums: Money
    total: Money
    overdue: Money
    owed: tuple[Money, ...]
    references: tuple[str, ...]
    following: Following | None
    deadline: date | None
    history: tuple[Contact, ...]
    promises: tuple[PromiseShown, ...]
    statement: tuple[StatementLine, ...]
    balance: Money
    settled: tuple[InvoiceLine, ...]

    @property
    def lines(self) -> tuple[InvoiceLine, ...]:
        """What is asked for: demanded, then mentioned."""
        return self.demanded + self.mentioned

    @property
    def reminders(self) -> tuple[Contact, ...]:
        """Contacts that a letter may call reminders: after the due date, by a channel that reaches the customer."""
        return tuple(contact for contact in self.history if contact.reminder)

    @property
    def oldest_days_late(self) -> int:
        """Of what is asked; 0 when nothing is late."""
        return max((line.days_late for line in self.lines), default=0)

    @property
    def disputed(self) -> Money:
        """What is disputed of the invoices asked for, and left out of the total."""
        return Money(sum(line.disputed.minor for line in self.lines), self.currency)

    @property
    def partial_payments(self) -> tuple[Settlement, ...]:
        """Payments on account of invoices that are still asked for, by day."""
        found = [one for line in self.lines for one in line.settlements if one.kind == "payment"]
        return tuple(sorted(found, key=lambda one: (one.day, one.amount.minor)))

    @property
    def credit_notes(self) -> tuple[Settlement, ...]:
        """Credit notes that lowered invoices that are still asked for, by day."""
        found = [one for line in self.lines for one in line.settlements if one.kind == "credit_note"]
        return tuple(sorted(found, key=lambda one: (one.day, one.amount.minor)))

    @property
    def instalments(self) -> tuple[Instalment, ...]:
        """The instalments of what is asked for, invoice by invoice."""
        return tuple(part for line in self.lines for part in line.instalments)

    @property
    def charges(self) -> Money:
        """Interest and lump sums together."""
        return Money(self.interest.minor + self.lump_sums.minor, self.currency)

    @property
    def settled_total(self) -> Money:
        """What the invoices paid late still owe."""
        return Money(sum(line.total.minor for line in self.settled), self.currency)

    @property
    def interest_reference(self) -> str | None:
        """The article that grounds the interest asked for, as the policy cites it."""
        return self._reference("interest")

    @property
    def lump_sum_reference(self) -> str | None:
        """The article that grounds the lump sums asked for, as the policy cites it."""
        return self._reference("flat")

    def _reference(self, kind: str) -> str | None:
        charges = (one for line in (*self.lines, *self.settled) for one in line.charges)
        return next((one.reference for one in charges if one.kind == kind and one.asked), None)
