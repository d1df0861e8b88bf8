"""Taking a plan in: each action, its items and what it rests upon stand in the ledger before anything leaves."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select, update

from policy_engine.engine.reference.s17_identity import intervention_key, item_key
from policy_engine.execution.bounced import bounced, waiting
from policy_engine.execution.carriers import NONE
from policy_engine.execution.clock import stamp
from policy_engine.execution.facts import Here, Keep, Write
from policy_engine.execution.ledger import Change, Ledger
from policy_engine.execution.more import NOTHING_MORE, More
from policy_engine.execution.notes import Notes
from policy_engine.execution.states import LIVE, State
from policy_engine.execution.tables import ACTIONS, ITEMS, PLANS
from policy_engine.execution.tally import Noted
from policy_engine.plan.model import Action, Line
from policy_engine.plan.source import PlanSource
from policy_engine.snapshot.model import CustomerAccount, Snapshot

CHUNK = 500
"""Actions that are taken in by one transaction."""
HISTORY_OF = "ledger"
"""The name under which a plan's header keeps the head of the ledger whose history it was made with."""


class Conflict(NamedTuple):
    """An action that isn't taken in: one of its items belongs to another action, or stands in the plan twice."""

    action: str
    customer: str
    item: str
    other: str


@dataclass(slots=True)
class Taken:
    """What taking a plan in came to; `waiting` would go to an address from which it came back (`bounced`)."""

    new: int = 0
    known: int = 0
    conflicts: Notes[Conflict] = field(default_factory=lambda: Notes(Conflict))
    waiting: Notes[Noted] = field(default_factory=lambda: Notes(Noted))


def take_in(
    ledger: Ledger,
    plan: PlanSource,
    snapshot: Snapshot,
    payee: Mapping[str, str] | None,
    remarks: Mapping[str, Any],
    reached: Callable[[str], None],
    write: Write | None = None,
    more: More = NOTHING_MORE,
    keep: Keep | None = None,
) -> Taken:
    """Write the plan's actions into the ledger; those that are there already are left alone.

    An action whose last attempt came to nothing (failed, expired, rejected ...) is a new attempt when *another* plan
    asks for it again; the same plan never starts one twice.

    Args:
        ledger: where.
        plan: what; its identity was checked.
        snapshot: the snapshot that the plan names.
        payee: where customers are asked to pay, of the operator's file.
        remarks: what is kept with each action, e.g. who overrode a safeguard.
        reached: told the name of each point where a process may die.
        write: gives an action's messages; without it the facts alone are kept.
        more: tells what the adapters want beside.
        keep: who makes what is kept, instead of this process with `write` (`facts.keeping`).

    Raises:
        UnwrittenError: a message can't be made; what was taken in before stays, and nothing has left.
        PlanError: the plan's file was changed while it was read; as above.
    """
    taken = Taken()
    accounts = {account.customer.id: account for account in snapshot.accounts}
    keep = keep or Here(plan, snapshot.as_of, payee, write)
    source = _Source(plan, accounts, remarks, keep, more)
    with ledger.writing() as connection:
        if ledger.plan_row(connection, plan.identity) is None:
            connection.execute(insert(PLANS).values(_plan_row(plan, stamp(ledger.clock().at))))
    chunks = iter(plan.chunks(CHUNK))
    with ledger.held():
        chunk = next(chunks, None)
        while chunk is not None:
            following = next(chunks, None)
            with ledger.writing() as connection:
                _take(ledger, connection, source, chunk, following or (), taken)
                reached("before_intake_commit")
            reached("after_intake_commit")
            chunk = following
    return taken


def _plan_row(plan: PlanSource, at: str) -> dict[str, Any]:
    return {
        "identity": plan.identity,
        "as_of": plan.as_of.isoformat(),
        "valid_until": plan.valid_until.isoformat(),
        "policy": plan.policy,
        "policy_digest": plan.header.policy_digest,
        "snapshot_digest": plan.header.snapshot_digest,
        "taken_at": at,
        "closed": json.dumps([day.isoformat() for day in plan.closed]),
    }


@dataclass(slots=True)
class _Known:
    """What the ledger holds about a chunk of actions, as this transaction sees it."""

    attempts: dict[str, int]
    closed: set[str]  # actions that aren't taken in: live, or an attempt of this very plan
    owners: dict[str, str]  # live item to its action


def _known(connection: Connection, plan: PlanSource, chunk: Sequence[Action]) -> _Known:
    found = _Known({}, set(), {})
    again = _again(connection, plan, chunk)
    rows = connection.execute(
        select(ACTIONS.c.action, ACTIONS.c.attempt, ACTIONS.c.plan, ACTIONS.c.state, ACTIONS.c.n).where(
            ACTIONS.c.action.in_([action.id for action in chunk])
        )
    )
    for row in rows:
        found.attempts[row.action] = max(row.attempt, found.attempts.get(row.action, 0))
        if row.plan == plan.identity or (row.state in LIVE and row.n not in again):
            found.closed.add(row.action)
    wanted = sorted({item for action in chunk for item in action.items})
    for start in range(0, len(wanted), CHUNK):
        part = wanted[start : start + CHUNK]
        live = (
            select(ITEMS.c.item, ACTIONS.c.action)
            .join(ACTIONS, ACTIONS.c.n == ITEMS.c.action_n)
            .where(ITEMS.c.item.in_(part), ITEMS.c.live == 1)
        )
        found.owners.update((row.item, row.action) for row in connection.execute(live))
    return found


def _again(connection: Connection, plan: PlanSource, chunk: Sequence[Action]) -> set[int]:
    """Delivered interventions that may be done once more: the plan knew them from this ledger, and they are older.

    What undoes a step (an order released) has the same item each time, as it names no occurrence (3.17).
    """
    if HISTORY_OF not in dict(plan.header.versions):
        return set()
    ids = [action.id for action in chunk if action.intervention is not None]
    if not ids:
        return set()
    wanted = select(ACTIONS.c.n).where(
        ACTIONS.c.action.in_(ids), ACTIONS.c.state == "delivered", ACTIONS.c.decided_on < plan.as_of.isoformat(),
        ACTIONS.c.plan != plan.identity,
    )  # fmt: skip
    found = set(connection.execute(wanted).scalars())
    connection.execute(update(ITEMS).where(ITEMS.c.action_n.in_(found)).values(live=None))
    return found


def _take(
    ledger: Ledger,
    connection: Connection,
    source: "_Source",
    chunk: Sequence[Action],
    following: Sequence[Action],
    taken: Taken,
) -> None:
    known = _known(connection, source.plan, chunk)
    new = list[Action]()
    for action in chunk:
        if action.id in known.closed:
            taken.known += 1
            continue
        blocking = next((item for item in action.items if item in known.owners), None)
        if blocking is not None:
            taken.conflicts.append(Conflict(action.id, action.customer, blocking, known.owners[blocking]))
            continue
        known.closed.add(action.id)
        known.owners.update((item, action.id) for item in action.items)
        new.append(action)
    if 2 * len(new) > len(chunk):  # else the plan is known, and so will be what follows
        source.keep.begin([(action, source.accounts.get(action.customer)) for action in following])
    told = source.told(connection, new)
    back = bounced(ledger, connection, new)
    changes, begun = list[Change](), list[Action]()
    for one in new:
        change = source.change(one, known.attempts.get(one.id, 0) + 1, told.get(one.id))
        waits = waiting(one, back, change.row["rests_on"], change.body["facts"].decoded()) if back else None
        if waits is not None:
            taken.waiting.append(waits)
            continue
        changes.append(change)
        begun.append(one)
    ledger.begin(connection, changes, [_items(action) for action in begun], ledger.clock())
    taken.new += len(changes)


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the actions come from, and what each is kept with."""

    plan: PlanSource
    accounts: Mapping[str, CustomerAccount]
    remarks: Mapping[str, Any]
    keep: Keep
    more: More

    def told(self, connection: Connection, actions: Sequence[Action]) -> dict[str, dict[str, Any]]:
        """What the adapters want beside the messages, by action."""
        known = [(action, self.accounts.get(action.customer)) for action in actions]
        return self.more.of(connection, [(action, account) for action, account in known if account is not None])

    def change(self, action: Action, attempt: int, told: Mapping[str, Any] | None) -> Change:
        """The beginning of an attempt."""
        kept = self.keep.of((action, self.accounts.get(action.customer)))
        approval = action.approval
        state: State = "planned" if approval is None else "awaiting_approval"
        row = {
            "action": action.id,
            "attempt": attempt,
            "plan": self.plan.identity,
            "customer": action.customer,
            "step": action.step,
            "stage": action.stage,
            "channel": action.channel,
            "also": json.dumps(action.also),
            "adapter": action.adapter,
            "intervention": action.intervention,
            "currency": action.currency,
            "total": action.total,
            "planned_on": self.plan.as_of.isoformat(),
            "send_on": action.send_on.isoformat(),
            "valid_until": self.plan.valid_until.isoformat(),
            "role": None if approval is None else approval.role,
            "people": 0 if approval is None else approval.people,
            "grave": int(approval is not None and approval.grave),
            "rests_on": kept.rests_on,
            "carriers": NONE,
            "any_day": int(action.any_day),
            "written": int(kept.written),
        }
        facts = kept.facts.with_more(told) if told else kept.facts
        return Change(row, state, {**self.remarks, "facts": facts})


def _items(action: Action) -> list[dict[str, Any]]:
    """The rows of an action's items; an intervention has one."""
    if action.intervention is not None:
        key, name = action.items[0], action.intervention
        of_customer = key == intervention_key(action.customer, name)
        subjects = [line.invoice for line in action.listed if key == intervention_key(line.invoice, name)]
        return [_item(key, "demanded", invoice=None if of_customer or not subjects else subjects[0])]
    lines: list[tuple[Line, str]] = [(line, "demanded") for line in action.demanded]
    lines += [(line, "mentioned") for line in action.mentioned]
    return [
        _item(
            item_key(line.invoice, line.step, line.occurrence, line.instalment),
            role,
            invoice=line.invoice,
            instalment=line.instalment,
            step=line.step,
            stage=action.stage if line.step == action.step else None,
            carrier=int(line.carrier),
            claimed=json.dumps([[row.penalty, row.asked] for row in line.charges if row.asked > 0])
            if role == "demanded"
            else "[]",
        )
        for line, role in lines
    ]


def _item(item: str, role: str, **more: Any) -> dict[str, Any]:
    row = {"invoice": None, "instalment": None, "step": None, "stage": None, "carrier": 0, "claimed": "[]"}
    return {"item": item, "role": role, **row, **more}
