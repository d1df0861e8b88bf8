"""The ledger: what is recorded about actions, appended in a chain, read back.

Every method takes the connection of a transaction, so that whoever decides on what was read writes in the same one.
A transaction that writes holds the ledger's only writing lock from its beginning (`database`).
"""

import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple, TypeAlias, TypeVar

from sqlalchemy import Connection, Engine, Select, bindparam, func, insert, select, update

from policy_engine.execution.agreement import disagreements
from policy_engine.execution.carriers import NONE, main_is_done
from policy_engine.execution.chain import START, Break, breaks, commitment, link
from policy_engine.execution.clock import Clock, Moment, stamp
from policy_engine.execution.database import actor_on, held, many, open_database, reading, writing
from policy_engine.execution.errors import LedgerLostError
from policy_engine.execution.log import enabled, tell
from policy_engine.execution.states import LIVE, State, check
from policy_engine.execution.tables import ACTIONS, ITEMS, PAYLOADS, PLANS, TRANSITIONS
from policy_engine.values.canonical import canonical_object

Row: TypeAlias = Mapping[str, Any]
Written = TypeVar("Written")
"""What a transaction gives back."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of state of one action, with what is recorded about it.

    Attributes:
        row: the action's row as it was read in this transaction.
        after: the new state.
        body: what is personal: reason, receipt, facts; the actor is added.
        adapter: who delivers or delivered.
        tries: deliveries tried so far in this attempt.
        until: last day of a rejection.
        not_before: stamp before which it isn't tried (again).
        worker: who claims it, until the stamp `worker_until`.
        carriers: what became of its carriers (`carriers.text_of`), None when that stays as it is.
    """

    row: Row
    after: State
    body: Mapping[str, Any] = field(default_factory=dict)
    adapter: str | None = None
    tries: int | None = None
    until: date | None = None
    not_before: str | None = None
    worker: str | None = None
    worker_until: str | None = None
    carriers: str | None = None

    @property
    def known_carriers(self) -> str:
        """What is known of the carriers after the change."""
        return str(self.row["carriers"]) if self.carriers is None else self.carriers

    @property
    def kept(self) -> Mapping[str, Any]:
        """What is personal, with what is known of the carriers."""
        carriers = self.known_carriers
        return self.body if carriers == NONE else {**self.body, "carriers": json.loads(carriers)}


class Head(NamedTuple):
    """The last transition and its hash."""

    seq: int
    hash: str


_SET = (
    update(ACTIONS)
    .where(ACTIONS.c.n == bindparam("of"))
    .values({
        name: bindparam(f"new_{name}")
        for name in ("state", "decided_on", "until", "not_before", "tries", "worker", "worker_until", "last",
            "carriers")
    })
)  # fmt: skip
_FREE = update(ITEMS).where(ITEMS.c.action_n == bindparam("of")).values(live=None)


class Ledger:
    """A ledger that somebody works on.

    Args:
        engine: its database.
        actor: who works on it (`database.actor_on`).
        clock: the time.
    """

    def __init__(self, engine: Engine, actor: str, clock: Clock) -> None:
        self.engine = engine
        self.actor = actor
        self.clock = clock
        self._told: list[tuple[str, dict[str, Any]]] = []

    @classmethod
    def open(cls, address: str, user: str, clock: Clock, *, create: bool = False) -> "Ledger":
        """The ledger of an address, for the user of the operating system, or whom the database knows.

        Raises:
            LedgerError: it can't be used.
        """
        engine = open_database(address, create=create)
        return cls(engine, actor_on(engine, user), clock)

    def close(self) -> None:
        """Nobody works on it any more: its connections end."""
        self.engine.dispose()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes. The log is told of what it recorded once it is in the ledger."""
        self._told.clear()
        with writing(self.engine) as connection:
            yield connection
        for event, fields in self._told:
            tell(event, **fields)

    def insist(self, write: Callable[[Connection], Written], waited: Callable[[LedgerLostError], bool]) -> Written:
        """Write in a transaction, and again when the database was lost meanwhile; what is recorded is recorded once.

        INVARIANT (a hash is one transaction's): hashes are salted, so the last one stands in the ledger if, and only
        if, the transaction was committed, also when its confirmation was lost. Who asks holds the writers' lock, so
        that transaction isn't under way any more.

        Args:
            write: what is to be done; it may be done again from the beginning. What it gave is given back.
            waited: told of each loss; waits, and says whether to go on.

        Raises:
            LedgerLostError: it went on for too long.
            LedgerError: the database failed otherwise.
        """
        done: tuple[Head, Written, list[tuple[str, dict[str, Any]]]] | None = None
        while True:
            try:
                with self.writing() as connection:
                    if done is not None and self._has(connection, done[0]):
                        self._told += done[2]
                        return done[1]
                    before = self.head(connection)
                    written = write(connection)
                    after = self.head(connection)
                    done = None if after == before else (after, written, list(self._told))
            except LedgerLostError as error:
                if not waited(error):
                    raise
            else:
                return written

    def held(self) -> AbstractContextManager[None]:
        """Keep the database open over many transactions, which it does more cheaply then."""
        return held(self.engine)

    def reading(self) -> AbstractContextManager[Connection]:
        """A transaction that only reads."""
        return reading(self.engine)

    def head(self, connection: Connection) -> Head:
        """The end of the chain."""
        last = select(TRANSITIONS.c.seq, TRANSITIONS.c.hash).order_by(TRANSITIONS.c.seq.desc()).limit(1)
        found = connection.execute(last).first()
        return Head(0, START) if found is None else Head(found.seq, found.hash)

    def _has(self, connection: Connection, end: Head) -> bool:
        wanted = select(TRANSITIONS.c.seq).where(TRANSITIONS.c.seq == end.seq, TRANSITIONS.c.hash == end.hash)
        return connection.execute(wanted).first() is not None

    def record(self, connection: Connection, changes: Sequence[Change], now: Moment) -> None:
        """Append changes of actions that are in the ledger, and set their rows.

        Raises:
            StateError: a change that the states don't allow.
        """
        if not changes:
            return
        for change in changes:
            check(change.row["state"], change.after)
        first = self._append(connection, changes, now, [change.row["state"] for change in changes])
        if enabled():
            self._told += [(_event(change), _fields(change)) for change in changes]
        day = now.day.isoformat()
        rows = [
            {
                "of": change.row["n"],
                "new_state": change.after,
                "new_decided_on": change.row["decided_on"] if _keeps_day(change) else day,
                "new_until": None if change.until is None else change.until.isoformat(),
                "new_not_before": change.not_before,
                "new_tries": change.row["tries"] if change.tries is None else change.tries,
                "new_worker": change.worker,
                "new_worker_until": change.worker_until,
                "new_last": seq,
                "new_carriers": change.known_carriers,
            }
            for seq, change in enumerate(changes, first)
        ]
        many(connection, _SET, rows)
        free = [{"of": change.row["n"]} for change in changes if change.after not in LIVE]
        if free:
            many(connection, _FREE, free)

    def begin(
        self, connection: Connection, changes: Sequence[Change], items: Iterable[Iterable[Row]], now: Moment
    ) -> None:
        """Take in actions that are new: their rows but for `state` and the like, their items, their first transition.

        Raises:
            StateError: an action can't begin in that state.
        """
        if not changes:
            return
        for change in changes:
            check(None, change.after)
        numbers = connection.execute(select(func.coalesce(func.max(ACTIONS.c.n), 0))).scalar_one()
        seq = self.head(connection).seq
        day = now.day.isoformat()
        numbered = []
        for place, change in enumerate(changes, 1):
            more = {"n": numbers + place, "state": change.after, "decided_on": day, "tries": 0, "last": seq + place}
            numbered.append(Change({**change.row, **more}, change.after, change.body))
        many(connection, insert(ACTIONS), [change.row for change in numbered])
        rows = [
            {**item, "action_n": change.row["n"], "live": 1}
            for change, own in zip(numbered, items, strict=True)
            for item in own
        ]
        many(connection, insert(ITEMS), rows)
        self._append(connection, numbered, now, [None] * len(numbered))
        if enabled():
            self._told += [("taken_in", {**_fields(change), "state": change.after}) for change in numbered]

    def _append(
        self, connection: Connection, changes: Sequence[Change], now: Moment, before: Sequence[State | None]
    ) -> int:
        """Append transitions; the number of the first."""
        rows = [
            {
                "action_n": change.row["n"],
                "action": change.row["action"],
                "attempt": change.row["attempt"],
                "before": old,
                "after": change.after,
                "adapter": change.adapter,
                "tries": change.row["tries"] if change.tries is None else change.tries,
            }
            for change, old in zip(changes, before, strict=True)
        ]
        return self._link(connection, rows, [change.kept for change in changes], now)

    def testify(
        self, connection: Connection, subject: str, before: str | None, after: str, body: Mapping[str, Any], now: Moment
    ) -> None:
        """Append what somebody said that concerns no action, e.g. about the payee (`payee`).

        Args:
            connection: a transaction that writes.
            subject: what it is about, without anything personal: it stays when payloads are purged.
            before: what was said of it before.
            after: what is said now.
            body: what is personal; the actor is added.
            now: when.
        """
        row = {"action_n": None, "action": subject, "attempt": 0, "before": before, "after": after}
        self._link(connection, [{**row, "adapter": None, "tries": 0}], [body], now)
        self._told.append((after, {}))

    def _link(
        self, connection: Connection, rows: list[dict[str, Any]], bodies: Sequence[Mapping[str, Any]], now: Moment
    ) -> int:
        """Put rows at the end of the chain, their payloads apart; the number of the first."""
        seq, previous = self.head(connection)
        first, at = seq + 1, stamp(now.at)
        payloads = list[dict[str, Any]]()
        for number, (row, said) in enumerate(zip(rows, bodies, strict=True), first):
            salt, body = secrets.token_hex(16), canonical_object({**said, "actor": self.actor})
            row |= {"seq": number, "at": at, "commitment": commitment(salt, body), "previous": previous}
            previous = row["hash"] = link(row, previous)
            payloads.append({"seq": number, "salt": salt, "body": body})
        many(connection, insert(TRANSITIONS), rows)
        many(connection, insert(PAYLOADS), payloads)
        return first

    def facts(self, connection: Connection, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
        """What was taken in of actions, by their number; without those whose payloads were purged."""
        wanted = (
            select(TRANSITIONS.c.action_n, PAYLOADS.c.body)
            .join(PAYLOADS, PAYLOADS.c.seq == TRANSITIONS.c.seq)
            .where(TRANSITIONS.c.action_n.in_(numbers), TRANSITIONS.c.before.is_(None))
        )
        return {row.action_n: json.loads(row.body)["facts"] for row in connection.execute(wanted)}

    def story(self, connection: Connection, number: int) -> list[dict[str, Any]]:
        """The transitions of an action, oldest first, each with the `body` of its payload, None when purged."""
        wanted = _with_payloads().where(TRANSITIONS.c.action_n == number)
        return [
            {**dict(row), "body": None if row["body"] is None else json.loads(row["body"])}
            for row in connection.execute(wanted).mappings()
        ]

    def standings(self, connection: Connection, plan: str | None = None) -> dict[State, int]:
        """How many actions are in each state, of one plan or of all."""
        wanted = select(ACTIONS.c.state, func.count()).group_by(ACTIONS.c.state)
        if plan is not None:
            wanted = wanted.where(ACTIONS.c.plan == plan)
        return {row[0]: row[1] for row in connection.execute(wanted)}

    def verify(self, connection: Connection, head: str | None = None) -> Iterator[Break]:
        """Everything in the ledger that isn't as it was recorded; nothing when all is well.

        Args:
            connection: a transaction.
            head: a hash printed by an earlier run: it must still stand in the chain, or the end was cut off.
        """
        rows = connection.execute(_with_payloads().execution_options(yield_per=1000)).mappings()
        yield from breaks(dict(row) for row in rows)
        if head is not None and head != START:
            found = connection.execute(select(TRANSITIONS.c.seq).where(TRANSITIONS.c.hash == head)).first()
            if found is None:
                yield Break(self.head(connection).seq, f"the hash {head[:64]} doesn't stand in this ledger")
        yield from disagreements(connection)

    def plan_row(self, connection: Connection, identity: str) -> Row | None:
        """What is known of a plan, None when it was never taken in."""
        found = connection.execute(select(PLANS).where(PLANS.c.identity == identity)).mappings().first()
        return None if found is None else dict(found)


def _keeps_day(change: Change) -> bool:
    """Whether history goes on counting from the day when the main carrier delivered."""
    before, after = change.row["state"], change.after
    if before == "delivered":
        return after == "delivered"
    return after in ("sending", "in_doubt", "delivered") and main_is_done(change.row)


def _event(change: Change) -> str:
    """What the log calls a change: as the state, but where that says too little."""
    before, after = change.row["state"], change.after
    if after == "sending":
        return "claimed"
    if before == "sending" and after in ("planned", "approved"):
        return "retried" if change.not_before is not None else "released"
    return "agreed" if before == after == "awaiting_approval" else after


def _fields(change: Change) -> dict[str, Any]:
    row = change.row
    return {
        "action": row["action"], "attempt": row["attempt"], "channel": row["channel"], "adapter": change.adapter,
        "tries": row["tries"] if change.tries is None else change.tries, "not_before": change.not_before,
    }  # fmt: skip


def _with_payloads() -> "Select[Any]":
    return (
        select(TRANSITIONS, PAYLOADS.c.salt, PAYLOADS.c.body)
        .outerjoin(PAYLOADS, PAYLOADS.c.seq == TRANSITIONS.c.seq)
        .order_by(TRANSITIONS.c.seq)
    )
