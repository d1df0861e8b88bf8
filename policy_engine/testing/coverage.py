"""Which rules the tests reached: read from what the engine decided, after it decided; it knows nothing of that."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from policy_engine.engine.expressions import compile_flag
from policy_engine.engine.reference.decide import draft
from policy_engine.engine.reference.draft import Draft
from policy_engine.engine.reference.exchange import ExchangeRates
from policy_engine.engine.reference.facts import CustomerFacts, Subject
from policy_engine.engine.reference.families import credit_families
from policy_engine.engine.reference.item import Item
from policy_engine.engine.reference.program import Program, program_for
from policy_engine.engine.reference.s12_charges import (
    MissingRateError,
    contract_rate,
    end_of_interest,
    interest_periods,
)
from policy_engine.engine.reference.s19_credit import order_facts
from policy_engine.plan.model import Amounts, Decision, Plan
from policy_engine.policy.resolved import Expression, FlatPenalty, Policy
from policy_engine.snapshot.model import Snapshot
from policy_engine.testing.rules import Rule, operands, rules_of

Key = tuple[str, str, str]
Flag = Callable[[CustomerFacts, Subject | None], bool]
_ORIGINS = {"statutory": "otherwise", "plain": "annual"}


@dataclass(frozen=True, slots=True)
class Covered:
    """How much of a policy the tests reached."""

    policy: str
    file: str
    rules: tuple[Rule, ...]
    missed: tuple[Rule, ...]

    @property
    def reached(self) -> int:
        """How many rules were reached."""
        return len(self.rules) - len(self.missed)

    def below(self, percent: int) -> bool:
        """Whether less than `percent` of the rules were reached; exact, no rounding."""
        return self.reached * 100 < percent * len(self.rules)

    @property
    def percent(self) -> str:
        """With one decimal, rounded down, so that 100.0 means all."""
        tenths = 1000 if not self.rules else self.reached * 1000 // len(self.rules)
        return f"{tenths // 10}.{tenths % 10}"


class Coverage:
    """Collects what plans reached, policy by policy."""

    def __init__(self) -> None:
        self._policies: dict[str, Policy] = {}
        self._reached: dict[str, set[Key]] = {}
        self._ways: dict[str, dict[tuple[str, str], tuple[tuple[str, Flag], ...]]] = {}

    def covered(self) -> tuple[Covered, ...]:
        """The result for each policy, by file."""
        found = []
        for digest, policy in sorted(self._policies.items(), key=lambda pair: (pair[1].file, pair[0])):
            rules = rules_of(policy)
            missed = tuple(rule for rule in rules if rule.key not in self._reached[digest])
            found.append(Covered(policy.name, policy.file, rules, missed))
        return tuple(found)

    def observe(self, policy: Policy, snapshot: Snapshot, plan: Plan) -> None:
        """Note what a plan reached."""
        if policy.digest not in self._policies:
            self._policies[policy.digest] = policy
            self._reached[policy.digest] = set()
            self._ways[policy.digest] = _ways(policy)
        reached = self._reached[policy.digest]
        program = program_for(policy)
        charges = _asked(plan)
        steps = _steps(plan)
        decisions = {row.order: row for row in plan.decisions}
        alerts = {(row.customer, row.alert) for row in plan.credit_alerts}
        rates = ExchangeRates(snapshot.exchange_rates)
        families = credit_families(program, snapshot, rates)
        for account in snapshot.accounts:
            found = draft(program, account, snapshot.as_of, families.get(account.customer.id), rates)
            reached.update(self._credit(policy, found, decisions, alerts))
            reached.update(self._decided(policy, found, steps))
            for item in found.items:
                for unit in (item, *item.parts):
                    reached.update(_charged(program, found, unit, charges.get(item.id, ())))
        reached.update(("intervention", a.intervention, "") for a in plan.actions if a.intervention is not None)

    def _decided(self, policy: Policy, found: Draft, steps: dict[str, tuple[str, str]]) -> Iterator[Key]:
        """Segment, holds and steps of a customer, each by the ways that were true."""
        if found.segment >= 0:
            yield from self._true(policy, "segment", policy.segments[found.segment].name, found, None)
        for item in (unit for whole in found.items for unit in (whole, *whole.parts)):
            if item.hold >= 0 and item.blocked == policy.holds[item.hold].name:
                yield from self._true(policy, "hold", item.blocked, found, item)
            step = steps.get(item.id)
            if step is not None:
                yield from self._true(policy, "step", ".".join(step), found, item)

    def _credit(
        self, policy: Policy, found: Draft, decisions: dict[str, Decision], alerts: set[tuple[str, str]]
    ) -> Iterator[Key]:
        """The rules that decided the customer's orders, the alerts that hold."""
        for order in found.account.orders:
            decision = decisions.get(order.id)
            if decision is not None:
                own = found.customer.exposure
                found.customer.exposure = decision.exposure  # with what was approved before, as it was judged
                yield from self._true(policy, "credit rule", decision.reason, found, order_facts(found, order))
                found.customer.exposure = own
        for customer, alert in alerts:
            if customer == found.customer.id:
                yield from self._true(policy, "credit alert", alert, found, None)

    def _true(self, policy: Policy, kind: str, name: str, found: Draft, item: Subject | None) -> Iterator[Key]:
        ways = self._ways[policy.digest].get((kind, name))
        if ways is None:
            yield (kind, name, "")
            return
        for text, holds in ways:
            if holds(found.customer, item):
                yield (kind, name, text)


def _ways(policy: Policy) -> dict[tuple[str, str], tuple[tuple[str, Flag], ...]]:
    """The operands of every `or`, compiled."""
    conditions: list[tuple[str, str, Expression | None]] = [("segment", s.name, s.when) for s in policy.segments]
    conditions += [("hold", hold.name, hold.when) for hold in policy.holds]
    if policy.credit is not None:
        conditions += [("credit rule", rule.name, rule.when) for rule in policy.credit.decisions]
        conditions += [("credit alert", alert.name, alert.when) for alert in policy.credit.alerts]
    conditions += [
        ("step", f"{ladder.name}.{step.name}", step.when) for ladder in policy.ladders for step in ladder.steps
    ]
    return {
        (kind, name): tuple((text, compile_flag(tree, policy.facts)) for text, tree in operands(when))
        for kind, name, when in conditions
        if operands(when)
    }


def _steps(plan: Plan) -> dict[str, tuple[str, str]]:
    """Invoice to the ladder and the step that it takes in the plan."""
    return {
        line.invoice: (action.ladder, line.step)
        for action in plan.actions
        for line in (*action.demanded, *action.mentioned)
    }


def _asked(plan: Plan) -> dict[str, tuple[Amounts, ...]]:
    """Invoice to what is asked of it, in an action or after it was settled."""
    found = {row.invoice: row.charges for row in plan.outcomes if row.charges}
    for action in plan.actions:
        for line in (*action.demanded, *action.mentioned):
            if line.charges:
                found[line.invoice] = line.charges
    return found


def _charged(program: Program, found: Draft, item: Item, charges: tuple[Amounts, ...]) -> Iterator[Key]:
    """The branches of the penalties that ask something of an invoice, and the stops that keep one from asking."""
    asked = {amounts.penalty for amounts in charges if amounts.asked}
    for made in program.penalties:
        penalty = made.penalty
        if penalty.name not in asked:
            continue
        if isinstance(penalty, FlatPenalty):
            started = [dated.start for dated in penalty.amounts if dated.start is None or dated.start <= item.due_date]
            if started:
                yield ("penalty", penalty.name, "" if started[-1] is None else f"from {started[-1]}")
        elif made.lines is not None:
            end = end_of_interest(item, found.customer, program.stops, penalty.name, found.as_of)
            line = made.lines.line(contract_rate(made, found.customer, item))
            try:
                periods = () if end is None else interest_periods(item, line, end, interest_first=False)
            except MissingRateError:
                periods = ()
            for period in periods:
                yield ("penalty", penalty.name, _ORIGINS.get(period.origin, period.origin))
    if item.outstanding <= 0 and item.payments:
        for stop in program.stops:
            if stop.when(found.customer, item):
                yield ("hold", stop.hold, f"stops {stop.penalty}")
