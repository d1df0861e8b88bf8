"""Rows of a dossier: contacts that the snapshot tells of, what an action asks of an invoice, what settled it."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from policy_engine.engine.reference.draft import Draft
from policy_engine.engine.reference.item import Item
from policy_engine.execution.proofs import LEFT
from policy_engine.plan.model import Action
from policy_engine.rates.table_file import ppm_text
from policy_engine.snapshot.model import CustomerAccount, History, Invoice
from policy_engine.templates.build_lines import line_of
from policy_engine.values.money import minor_text


def told(account: CustomerAccount, as_of: date, recorded: set[str]) -> list[dict[str, Any]]:
    """The snapshot's history as contacts: rows of one message are one, what the ledger holds itself is left out."""
    messages: dict[tuple[Any, ...], list[History]] = {}
    for row in account.history:
        if row.status in LEFT and row.day <= as_of and row.action not in recorded:
            about = row.action or (row.step, row.intervention)
            messages.setdefault((row.day, row.channel, row.status, about), []).append(row)
    return [
        {
            "source": "snapshot",
            "action": rows[0].action,
            "attempt": None,
            "day": rows[0].day.isoformat(),
            "step": rows[0].step,
            "stage": rows[0].stage,
            "channel": rows[0].channel,
            "also": [],
            "status": rows[0].status,
            "intervention": rows[0].intervention,
            "currency": None,
            "total": None,
            "demanded": sorted({row.invoice for row in rows if row.invoice and row.role == "demanded"}),
            "mentioned": sorted({row.invoice for row in rows if row.invoice and row.role == "mentioned"}),
            "carriers": [],
            "receipt": {},
            "reason": None,
            "purged": False,
            "transitions": [],
        }
        for rows in messages.values()
    ]


def lines(row: Invoice, action: Action, data: Mapping[str, Any], books: Draft | None) -> list[dict[str, Any]]:
    """What the action asks of an invoice or its parts, as its plan says, with the interest by period."""
    found: list[dict[str, Any]] = []
    for role in ("demanded", "mentioned"):
        for line, shown in zip(getattr(action, role), data[role], strict=True):
            if line.invoice != row.id:
                continue
            periods = () if books is None else line_of(books, line).periods
            kept = {name: value for name, value in shown.items() if name not in ("invoice", "number")}
            found.append({
                **kept,
                "role": role,
                "periods": [
                    {
                        "first": one.first.isoformat(),
                        "last": one.last.isoformat(),
                        "days": one.days,
                        "balance": minor_text(one.balance.minor, one.balance.currency),
                        "rate": ppm_text(one.rate.ppm),
                        "interest": minor_text(one.interest.minor, one.interest.currency),
                    }
                    for one in periods
                ],
            })  # fmt: skip
    for shown in data["listed"]:
        if shown["invoice"] == row.id:
            kept = {name: value for name, value in shown.items() if name not in ("invoice", "number", "currency")}
            found.append({**kept, "role": "listed"})
    return found


def settled(item: Item) -> list[dict[str, Any]]:
    """What settled an invoice in the engine's books, netting included; `minor` in its currency."""
    rows: Iterable[tuple[str, date, int]] = [
        *(("payment", day, amount) for day, amount in item.payments),
        *(("credit_note", day, amount) for day, amount in item.credits),
    ]
    return [{"kind": kind, "day": day.isoformat(), "minor": amount} for kind, day, amount in rows]


def allocated(row: Invoice, account: CustomerAccount, as_of: date) -> list[dict[str, Any]]:
    """What the snapshot's own allocations settled of an invoice; `minor` in its currency."""
    found = [
        {"kind": "payment", "day": payment.day.isoformat(), "minor": part.amount}
        for payment in account.payments
        for part in payment.allocations
        if part.invoice == row.id and payment.day <= as_of
    ]
    found += [
        {"kind": "credit_note", "day": note.issue_date.isoformat(), "minor": -part.amount}
        for note in account.invoices
        for part in note.allocations
        if part.invoice == row.id and note.kind == "credit_note" and note.issue_date <= as_of
    ]
    return found
