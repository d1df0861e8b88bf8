"""An invoice while a customer is being decided: its facts, what settled it, its history, what was found."""

from datetime import date
from typing import TYPE_CHECKING

from policy_engine.engine.reference.facts import InvoiceFacts
from policy_engine.snapshot.model import History, Invoice

if TYPE_CHECKING:
    from policy_engine.engine.reference.program import StepProgram


class Item(InvoiceFacts):
    """One invoice on its way through the numbers of language.md section 3; filled in, never handed out.

    Attributes:
        invoice: the row.
        open: status open, no credit note, in the policy's currency: what can be dunned.
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
    """

    __slots__ = (
        "action", "blocked", "blocked_until", "candidate", "credits", "detail", "due", "first", "held", "hold",
        "invoice", "last_delivery", "listed", "next_on", "occurrence", "onboarded", "open", "overdue",
        "payments", "position", "reached_on", "rejected_until", "role", "rows", "rule", "settled_on",
        "stage_rank", "triage", "trigger_on", "unmapped",
    )  # fmt: skip

    invoice: Invoice
    open: bool
    overdue: bool
    payments: list[tuple[date, int]]
    credits: list[tuple[date, int]]
    rows: tuple[History, ...]
    position: int
    stage_rank: int
    first: int
    onboarded: bool
    triage: bool
    unmapped: History | None
    last_delivery: date | None
    reached_on: date | None
    rejected_until: date | None
    settled_on: date | None
    hold: int
    held: bool
    candidate: "StepProgram | None"
    due: bool
    occurrence: int
    trigger_on: date | None
    next_on: date | None
    blocked: str | None
    blocked_until: date | None
    detail: tuple[tuple[str, str], ...]
    rule: str | None
    action: str | None
    role: str | None
    listed: bool

    @property
    def principal(self) -> int:
        """What may be asked of it: outstanding less the disputed part, minor units."""
        return self.outstanding - self.disputed_amount
