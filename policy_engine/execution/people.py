"""What people decide about actions: approve, reject, resolve, void, returned. The ledger says who (`Ledger.actor`)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from sqlalchemy import Connection, select

from policy_engine.execution.about import About, about
from policy_engine.execution.carriers import became, carried, text_of, to_come, troubles, under_way
from policy_engine.execution.clock import Moment, later
from policy_engine.execution.ledger import Change, Ledger, Row
from policy_engine.execution.operator_file import Operator
from policy_engine.execution.states import WAITING, State
from policy_engine.execution.tables import ACTIONS, TRANSITIONS

SHORTEST = 6
"""Characters of an action's id that name it."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of one action that somebody named, and what it is about. `state` None: nothing was done."""

    named: str
    action: str | None
    state: State | None
    text: str
    about: About | None = None


Decide = Callable[[Connection, Row, Moment], "Change | str"]


def approve(ledger: Ledger, operator: Operator, ids: Iterable[str], remark: str | None = None) -> list[Decided]:
    """Approve actions that wait for it. The user needs the role that the action names; of two people each counts once.

    The last approval starts the cool-off of a grave step.
    """

    def decide(connection: Connection, row: Row, now: Moment) -> Change | str:
        if row["state"] != "awaiting_approval":
            return f"is {row['state'].replace('_', ' ')}, not awaiting approval"
        if row["valid_until"] < now.day.isoformat():
            return (
                f"can't be approved any more: its plan was valid until {row['valid_until']}; the next plan asks again"
            )
        if not operator.has_role(ledger.actor, row["role"]):
            return f"`{ledger.actor}` isn't a {row['role']} in the operator's file"
        agreed = _agreed(ledger, connection, row["n"])
        if ledger.actor in agreed:
            return f"`{ledger.actor}` has approved it already; it takes {row['people']} people"
        body = {"remark": remark, "approved": True}
        if len(agreed) + 1 < row["people"]:
            return Change(row, "awaiting_approval", body)
        wait = operator.cool_off * 3600 if row["grave"] else 0
        return Change(row, "approved", body, not_before=later(now.at, wait) if wait else None)

    return _each(ledger, operator, ids, decide)


def reject(
    ledger: Ledger, operator: Operator, ids: Iterable[str], until: date | None, remark: str | None = None
) -> list[Decided]:
    """Reject what hasn't left: its demanded invoices rest up to and including `until`, else for 7 days (3.4)."""

    def decide(connection: Connection, row: Row, now: Moment) -> Change | str:
        del connection
        if row["state"] not in WAITING:
            return f"is {row['state'].replace('_', ' ')}: only what waits can be rejected"
        if not (operator.may(ledger.actor, "reject") or (row["role"] and operator.has_role(ledger.actor, row["role"]))):
            return f"`{ledger.actor}` may not reject it: no role of the operator's file allows it (`rights.reject`)"
        if until is not None and until < now.day:
            return f"can't be rejected until {until}: that day has passed"
        return Change(row, "rejected", {"remark": remark}, until=until)

    return _each(ledger, operator, ids, decide)


def resolve(
    ledger: Ledger,
    operator: Operator,
    ids: Iterable[str],
    outcome: Literal["delivered", "failed"],
    remark: str | None = None,
) -> list[Decided]:
    """Say what became of actions in doubt: they were delivered, or nothing left.

    An action whose main carrier was delivered stays delivered, whatever became of the copy that was in doubt. What is
    still to come after the carrier in doubt leaves with the next run.
    """

    def decide(connection: Connection, row: Row, now: Moment) -> Change | str:
        del connection, now
        if row["state"] != "in_doubt":
            return f"is {row['state'].replace('_', ' ')}, not in doubt"
        if not operator.may(ledger.actor, "resolve"):
            return f"`{ledger.actor}` may not resolve it: no role of the operator's file allows it (`rights.resolve`)"
        carriers = became(carried(row), under_way(row), outcome, row["sent_by"])
        after: State = outcome
        if carriers[row["channel"]][0] == "delivered":
            after = "sending" if to_come(row, carriers) else "delivered"
        return Change(row, after, {"remark": remark, "resolved": outcome}, tries=0, carriers=text_of(carriers))

    return _each(ledger, operator, ids, decide)


def void(ledger: Ledger, operator: Operator, ids: Iterable[str], reason: str) -> list[Decided]:
    """Void what was delivered, so that it stops counting as history; cancel what waits."""

    def decide(connection: Connection, row: Row, now: Moment) -> Change | str:
        del connection, now
        if not operator.may(ledger.actor, "void"):
            return f"`{ledger.actor}` may not void it: no role of the operator's file allows it (`rights.void`)"
        if row["state"] in WAITING:
            return Change(row, "cancelled", {"reason": reason})
        if row["state"] in ("delivered", "returned"):
            return Change(row, "voided", {"reason": reason})
        return f"is {row['state'].replace('_', ' ')}: only what waits or was delivered can be voided"

    return _each(ledger, operator, ids, decide)


def returned(
    ledger: Ledger, operator: Operator, ids: Iterable[str], reason: str, remark: str | None = None
) -> list[Decided]:
    """Say that what was delivered came back: it counts no longer, and the next plan asks again."""

    def decide(connection: Connection, row: Row, now: Moment) -> Change | str:
        del connection, now
        if row["state"] != "delivered":
            return f"is {row['state'].replace('_', ' ')}: only what was delivered can come back"
        if not operator.may(ledger.actor, "returned"):
            return f"`{ledger.actor}` may not say so: no role of the operator's file allows it (`rights.returned`)"
        by = carried(row).get(row["channel"], ("delivered", None))[1]
        carriers = became(carried(row), [row["channel"]], "returned", by)
        return Change(row, "returned", {"reason": reason, "remark": remark}, carriers=text_of(carriers))

    return _each(ledger, operator, ids, decide)


def _agreed(ledger: Ledger, connection: Connection, number: int) -> set[str]:
    """Who has approved an action so far."""
    story = ledger.story(connection, number)
    return {row["body"]["actor"] for row in story if row["body"] and row["body"].get("approved")}


def _each(ledger: Ledger, operator: Operator, ids: Iterable[str], decide: Decide) -> list[Decided]:
    """Decide action by action; each is recorded by itself, with the operator's file that let the user."""
    found = []
    for name in ids:
        with ledger.writing() as connection:
            row = named(connection, name)
            if isinstance(row, str):
                found.append(Decided(name, None, None, row))
                continue
            now = ledger.clock()
            change = decide(connection, row, now)
            seen = about(row, ledger.facts(connection, [row["n"]]).get(row["n"]))
            if isinstance(change, str):
                found.append(Decided(name, row["action"], None, change, seen))
                continue
            ledger.record(connection, [replace(change, body={**change.body, "operator": operator.digest})], now)
            found.append(Decided(name, row["action"], change.after, _text(row, change), seen))
    return found


def _text(row: Row, change: Change) -> str:
    if change.after == "awaiting_approval":
        return f"approved by one; it takes {row['people']} people"
    if change.not_before is not None:
        return f"approved; it may leave after {change.not_before[:16]}Z"
    if change.after == "rejected":
        return f"rejected until {change.until}" if change.until else "rejected for 7 days"
    text = change.after.replace("_", " ")
    if change.carriers is None or change.after not in ("sending", "delivered"):
        return text
    if change.after == "sending":
        left = ", ".join(to_come(row, carried({**row, "carriers": change.carriers})))
        return f"delivered by {row['channel']}; the copy by {left} leaves with the next `dunning execute`"
    failed = troubles(carried({**row, "carriers": change.carriers})).get("failed")
    return f"{text}; its copy by {', '.join(failed)} failed" if failed else text


def named(connection: Connection, name: str) -> Row | str:
    """The latest attempt of the action with an id, or with an id that begins so; or why there is none."""
    if len(name) < SHORTEST:
        return f"is too short: at least {SHORTEST} characters of the action's id"
    wanted = (
        select(ACTIONS, TRANSITIONS.c.adapter.label("sent_by"))
        .join(TRANSITIONS, TRANSITIONS.c.seq == ACTIONS.c.last)
        .where(ACTIONS.c.action.startswith(name, autoescape=True))
        .order_by(ACTIONS.c.action, ACTIONS.c.attempt.desc())
    )
    rows = connection.execute(wanted).mappings().all()
    if not rows:
        return "names no action of the ledger"
    if len({row["action"] for row in rows}) > 1:
        return f"begins the ids of {len({row['action'] for row in rows})} actions: write more of it"
    return dict(rows[0])
