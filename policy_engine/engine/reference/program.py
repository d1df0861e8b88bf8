"""A policy made ready to run: expressions compiled, steps indexed, rate lines summed. Built once for all accounts."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from policy_engine.engine.expressions import compile_first, compile_flag, compile_value
from policy_engine.engine.reference.facts import CustomerFacts, InvoiceFacts, OrderFacts
from policy_engine.engine.reference.rate_lines import RateLines, rate_lines
from policy_engine.facts.table import BY_NAME
from policy_engine.policy.resolved import (
    Approval,
    ContactCap,
    Expression,
    InterestPenalty,
    Intervention,
    Ladder,
    Penalty,
    Policy,
    PolicyFact,
    Step,
)
from policy_engine.policy.traverse import names

Flag = Callable[[CustomerFacts, InvoiceFacts | None], bool]
Value = Callable[[CustomerFacts, InvoiceFacts | None], object]
First = Callable[[CustomerFacts, InvoiceFacts | None], int]
OrderFirst = Callable[[CustomerFacts, OrderFacts], int]


@dataclass(frozen=True, slots=True)
class StepProgram:
    """A step with its predicates compiled; `asks` are the penalties it charges, `at` is its place in the file."""

    step: Step
    at: str
    when: Flag | None
    approval_when: Flag | None
    asks: tuple["PenaltyProgram", ...]


@dataclass(frozen=True, slots=True)
class PenaltyProgram:
    """A penalty with its predicate and, for interest, its contract rate fact and rate lines."""

    penalty: Penalty
    when: Flag | None
    contract: Value | None
    lines: RateLines | None


@dataclass(frozen=True, slots=True)
class LadderProgram:
    """A ladder with its steps compiled; `by_name` maps a step's name to its index."""

    ladder: Ladder
    steps: tuple[StepProgram, ...]
    by_name: dict[str, int]


@dataclass(frozen=True, slots=True)
class StopProgram:
    """A hold that ends a penalty: the hold's predicate, the penalty's name, the date of the stop."""

    hold: str
    when: Flag
    penalty: str
    since: Value


@dataclass(frozen=True, slots=True)
class CreditProgram:
    """The credit section compiled.

    Attributes:
        outstanding, orders: whether they count in the exposure.
        roll_up: whether a parent's limit holds for its children.
        rule: index of the rule that decides on an order; None when the policy decides nothing on orders.
        rule_at, alert_at: `file:line:column` of each rule and alert.
    """

    outstanding: bool
    orders: bool
    roll_up: bool
    rule: OrderFirst | None
    rule_at: tuple[str, ...]
    alerts: tuple[Flag, ...]
    alert_at: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """A policy compiled for the reference engine. Immutable, so threads may share it.

    Attributes:
        segment: index of the customer's segment.
        ladders: per segment, None where `ladder: none`.
        lump_sums_first: the penalties, those that cost least to compute first.
        hold: index of the first hold that applies to an invoice, -1 for none.
        stages: stage name to rank.
        segment_at, hold_at: `file:line:column` of each segment and hold.
        reads: the names that the policy's expressions on dunning read, not those on credit.
        reads_invoice_amounts: whether an amount of an invoice is among them, which then has to be converted.
        needs_paid: whether a rule reads `paid_invoices` or `average_days_late`, which cost a pass over what is settled.
    """

    policy: Policy
    segment: First
    ladders: tuple[LadderProgram | None, ...]
    hold: First
    stops: tuple[StopProgram, ...]
    penalties: tuple[PenaltyProgram, ...]
    lump_sums_first: tuple[PenaltyProgram, ...]
    priorities: tuple[Value | None, ...]
    interventions: dict[str, Intervention]
    deadlines: dict[str, Value]
    stages: dict[str, int]
    contact: ContactCap | None
    reads: frozenset[str]
    reads_invoice_amounts: bool
    needs_paid: bool
    segment_at: tuple[str, ...]
    hold_at: tuple[str, ...]
    credit: CreditProgram | None


def policy_expressions(policy: Policy) -> list[Expression]:
    """Every expression of a policy, in no particular order."""
    found: list[Expression | None] = [fact.expression for fact in policy.facts]
    found += [segment.when for segment in policy.segments]
    for ladder in policy.ladders:
        for step in ladder.steps:
            found += [step.when, step.approval.when if step.approval else None]
    for hold in policy.holds:
        found += [hold.when, *(stop.since for stop in hold.stops)]
    for penalty in policy.penalties:
        found += [penalty.when, penalty.contract if isinstance(penalty, InterestPenalty) else None]
    found += [capacity.priority for capacity in policy.capacity]
    found += [i.deadline.since for i in policy.interventions if i.deadline]
    if policy.credit is not None:
        found += [rule.when for rule in policy.credit.decisions]
        found += [alert.when for alert in policy.credit.alerts]
    return [expression for expression in found if expression is not None]


def _names_in(policy: Policy) -> frozenset[str]:
    return frozenset(name.name for expression in policy_expressions(policy) for name in names(expression.tree))


def _flag(expression: Expression | None, facts: tuple[PolicyFact, ...]) -> Flag | None:
    return None if expression is None else compile_flag(expression.tree, facts)


def _approval(approval: Approval | None, facts: tuple[PolicyFact, ...]) -> Flag | None:
    return None if approval is None else _flag(approval.when, facts)


def _penalty(policy: Policy, penalty: Penalty) -> PenaltyProgram:
    facts = policy.facts
    if isinstance(penalty, InterestPenalty):
        contract = None if penalty.contract is None else compile_value(penalty.contract.tree, facts)
        return PenaltyProgram(penalty, _flag(penalty.when, facts), contract, rate_lines(penalty, policy.rates))
    return PenaltyProgram(penalty, _flag(penalty.when, facts), None, None)


def _credit(policy: Policy) -> CreditProgram | None:
    credit, facts = policy.credit, policy.facts
    if credit is None:
        return None
    rules = [None if rule.when is None else rule.when.tree for rule in credit.decisions]
    return CreditProgram(
        outstanding="outstanding" in credit.exposure,
        orders="unbilled_orders" in credit.exposure,
        roll_up=credit.roll_up == "parent",
        rule=compile_first(rules, facts) if rules else None,
        rule_at=tuple(policy.place(rule.position) for rule in credit.decisions),
        alerts=tuple(compile_flag(alert.when.tree, facts) for alert in credit.alerts),
        alert_at=tuple(policy.place(alert.position) for alert in credit.alerts),
    )


def build_program(policy: Policy) -> Program:
    """Compile a policy. Prefer `program_for`, which remembers."""
    facts = policy.facts
    penalties = tuple(_penalty(policy, penalty) for penalty in policy.penalties)
    named = {program.penalty.name: program for program in penalties}
    ladders: dict[str, LadderProgram] = {}
    for ladder in policy.ladders:
        steps = tuple(
            StepProgram(
                step,
                policy.place(step.position),
                _flag(step.when, facts),
                _approval(step.approval, facts),
                tuple(named[charge] for charge in step.charges),
            )
            for step in ladder.steps
        )
        ladders[ladder.name] = LadderProgram(ladder, steps, {step.name: step.index for step in ladder.steps})
    read = _names_in(policy)
    asked = _names_in(replace(policy, credit=None))
    return Program(
        policy=policy,
        segment=compile_first([None if s.when is None else s.when.tree for s in policy.segments], facts),
        ladders=tuple(None if s.ladder is None else ladders[s.ladder] for s in policy.segments),
        hold=compile_first([hold.when.tree for hold in policy.holds], facts),
        stops=tuple(
            StopProgram(
                hold.name,
                compile_flag(hold.when.tree, facts),
                stop.penalty,
                compile_value(stop.since.tree, facts),
            )
            for hold in policy.holds
            for stop in hold.stops
        ),
        penalties=penalties,
        lump_sums_first=tuple(sorted(penalties, key=lambda program: program.lines is not None)),
        priorities=tuple(
            None if capacity.priority is None else compile_value(capacity.priority.tree, facts)
            for capacity in policy.capacity
        ),
        interventions={intervention.name: intervention for intervention in policy.interventions},
        deadlines={
            i.name: compile_value(i.deadline.since.tree, facts) for i in policy.interventions if i.deadline is not None
        },
        stages={stage: rank for rank, stage in enumerate(policy.stages)},
        contact=policy.contact,
        reads=asked,
        reads_invoice_amounts=any(
            name in BY_NAME and BY_NAME[name].level == "invoice" and BY_NAME[name].type == "amount" for name in asked
        ),
        needs_paid=bool(read & {"customer.paid_invoices", "customer.average_days_late"}),
        segment_at=tuple(policy.place(segment.position) for segment in policy.segments),
        hold_at=tuple(policy.place(hold.position) for hold in policy.holds),
        credit=_credit(policy),
    )


@lru_cache(maxsize=64)
def _remembered(policy: "_ById") -> Program:
    return build_program(policy.policy)


@dataclass(frozen=True, slots=True)
class _ById:
    """Looks programs up by the policy object itself: hashing a whole policy would cost more than compiling it."""

    policy: Policy

    def __hash__(self) -> int:
        return id(self.policy)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ById) and other.policy is self.policy


def program_for(policy: Policy) -> Program:
    """The compiled form of a policy, remembered for the last 64 policies. Thread-safe."""
    return _remembered(_ById(policy))
