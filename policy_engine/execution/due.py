"""Which actions may leave now: not before their day, not after their plan's, nothing changed since it was made."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, func, not_, or_, select, true

from policy_engine.execution.basis import basis, changed, payee_hash
from policy_engine.execution.carriers import became, carried, text_of, to_come
from policy_engine.execution.clock import Moment, stamp
from policy_engine.execution.ledger import Change, Ledger, Row
from policy_engine.execution.tables import ACTIONS, PLANS, TRANSITIONS
from policy_engine.execution.tally import Tally, noted
from policy_engine.execution.workers import is_dead
from policy_engine.snapshot.model import CustomerAccount, Snapshot


@dataclass(frozen=True, slots=True)
class Found:
    """What actions are held against: a snapshot, and the payee of the operator's file, with its hash."""

    snapshot: Snapshot
    accounts: Mapping[str, CustomerAccount]
    payee: Mapping[str, str] | None
    payee_hash: str

    @classmethod
    def of(cls, snapshot: Snapshot, payee: Mapping[str, str] | None) -> "Found":
        """The accounts by id."""
        accounts = {account.customer.id: account for account in snapshot.accounts}
        return cls(snapshot, accounts, payee, payee_hash(payee))


PAGE = 500
"""Actions that are held at once."""
RESTING = and_(ACTIONS.c.state == "sending", ACTIONS.c.worker.is_(None))
"""Actions between two of their carriers (`carriers.is_resting`)."""
SENDING = (
    select(ACTIONS, TRANSITIONS.c.adapter.label("sent_by"))
    .join(TRANSITIONS, TRANSITIONS.c.seq == ACTIONS.c.last)
    .where(ACTIONS.c.state == "sending", ACTIONS.c.worker.is_not(None))
    .order_by(ACTIONS.c.n)
)
"""Actions that a worker has claimed."""


def due_rows(after: int, now: Moment, snapshot: Snapshot, held: Collection[str] = ()) -> Any:
    """Actions beyond a number that may leave today, if the snapshot is not older than their plan's.

    Args:
        after: the number.
        now: the moment.
        snapshot: what actions are held against.
        held: channels that have reached their limit: what waits for its main carrier there is left out.
    """
    today, at = now.day.isoformat(), stamp(now.at)
    ready = and_(
        or_(ACTIONS.c.state.in_(("planned", "approved")), RESTING),
        ACTIONS.c.send_on <= today,
        ACTIONS.c.valid_until >= today,
        or_(ACTIONS.c.not_before.is_(None), ACTIONS.c.not_before <= at),
        or_(ACTIONS.c.channel.not_in(held), RESTING) if held else true(),
        or_(ACTIONS.c.any_day == 1, not_(PLANS.c.closed.contains(today))),
    )
    claimed = and_(ACTIONS.c.state == "sending", ACTIONS.c.worker.is_not(None))
    return (
        select(ACTIONS, TRANSITIONS.c.adapter.label("sent_by"), PLANS.c.snapshot_digest.label("planned_from"))
        .join(PLANS, PLANS.c.identity == ACTIONS.c.plan)
        .join(TRANSITIONS, TRANSITIONS.c.seq == ACTIONS.c.last)
        .where(ACTIONS.c.n > after, PLANS.c.as_of <= snapshot.as_of.isoformat(), or_(ready, claimed))
        .order_by(ACTIONS.c.n)
    )


def pages(connection: Connection, wanted: Select[Any]) -> Iterator[list[dict[str, Any]]]:
    """The rows of a select of actions, by number, so many at once; they may be changed in between."""
    after = 0
    while True:
        page = wanted.where(ACTIONS.c.n > after).order_by(ACTIONS.c.n).limit(PAGE)
        rows = [dict(row) for row in connection.execute(page).mappings()]
        if not rows:
            return
        after = rows[-1]["n"]
        yield rows


def resting_today(connection: Connection, plan: str, now: Moment) -> int:
    """How many actions of a plan wait for a business day and nothing else that a day could bring."""
    today = now.day.isoformat()
    wanted = (
        select(func.count())
        .select_from(ACTIONS)
        .join(PLANS, PLANS.c.identity == ACTIONS.c.plan)
        .where(
            ACTIONS.c.plan == plan,
            ACTIONS.c.state.in_(("planned", "approved")),
            ACTIONS.c.send_on <= today,
            ACTIONS.c.valid_until >= today,
            ACTIONS.c.any_day == 0,
            PLANS.c.closed.contains(today),
        )
    )
    return int(connection.execute(wanted).scalar_one())


class Wait(NamedTuple):
    """Actions that wait for a moment: how many, and when the first may leave (a stamp, or a day)."""

    actions: int
    first: str


def waits(connection: Connection, plan: str, now: Moment) -> dict[str, Wait]:
    """What of a plan waits for a later moment: `again` to be tried again, `cooling` off, `later` for its day."""
    waiting = ACTIONS.c.state.in_(("planned", "approved"))
    not_yet = ACTIONS.c.not_before > stamp(now.at)
    cools = and_(ACTIONS.c.state == "approved", ACTIONS.c.tries == 0)
    kinds = {
        "again": (ACTIONS.c.not_before, and_(or_(waiting, RESTING), not_yet, not_(cools))),
        "cooling": (ACTIONS.c.not_before, and_(cools, not_yet)),
        "later": (ACTIONS.c.send_on, and_(waiting, ACTIONS.c.send_on > now.day.isoformat())),
    }
    found = {}
    for name, (when, which) in kinds.items():
        wanted = select(func.count(), func.min(when)).select_from(ACTIONS).where(ACTIONS.c.plan == plan, which)
        count, first = connection.execute(wanted).one()
        if count:
            found[name] = Wait(count, first)
    return found


def changed_since(row: Row, found: Found) -> str:
    """Why an action may not leave any more: what it rests upon isn't what it was; "" when it may."""
    rests_on = json.loads(row["rests_on"])
    if (row.get("planned_from"), row.get("planned_on")) == (found.snapshot.digest, found.snapshot.as_of.isoformat()):
        # INVARIANT (same data, same hashes): what stands in the snapshot that it was taken in with is what it was
        return "" if rests_on["hashes"]["payee"] == found.payee_hash else "changed since the plan: payee"
    account = found.accounts.get(row["customer"])
    if account is None:
        return "the snapshot no longer has this customer"
    parts = changed(rests_on["hashes"], basis(account, rests_on["invoices"], found.snapshot.as_of, found.payee))
    return f"changed since the plan: {', '.join(parts)}" if parts else ""


def lapsed(row: Row, now: Moment) -> bool:
    """Whether a claim holds no longer: its time is over, or its worker has surely died."""
    return row["worker_until"] is None or row["worker_until"] <= stamp(now.at) or is_dead(row["worker"])


def expire_old(ledger: Ledger, connection: Connection, now: Moment, tally: Tally) -> None:
    """What is past its plan's validity expires: it is planned again, never sent late (3.4).

    Of an action whose main carrier has delivered only the copies are dropped.
    """
    waiting = ACTIONS.c.state.in_(("planned", "awaiting_approval", "approved"))
    old = select(ACTIONS).where(or_(waiting, RESTING), ACTIONS.c.valid_until < now.day.isoformat())
    for rows in pages(connection, old):
        changes = []
        for row in rows:
            why = f"the plan was valid until {row['valid_until']}"
            changes.append(dropped(row, why, tally) if row["state"] == "sending" else expired(row, why, tally))
        ledger.record(connection, changes, now)


def expired(row: Row, why: str, tally: Tally) -> Change:
    """Nothing of it has left, and nothing will."""
    tally.expired.append(noted(row, "expired", why))
    return Change(row, "expired", {"reason": why})


def dropped(row: Row, why: str, tally: Tally) -> Change:
    """The main carrier has delivered; the copies that are still to come aren't sent."""
    carriers = carried(row)
    left = to_come(row, carriers)
    tally.copies_dropped.append(noted(row, "delivered", why, left[0]))
    body = {"reason": f"the copy by {', '.join(left)} was not sent: {why}"}
    return Change(row, "delivered", body, carriers=text_of(became(carriers, left, "dropped", None)))
