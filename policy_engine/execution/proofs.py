"""What the ledger proves about customers: each message that left, with its receipt and its places in the chain.

A purge takes the receipts and texts away; days, steps, channels and hashes stay (`chain`).
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from policy_engine.execution.by_day import on_day
from policy_engine.execution.carriers import leaves_on, told
from policy_engine.execution.history import status_of
from policy_engine.execution.tables import ACTIONS, ITEMS, PAYLOADS, TRANSITIONS
from policy_engine.values.money import minor_text

LEFT = ("delivered", "returned", "voided", "in_doubt")
"""States of actions that left, or may have left."""
FORMAL_NOTICE = "formal_notice"
"""The stage whose letters a claim rests upon."""
_AT_ONCE = 400
"""Values in one query."""


def contacts_in(connection: Connection, customers: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """What left to customers, oldest first: one entry an action and attempt, by customer.

    An entry has day, step, stage, channel, also, status, the invoices demanded and mentioned, currency, total, action
    and attempt, `carriers` (what became of each channel), the main carrier's receipt (empty when purged), the reason of
    a return, and `transitions`: number, states, time, adapter, hash, receipt and reason of each change of state.
    """
    found: dict[int, dict[str, Any]] = {}
    owner: dict[int, str] = {}
    for row in _actions(connection, customers):
        owner[row["n"]] = row["customer"]
        found[row["n"]] = _contact(row)
    for row in _by_number(connection, select(ITEMS), ITEMS.c.action_n, found):
        if row["invoice"] is not None:
            found[row["action_n"]][row["role"]].append(row["invoice"])
    changes = select(TRANSITIONS, PAYLOADS.c.body).outerjoin(PAYLOADS, PAYLOADS.c.seq == TRANSITIONS.c.seq)
    for row in _by_number(connection, changes.where(TRANSITIONS.c.before.is_not(None)), TRANSITIONS.c.action_n, found):
        _add(found[row["action_n"]], row)
    begun = select(TRANSITIONS).where(TRANSITIONS.c.before.is_(None))  # its payload is the whole message
    for row in _by_number(connection, begun, TRANSITIONS.c.action_n, found):
        found[row["action_n"]]["transitions"].insert(0, _transition(row))
    by_customer: dict[str, list[dict[str, Any]]] = {}
    for number, contact in sorted(found.items()):
        del contact["left"]
        by_customer.setdefault(owner[number], []).append(contact)
    return by_customer


def notices_in(connection: Connection, customers: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """The formal notices that were delivered, oldest first, by customer: what made them, to make them again.

    An entry has action, attempt, day, step, channel, invoices, and `messages` by channel as they left (a letter's
    data in them), of the channels that were delivered; `messages` is None when the payload was purged.
    """
    every = (row for row in _actions(connection, customers) if row["stage"] == FORMAL_NOTICE)
    rows = {row["n"]: row for row in every if status_of(row) == "delivered"}
    about: dict[int, list[str]] = {}
    for item in _by_number(connection, select(ITEMS).where(ITEMS.c.role == "demanded"), ITEMS.c.action_n, rows):
        if item["invoice"] is not None:
            about.setdefault(item["action_n"], []).append(item["invoice"])
    bodies = select(TRANSITIONS.c.action_n, PAYLOADS.c.body).join(PAYLOADS, PAYLOADS.c.seq == TRANSITIONS.c.seq)
    kept: dict[int, Any] = {}
    for one in _by_number(connection, bodies.where(TRANSITIONS.c.before.is_(None)), TRANSITIONS.c.action_n, rows):
        facts = on_day(json.loads(one["body"]).get("facts", {}), leaves_on(rows[one["action_n"]]))
        kept[one["action_n"]] = facts.get("messages", {})
    found: dict[str, list[dict[str, Any]]] = {}
    for number, row in sorted(rows.items()):
        found.setdefault(row["customer"], []).append({
            "action": row["action"],
            "attempt": row["attempt"],
            "day": row["decided_on"],
            "step": row["step"],
            "channel": row["channel"],
            "invoices": sorted(set(about.get(number, ()))),
            "messages": _left(row, kept.get(number)),
        })  # fmt: skip
    return found


def _actions(connection: Connection, customers: Collection[str]) -> Iterator[Any]:
    for part in _parts(sorted(customers)):
        # what is still being sent may have delivered by its main carrier
        found = ACTIONS.c.customer.in_(part) & ACTIONS.c.state.in_((*LEFT, "sending"))
        rows = connection.execute(select(ACTIONS).where(found).order_by(ACTIONS.c.n)).mappings()
        yield from (row for row in map(dict, rows) if status_of(row) in LEFT)


def _left(row: Mapping[str, Any], messages: dict[str, Any] | None) -> dict[str, Any] | None:
    """The messages of the channels that were delivered."""
    if messages is None:
        return None
    done = {one.channel for one in told(row) if one.state == "delivered"}
    return {channel: message for channel, message in messages.items() if channel in done}


def _by_number(connection: Connection, wanted: Any, column: Any, numbers: Collection[int]) -> Iterator[Any]:
    """The rows of some actions, in the order of recording."""
    for part in _parts(sorted(numbers)):
        order = TRANSITIONS.c.seq if column is TRANSITIONS.c.action_n else ITEMS.c.n
        yield from connection.execute(wanted.where(column.in_(part)).order_by(order)).mappings()


def _parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]


def _contact(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "source": "ledger",
        "action": row["action"],
        "attempt": row["attempt"],
        "day": row["decided_on"],
        "step": row["step"],
        "stage": row["stage"],
        "channel": row["channel"],
        "also": json.loads(row["also"]),
        "status": status_of(row),
        "carriers": [one._asdict() for one in told(row)],
        "intervention": row["intervention"],
        "currency": row["currency"],
        "total": minor_text(row["total"], row["currency"]),
        "demanded": [],
        "mentioned": [],
        "receipt": {},
        "reason": None,
        "purged": False,
        "left": False,
        "transitions": [],
    }


def _transition(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("seq", "before", "after", "at", "adapter", "hash")
    return {**{name: row[name] for name in names}, "receipt": {}, "reason": None}


def _add(contact: dict[str, Any], row: Mapping[str, Any]) -> None:
    shown = _transition(row)
    contact["transitions"].append(shown)
    if row["after"] == "delivered" and contact["status"] in ("returned", "voided") and not contact["left"]:
        contact["day"] = row["at"][:10]  # when it left, not when it came back
        contact["left"] = True
    if row["body"] is None:
        contact["purged"] = True
        return
    body = json.loads(row["body"])
    shown["receipt"] = {str(name): str(value) for name, value in (body.get("receipt") or {}).items()}
    shown["reason"] = str(body["reason"])[:500] if body.get("reason") else None
    contact["receipt"] = contact["receipt"] or shown["receipt"]
    if row["after"] in ("returned", "voided"):
        contact["reason"] = shown["reason"]
