"""What a run would do, without doing it: which actions would leave, to whom, and why the others wouldn't."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import or_, select

from policy_engine.execution.adapters import Adapters
from policy_engine.execution.approvals import lacking
from policy_engine.execution.bounced import Bounced, bounced, waiting
from policy_engine.execution.by_day import asked_by, on_day
from policy_engine.execution.carriers import (
    NONE,
    Share,
    carried,
    channels_of,
    is_resting,
    leaves_on,
    shares,
    to_come,
    wants_text,
)
from policy_engine.execution.choice import Choice
from policy_engine.execution.clock import Moment, stamp
from policy_engine.execution.due import RESTING, Found, changed_since, pages
from policy_engine.execution.facts import Write, facts_of, rests_on
from policy_engine.execution.intake import CHUNK
from policy_engine.execution.job import Foreseeing
from policy_engine.execution.ledger import Ledger
from policy_engine.execution.limits import Limit, gate
from policy_engine.execution.more import NOTHING_MORE, More
from policy_engine.execution.operator_file import Operator
from policy_engine.execution.states import LIVE
from policy_engine.execution.tables import ACTIONS, ITEMS, PLANS
from policy_engine.plan.model import Action
from policy_engine.plan.source import PlanSource
from policy_engine.snapshot.model import CustomerAccount, Snapshot

NOBODY = Operator()


class SeenCarrier(NamedTuple):
    """One carrier of a message: who would deliver it, or why it wouldn't leave although the action does."""

    channel: str
    adapter: str
    really_sends: bool
    why_not: str | None


@dataclass(frozen=True, slots=True)
class Seen:
    """One action: by whom it would be delivered and what would leave, or why it wouldn't.

    `adapter` has the first carrier that would leave; `carriers` are all that are still to come, in their order. `facts`
    are those of the day of the run; `pay_by` says until when its messages ask to be paid, by the day on which they
    leave: of what wouldn't leave now, every day on which it may.
    """

    action: str
    customer: str
    step: str
    channel: str
    adapter: str | None
    why_not: str | None
    redirect_to: str | None
    facts: Any
    carriers: tuple[SeenCarrier, ...] = ()
    pay_by: Mapping[str, str] = field(default_factory=dict)


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
    operator: Operator = NOBODY,
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
        operator: whose limits hold, and whose approvals count.
    """
    accounts = {account.customer.id: account for account in snapshot.accounts}
    shown = _Shown(adapters, operator.rate_limits, ledger, now, choice.room(0))
    for chunk in plan.chunks(CHUNK):
        known = _known(ledger, chunk)
        for action in chunk:
            row = known.row(action, plan)
            if not choice.takes(row or _row(action, plan)):
                continue
            if row is not None:
                why = _waits(row, found, now) or _lacking(ledger, row, operator, now)
                yield shown.seen(row, why, _kept(ledger, row))
                continue
            account = accounts.get(action.customer)
            new = _row(action, plan)
            new["rests_on"] = rests_on(action, account, snapshot.as_of, found.payee)
            why = _why_not(action, new, plan, found, known, now)
            told = {} if account is None else _told(ledger, more, action, account)
            facts = facts_of(action, plan, account, found.payee, write, told)
            waits = waiting(action, known.back, new["rests_on"], facts) if known.back else None
            why = waits.why if waits is not None else why
            yield shown.seen({**new, "written": int(bool(facts["messages"]))}, why, facts)
    for row in _earlier(ledger, plan, found, now):
        if choice.takes(row):
            yield shown.seen(row, _lacking(ledger, row, operator, now), row["facts"])


class _Shown:
    """What would leave one after the other: limits and `--limit` fill up as they would in a run."""

    def __init__(
        self, adapters: Adapters, limits: Mapping[str, Limit], ledger: Ledger | None, now: Moment, left: int
    ) -> None:
        self._adapters = adapters
        self._left = left
        self._today = now.day.isoformat()
        self._room = {channel: _room(ledger, channel, limit, now) for channel, limit in limits.items()}

    def seen(self, row: dict[str, Any], why: str | None, facts: Any) -> Seen:
        """The action; `why` it wouldn't leave, None when nothing was found against it."""
        day = leaves_on(row) or self._today
        of_today = None if facts is None else on_day(facts, day)
        coming = to_come(row, carried(row)) if row["state"] in ("planned", "approved", "sending") else channels_of(row)
        parts = shares(row, self._adapters, coming)
        if why is None and parts:
            why = self._against(row, parts[0], of_today)
        if why is None and facts is None:
            why = "its facts were purged"
        if why is None and self._left <= 0:
            why = "beyond --limit"
        carriers = list[SeenCarrier]()
        behind = why is not None
        self._left -= not behind
        for share in parts:
            against = None if behind else self._against(row, share, of_today)
            behind = behind or against is not None
            for channel in share.channels:
                if not behind and channel in self._room:
                    self._room[channel] = (self._room[channel][0] - 1, self._room[channel][1])
                left = against or ("waits for the carrier before it" if behind and why is None else None)
                carriers.append(SeenCarrier(channel, share.adapter.name, share.adapter.real, left))
        return Seen(
            row["action"], row["customer"], row["step"], row["channel"], None if why else parts[0].adapter.name, why,
            self._adapters.redirect_to, of_today, tuple(carriers),
            {} if facts is None else asked_by(facts, leaves_on(row) if why else day),
        )  # fmt: skip

    def _against(self, row: dict[str, Any], share: Share, facts: Any) -> str | None:
        """Why a share wouldn't leave: it has no text, its adapter would refuse it, or a limit is reached."""
        if row["written"] == 0 and wants_text(share.adapter):
            return "was taken in without its message"
        for channel in share.channels:
            if facts is not None and isinstance(share.adapter, Foreseeing):
                foreseen = share.adapter.foresee(channel, facts)
                if foreseen is not None:
                    return foreseen
            room, said = self._room.get(channel, (1, ""))
            if room <= 0:
                return f"waits for the limit of {channel}, {said}"
        return None


def _room(ledger: Ledger | None, channel: str, limit: Limit, now: Moment) -> tuple[int, str]:
    """How many may leave by a channel without waiting for more than a minute, and the limit in words."""
    longer = [(limit.per_hour, "an hour"), (limit.per_day, "a day")]
    said = [(most, f"{most} {word}") for most, word in longer if most is not None]
    if not said:
        return 1_000_000_000, ""
    if ledger is None:
        return min(said)
    with ledger.reading() as connection:
        found = gate(connection, channel, limit._replace(per_minute=None), now)
    return found.room, found.said or min(said)[1]


def _lacking(ledger: Ledger | None, row: dict[str, Any], operator: Operator, now: Moment) -> str | None:
    if ledger is None:
        return None
    with ledger.reading() as connection:
        return lacking(ledger, connection, row, operator, now)


def _kept(ledger: Ledger | None, row: dict[str, Any]) -> Any:
    """The facts that were taken in, None when they were purged."""
    if ledger is None:
        return None
    with ledger.reading() as connection:
        return ledger.facts(connection, [row["n"]]).get(row["n"])


_ROWS = select(ACTIONS, PLANS.c.closed).join(PLANS, PLANS.c.identity == ACTIONS.c.plan)


def _told(ledger: Ledger | None, more: More, action: Action, account: CustomerAccount) -> dict[str, Any]:
    if not more.wants(action):
        return {}
    if ledger is None:
        return more.of(None, [(action, account)]).get(action.id, {})
    with ledger.reading() as connection:
        return more.of(connection, [(action, account)]).get(action.id, {})


@dataclass(frozen=True, slots=True)
class _Known:
    """What the ledger holds about a chunk: each action's last attempt, each live item's owner, what came back."""

    actions: dict[str, dict[str, Any]]
    owners: dict[str, str]
    back: dict[str, Bounced] = field(default_factory=dict)

    def row(self, action: Action, plan: PlanSource) -> dict[str, Any] | None:
        """The attempt that the plan's action is, None when it would be a new one."""
        row = self.actions.get(action.id)
        return row if row is not None and (row["plan"] == plan.identity or row["state"] in LIVE) else None


def _known(ledger: Ledger | None, chunk: Sequence[Action]) -> _Known:
    found = _Known({}, {})
    if ledger is None:
        return found
    with ledger.reading() as connection:
        own = _ROWS.where(ACTIONS.c.action.in_([action.id for action in chunk])).order_by(ACTIONS.c.attempt)
        found.actions.update((row["action"], dict(row)) for row in connection.execute(own).mappings())
        wanted = sorted({item for action in chunk for item in action.items})
        for start in range(0, len(wanted), CHUNK):
            live = (
                select(ITEMS.c.item, ACTIONS.c.action)
                .join(ACTIONS, ACTIONS.c.n == ITEMS.c.action_n)
                .where(ITEMS.c.item.in_(wanted[start : start + CHUNK]), ITEMS.c.live == 1)
            )
            found.owners.update((row.item, row.action) for row in connection.execute(live))
        found.back.update(bounced(ledger, connection, chunk))
    return found


def _why_not(
    action: Action, new: dict[str, Any], plan: PlanSource, found: Found, known: _Known, now: Moment
) -> str | None:
    """Why an action of the plan wouldn't leave now, None when it would."""
    owner = next((known.owners[item] for item in action.items if known.owners.get(item, action.id) != action.id), None)
    if owner is not None:
        return f"one of its items belongs to the action {owner[:12]}"
    if action.approval is not None:
        return f"waits for approval by {action.approval.people} x {action.approval.role}"
    if action.send_on > now.day:
        return f"is sent on {action.send_on}"
    if now.day in plan.closed and not action.any_day:
        return "waits for a business day"
    return changed_since(new, found) or None


def _waits(row: dict[str, Any], found: Found, now: Moment) -> str | None:
    """Why an action of the ledger wouldn't leave now."""
    if row["state"] not in ("planned", "approved") and not is_resting(row):
        return f"is {row['state'].replace('_', ' ')}"
    if row["send_on"] > now.day.isoformat():
        return f"is sent on {row['send_on']}"
    if row["valid_until"] < now.day.isoformat():
        return f"its plan was valid until {row['valid_until']}"
    if row["not_before"] is not None and row["not_before"] > stamp(now.at):
        return f"isn't tried before {row['not_before'][:16]}Z"
    if now.day.isoformat() in row["closed"] and not row["any_day"]:
        return "waits for a business day"
    return changed_since(row, found) or None


def _earlier(ledger: Ledger | None, plan: PlanSource, found: Found, now: Moment) -> Iterator[dict[str, Any]]:
    if ledger is None:
        return
    wanted = _ROWS.where(
        ACTIONS.c.plan != plan.identity, or_(ACTIONS.c.state.in_(("planned", "approved")), RESTING),
        PLANS.c.as_of <= found.snapshot.as_of.isoformat(),
    )  # fmt: skip
    with ledger.reading() as connection:
        for row in chain.from_iterable(pages(connection, wanted)):
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
        "state": "planned",
        "carriers": NONE,
        "worker": None,
    }
