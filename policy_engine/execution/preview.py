"""What a run would do, without doing it: which actions would leave, to whom, and why the others wouldn't."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from policy_engine.execution.adapters import Adapters
from policy_engine.execution.choice import Choice
from policy_engine.execution.clock import Moment, stamp
from policy_engine.execution.due import Found, changed_since
from policy_engine.execution.intake import CHUNK, Write, facts_of, rests_on
from policy_engine.execution.ledger import Ledger
from policy_engine.execution.more import NOTHING_MORE, More
from policy_engine.execution.states import LIVE
from policy_engine.execution.tables import ACTIONS, ITEMS, PLANS
from policy_engine.plan.model import Action
from policy_engine.plan.source import PlanSource
from policy_engine.snapshot.model import CustomerAccount, Snapshot


@dataclass(frozen=True, slots=True)
class Seen:
    """One action: by whom it would be delivered and what would leave, or why it wouldn't."""

    action: str
    customer: str
    step: str
    channel: str
    adapter: str | None
    why_not: str | None
    redirect_to: str | None
    facts: Any


def preview(
    ledger: Ledger | None,
    plan: PlanSource,
    snapshot: Snapshot,
    found: Found,
    adapters: Adapters,
    choice: Choice,
    now: Moment,
    write: Write | None = None,
    more: More = NOTHING_MORE,
) -> Iterator[Seen]:
    """Every action of the plan that was chosen, then those of earlier plans that would leave. Writes nothing.

    Args:
        ledger: the ledger, None when there is none yet.
        plan: the plan.
        snapshot: the snapshot that the plan names.
        found: what actions are held against: that snapshot, or a newer one.
        adapters: who would deliver.
        choice: which actions.
        now: the moment of the run.
        write: gives an action's messages.
        more: tells what the adapters want beside.
    """
    accounts = {account.customer.id: account for account in snapshot.accounts}
    left = choice.room(0)
    for chunk in plan.chunks(CHUNK):
        known = _known(ledger, chunk)
        for action in chunk:
            row = _row(action, plan)
            if not choice.takes(row):
                continue
            account = accounts.get(action.customer)
            row["rests_on"] = rests_on(action, account, snapshot.as_of, found.payee)
            why = _why_not(action, row, plan, found, known, now)
            told = {} if account is None else _told(ledger, more, action, account)
            facts = facts_of(action, plan, account, found.payee, write, told)
            seen = _seen(row, adapters, why, facts, left)
            left -= seen.why_not is None
            yield seen
    for row in _earlier(ledger, plan, found, now):
        if choice.takes(row):
            seen = _seen(row, adapters, changed_since(row, found) or None, row["facts"], left)
            left -= seen.why_not is None
            yield seen


def _told(ledger: Ledger | None, more: More, action: Action, account: CustomerAccount) -> dict[str, Any]:
    if not more.wants(action):
        return {}
    if ledger is None:
        return more.of(None, [(action, account)]).get(action.id, {})
    with ledger.reading() as connection:
        return more.of(connection, [(action, account)]).get(action.id, {})


@dataclass(frozen=True, slots=True)
class _Known:
    """What the ledger holds about a chunk: the last attempt of each action, and who owns each live item."""

    actions: dict[str, dict[str, Any]]
    owners: dict[str, str]


def _known(ledger: Ledger | None, chunk: Sequence[Action]) -> _Known:
    found = _Known({}, {})
    if ledger is None:
        return found
    with ledger.reading() as connection:
        own = select(ACTIONS).where(ACTIONS.c.action.in_([action.id for action in chunk])).order_by(ACTIONS.c.attempt)
        found.actions.update((row["action"], dict(row)) for row in connection.execute(own).mappings())
        wanted = sorted({item for action in chunk for item in action.items})
        for start in range(0, len(wanted), CHUNK):
            live = (
                select(ITEMS.c.item, ACTIONS.c.action)
                .join(ACTIONS, ACTIONS.c.n == ITEMS.c.action_n)
                .where(ITEMS.c.item.in_(wanted[start : start + CHUNK]), ITEMS.c.live == 1)
            )
            found.owners.update((row.item, row.action) for row in connection.execute(live))
    return found


def _why_not(
    action: Action, new: dict[str, Any], plan: PlanSource, found: Found, known: _Known, now: Moment
) -> str | None:
    """Why an action of the plan wouldn't leave now, None when it would."""
    row = known.actions.get(action.id)
    if row is not None and (row["plan"] == plan.identity or row["state"] in LIVE):
        return _waits(row, found, now)
    owner = next((known.owners[item] for item in action.items if known.owners.get(item, action.id) != action.id), None)
    if owner is not None:
        return f"one of its items belongs to the action {owner[:12]}"
    if action.approval is not None:
        return f"waits for approval by {action.approval.people} x {action.approval.role}"
    if action.send_on > now.day:
        return f"is sent on {action.send_on}"
    return changed_since(new, found) or None


def _waits(row: dict[str, Any], found: Found, now: Moment) -> str | None:
    """Why an action of the ledger wouldn't leave now."""
    if row["state"] not in ("planned", "approved"):
        return f"is {row['state'].replace('_', ' ')}"
    if row["send_on"] > now.day.isoformat():
        return f"is sent on {row['send_on']}"
    if row["valid_until"] < now.day.isoformat():
        return f"its plan was valid until {row['valid_until']}"
    if row["not_before"] is not None and row["not_before"] > stamp(now.at):
        return f"isn't tried before {row['not_before'][:16]}Z"
    return changed_since(row, found) or None


def _earlier(ledger: Ledger | None, plan: PlanSource, found: Found, now: Moment) -> Iterator[dict[str, Any]]:
    if ledger is None:
        return
    wanted = (
        select(ACTIONS)
        .join(PLANS, PLANS.c.identity == ACTIONS.c.plan)
        .where(
            ACTIONS.c.plan != plan.identity, ACTIONS.c.state.in_(("planned", "approved")),
            PLANS.c.as_of <= found.snapshot.as_of.isoformat(),
        )
        .order_by(ACTIONS.c.n)
    )  # fmt: skip
    with ledger.reading() as connection:
        rows = [dict(row) for row in connection.execute(wanted).mappings()]
        for row in rows:
            if _waits(row, found, now) is None:
                yield {**row, "facts": ledger.facts(connection, [row["n"]]).get(row["n"])}


def _row(action: Action, plan: PlanSource) -> dict[str, Any]:
    return {
        "action": action.id,
        "customer": action.customer,
        "step": action.step,
        "channel": action.channel,
        "also": json.dumps(action.also),
        "adapter": action.adapter,
        "plan": plan.identity,
    }


def _seen(row: dict[str, Any], adapters: Adapters, why: str | None, facts: Any, left: int) -> Seen:
    adapter = adapters.serving(row["channel"], row["adapter"])
    if why is None and left <= 0:
        why = "beyond --limit"
    return Seen(
        row["action"], row["customer"], row["step"], row["channel"], None if why else adapter.name, why,
        adapters.redirect_to, facts,
    )  # fmt: skip
