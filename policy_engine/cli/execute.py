"""`dunning execute`: carry a plan out, once each, with a ledger of everything that happened."""

import re
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from policy_engine.cli import actor
from policy_engine.cli.execute_report import ShownPayee
from policy_engine.cli.inputs import (
    Day,
    UnusableInputError,
    company_rates_option,
    on_terminal,
    read_company_rates,
    unusable,
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
    from policy_engine.execution.history import LedgerHistory
    from policy_engine.execution.ledger import Ledger
    from policy_engine.execution.messages import Writer
    from policy_engine.execution.more import More
    from policy_engine.execution.operator_file import Operator
    from policy_engine.execution.tally import Tally
    from policy_engine.plan.model import Action
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
    plan = _plan(Path(plan_path))
    with _helping(0 if dry_run else min(plan.size, limit or plan.size)) as helping:
        policy = _policy(policy_path, plan, rates_folder)
        snapshot = _snapshot(snapshot_paths, as_of, plan, policy)
        newer = _snapshot(newer_paths, None, plan, policy) if newer_paths else None
        snapshots = (snapshot,) if newer is None else (snapshot, newer)
        adapters = _adapters(operator, out, operator_path, plan, helping, *snapshots)
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
    _same_manner(ledger, operator)
    past = _past(plan, policy, ledger)
    if policy is not None and not known:
        _made(plan, policy, snapshot, past)
    payee = _payee(ledger, operator, dry_run=dry_run)
    if not known and (policy is None or operator.sender is None):
        _unwritten(plan, adapters)
    heard = Heard() if dry_run or ledger is None else hear(ledger, adapters)
    past = _past(plan, policy, ledger)
    writer = _writer(plan, policy, snapshot, operator, adapters, past)
    write = None if writer is None else writer.write
    more = _more(plan, policy, snapshot, adapters, past)
    if dry_run:
        shown = preview(ledger, plan, snapshot, found, adapters, choice, now, write, more, operator)
        return _written(lambda: show_preview(shown, plan, payee, format_))
    assert ledger is not None
    began = _began(ledger, plan)
    remarks = {} if override is None else {"overridden": list(override.safeguards), "reason": override.reason}
    taken = None
    if snapshot.digest == plan.header.snapshot_digest:
        book = ledger
        keep = keeping(plan, snapshot.as_of, operator.payee, writer, helping)
        taken = _written(lambda: take_in(book, plan, snapshot, operator.payee, remarks, nothing, None, more, keep))
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


def _payee(ledger: "Ledger | None", operator: "Operator", *, dry_run: bool) -> "ShownPayee | None":
    """The account that messages name; one that nobody else has confirmed stops what really leaves."""
    from policy_engine.execution.payee import PayeeError, check_payee, last_four

    if operator.payee is None:
        return None
    agreed = True
    try:
        check_payee(ledger, operator.payee)
    except PayeeError as error:
        if operator.live and not dry_run:
            raise UnusableInputError(inert(str(error))) from error
        agreed = False
        click.echo(f"warning: {inert(str(error))}; until then nothing leaves once it is live", err=True)
    return ShownPayee(operator.payee["name"], last_four(operator.payee), agreed)


def _same_manner(ledger: "Ledger | None", operator: "Operator") -> None:
    """A trial and real deliveries don't share a ledger; what lay in folders only counts as sent, and is told once."""
    from policy_engine.execution.trial import ANOTHER, check_manner, in_folders_only

    if ledger is None:
        return
    with ledger.reading() as connection:
        check_manner(connection, operator)
        count = in_folders_only(connection, operator)
    if count:
        many, were, counted, them = (
            ("1 action", "was", "counts", "it") if count == 1 else (f"{count} actions", "were", "count", "them")
        )
        click.echo(
            f"warning: {many} of this ledger {were} delivered into a folder only (`live: false`), and {counted} as"
            f" sent; if nobody posted {them} by hand, `dunning void` {them}, or {ANOTHER} for what really leaves",
            err=True,
        )


def _made(plan: "PlanSource", policy: "Policy", snapshot: "Snapshot", past: "LedgerHistory | None") -> None:
    """Refuse a plan that its policy doesn't make of its snapshot: it is taken in once, and made again before."""
    from policy_engine.execution.check import UnfitPlanError
    from policy_engine.execution.replan import check_made

    try:
        unsure = check_made(plan, policy, snapshot, past)
    except UnfitPlanError as error:
        raise UnusableInputError(inert(str(error))) from error
    if unsure is not None:
        click.echo(
            f"warning: the plan couldn't be made again to compare it, as {unsure}; its approvals, channels and adapters"
            " were held against the policy",
            err=True,
        )


def _unwritten(plan: "PlanSource", adapters: "Adapters") -> None:
    """Refuse a plan whose messages nobody writes, when an adapter can't do without."""
    from policy_engine.execution.carriers import unwritten

    found = unwritten(plan.chunks(), adapters)
    if found:
        parts = ", ".join(f"{count} by {channel} ({inert(name)})" for (channel, name), count in sorted(found.items()))
        raise UnusableInputError(
            f"messages without a text can't leave: {parts}; give the plan's policy with -p and a `sender` in the"
            " operator's file"
        )


def _past(plan: "PlanSource", policy: "Policy | None", ledger: "Ledger | None") -> "LedgerHistory | None":
    """The ledger's history, where the plan was made with it."""
    from policy_engine.execution.history import read_history
    from policy_engine.execution.intake import HISTORY_OF

    if ledger is None or policy is None or HISTORY_OF not in dict(plan.header.versions):
        return None
    stages = {step.name: step.stage for ladder in policy.ladders for step in ladder.steps}
    return read_history(ledger, stages, but=plan.identity)


def _writer(
    plan: "PlanSource",
    policy: "Policy | None",
    snapshot: "Snapshot",
    operator: "Operator",
    adapters: "Adapters",
    past: "LedgerHistory | None",
) -> "Writer | None":
    """Who writes the messages: the policy's templates under the operator's letterhead, where both are given."""
    if policy is None or operator.sender is None:
        return None
    from policy_engine.execution.messages import Writer

    rates = snapshot.exchange_rates
    wants = _wants(adapters)
    until, closed = plan.valid_until, plan.closed
    return Writer(policy, operator.sender, operator.payee, plan.as_of, rates, past, wants, until, closed)


def _more(
    plan: "PlanSource",
    policy: "Policy | None",
    snapshot: "Snapshot",
    adapters: "Adapters",
    past: "LedgerHistory | None",
) -> "More":
    """Who tells what the adapters want beside the messages."""
    from policy_engine.execution.dossier import Dossiers
    from policy_engine.execution.figures import FIGURES, Figures
    from policy_engine.execution.more import More
    from policy_engine.execution.thread import THREAD, thread

    dossiers = Dossiers(plan.as_of, plan.currency, policy, snapshot.exchange_rates, past)
    return More(
        wants=_wants(adapters),
        tells={"dossier": dossiers.tell, "notices": dossiers.notices, THREAD: thread}
        | ({} if policy is None else {FIGURES: Figures(policy, snapshot).tell}),
    )


def _wants(adapters: "Adapters") -> "Callable[[Action], frozenset[str]]":
    return lambda action: adapters.wants((action.channel, *action.also), action.adapter)


def _written(work: Callable[[], T]) -> T:
    """What needs the actions, or one line on the message that can't be made, on a plan's file that was changed."""
    from policy_engine.execution.messages import UnwrittenError
    from policy_engine.plan.read import PlanError

    try:
        return work()
    except (UnwrittenError, PlanError) as error:
        raise UnusableInputError(inert(str(error))) from error


def _plan(path: Path) -> "PlanSource":
    from policy_engine.execution.check import wrong_with
    from policy_engine.plan.read import PlanError
    from policy_engine.plan.source import open_plan

    try:
        return open_plan(lambda: path.open("rb"), wrong_with, again=path.is_file())
    except UnicodeDecodeError as error:
        raise UnusableInputError(f"{inert(str(path))} is not UTF-8 text") from error
    except PlanError as error:
        raise UnusableInputError(inert(f"{path}: {error}")) from error


def _policy(path: str | None, plan: "PlanSource", rates_folder: str | None) -> "Policy | None":
    if path is None:
        return None
    from policy_engine.execution.check import UnfitPlanError, check_policy
    from policy_engine.language.load import load_policy

    rates, wrong = read_company_rates(rates_folder)
    loaded = load_policy(Path(path), as_of=plan.as_of, rates=rates)
    if loaded.policy is None or wrong:
        unusable((*wrong, *loaded.diagnostics))
    try:
        check_policy(plan, loaded.policy)
    except UnfitPlanError as error:
        raise UnusableInputError(inert(str(error))) from error
    return loaded.policy


def _snapshot(paths: Sequence[str], as_of: date | None, plan: "PlanSource", policy: "Policy | None") -> "Snapshot":
    from policy_engine.snapshot.read import read_snapshot

    read = read_snapshot(
        [Path(path) for path in paths],
        as_of=as_of,
        policy_currency=plan.currency,
        attributes=() if policy is None else policy.attributes,
        accept_unattributed=1_000_000_000,  # who couldn't be told was accepted, or not, when the plan was made
    )
    if read.snapshot is None:
        unusable(read.diagnostics)
    return read.snapshot


def _adapters(
    operator: "Operator",
    out: str,
    operator_path: str | None,
    plan: "PlanSource",
    helping: "Helping",
    *snapshots: "Snapshot",
) -> "Adapters":
    from policy_engine.execution.adapters import Adapters
    from policy_engine.execution.documents import Portfolio
    from policy_engine.execution.kinds import SettingsError

    if operator_path is not None:
        policy, own = Path(plan.header.policy_file), Path(operator_path).resolve()
        if policy.is_file() and policy.resolve().parent in own.parents:
            raise UnusableInputError(f"the operator's file lies in the policy's folder {inert(str(policy.parent))}")
    try:
        return Adapters(operator, Path(out), Portfolio(*snapshots), helping)
    except SettingsError as error:
        raise UnusableInputError("\n".join(map(inert, str(error).splitlines()))) from error


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
