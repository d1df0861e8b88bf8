"""Which e-mails a new one answers to: the ids of those delivered before about the same invoices."""

import json
from typing import Any

from sqlalchemy import Connection, select

from policy_engine.execution.basis import invoices_of
from policy_engine.execution.more import Pairs
from policy_engine.execution.tables import ACTIONS, ITEMS, PAYLOADS, TRANSITIONS

THREAD = "thread"
"""What adapters want (`job.Wanting`) that send e-mail."""
_AT_ONCE = 400
_MARK = '"message_id"'


def thread(connection: Connection | None, pairs: Pairs) -> dict[str, list[str]]:
    """The `message_id`s of receipts, oldest first, by action; actions without any aren't in it.

    What came back was never read: it isn't answered to. Receipts that were purged are unknown.
    """
    if connection is None:
        return {}
    customers = sorted({action.customer for action, _ in pairs})
    sent: dict[str, list[tuple[str, str]]] = {}
    for start in range(0, len(customers), _AT_ONCE):
        for customer, invoice, found in _receipts(connection, customers[start : start + _AT_ONCE]):
            sent.setdefault(customer, []).append((invoice, found))
    told: dict[str, list[str]] = {}
    for action, _ in pairs:
        about = set(invoices_of(action))
        ids = list(dict.fromkeys(found for invoice, found in sent.get(action.customer, ()) if invoice in about))
        if ids:
            told[action.id] = ids
    return told


def _receipts(connection: Connection, customers: list[str]) -> list[tuple[str, str, str]]:
    """Customer, invoice and message id of every e-mail that was delivered, in the order of recording."""
    wanted = (
        select(ACTIONS.c.customer, ITEMS.c.invoice, PAYLOADS.c.body)
        .select_from(ACTIONS)
        .join(ITEMS, ITEMS.c.action_n == ACTIONS.c.n)
        .join(TRANSITIONS, TRANSITIONS.c.action_n == ACTIONS.c.n)
        .join(PAYLOADS, PAYLOADS.c.seq == TRANSITIONS.c.seq)
        .where(
            ACTIONS.c.state.in_(("delivered", "sending")),  # sending: the e-mail has left, another carrier hasn't
            ACTIONS.c.customer.in_(customers),
            TRANSITIONS.c.before.is_not(None),
            ITEMS.c.invoice.is_not(None),
            PAYLOADS.c.body.like(f"%{_MARK}%"),
        )
        .order_by(TRANSITIONS.c.seq, ITEMS.c.n)
    )
    found = list[tuple[str, str, str]]()
    for row in connection.execute(wanted):
        receipt: Any = json.loads(row.body).get("receipt") or {}
        if isinstance(receipt.get("message_id"), str):
            found.append((row.customer, row.invoice, receipt["message_id"]))
    return found
