"""An invoice, or a part of one, while a customer is being decided: its facts, what settled it, what was found."""

from datetime import date
from typing import TYPE_CHECKING

from policy_engine.engine.reference.facts import InvoiceFacts
from policy_engine.policy.resolved import DatedAmount
from policy_engine.snapshot.model import History, Invoice

if TYPE_CHECKING:
    from policy_engine.engine.reference.message import Message
    from policy_engine.engine.reference.program import StepProgram


class Item(InvoiceFacts):
    """One invoice on its way through the numbers of language.md section 3; filled in, never handed out.

    Attributes:
        invoice: the row.
        open: status open, no credit note: what may be outstanding.
        foreign: in another currency than the policy's; then it is a `currencies.ForeignItem`.
        covered: whether its currency is dunned (2); known once the ladder is.
        overdue: outstanding and more days late than `grace`.
        payments: (day, minor units) that settled it, what netting settled included, any order.
        credits: (day, minor units) of credit notes, positive numbers.
        rows: its history, in the order of recording.
        position: index of the step reached, -1 before the first (3.4, 3.8).
        first: index of the first step it may still take by onboarding (3.7).
        unmapped: a history row whose step and stage the policy doesn't know.
        candidate: the step due or to come (3.9); `due` says which; `when_due` the first day it may go.
        held: whether quarantine, a block, a hold or triage keeps it back.
        blocked: the first reason that holds a due step back, with what is known about it.
        message: what it goes out with, and in which `role` (demanded, mentioned).
        parts: of an invoice in instalments, its parts by due date (3.10); `parts_wrong` when they don't add up to it.
        by_part: what netting settled of them, as (day, is it a credit note, minor units, instalment).
        whole: of a part, its invoice; `instalment` is its id.
        later: what isn't asked yet of what is outstanding, being in parts that aren't due, minor units.
        apart: whether its parts climb alone (`scope: instalment`).
        carrier: whether the account's message goes at its age (`scope: customer`).
        account_rows: of an account's overdue items, the history that its position is read from, a row a message.
        uncharged: mentioned without charges, because its own age hasn't reached the step (`scope: customer`).

    Whatever most invoices never need has its default on the class, so that making an item stays cheap.
    """

    invoice: Invoice
    open: bool
    payments: list[tuple[date, int]]
    credits: list[tuple[date, int]]
    foreign: bool = False
    covered: bool = True
    overdue: bool = False
    disputed: bool = False
    disputed_amount: int = 0
    promise_active: bool = False
    promise_broken: bool = False
    payment_plan_kept: bool = False
    payment_plan_broken: bool = False
    step: str | None = None
    stage: str | None = None
    days_since_step: int | None = None
    rows: tuple[History, ...] = ()
    position: int = -1
    stage_rank: int = -1
    first: int = 0
    onboarded: bool = False
    triage: bool = False
    unmapped: History | None = None
    last_delivery: date | None = None
    reached_on: date | None = None
    rejected_until: date | None = None
    settled_on: date | None = None
    hold: int = -1
    held: bool = False
    candidate: "StepProgram | None" = None
    due: bool = False
    occurrence: int = 0
    trigger_on: date | None = None
    next_on: date | None = None
    blocked: str | None = None
    blocked_until: date | None = None
    detail: tuple[tuple[str, str], ...] = ()
    rule: str | None = None
    message: "Message | None" = None
    role: str | None = None
    parts: "tuple[Item, ...]" = ()
    parts_wrong: bool = False
    by_part: "list[tuple[date, bool, int, str]]"
    whole: "Item | None" = None
    instalment: str | None = None
    later: int = 0
    apart: bool = False
    carrier: bool = False
    uncharged: bool = False
    account_rows: tuple[History, ...] = ()

    @property
    def action(self) -> str | None:
        """The id of the action it is in."""
        return None if self.message is None else self.message.id

    @property
    def principal(self) -> int:
        """What may be asked of it: outstanding less the disputed part and what isn't due yet, minor units."""
        return self.outstanding - self.disputed_amount - self.later

    @property
    def disputed_amount_converted(self) -> int:
        """The disputed part in the policy's currency."""
        return self.disputed_amount

    def sibling(self) -> "Item":
        """A new item in the same currency, for a part of the invoice."""
        return Item()

    def fee(self, dated: DatedAmount, _day: date) -> int | None:
        """A fee in minor units of the invoice's currency, as of the day it was first claimed (section 2)."""
        return dated.amount

    def in_policy_currency(self, amount: int) -> int | None:
        """Minor units of its currency in those of the policy's."""
        return amount
