"""What `dunning execute` reads: plan, policy, snapshots, adapters; who writes the messages, and what more is told."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from policy_engine.cli.inputs import UnusableInputError, read_company_rates, unusable
from policy_engine.values.text import inert

if TYPE_CHECKING:
    from policy_engine.execution.adapters import Adapters
    from policy_engine.execution.helping import Helping
    from policy_engine.execution.history import LedgerHistory
    from policy_engine.execution.ledger import Ledger
    from policy_engine.execution.messages import Writer
    from policy_engine.execution.more import More
    from policy_engine.execution.operator_file import Operator
    from policy_engine.plan.model import Action
    from policy_engine.plan.source import PlanSource
    from policy_engine.policy.resolved import Policy
    from policy_engine.snapshot.model import Snapshot


T = TypeVar("T")


def past_of(plan: "PlanSource", policy: "Policy | None", ledger: "Ledger | None") -> "LedgerHistory | None":
    """The ledger's history, where the plan was made with it."""
    from policy_engine.execution.history import read_history
    from policy_engine.execution.intake import HISTORY_OF

    if ledger is None or policy is None or HISTORY_OF not in dict(plan.header.versions):
        return None
    stages = {step.name: step.stage for ladder in policy.ladders for step in ladder.steps}
    return read_history(ledger, stages, but=plan.identity)


def writer_of(
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


def more_of(
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


def written(work: Callable[[], T]) -> T:
    """What needs the actions, or one line on the message that can't be made, on a plan's file that was changed."""
    from policy_engine.execution.messages import UnwrittenError
    from policy_engine.plan.read import PlanError

    try:
        return work()
    except (UnwrittenError, PlanError) as error:
        raise UnusableInputError(inert(str(error))) from error


def plan_of(path: Path) -> "PlanSource":
    """The plan of a file, its identity recomputed; a pipe is kept while it is read twice."""
    from policy_engine.execution.check import wrong_with
    from policy_engine.plan.read import PlanError
    from policy_engine.plan.source import open_plan

    try:
        return open_plan(lambda: path.open("rb"), wrong_with, again=path.is_file())
    except UnicodeDecodeError as error:
        raise UnusableInputError(f"{inert(str(path))} is not UTF-8 text") from error
    except PlanError as error:
        raise UnusableInputError(inert(f"{path}: {error}")) from error


def policy_of(path: str | None, plan: "PlanSource", rates_folder: str | None) -> "Policy | None":
    """The policy that the plan was made with, as of its date; None without a path."""
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


def snapshot_of(paths: Sequence[str], as_of: date | None, plan: "PlanSource", policy: "Policy | None") -> "Snapshot":
    """A snapshot of files that add up."""
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


def adapters_of(
    operator: "Operator",
    out: str,
    operator_path: str | None,
    plan: "PlanSource",
    helping: "Helping",
    *snapshots: "Snapshot",
) -> "Adapters":
    """The adapters of a run.

    The operator's file lies nowhere below the policy's folder: who writes policies isn't who sends.
    """
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
