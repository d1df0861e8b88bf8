"""`dunning ledger`: look at a ledger, verify its chain, purge what is personal and old."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import click

from policy_engine.cli.about_text import about_lines, message_lines
from policy_engine.cli.inputs import UnusableInputError, today
from policy_engine.cli.ledger_inputs import FORMAT, LEDGER, open_ledger
from policy_engine.cli.main import DONE, FINDINGS
from policy_engine.cli.output import json_to_stdout, lines_to_stdout
from policy_engine.execution.states import STATES, WAITING
from policy_engine.values.money import minor_text
from policy_engine.values.text import inert

_SHOWN = 50


@click.group(
    "ledger",
    short_help="look at a ledger, verify it, purge it",
    epilog="Example: dunning ledger verify --ledger sqlite:///ledger.db",
)
def command() -> None:
    """What was done with actions: who, when, through which adapter, with which receipt."""


@command.command(
    "list",
    short_help="the actions, by state or customer",
    epilog="Example: dunning ledger list --state awaiting_approval --ledger sqlite:///ledger.db",
)
@LEDGER
@click.option("--state", "states", type=click.Choice(STATES), multiple=True, help="Only actions in this state.")
@click.option("--customer", help="Only this customer's.")
@FORMAT
def list_(address: str, states: tuple[str, ...], customer: str | None, format_: str) -> int:
    """List actions, the latest attempt last."""
    ledger = open_ledger(address)
    from sqlalchemy import select

    from policy_engine.execution.carriers import told
    from policy_engine.execution.tables import ACTIONS

    wanted = select(ACTIONS).order_by(ACTIONS.c.n)
    if states:
        wanted = wanted.where(ACTIONS.c.state.in_(states))
    if customer is not None:
        wanted = wanted.where(ACTIONS.c.customer == customer)
    with ledger.reading() as connection:
        rows = [dict(row) for row in connection.execute(wanted).mappings()]
    if format_ == "json":
        names = ("action", "attempt", "plan", "customer", "step", "stage", "channel", "currency", "send_on")
        json_to_stdout([
            {
                **{name: row[name] for name in names},
                "total": minor_text(row["total"], row["currency"]),
                "state": row["state"],
                "since": row["decided_on"],
                "approval": _approval(row),
                "not_before": row["not_before"],
                "until": row["until"],
                "carriers": [one._asdict() for one in told(row)],
            }
            for row in rows
        ])  # fmt: skip
        return DONE
    shown = rows[-_SHOWN:]
    totals = [f"{minor_text(row['total'], row['currency'])} {row['currency']}" for row in shown]
    wide = max(map(len, totals), default=0)
    longest = max((len(row["state"]) for row in shown), default=0)
    lines = [
        f"{row['action'][:12]}-{row['attempt']}  {row['state'].replace('_', ' '):{longest}}  {total:>{wide}}"
        f"  {inert(row['customer'])} {inert(row['step'])} {row['channel']}{_waits(row)}"
        for row, total in zip(shown, totals, strict=True)
    ]
    more = f"; the last {_SHOWN} are shown, --format json has all" if len(rows) > _SHOWN else ""
    count = "1 action" if len(rows) == 1 else f"{len(rows)} actions"
    lines_to_stdout("\n".join([*lines, f"{count}{more}"]) + "\n")
    return DONE


@command.command(
    "show",
    short_help="an action: its message, and everything that happened to it",
    epilog="Example: dunning ledger show 3f9a0c12 --ledger sqlite:///ledger.db",
)
@click.argument("action", metavar="ACTION")
@LEDGER
@FORMAT
def show(action: str, address: str, format_: str) -> int:
    """Everything that happened to an action: each transition with time, actor, adapter, receipt."""
    ledger = open_ledger(address)
    from policy_engine.execution.about import about, about_data
    from policy_engine.execution.carriers import told
    from policy_engine.execution.people import named

    with ledger.reading() as connection:
        row = named(connection, action)
        if isinstance(row, str):
            raise UnusableInputError(f"`{inert(action)}` {row}")
        story = ledger.story(connection, row["n"])
        seen = about(row, ledger.facts(connection, [row["n"]]).get(row["n"]))
    if format_ == "json":
        names = ("seq", "before", "after", "at", "adapter", "tries", "hash", "body")
        json_to_stdout({
            "action": row["action"], "attempt": row["attempt"], "state": row["state"],
            "approval": _approval(row), "not_before": row["not_before"], "about": about_data(seen),
            "messages": {channel: {"subject": said[0], "text": said[1]} for channel, said in seen.messages.items()},
            "carriers": [one._asdict() for one in told(row)],
            "transitions": [{name: one[name] for name in names} for one in story],
        })  # fmt: skip
        return DONE
    lines = [
        f"{row['action']}, attempt {row['attempt']}: {row['state'].replace('_', ' ')}{_waits(row)}",
        *about_lines(seen),
        *message_lines(seen),
        "",
        *(f"  by {one.channel}: {one.state}{f' through {inert(one.by)}' if one.by else ''}" for one in told(row)),
    ]
    for one in story:
        body = one["body"]
        said = "its payload was purged" if body is None else "; ".join([f"by {body['actor']}", *_more(body)])
        through = f" through {one['adapter']}, try {one['tries']}" if one["adapter"] else ""
        lines.append(f"  {one['at'][:19]}Z  {one['after'].replace('_', ' ')}{inert(through)}  {inert(said)}")
    lines_to_stdout("\n".join(lines) + "\n")
    return DONE


def _more(body: Mapping[str, Any]) -> list[str]:
    """What a transition says beside its actor: whose stop it passed over, why, what the carrier said."""
    found = [f"overrides {', '.join(body['overridden'])}"] if body.get("overridden") else []
    found += [str(body[name]) for name in ("reason", "remark") if body.get(name)]
    receipt = body.get("receipt") or {}
    return [*found, *(f"{name}: {value}" for name, value in sorted(receipt.items()))]


def _approval(row: Mapping[str, Any]) -> dict[str, Any] | None:
    return None if row["role"] is None else {"role": row["role"], "people": row["people"]}


def _waits(row: Mapping[str, Any]) -> str:
    """For what, or until when, an action waits."""
    if row["state"] == "awaiting_approval":
        return f"; asks {row['people']} x {inert(row['role'])}"
    if row["state"] in (*WAITING, "sending") and row["not_before"] is not None:
        return f"{_lacks(row)}; not before {row['not_before'][:16]}Z"
    if _lacks(row):
        return _lacks(row)
    return f"; until {row['until']}" if row["until"] else ""


def _lacks(row: Mapping[str, Any]) -> str:
    """The copies that aren't delivered, of an action whose main carrier was."""
    from policy_engine.execution.carriers import main_is_done, told

    if not main_is_done(row):
        return ""
    lacking = [f"; copy by {one.channel} {one.state}" for one in told(row) if one.state != "delivered"]
    return "".join(lacking)


@command.command(
    "verify",
    short_help="recompute the chain: was anything changed",
    epilog="Example: dunning ledger verify --ledger sqlite:///ledger.db --head 5f1c...",
)
@LEDGER
@click.option("--head", help="A head that an earlier run printed: it must still stand in the chain.")
@FORMAT
def verify(address: str, head: str | None, format_: str) -> int:
    """Recompute the whole chain: nothing was changed, left out or put in. Exit 1 when something was.

    That the newest entries weren't cut off shows only against a --head that was kept elsewhere.
    """
    from itertools import islice

    if head is not None and not re.fullmatch("[0-9a-f]{64}", head):
        raise click.UsageError(f"`{inert(head)[:70]}` is no head: it is all 64 characters that a run printed")
    ledger = open_ledger(address)
    with ledger.reading() as connection:
        found = list(islice(ledger.verify(connection, head), 100))
        last = ledger.head(connection)
    if format_ == "json":
        json_to_stdout({
            "transitions": last.seq, "head": last.hash, "broken": [{"seq": one.seq, "what": one.what} for one in found],
        })  # fmt: skip
    else:
        for one in found:
            click.echo(f"transition {one.seq}: {inert(one.what)}", err=True)
        told = "1 place is not as recorded" if len(found) == 1 else f"{len(found)} places are not as recorded"
        told = told if found else "the chain is whole"
        click.echo(f"{last.seq} transitions, head {last.hash}: {told}")
    return FINDINGS if found else DONE


@command.command(
    "purge",
    short_help="delete what is personal and old; the chain stays",
    epilog="Example: dunning ledger purge --older-than 730 --ledger sqlite:///ledger.db",
)
@LEDGER
@click.option(
    "--older-than", required=True, metavar="DAYS", help="Days since the action was closed, or the day before which."
)
@FORMAT
def purge_(address: str, older_than: str, format_: str) -> int:
    """Delete names, addresses, amounts of lines, texts and receipts of actions that were closed long ago.

    Ids, states, days and hashes stay: the chain still verifies, and the ladder still knows what was sent.
    """
    from policy_engine.values.days import parse_date

    before = parse_date(older_than)
    if before is None and re.fullmatch(r"[0-9]{1,5}", older_than):
        before = today() - timedelta(days=int(older_than))
    if before is None:
        raise click.UsageError(f"`{inert(older_than)}` is neither a number of days, 99999 at most, nor a date")
    ledger = open_ledger(address)
    from policy_engine.execution.purge import purge

    count = purge(ledger, before)
    if format_ == "json":
        json_to_stdout({"before": _text(before), "actions": count})
    else:
        click.echo(f"{count} {'action' if count == 1 else 'actions'} closed before {before} purged")
    return DONE


def _text(day: date) -> str:
    return day.isoformat()
