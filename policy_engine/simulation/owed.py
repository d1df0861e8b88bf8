"""What a customer owes on a day, as the customer sees it: invoices less what was paid on them, and credit left over."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from policy_engine.engine.reference.ledger import live_payments
from policy_engine.snapshot.model import EXECUTED, Charge, CustomerAccount, Instalment, Invoice

_VOID = frozenset({"draft", "cancelled"})


@dataclass(frozen=True, slots=True)
class Open:
    """An invoice with something left to pay: minor units of its currency; `parts` are its instalments, if any."""

    invoice: Invoice
    outstanding: int
    parts: tuple[Instalment, ...] = ()


@dataclass(frozen=True, slots=True)
class Owed:
    """One customer's books on a day.

    Attributes:
        open: by due date, then id.
        credits: unallocated money and credit notes by currency, minor units.
        reached: invoice id to the first delivery of each stage, by name.
        disputed: invoice id to its disputes as (opened, closed, amount).
        charges: rows of `charges` by invoice id.
        until: the first later day on which something that is known already comes into being, else `date.max`.
    """

    open: tuple[Open, ...]
    credits: Mapping[str, int]
    reached: Mapping[str, Mapping[str, date]]
    disputed: Mapping[str, tuple[tuple[date, date | None, int | None], ...]]
    charges: Mapping[str, tuple[Charge, ...]]
    until: date

    def disputed_amount(self, item: Open, day: date) -> int:
        """What open disputes cover of what is outstanding, minor units."""
        covered = 0
        for opened, closed, amount in self.disputed.get(item.invoice.id, ()):
            if opened <= day and (closed is None or day < closed):
                covered += item.outstanding if amount is None else amount
        return min(covered, item.outstanding)


def owed_on(account: CustomerAccount, day: date) -> Owed:
    """The customer's books with everything dated up to `day`.

    An invoice of a later day is owed already, as the engine has it; a credit note or payment of a later day isn't.
    """
    left = {row.id: row.amount for row in account.invoices if row.kind != "credit_note" and row.status not in _VOID}
    credits_: dict[str, int] = {}
    later = [payment.day for payment in account.payments if payment.day > day]
    later += [row.issue_date for row in account.invoices if row.kind == "credit_note" and row.issue_date > day]
    _settle(account, day, left, credits_)
    parts: dict[str, list[Instalment]] = {}
    for instalment in account.instalments:
        parts.setdefault(instalment.invoice, []).append(instalment)
    found = []
    for row in account.invoices:
        rest = left.get(row.id, 0)
        if rest > 0 and row.status == "open":
            found.append(Open(row, rest, tuple(sorted(parts.get(row.id, ()), key=lambda p: (p.due_date, p.id)))))
        elif rest < 0:
            credits_[row.currency] = credits_.get(row.currency, 0) - rest
    found.sort(key=lambda item: (item.invoice.due_date, item.invoice.id))
    return Owed(
        tuple(found), credits_, _reached(account), _disputes(account), _charges(account), min(later, default=date.max)
    )


def _settle(account: CustomerAccount, day: date, left: dict[str, int], credits_: dict[str, int]) -> None:
    """Take payments and credit notes off what they are allocated to; the rest of them is credit."""
    for payment in live_payments(account.payments, day):
        rest = payment.amount
        for part in payment.allocations:
            rest -= part.amount
            if part.invoice in left:
                left[part.invoice] -= part.amount
        credits_[payment.currency] = credits_.get(payment.currency, 0) + max(0, rest)
    for row in account.invoices:
        if row.kind == "credit_note" and row.status not in _VOID and row.issue_date <= day:
            rest = row.amount - sum(_refunds(account, row.id, day))
            for part in row.allocations:
                rest -= part.amount
                if part.invoice in left:
                    left[part.invoice] += part.amount
            credits_[row.currency] = credits_.get(row.currency, 0) + max(0, -rest)


def _refunds(account: CustomerAccount, note: str, day: date) -> Iterable[int]:
    for payment in live_payments(account.payments, day):
        for part in payment.allocations:
            if part.invoice == note:
                yield part.amount


def _reached(account: CustomerAccount) -> dict[str, dict[str, date]]:
    found: dict[str, dict[str, date]] = {}
    for row in account.history:
        if row.status in EXECUTED and row.invoice is not None and row.stage is not None:
            stages = found.setdefault(row.invoice, {})
            stages[row.stage] = min(row.day, stages.get(row.stage, row.day))
    return found


def _disputes(account: CustomerAccount) -> dict[str, tuple[tuple[date, date | None, int | None], ...]]:
    found: dict[str, tuple[tuple[date, date | None, int | None], ...]] = {}
    for row in account.disputes:
        found[row.invoice] = (*found.get(row.invoice, ()), (row.opened, row.closed, row.amount))
    return found


def _charges(account: CustomerAccount) -> dict[str, tuple[Charge, ...]]:
    found: dict[str, tuple[Charge, ...]] = {}
    for row in sorted(account.charges, key=lambda row: (row.day, row.id)):
        found[row.invoice] = (*found.get(row.invoice, ()), row)
    return found
