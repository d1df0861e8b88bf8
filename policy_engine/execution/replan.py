"""Whether a plan is what its policy makes of its snapshot: made once more and compared, as plans aren't signed.

Whoever writes a plan's file can compute its digests anew; he can't make the engine come to another result. Where the
history that a plan was made with isn't at hand any more, each action is held against the policy's step instead.

Customers come in the plan's order, so that it is made again and read side by side, and neither is ever held. What an
action competes for (3.15) is only known at the end: until then the plan is taken at its word on who won.
"""

from collections.abc import Iterator, Mapping
from itertools import chain

from policy_engine.engine.reference.evaluate import each_draft, validity
from policy_engine.engine.reference.program import program_for
from policy_engine.engine.reference.s15_capacity import Rivals
from policy_engine.engine.reference.s16_sending_date import CalendarError
from policy_engine.engine.reference.s18_grave_steps import Reach, safeguards
from policy_engine.engine.reference.s20_order import action_key
from policy_engine.execution.check import UnfitPlanError
from policy_engine.execution.history import FutureHistoryError, LedgerHistory, with_history
from policy_engine.execution.intake import HISTORY_OF
from policy_engine.plan.model import Action, ApprovalNeeded
from policy_engine.plan.source import PlanSource
from policy_engine.policy.resolved import Intervention, Policy, Step
from policy_engine.snapshot.model import Snapshot

_EDITED = "the plan was edited, or another version made it: its policy and its snapshot make another one"


def check_made(plan: PlanSource, policy: Policy, snapshot: Snapshot, past: LedgerHistory | None) -> str | None:
    """Refuse a plan that the policy doesn't make of the snapshot.

    Everything that is executed is compared: days, safeguards that stopped it, each action with everything in it. Where
    a rule stands in the policy's files isn't: comments may have moved it.

    Args:
        plan: the plan.
        policy: its policy, whose digest was checked.
        snapshot: its snapshot, whose digest was checked.
        past: what the ledger knows, for a plan that was made with a ledger's history.

    Returns:
        Why the plan could only be held against the policy's steps (`check_steps`); None when it was made again.

    Raises:
        UnfitPlanError: it is another plan.
    """
    head = dict(plan.header.versions).get(HISTORY_OF)
    if head is not None:
        why = "it was made with another ledger's history"
        if past is not None:
            why = "its ledger has gone on since it was made"
        if past is None or past.head != head:
            check_steps(plan, policy)
            return why
        try:
            snapshot = with_history(snapshot, past)
        except FutureHistoryError as error:
            raise UnfitPlanError(f"{_EDITED}: {error}") from error
    try:
        _same(plan, policy, snapshot)
    except CalendarError as error:
        raise UnfitPlanError(f"the plan can't be made again: {error}") from error
    return None


def _same(plan: PlanSource, policy: Policy, snapshot: Snapshot) -> None:
    """Make the plan again, and refuse what differs.

    Raises:
        UnfitPlanError: it is another plan.
        CalendarError: it can't be made.
    """
    valid_until, closed = validity(policy, snapshot.as_of)
    about = {
        "as_of": snapshot.as_of,
        "policy": policy.name,
        "policy_version": policy.version,
        "currency": policy.currency,
        "valid_until": valid_until,
        "closed": closed,
    }
    for name, ours in about.items():
        if getattr(plan, name) != ours:
            raise UnfitPlanError(f"{_EDITED}: `{name}` differs")
    reach = _same_actions(plan, policy, snapshot)
    stopped = safeguards(policy, snapshot.manifest, reach)
    if [stop[:3] for stop in stopped] != [stop[:3] for stop in plan.stopped]:
        raise UnfitPlanError(f"{_EDITED}: the safeguards that stop it differ")


def _same_actions(plan: PlanSource, policy: Policy, snapshot: Snapshot) -> Reach:
    """Hold every action against the plan's next; what the safeguards count."""
    program = program_for(policy)
    said, rivals, reach = _Said(plan), Rivals(program), Reach()
    claimed = set[str]()
    for found in each_draft(program, snapshot):
        rivals.saw(found)
        planned = []
        for action in sorted(found.actions, key=action_key):
            won = rivals.enter(found, action)
            if won is not None:
                if said.next_id != action.id:
                    continue  # the plan says that it lost
                claimed.add(action.id)
            said.compare(won or action)
            planned.append(action)
        reach.add(planned, found.customer)
        found.let_go()
    said.end()
    winners = rivals.winners()
    for ident in sorted(claimed ^ winners):
        wrong = "is missing" if ident in winners else "isn't among those that people can do that day"
        raise UnfitPlanError(f"{_EDITED}: the action {ident[:12]} {wrong}")
    return reach


class _Said:
    """The actions that a plan has, one after the other."""

    def __init__(self, plan: PlanSource) -> None:
        self._rest: Iterator[Action] = chain.from_iterable(plan.chunks())
        self._next = next(self._rest, None)

    @property
    def next_id(self) -> str | None:
        """The id of the next one, None at the end."""
        return None if self._next is None else self._next.id

    def compare(self, ours: Action) -> None:
        """Refuse the next one unless it is this."""
        action, self._next = self._next, next(self._rest, None)
        if action is None:
            raise UnfitPlanError(f"{_EDITED}: the action {ours.id[:12]} is missing")
        if ours.id != action.id:
            raise UnfitPlanError(f"{_EDITED}: the action {action.id[:12]} isn't its next")
        other = [name for name in Action._fields if name != "why" and getattr(ours, name) != getattr(action, name)]
        if other:
            raise UnfitPlanError(f"{_EDITED}: `{other[0]}` of the action {action.id[:12]} differs")

    def end(self) -> None:
        """Refuse what comes after the last."""
        if self._next is not None:
            raise UnfitPlanError(f"{_EDITED}: the action {self._next.id[:12]} isn't its next")


def check_steps(plan: PlanSource, policy: Policy) -> None:
    """Refuse a plan with an action that its step doesn't make: approval, channels, adapter, template.

    Raises:
        UnfitPlanError: there is one.
    """
    steps = {(ladder.name, step.name): step for ladder in policy.ladders for step in ladder.steps}
    interventions = {one.name: one for one in policy.interventions}
    for action in chain.from_iterable(plan.chunks()):
        if action.intervention is None:
            step = steps.get((action.ladder, action.step))
            wrong = "there is no such step" if step is None else _unlike(action, step, steps)
        else:
            known = interventions.get(action.intervention)
            wrong = "it is no intervention of it" if known is None else _unlike_intervention(action, known)
        if wrong is not None:
            raise UnfitPlanError(
                f"the plan was edited: the action {action.id[:12]} isn't what its policy asks for: {wrong}"
            )


def _unlike_intervention(action: Action, known: Intervention) -> str | None:
    """What of an action its intervention doesn't say, None when nothing."""
    if action.also:
        return "an intervention has one carrier"
    for name in ("channel", "adapter", "template"):
        if getattr(action, name) != getattr(known, name):
            return f"its `{name}` differs"
    return None


def _unlike(action: Action, step: Step, steps: Mapping[tuple[str, str], Step]) -> str | None:
    """What of an action its step doesn't say, None when nothing."""
    if action.channel not in (step.channel, step.otherwise):
        return f"its channel is {action.channel}"
    for name in ("also", "adapter", "template", "stage", "exempt"):
        if getattr(action, name) != getattr(step, name):
            return f"its `{name}` differs"
    lines = {line.step for line in (*action.demanded, *action.mentioned)} | {action.step}
    asked = [found for name in lines if (found := steps.get((action.ladder, name))) is not None]
    possible = [ApprovalNeeded(one.approval.role, one.approval.people, one.grave) for one in asked if one.approval]
    if action.approval is not None and action.approval not in possible:
        return "its approval is none of the policy's"
    own = step.approval
    if own is None or not (step.grave or own.when is None):
        return None  # nobody is asked, or it depends on figures
    if action.approval is None:
        return f"it lacks the approval by {own.people} x {own.role}"
    if (action.approval.grave, action.approval.people) < (step.grave, own.people):
        return f"its approval isn't that by {own.people} x {own.role}"
    return None
