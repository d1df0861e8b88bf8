"""Whether a plan may be executed at all: whole, of this snapshot, still valid, not stopped (3.4, 3.18)."""

from collections.abc import Iterable
from dataclasses import dataclass

from policy_engine.engine.reference.s17_identity import action_id
from policy_engine.execution.clock import Moment
from policy_engine.execution.operator_file import Operator
from policy_engine.execution.shape import misfit
from policy_engine.plan.model import Action
from policy_engine.plan.source import PlanSource
from policy_engine.policy.resolved import Policy
from policy_engine.snapshot.model import Snapshot


class UnfitPlanError(ValueError):
    """A plan that can't be executed: edited, stale, of another snapshot or policy."""


class StoppedPlanError(ValueError):
    """A plan that a safeguard stopped, and that nobody who may has overridden."""


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody's word that a stopped plan is executed all the same."""

    safeguards: tuple[str, ...]
    reason: str


def wrong_with(action: Action) -> str | None:
    """Why an action can't be of a plan of ours, None when it can: its shape, its id made of what it asks for (3.17)."""
    wrong = misfit(action)
    if wrong is not None:
        return f"the plan was edited: the action {str(action.id)[:12]} can't be: {wrong}"
    if action.id != action_id(action.customer, action.step, action.channel, action.items):
        return f"the plan was edited: the action {action.id[:12]} has another identity"
    return None


def check_plan(plan: PlanSource, snapshot: Snapshot, newer: Snapshot | None, now: Moment, *, known: bool) -> None:
    """Refuse a plan that can't be executed.

    Args:
        plan: a plan whose identity, and that of its actions, was recomputed (`plan.source`, `wrong_with`).
        snapshot: the snapshot that the plan names, or, once the plan is in the ledger, a newer one.
        newer: a newer snapshot, given beside the plan's own.
        now: the moment of the run.
        known: whether the ledger has taken the plan in.

    Raises:
        UnfitPlanError: it can't be executed; the text says why.
    """
    if now.day > plan.valid_until:
        raise UnfitPlanError(
            f"the plan is stale: it was valid until {plan.valid_until}, today is {now.day}; plan again"
        )
    if now.day < plan.as_of:
        raise UnfitPlanError(f"the plan is of a day to come: {plan.as_of}, today is {now.day}")
    own = snapshot.digest == plan.header.snapshot_digest
    if not own and not known:
        raise UnfitPlanError(
            f"the plan was made from another snapshot (digest {plan.header.snapshot_digest[:12]}, here"
            f" {snapshot.digest[:12]}); give that one with -s, a newer one with --newer, and -p when the policy"
            " declares attributes"
        )
    last = newer or snapshot
    if last.as_of < plan.as_of:
        raise UnfitPlanError(f"the snapshot of {last.as_of} is older than the plan of {plan.as_of}")
    if last.as_of > now.day:
        raise UnfitPlanError(f"the snapshot is of a day to come: {last.as_of}, today is {now.day}")


def check_policy(plan: PlanSource, policy: Policy) -> None:
    """Refuse a policy that isn't the plan's.

    Raises:
        UnfitPlanError: another policy, or another state of it.
    """
    if policy.digest != plan.header.policy_digest:
        raise UnfitPlanError(
            f"the plan was made with another state of the policy {plan.policy}, not with {policy.name}"
        )


def check_stopped(plan: PlanSource, override: Override | None, operator: Operator, actor: str) -> None:
    """Refuse a stopped plan unless every safeguard is overridden by somebody who may.

    Raises:
        StoppedPlanError: it isn't.
        UnfitPlanError: an override of a safeguard that didn't stop the plan.
    """
    stopped = [stop.safeguard for stop in plan.stopped]
    said = () if override is None else override.safeguards
    strange = [name for name in said if not any(_covers(name, stop) for stop in stopped)]
    if strange:
        raise UnfitPlanError(f"the safeguard `{strange[0]}` didn't stop this plan{_list(stopped)}")
    open_ = [stop for stop in stopped if not any(_covers(name, stop) for name in said)]
    if open_:
        raise StoppedPlanError(
            f"the plan was stopped by {', '.join(f'`{name}`' for name in open_)};"
            " somebody who may says --override SAFEGUARD --reason TEXT"
        )
    if said and not operator.may(actor, "override"):
        raise StoppedPlanError(
            f"`{actor}` may not override a safeguard: no role of the operator's file allows it (`rights.override`)"
        )


def _covers(said: str, stopped: str) -> bool:
    """Whether a safeguard's name, `all` or in full `all.max`, means what stopped the plan."""
    return stopped == said or stopped.startswith(f"{said}.")


def _list(names: Iterable[str]) -> str:
    text = ", ".join(f"`{name}`" for name in names)
    return f"; {text} did" if text else "; none did"
