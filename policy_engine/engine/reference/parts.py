"""An invoice in parts (3.10): what settles which part, and what that makes of the invoice.

A payment or credit note to the whole invoice settles the oldest part first, in the order of their days. What netting
settled part by part stays with its part. Amounts in minor units; parts by due date, then id.
"""

from collections.abc import Iterable
from datetime import date

from policy_engine.engine.reference.build_facts import set_day_facts, settled_day
from policy_engine.engine.reference.facts import CustomerFacts
from policy_engine.engine.reference.item import Item
from policy_engine.engine.reference.s04_history import blocked_until
from policy_engine.snapshot.model import EXECUTED, CustomerAccount, History, Instalment


def take_parts(account: CustomerAccount, items: dict[str, Item]) -> None:
    """Give each open invoice its parts; when they don't add up to it, it is held for its data (3.2).

    Readers let no such parts through; applications that build accounts themselves might.
    """
    rows: dict[str, list[Instalment]] = {}
    for row in account.instalments:
        rows.setdefault(row.invoice, []).append(row)
    for invoice, parts in rows.items():
        whole = items.get(invoice)
        if whole is None or not whole.open:
            continue
        if sum(part.amount for part in parts) != whole.amount:
            whole.parts_wrong = True
            continue
        parts.sort(key=lambda part: (part.due_date, part.id))
        whole.parts = tuple(_part(whole, part, parts[0]) for part in parts)
        whole.by_part = []


def _part(whole: Item, row: Instalment, oldest: Instalment) -> Item:
    """The part as an item of its own: the facts of its invoice, but for amount and due date."""
    part = whole.sibling()
    part.invoice = whole.invoice
    part.id, part.number, part.kind, part.status = whole.id, whole.number, whole.kind, whole.status
    part.currency, part.amount = whole.currency, row.amount
    part.issue_date, part.due_date = whole.issue_date, row.due_date
    part.payment_method, part.e_status, part.factored = whole.payment_method, whole.e_status, whole.factored
    part.attributes = whole.attributes
    part.open = True
    part.payments, part.credits = [], []
    part.step = part.stage = part.days_since_step = None
    part.whole, part.instalment = whole, row.id
    part.rows = tuple(said for said in whole.rows if _speaks_of(said, part, oldest))
    part.rejected_until = blocked_until(part.rows) if part.rows else None
    return part


def _speaks_of(row: History, part: Item, oldest: Instalment) -> bool:
    """Whether a row of the invoice's history is about the part.

    One that names a part is about that part. One about the whole invoice protects every part while it is under way or
    rejected; delivered or set, it spoke of what was due on its day, before that of the oldest part, whose notice it
    was (docs/decisions/0023).
    """
    if row.instalment is not None:
        return row.instalment == part.instalment
    if row.status == "set" or row.status in EXECUTED:
        return part.due_date <= row.day or part.instalment == oldest.id
    return True


def settle_parts(items: Iterable[Item]) -> None:
    """Share what settled each invoice among its parts; the invoice stands at its oldest unpaid part, else at its last.

    What was paid beyond the invoice settles no part.
    """
    for whole in items:
        if not whole.parts:
            continue
        events = [(day, False, amount, "") for day, amount in whole.payments]
        events += [(day, True, amount, "") for day, amount in whole.credits]
        for day, is_note, amount, instalment in whole.by_part:
            events.remove((day, is_note, amount, ""))
            events.append((day, is_note, amount, instalment))
        events.sort(key=lambda event: (event[0], event[3] == "", not event[1], event[2], event[3]))
        for part in whole.parts:
            part.payments, part.credits, part.outstanding = [], [], part.amount
        for day, is_note, amount, instalment in events:
            named = [part for part in whole.parts if part.instalment == instalment]
            _pour(day, amount, (*named, *whole.parts), is_note=is_note)
        whole.due_date = _stands_at(whole).due_date


def _stands_at(whole: Item) -> Item:
    """The oldest unpaid part; of a settled invoice the first that was paid late, else the last."""
    for part in whole.parts:
        if part.outstanding > 0:
            return part
    late = (part for part in whole.parts if (settled_day(part) or part.due_date) > part.due_date)
    return next(late, whole.parts[-1])


def _pour(day: date, amount: int, parts: Iterable[Item], *, is_note: bool) -> None:
    for part in parts:
        taken = min(amount, part.outstanding)
        if taken > 0:
            (part.credits if is_note else part.payments).append((day, taken))
            part.outstanding -= taken
            amount -= taken


def parts_due(whole: Item, as_of: date) -> list[Item]:
    """The unpaid parts that are asked for: those due by `as_of`, else the oldest, whose notice this is."""
    unpaid = [part for part in whole.parts if part.outstanding > 0]
    return [part for part in unpaid if part.due_date <= as_of] or unpaid[:1]


def set_part_facts(customer: CustomerFacts, items: Iterable[Item], as_of: date, grace: int) -> None:
    """The parts' own facts, from those of their invoices; and what of an invoice is asked: its parts due.

    A partial dispute is taken off the oldest part first. What is overdue of the customer is what is overdue in parts.
    """
    for whole in items:
        disputed = whole.disputed_amount
        for part in whole.parts:
            set_day_facts(part, as_of, grace)
            part.disputed_amount = min(disputed, part.outstanding)
            part.disputed = 0 < part.outstanding == part.disputed_amount
            disputed -= part.disputed_amount
            part.settled_on = None if part.outstanding else settled_day(part)
            part.promise_active = whole.promise_active and part.outstanding > 0
            part.promise_broken = whole.promise_broken
            part.payment_plan_kept, part.payment_plan_broken = whole.payment_plan_kept, whole.payment_plan_broken
        whole.later = 0
        if whole.parts and whole.outstanding > 0:
            whole.later = whole.principal - sum(part.principal for part in parts_due(whole, as_of))
        if whole.parts and whole.overdue:
            customer.overdue -= sum(part.outstanding for part in whole.parts if not part.overdue)
