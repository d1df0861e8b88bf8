"""`dunning execute`: carry a plan out, once each, with a ledger of everything that happened."""

import re
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from policy_engine.cli import actor
from policy_engine.cli.execute_checks import check_made_again, check_same_manner, check_written, payee_of
from policy_engine.cli.execute_inputs import (
    adapters_of,
    more_of,
    past_of,
    plan_of,
    policy_of,
    snapshot_of,
    writer_of,
    written,
)
from policy_engine.cli.inputs import (
    Day,
    UnusableInputError,
    company_rates_option,
    on_terminal,
)
from policy_engine.cli.ledger_inputs import (
    FORMAT,
    LEDGER,
    OPERATOR,
    Why,
    clock,
    needs_ledger,
    open_ledger,
    read_operator,
)
from policy_engine.cli.logs import logged
from policy_engine.cli.main import STOPPED
from policy_engine.cli.memory import release_collector
from policy_engine.values.text import inert

if TYPE_CHECKING:
    from policy_engine.execution.adapters import Adapters
    from policy_engine.execution.check import Override
    from policy_engine.execution.helping import Helping
    from policy_engine.execution.ledger import Ledger
    from policy_engine.execution.operator_file import Operator
    from policy_engine.execution.tally import Tally
    from policy_engine.plan.source import PlanSource
    from policy_engine.policy.resolved import Policy
    from policy_engine.snapshot.model import Snapshot


T = TypeVar("T")


class Shard(click.ParamType[tuple[int, int]]):
    """`i/n`: the i-th of n shares."""

    name = "I/N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """The two numbers, or a usage error."""
        if isinstance(value, tuple):
            return value
        found = re.fullmatch(r"([1-9][0-9]{0,3})/([1-9][0-9]{0,3})", str(value))
        if found is None or int(found[1]) > int(found[2]):
            self.fail(f"`{value}` is not a share like 1/4", param, ctx)
        return int(found[1]), int(found[2])


@click.command(
    "execute",
    short_help="carry a plan out: every action once, recorded in a ledger",
    epilog="Example: dunning execute plan.json --ledger sqlite:///ledger.db -s examples/portfolio --dry-run",
)
@click.argument("plan_path", metavar="PLAN", type=click.Path())
@LEDGER
@click.option(
    "-s",
    "--snapshot",
    "snapshot_paths",
    required=True,
    multiple=True,
    help="The snapshot that the plan was made from. Several add up.",
)
@click.option("--newer", "newer_paths", multiple=True, help="A newer snapshot: what has changed in it expires.")
@click.option(
    "-p", "--policy", "policy_path", help="The plan's policy: makes messages, and the plan again to compare it."
)
@company_rates_option
@click.option("--as-of", type=Day(), help="The snapshot's date, when it has no manifest.")
@OPERATOR
@click.option(
    "--out",
    type=click.Path(file_okay=False),
    default="outbox",
    show_default=True,
    help="Where the folder adapter writes, unless the operator's file says.",
)
@click.option("--dry-run", is_flag=True, help="Show exactly what would leave; write nothing.")
@click.option("--only", multiple=True, help="Only this action, customer, step or channel. Several add up.")
@click.option("--limit", type=click.IntRange(min=1), help="Deliver at most so many.")
@click.option(
    "--shard", type=Shard(), default=(1, 1), help="One of several shares, e.g. 1/4, for workers side by side."
)
@click.option("--override", "overridden", multiple=True, help="Execute a plan that this safeguard stopped.")
@click.option("--reason", type=Why(), help="Why a safeguard is overridden.")
@click.option("--on", "day", type=Day(), help="Act as if today were another day; only while nothing real leaves.")
@FORMAT
@logged
def command(
    plan_path: str,
    address: str,
    snapshot_paths: tuple[str, ...],
    newer_paths: tuple[str, ...],
    policy_path: str | None,
    rates_folder: str | None,
    as_of: date | None,
    operator_path: str | None,
    out: str,
    dry_run: bool,  # noqa: FBT001 - click passes options by name
    only: tuple[str, ...],
    limit: int | None,
    shard: tuple[int, int],
    overridden: tuple[str, ...],
    reason: str | None,
    day: date | None,
    format_: str,
) -> int:
    """Carry PLAN out: every action is written to the ledger, then delivered, then its outcome is recorded.

    Whatever dies, run the same command again: nothing is sent twice, nothing is lost. Without an operator's file that
    says `live: true` everything goes to a folder, as files to look at.

    Exit codes: 0 done; 1 an action failed, is in doubt, or couldn't be taken in; 2 a plan that is edited, stale or
    of another snapshot, a payee that two people haven't confirmed; 3 a plan that a safeguard stopped.
    """
    operator = read_operator(operator_path)
    if day is not None and operator.live:
        raise click.UsageError("--on is for trials: this operator's file says `live: true`")
    if overridden and not reason:
        raise click.UsageError("--override needs --reason: why the safeguard doesn't count")
    plan = plan_of(Path(plan_path))
    with _helping(0 if dry_run else min(plan.size, limit or plan.size)) as helping:
        policy = policy_of(policy_path, plan, rates_folder)
        snapshot = snapshot_of(snapshot_paths, as_of, plan, policy)
        newer = snapshot_of(newer_paths, None, plan, policy) if newer_paths else None
        snapshots = (snapshot,) if newer is None else (snapshot, newer)
        adapters = adapters_of(operator, out, operator_path, plan, helping, *snapshots)
        return _run(
            plan, policy, snapshot, newer, operator, adapters, address, helping,
            _override(overridden, reason), day, only, limit, shard, format_, dry_run=dry_run,
        )  # fmt: skip


def _helping(actions: int) -> "Helping":
    """Processes that help with so many actions; they begin while policy and snapshot are read."""
    from policy_engine.execution.helping import Helping, processes

    helping = Helping(processes(actions))
    helping.start("policy_engine.execution.facts", "policy_engine.adapters.folder_files")
    return helping


def _run(
    plan: "PlanSource",
    policy: "Policy | None",
    snapshot: "Snapshot",
    newer: "Snapshot | None",
    operator: "Operator",
    adapters: "Adapters",
    address: str,
    helping: "Helping",
    override: "Override | None",
    day: date | None,
    only: tuple[str, ...],
    limit: int | None,
    shard: tuple[int, int],
    format_: str,
    *,
    dry_run: bool,
) -> int:
    needs_ledger()
    release_collector()
    from policy_engine.cli.execute_report import show_preview, show_run
    from policy_engine.execution.check import StoppedPlanError, UnfitPlanError, check_plan, check_stopped
    from policy_engine.execution.choice import Choice
    from policy_engine.execution.database import look
    from policy_engine.execution.due import Found
    from policy_engine.execution.facts import keeping
    from policy_engine.execution.intake import take_in
    from policy_engine.execution.limits import Pace
    from policy_engine.execution.preview import preview
    from policy_engine.execution.returns import Heard, hear
    from policy_engine.execution.run import Run, nothing
    from policy_engine.execution.workers import worker_id

    choice = Choice(only, limit, shard)
    found = Found.of(newer or snapshot, operator.payee)
    seen = look(address, actor.actor())
    ledger = None if dry_run and not seen.there else open_ledger(address, create=not dry_run, day=day)
    known = False
    if ledger is not None:
        with ledger.reading() as connection:
            known = ledger.plan_row(connection, plan.identity) is not None
    now = (clock(day) if ledger is None else ledger.clock)()
    try:
        check_plan(plan, snapshot, newer, now, known=known)
        check_stopped(plan, override, operator, seen.actor)
    except StoppedPlanError as error:
        _stopped(str(error))
    except UnfitPlanError as error:
        raise UnusableInputError(inert(str(error))) from error
    for word in choice.unmatched(plan, ledger):
        click.echo(f"warning: --only {inert(word)[:60]}: no action, customer, step or channel is called so", err=True)
    check_same_manner(ledger, operator)
    past = past_of(plan, policy, ledger)
    if policy is not None and not known:
        check_made_again(plan, policy, snapshot, past)
    payee = payee_of(ledger, operator, dry_run=dry_run)
    if not known and (policy is None or operator.sender is None):
        check_written(plan, adapters)
    heard = Heard() if dry_run or ledger is None else hear(ledger, adapters)
    past = past_of(plan, policy, ledger)
    writer = writer_of(plan, policy, snapshot, operator, adapters, past)
    write = None if writer is None else writer.write
    more = more_of(plan, policy, snapshot, adapters, past)
    if dry_run:
        shown = preview(ledger, plan, snapshot, found, adapters, choice, now, write, more, operator)
        return written(lambda: show_preview(shown, plan, payee, format_))
    assert ledger is not None
    began = _began(ledger, plan)
    remarks = {} if override is None else {"overridden": list(override.safeguards), "reason": override.reason}
    taken = None
    if snapshot.digest == plan.header.snapshot_digest:
        book = ledger
        keep = keeping(plan, snapshot.as_of, operator.payee, writer, helping)
        taken = written(lambda: take_in(book, plan, snapshot, operator.payee, remarks, nothing, None, more, keep))
    pace = Pace(operator.rate_limits, time.sleep, _said)
    progress = _progress(plan.size)
    run = Run(ledger, adapters, found, choice, worker_id(), progress=progress, pace=pace, operator=operator)
    try:
        tally = run.go()
    finally:
        _said("")  # nothing of the progress stays in front of the report
    _ended(ledger, plan, tally, began)
    return show_run(ledger, plan, taken, heard, tally, payee, adapters.notes(), format_)


def _began(ledger: "Ledger", plan: "PlanSource") -> float:
    """The log is told that a run begins; when it did."""
    from time import monotonic

    from policy_engine.execution.log import enabled, tell

    if enabled():
        with ledger.reading() as connection:
            head = ledger.head(connection)
        tell("run_started", plan=plan.identity, actions=plan.size, transitions=head.seq, head=head.hash)
    return monotonic()


def _ended(ledger: "Ledger", plan: "PlanSource", tally: "Tally", began: float) -> None:
    """The log is told what a run came to."""
    from time import monotonic

    from policy_engine.execution.log import enabled, tell

    if not enabled():
        return
    for one in tally.limited:
        tell("rate_limited", channel=one.channel, actions=one.actions, not_before=one.again)
    with ledger.reading() as connection:
        head = ledger.head(connection)
    lists = {"expired": tally.expired, "failed": tally.failed, "in_doubt": tally.in_doubt, "retried": tally.retried}
    counts = {"delivered": dict(tally.delivered), "tried": tally.tried} | {name: len(of) for name, of in lists.items()}
    seconds = round(monotonic() - began, 3)
    tell("run_ended", plan=plan.identity, transitions=head.seq, head=head.hash, counts=counts, seconds=seconds)


def _override(safeguards: tuple[str, ...], reason: str | None) -> "Override | None":
    from policy_engine.execution.check import Override

    return Override(safeguards, reason or "") if safeguards else None


def _stopped(text: str) -> NoReturn:
    click.echo(f"Error: {inert(text)}", err=True)
    raise click.exceptions.Exit(STOPPED)


def _said(text: str) -> None:
    """Why nothing happens, on a terminal; "" takes it away."""
    import sys

    if on_terminal(sys.stderr):
        click.echo(f"\r{text:60}" if text else f"\r{'':60}\r", nl=False, err=True)


def _progress(actions: int) -> Any:
    import sys

    if not on_terminal(sys.stderr):
        return lambda _: None
    return lambda done: click.echo(f"\r{done} of {actions} delivered ", nl=False, err=True)
