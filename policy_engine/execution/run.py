"""Carrying actions out: claim, deliver, record; whatever dies in between, nothing is sent twice and nothing is lost.

An action is claimed (`sending`) in one transaction, delivered, and its outcome recorded in another. What a dead worker
left `sending` is repeated under the same key where the adapter is idempotent; else it is in doubt until a person says
what became of it. Adapters that aren't idempotent are given one action at a time, the others many.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, or_, select

from policy_engine.execution.adapters import Adapters
from policy_engine.execution.basis import basis, changed
from policy_engine.execution.choice import Choice
from policy_engine.execution.clock import Moment, later, stamp
from policy_engine.execution.job import Adapter, Broken, Job, Receipt, Refused, Retry, Unanswered
from policy_engine.execution.ledger import Change, Ledger, Row
from policy_engine.execution.states import State
from policy_engine.execution.tables import ACTIONS, PLANS, TRANSITIONS
from policy_engine.execution.workers import is_dead
from policy_engine.snapshot.model import CustomerAccount, Snapshot

BATCH = 250
"""Actions claimed at once for adapters that are idempotent."""
PAGE = 500
"""Rows looked at in one query."""
LEASE = 300
"""Seconds after which a claim lapses."""
MAX_TRIES = 8
"""Deliveries tried of one attempt before it has failed."""
BACK_OFF, LONGEST_BACK_OFF = 60, 6 * 3600
"""Seconds to the second try, doubled each time; at most."""
UNANSWERED = "-"
"""Who has claimed what wasn't answered: nobody, until the claim lapses and it is repeated under the same key."""


class Noted(NamedTuple):
    """An action that people should look at: what became of it, and why."""

    action: str
    customer: str
    step: str
    channel: str
    state: State
    why: str


@dataclass(slots=True)
class Tally:
    """What a run did. Lists hold only what people must look at."""

    delivered: dict[str, int] = field(default_factory=dict)
    expired: list[Noted] = field(default_factory=list)
    failed: list[Noted] = field(default_factory=list)
    in_doubt: list[Noted] = field(default_factory=list)
    retried: list[Noted] = field(default_factory=list)
    divided: list[Noted] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)
    """Adapters that can't work before a person has set something right, and why."""
    tried: int = 0

    @property
    def all_delivered(self) -> int:
        """How many actions were delivered."""
        return sum(self.delivered.values())


@dataclass(frozen=True, slots=True)
class Found:
    """What actions are held against: a snapshot, and the payee of the operator's file."""

    snapshot: Snapshot
    accounts: Mapping[str, CustomerAccount]
    payee: Mapping[str, str] | None

    @classmethod
    def of(cls, snapshot: Snapshot, payee: Mapping[str, str] | None) -> "Found":
        """The accounts by id."""
        return cls(snapshot, {account.customer.id: account for account in snapshot.accounts}, payee)


def nothing(point: str) -> None:
    """Goes on; tests die here."""
    del point


class Run:
    """One execution.

    Args:
        ledger: where it is recorded.
        adapters: who delivers.
        found: what actions are held against before they leave.
        choice: which actions.
        worker: who this is (`workers.worker_id`).
        reached: told the name of each point where a process may die.
        progress: told how many were delivered, after each batch.
    """

    def __init__(
        self,
        ledger: Ledger,
        adapters: Adapters,
        found: Found,
        choice: Choice,
        worker: str,
        reached: Callable[[str], None] = nothing,
        progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._ledger = ledger
        self._adapters = adapters
        self._found = found
        self._choice = choice
        self._worker = worker
        self._reached = reached
        self._progress = progress
        self._tally = Tally()

    def go(self) -> Tally:
        """Expire what is too old, settle what dead workers left, deliver what is due."""
        with self._ledger.writing() as connection:
            now = self._ledger.clock()
            expire_old(self._ledger, connection, now, self._tally.expired)
            self._doubt(connection, now)
        self._reached("after_recovery")
        try:
            after = 0
            while (claimed := self._claim(after)) is not None:
                after = claimed.last
                self._deliver(claimed)
                self._progress(self._tally.all_delivered)
        finally:
            self._adapters.close()
        return self._tally

    def _doubt(self, connection: Connection, now: Moment) -> None:
        """What a dead worker left of adapters that can't repeat: nobody knows whether it left."""
        changes = []
        for found in connection.execute(_SENDING).mappings().all():
            row: Row = dict(found)
            adapter = self._adapters.by_name(row["sent_by"])
            if not _lapsed(row, now) or (adapter is not None and adapter.idempotent):
                continue
            why = "the process died while it was being sent"
            changes.append(Change(row, "in_doubt", {"reason": why}, row["sent_by"]))
            self._tally.in_doubt.append(_noted(row, "in_doubt", why))
        self._ledger.record(connection, changes, now)

    def _claim(self, after: int) -> "_Claimed | None":
        """Claim the next actions that are due, and expire those whose ground has changed; None when none are left."""
        room = self._choice.room(self._tally.tried)
        if room <= 0:
            return None
        with self._ledger.writing() as connection:
            now = self._ledger.clock()
            claimed = self._choose(connection, after, room, now)
            if claimed is None:
                return None
            until = later(now.at, LEASE)
            dropped = [Change(row, state, {"reason": why}) for row, state, why in claimed.dropped]
            sending = [
                Change(
                    row, "sending", {}, claimed.adapter.name, row["tries"] + 1, worker=self._worker, worker_until=until
                )
                for row in claimed.rows
            ]  # fmt: skip
            self._ledger.record(connection, [*dropped, *sending], now)
            claimed.facts = self._ledger.facts(connection, [row["n"] for row in claimed.rows])
            self._reached("before_claim_commit")
        for row, state, why in claimed.dropped:
            (self._tally.expired if state == "expired" else self._tally.in_doubt).append(_noted(row, state, why))
        self._reached("after_claim_commit")
        return claimed

    def _choose(self, connection: Connection, after: int, room: int, now: Moment) -> "_Claimed | None":
        """The next actions of one adapter, one or many; what can't leave now is passed over."""
        claimed: _Claimed | None = None
        while claimed is None:
            page = connection.execute(due_rows(after, now, self._found.snapshot).limit(PAGE)).mappings().all()
            if not page:
                return None
            after = page[-1]["n"]
            for row in page:
                action: Row = dict(row)
                adapter = self._adapter_of(action, now)
                if adapter is None:
                    continue
                if claimed is None:
                    claimed = _Claimed(adapter)
                elif adapter is not claimed.adapter:
                    break
                claimed.last = action["n"]
                self._sort(claimed, action, now)
                if len(claimed.rows) >= (min(BATCH, room) if adapter.idempotent else 1):
                    break
        return claimed

    def _adapter_of(self, row: Row, now: Moment) -> Adapter | None:
        """Who would deliver an action now; None when it wasn't chosen, or is another worker's."""
        if not self._choice.takes(row) or not self._free(row, now):
            return None
        if self._adapters.divided(row["channel"], json.loads(row["also"]), row["adapter"]):
            why = "its channels belong to different adapters of the operator's file"
            self._tally.divided.append(_noted(row, row["state"], why))
            return None
        adapter = self._adapters.serving(row["channel"], row["adapter"])
        return None if adapter.name in self._tally.broken else adapter

    def _sort(self, claimed: "_Claimed", row: Row, now: Moment) -> None:
        """Whether an action is sent, or something has changed since it was planned."""
        why = changed_since(row, self._found)
        if row["state"] != "sending":
            if why:
                claimed.dropped.append((row, "expired", why))
            else:
                claimed.rows.append(row)
        elif why or row["valid_until"] < now.day.isoformat():
            why = why or f"the plan was valid until {row['valid_until']}"
            claimed.dropped.append((row, "in_doubt", f"nobody knows whether it left; {why}"))
        else:
            claimed.rows.append(row)
            claimed.perhaps.add(row["n"])

    def _free(self, row: Row, now: Moment) -> bool:
        """Whether nobody is at it: what is being sent is another worker's until its claim lapses."""
        if row["state"] != "sending":
            return True
        adapter = self._adapters.by_name(row["sent_by"])
        serving = self._adapters.serving(row["channel"], row["adapter"])
        return _lapsed(row, now) and adapter is serving and serving.idempotent

    def _deliver(self, claimed: "_Claimed") -> None:
        """Deliver what was claimed, then record what became of it, also when the keyboard interrupts."""
        outcomes: list[tuple[Row, Receipt | Exception | None]] = []
        end = self._ledger.clock().at + timedelta(seconds=LEASE * 0.8)
        try:
            for row in claimed.rows:
                if self._ledger.clock().at >= end:
                    outcomes.append((row, None))  # the claim is about to lapse: somebody else may take it
                    continue
                if claimed.adapter.name in self._tally.broken:
                    outcomes.append((row, Broken(self._tally.broken[claimed.adapter.name])))
                    continue
                self._tally.tried += 1
                outcomes.append((row, self._one(claimed, row)))
        finally:
            outcomes = self._settled(claimed.adapter, outcomes)
            self._record(claimed, outcomes)

    def _one(self, claimed: "_Claimed", row: Row) -> Receipt | Exception:
        facts = claimed.facts.get(row["n"])
        if facts is None:
            return Refused("its facts were purged")
        job = Job(
            key=f"{row['action']}-{row['attempt']}",
            action=row["action"],
            attempt=row["attempt"],
            channel=row["channel"],
            also=tuple(facts["action"]["also"]),
            customer=row["customer"],
            facts=facts,
            redirect_to=self._adapters.redirect_to,
        )
        self._reached("before_effect")
        try:
            receipt: Receipt | Exception = claimed.adapter.deliver(job)
        except Exception as error:  # noqa: BLE001 - whatever an adapter raises, the action is in the ledger
            receipt = error
            if isinstance(error, Broken):
                self._tally.broken[claimed.adapter.name] = str(error) or "no reason was given"
        self._reached("after_effect")
        return receipt

    def _settled(
        self, adapter: Adapter, outcomes: list[tuple[Row, Receipt | Exception | None]]
    ) -> list[tuple[Row, Receipt | Exception | None]]:
        try:
            adapter.settle()
        except Exception as error:  # noqa: BLE001 - as above
            return [(row, error if isinstance(outcome, Receipt) else outcome) for row, outcome in outcomes]
        return outcomes

    def _record(self, claimed: "_Claimed", outcomes: Sequence[tuple[Row, Receipt | Exception | None]]) -> None:
        if not outcomes:
            return
        numbers = [row["n"] for row, _ in outcomes]
        with self._ledger.writing() as connection:
            now = self._ledger.clock()
            fresh = {
                row["n"]: dict(row)
                for row in connection.execute(select(ACTIONS).where(ACTIONS.c.n.in_(numbers))).mappings()
            }
            changes = list[Change]()
            for row, outcome in outcomes:
                change = self._change(claimed, fresh[row["n"]], outcome, now)
                if change is not None:
                    changes.append(change)
            self._ledger.record(connection, changes, now)
            self._reached("before_commit")
        self._reached("after_commit")

    def _change(self, claimed: "_Claimed", row: Row, outcome: Receipt | Exception | None, now: Moment) -> Change | None:
        """What becomes of an action, None when another worker has it meanwhile."""
        adapter, perhaps = claimed.adapter, row["n"] in claimed.perhaps
        late = row["state"] == "in_doubt"  # somebody thought this worker dead
        if not late and (row["state"] != "sending" or row["worker"] != self._worker):
            return None
        match outcome:
            case Receipt():
                self._tally.delivered[row["channel"]] = self._tally.delivered.get(row["channel"], 0) + 1
                return Change(row, "delivered", {"receipt": dict(outcome.details)}, adapter.name)
            case _ if late and (perhaps or not isinstance(outcome, Retry | Refused | Broken)):
                return None
            case None | Broken() if not late:
                reason = "its claim was about to lapse" if outcome is None else str(outcome)
                return self._back(claimed, row, reason, row["tries"] - 1, later(now.at, 0))
            case Retry() if not late and (row["tries"] < MAX_TRIES or not outcome.tried):
                return self._again(claimed, row, outcome, now)
            case Unanswered() if adapter.idempotent and row["tries"] < MAX_TRIES:
                return self._again(claimed, row, outcome, now)
            case Retry() | Refused() | Broken() if not perhaps:
                why = str(outcome) or "no reason was given"
                if isinstance(outcome, Retry):
                    why = f"given up after {row['tries']} tries: {why}"
                self._tally.failed.append(_noted(row, "failed", why))
                return Change(row, "failed", {"reason": why}, adapter.name)
            case _:
                why = f"the adapter broke off: {type(outcome).__name__}: {outcome}"[:500]
                if isinstance(outcome, Retry | Refused):
                    why = f"an earlier try wasn't answered; now: {outcome}"[:500]
                elif isinstance(outcome, Unanswered):
                    why = f"nobody answered: {outcome}"[:500]
                self._tally.in_doubt.append(_noted(row, "in_doubt", why))
                return Change(row, "in_doubt", {"reason": why}, adapter.name)

    def _again(self, claimed: "_Claimed", row: Row, outcome: Retry | Unanswered, now: Moment) -> Change:
        tries = row["tries"] if isinstance(outcome, Unanswered) or outcome.tried else row["tries"] - 1
        wait = min(BACK_OFF * 2 ** max(tries - 1, 0), LONGEST_BACK_OFF)
        wait = max(wait, min(outcome.seconds or 0, LONGEST_BACK_OFF))
        why = f"{outcome}; again after {stamp(now.at + timedelta(seconds=wait))[:19]}Z"
        if isinstance(outcome, Unanswered):
            claimed.perhaps.add(row["n"])
        change = self._back(claimed, row, str(outcome), tries, later(now.at, wait))
        self._tally.retried.append(_noted(row, change.after, why))
        return change

    def _back(self, claimed: "_Claimed", row: Row, reason: str, tries: int, at: str) -> Change:
        """Waits again; what has perhaps left stays claimed until then, so that nobody takes it for unsent."""
        body, name = {"reason": reason}, claimed.adapter.name
        if row["n"] in claimed.perhaps:
            return Change(row, "sending", body, name, tries, worker=UNANSWERED, worker_until=at)
        return Change(row, _waiting(row), body, name, tries, not_before=at)


@dataclass(slots=True)
class _Claimed:
    """Actions of one adapter; `last` is the number up to which rows were looked at.

    `perhaps` are those that were being sent already: a process died, or nobody answered; they may have left.
    """

    adapter: Adapter
    last: int = 0
    rows: list[Row] = field(default_factory=list)
    dropped: list[tuple[Row, State, str]] = field(default_factory=list)
    facts: dict[int, dict[str, Any]] = field(default_factory=dict)
    perhaps: set[int] = field(default_factory=set)


def expire_old(ledger: Ledger, connection: Connection, now: Moment, noted: list[Noted]) -> None:
    """What is past its plan's validity expires: it is planned again, never sent late (3.4)."""
    old = select(ACTIONS).where(
        ACTIONS.c.state.in_(("planned", "awaiting_approval", "approved")), ACTIONS.c.valid_until < now.day.isoformat()
    )  # fmt: skip
    changes = []
    for row in connection.execute(old).mappings():
        why = f"the plan was valid until {row['valid_until']}"
        changes.append(Change(dict(row), "expired", {"reason": why}))
        noted.append(_noted(dict(row), "expired", why))
    ledger.record(connection, changes, now)


def changed_since(row: Row, found: Found) -> str:
    """Why an action may not leave any more: what it rests upon isn't what it was; "" when it may."""
    rests_on = json.loads(row["rests_on"])
    account = found.accounts.get(row["customer"])
    if account is None:
        return "the snapshot no longer has this customer"
    parts = changed(rests_on["hashes"], basis(account, rests_on["invoices"], found.snapshot.as_of, found.payee))
    return f"changed since the plan: {', '.join(parts)}" if parts else ""


def due_rows(after: int, now: Moment, snapshot: Snapshot) -> Any:
    """Actions beyond a number that may leave today, if the snapshot is not older than their plan's."""
    today, at = now.day.isoformat(), stamp(now.at)
    ready = and_(
        ACTIONS.c.state.in_(("planned", "approved")),
        ACTIONS.c.send_on <= today,
        ACTIONS.c.valid_until >= today,
        or_(ACTIONS.c.not_before.is_(None), ACTIONS.c.not_before <= at),
    )
    return (
        select(ACTIONS, TRANSITIONS.c.adapter.label("sent_by"))
        .join(PLANS, PLANS.c.identity == ACTIONS.c.plan)
        .join(TRANSITIONS, TRANSITIONS.c.seq == ACTIONS.c.last)
        .where(
            ACTIONS.c.n > after, PLANS.c.as_of <= snapshot.as_of.isoformat(), or_(ready, ACTIONS.c.state == "sending")
        )
        .order_by(ACTIONS.c.n)
    )


_SENDING = (
    select(ACTIONS, TRANSITIONS.c.adapter.label("sent_by"))
    .join(TRANSITIONS, TRANSITIONS.c.seq == ACTIONS.c.last)
    .where(ACTIONS.c.state == "sending")
    .order_by(ACTIONS.c.n)
)


def _lapsed(row: Row, now: Moment) -> bool:
    """Whether a claim holds no longer: its time is over, or its worker has surely died."""
    return row["worker_until"] is None or row["worker_until"] <= stamp(now.at) or is_dead(row["worker"])


def _waiting(row: Row) -> State:
    """What an action is again when nothing of it left."""
    return "approved" if row["people"] else "planned"


def _noted(row: Row, state: State, why: str) -> Noted:
    return Noted(row["action"], row["customer"], row["step"], row["channel"], state, why)
