"""The rules of a policy that tests should reach, each with its place: the whole against which coverage is counted."""

from collections.abc import Iterator
from dataclasses import dataclass

from policy_engine.policy.resolved import Expression, FlatPenalty, InterestPenalty, Penalty, Policy
from policy_engine.policy.tree import Logic, Node
from policy_engine.values.position import Position


@dataclass(frozen=True, slots=True)
class Rule:
    """Something that a policy says and a test can reach.

    Attributes:
        kind: `segment`, `step`, `hold`, `intervention`, `credit rule`, `credit alert`, `penalty`.
        name: its name; of a step `ladder.step`.
        branch: one of several ways to reach it (an operand of `or`, where a rate comes from), or "".
        position: where it stands.
    """

    kind: str
    name: str
    branch: str
    position: Position

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from the others."""
        return (self.kind, self.name, self.branch)

    def __str__(self) -> str:
        """`hold disputed`, `penalty late_interest: contract`."""
        return f"{self.kind} {self.name}" + (f": {self.branch}" if self.branch else "")


def rules_of(policy: Policy) -> tuple[Rule, ...]:
    """Every rule of a policy, in the order of its sections."""
    return tuple(_rules(policy))


def operands(expression: Expression | None) -> tuple[tuple[str, Node], ...]:
    """The operands of an `or` at the top of a condition, each with its text; none for other conditions."""
    if expression is None or not isinstance(expression.tree, Logic) or expression.tree.op != "or":
        return ()
    found = []
    for operand in expression.tree.operands:
        text = expression.text[operand.span.start : operand.span.end]
        found.append((" ".join(text.split()), operand))
    return tuple(found)


def _rules(policy: Policy) -> Iterator[Rule]:
    for segment in policy.segments:
        yield from _branches("segment", segment.name, segment.when, segment.position)
    for ladder in policy.ladders:
        for step in ladder.steps:
            yield from _branches("step", f"{ladder.name}.{step.name}", step.when, step.position)
    for hold in policy.holds:
        yield from _branches("hold", hold.name, hold.when, hold.position)
        for stop in hold.stops:
            yield Rule("hold", hold.name, f"stops {stop.penalty}", stop.since.position)
    for intervention in policy.interventions:
        yield Rule("intervention", intervention.name, "", intervention.position)
    if policy.credit is not None:
        for rule in policy.credit.decisions:
            yield from _branches("credit rule", rule.name, rule.when, rule.position)
        for alert in policy.credit.alerts:
            yield from _branches("credit alert", alert.name, alert.when, alert.position)
    for penalty in policy.penalties:
        for branch, position in penalty_branches(penalty):
            yield Rule("penalty", penalty.name, branch, position)


def _branches(kind: str, name: str, when: Expression | None, position: Position) -> Iterator[Rule]:
    """A rule, or its ways: the operands of an `or`."""
    ways = operands(when)
    if not ways or when is None:
        yield Rule(kind, name, "", position)
    for text, _ in ways if when is not None else ():
        assert when is not None
        yield Rule(kind, name, text, when.position)


def penalty_branches(penalty: Penalty) -> Iterator[tuple[str, Position]]:
    """Where a rate may come from, or the amounts that were in force one after the other."""
    at = penalty.position
    if isinstance(penalty, InterestPenalty):
        if penalty.contract is not None:
            yield "contract", penalty.contract.position
            if penalty.floor is not None:
                yield "floor", penalty.contract.position
        yield ("otherwise" if penalty.annual is None else "annual"), at
    elif isinstance(penalty, FlatPenalty):
        for dated in penalty.amounts:
            yield ("" if dated.start is None else f"from {dated.start}"), at
