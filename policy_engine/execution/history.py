"""What was executed flows back: the ledger's rows as history and claimed charges of a snapshot (3.4, 3.12)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from policy_engine.execution.carriers import main_is_done
from policy_engine.execution.ledger import Ledger
from policy_engine.execution.tables import ACTIONS, ITEMS
from policy_engine.snapshot.model import PENDING, Charge, ContactRole, CustomerAccount, History, Snapshot


class FutureHistoryError(ValueError):
    """The ledger knows of days after the snapshot's: planning on that snapshot would repeat what was done."""


@dataclass(frozen=True, slots=True)
class LedgerHistory:
    """The ledger's rows by customer, and the head of the chain when they were read."""

    history: Mapping[str, tuple[History, ...]]
    charges: Mapping[str, tuple[Charge, ...]]
    head: str


def read_history(ledger: Ledger, stages: Mapping[str, str], *, but: str | None = None) -> LedgerHistory:
    """Every action's items as rows of history, and what delivered messages claimed as rows of charges.

    Args:
        ledger: the ledger.
        stages: the stage of each step of the policy, for items that were mentioned on another step than the message's.
        but: the identity of a plan whose own actions are left out.
    """
    history: dict[str, list[History]] = {}
    charges: dict[str, list[Charge]] = {}
    with ledger.reading() as connection:
        head = ledger.head(connection).hash
        for found in _rows(connection):
            if found["plan"] == but:
                continue
            row = {**found, "state": status_of(found)}
            history.setdefault(row["customer"], []).append(_history(row, stages))
            if row["state"] == "delivered":
                charges.setdefault(row["customer"], []).extend(_claimed(row))
    return LedgerHistory(
        {key: tuple(rows) for key, rows in history.items()}, {key: tuple(rows) for key, rows in charges.items()}, head
    )


def with_history(snapshot: Snapshot, known: LedgerHistory) -> Snapshot:
    """The snapshot with what the ledger knows; its digest stays that of the snapshot itself.

    Raises:
        FutureHistoryError: something was done after the snapshot's day, and it isn't rewound (3.4).
    """
    late = [row for rows in known.history.values() for row in rows if row.day > snapshot.as_of]
    if late and not snapshot.manifest.rewound:
        newest = max(row.day for row in late)
        raise FutureHistoryError(
            f"the ledger knows of {len(late)} items after the snapshot's day {snapshot.as_of}, the last of {newest};"
            " plan on a newer snapshot"
        )
    accounts = tuple(extended(account, known, snapshot.as_of) for account in snapshot.accounts)
    return replace(snapshot, accounts=accounts)


def extended(account: CustomerAccount, known: LedgerHistory, as_of: date) -> CustomerAccount:
    """An account with what the ledger knows up to a day."""
    key = account.customer.id
    rows = [row for row in known.history.get(key, ()) if row.day <= as_of]
    charges = [row for row in known.charges.get(key, ()) if row.day <= as_of]
    if not rows:
        return account
    return replace(
        account,
        history=tuple(sorted((*account.history, *rows), key=lambda row: row.id)),
        charges=tuple(sorted((*account.charges, *charges), key=lambda row: row.id)),
    )


def _rows(connection: Connection) -> Any:
    wanted = (
        select(
            ITEMS, ACTIONS.c.action, ACTIONS.c.attempt, ACTIONS.c.customer, ACTIONS.c.channel, ACTIONS.c.state,
            ACTIONS.c.plan, ACTIONS.c.planned_on, ACTIONS.c.decided_on, ACTIONS.c.until, ACTIONS.c.last,
            ACTIONS.c.intervention, ACTIONS.c.carriers,
        )
        .join(ACTIONS, ACTIONS.c.n == ITEMS.c.action_n)
        .order_by(ITEMS.c.n)
        .execution_options(yield_per=1000)
    )  # fmt: skip
    return connection.execute(wanted).mappings()


def status_of(row: Mapping[str, Any]) -> str:
    """What the ladder counts an action as: delivered once its main carrier was, whatever its copies wait for."""
    return "delivered" if row["state"] in ("sending", "in_doubt") and main_is_done(row) else row["state"]


def _ident(row: Mapping[str, Any]) -> str:
    return f"ledger-{row['action'][:16]}-{row['attempt']}-{row['n']}"


def _history(row: Mapping[str, Any], stages: Mapping[str, str]) -> History:
    step = row["step"]
    role: ContactRole = "mentioned" if row["role"] == "mentioned" else "demanded"
    # pending rows expire counted from the plan's day, the others count from the day of what became of them
    day = row["planned_on"] if row["state"] in PENDING else row["decided_on"]
    return History(
        id=_ident(row),
        customer=row["customer"],
        invoice=row["invoice"],
        step=step,
        stage=None if step is None else (row["stage"] or stages.get(step)),
        channel=row["channel"],
        status=row["state"],
        day=date.fromisoformat(day),
        sequence=row["last"],
        action=row["action"],
        role=role,
        until=None if row["until"] is None else date.fromisoformat(row["until"]),
        intervention=row["intervention"],
        instalment=row["instalment"],
        carrier=bool(row["carrier"]),
    )


def _claimed(row: Mapping[str, Any]) -> list[Charge]:
    """What a delivered message asked on top; the parts of an invoice are rows of their own."""
    day = date.fromisoformat(row["decided_on"])
    return [
        Charge(f"{_ident(row)}-{penalty}", row["customer"], row["invoice"], penalty, "claimed", day, amount)
        for penalty, amount in json.loads(row["claimed"])
    ]
