"""Witnesses for what the load already found: a lifted approval, steps too near, rates that end, a missing value."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice

from policy_engine.analysis.cells import Stored
from policy_engine.analysis.climbs import Climb, climbs
from policy_engine.analysis.conditions import TooManyError
from policy_engine.analysis.customers import INVOICE, TERM, customer_with
from policy_engine.analysis.engine import Subject
from policy_engine.analysis.model import Witness
from policy_engine.analysis.words import told
from policy_engine.engine.expressions import compile_flag
from policy_engine.policy.resolved import Expression, InterestPenalty, Ladder, Policy, Step
from policy_engine.policy.tree import Node, Not
from policy_engine.rates import RateTable
from policy_engine.values.days import ONE_DAY, add_days, half_year_start, next_half_year
from policy_engine.values.diagnostics import Diagnostic
from policy_engine.values.position import Position

_TRIES = 40
_MISSING = re.compile(r"is false when `(?P<name>[^`]+)` is missing")


def witness_of(subject: Subject, found: Diagnostic) -> Witness | None:
    """A customer on whom a finding of the load shows; None for other codes, and when none was made up."""
    match found.code:
        case "DUN219":
            return _missing(subject, found)
        case "DUN401":
            return _unapproved(subject, found.position)
        case "DUN402":
            return _paused(subject, found.position)
        case "DUN403":
            return _unknown_rate(subject, found.message.split("`")[1])
        case _:
            return None


def _steps_at(subject: Subject, position: Position, *keys: str) -> Iterator[tuple[Ladder, Step]]:
    used = {segment.ladder for segment in subject.policy.segments}
    for ladder in subject.policy.ladders:
        for step in ladder.steps:
            if ladder.name in used and subject.at(ladder, step, *keys) == position:
                yield ladder, step


def _unapproved(subject: Subject, position: Position) -> Witness | None:
    for ladder, step in _steps_at(subject, position, "approval"):
        for climb in climbs(subject, ladder):
            left = next((one for one in climb.delivered if one.step == step.name), None)
            if left is not None and left.action.approval is None:
                return climb.witness(subject, f"{step.name} leaves on {left.day} without approval")
    return None


def _paused(subject: Subject, position: Position) -> Witness | None:
    for ladder, step in _steps_at(subject, position, "after_previous", "days"):
        for climb in climbs(subject, ladder):
            shows = _waits(climb, step)
            if shows is not None:
                return climb.witness(subject, shows)
    return None


def _waits(climb: Climb, step: Step) -> str | None:
    """The pause that holds a step back beyond its date, or beyond its time."""
    waiting = [
        day.day
        for day in climb.days
        for item in day.draft.climbers
        if item.id == INVOICE
        and item.candidate is not None
        and item.candidate.step.name == step.name
        and item.trigger_on is not None
        and item.trigger_on <= day.day
        and not item.due
    ]
    if not waiting:
        return None
    left = next((one.day for one in climb.delivered if one.step == step.name), None)
    if left is None:
        return f"{step.name} waits from {waiting[0]} and is passed over"
    return f"{step.name} waits from {waiting[0]} to {left} for its pause"


def _unknown_rate(subject: Subject, table: str) -> Witness | None:
    """An invoice whose message would state a rate that nobody knows yet."""
    policy = subject.policy
    rates: RateTable | None = next((rate for rate in policy.rates if rate.name == table), None)
    charged = [
        penalty.name
        for penalty in policy.penalties
        if isinstance(penalty, InterestPenalty)
        and any(rate is not None and rate.table == table for rate in (penalty.otherwise, penalty.floor))
    ]
    if rates is None:
        return None
    unknown = next_half_year(half_year_start(rates.checked_through))
    for ladder in policy.ladders:
        for step in ladder.steps:
            if step.days is None or step.days <= 0 or not set(charged) & set(step.charges):
                continue
            start = add_days(max(unknown, subject.as_of) + ONE_DAY, -step.days - TERM)
            for climb in climbs(subject, ladder, start=start, more=_rated(policy, table)):
                day = next((one.day for one in climb.days if climb.reason(one.day) == "missing_rate"), None)
                if day is not None:
                    return climb.witness(subject, f"{step.name} waits from {day} for a rate of {table}")
    return None


def _rated(policy: Policy, table: str) -> Mapping[str, Stored]:
    """A contract rate where the table is the floor of one."""
    for penalty in policy.penalties:
        if isinstance(penalty, InterestPenalty) and penalty.floor is not None and penalty.floor.table == table:
            return {"customer.contract_rate": 10_000}
    return {}


@dataclass(frozen=True, slots=True)
class _Owner:
    """A condition of the policy and what it decides."""

    what: str
    expression: Expression
    segment: int = -1


def _missing(subject: Subject, found: Diagnostic) -> Witness | None:
    told_name = _MISSING.search(found.message)
    if told_name is None:
        return None
    name = told_name["name"]
    for owner in _owners(subject.policy):
        if not _covers(owner.expression, found.position):
            continue
        witness = _turned(subject, owner, name)
        if witness is not None:
            return witness
    return None


def _covers(expression: Expression, position: Position) -> bool:
    """Whether a place lies in the expression's lines; a block may begin on the line after its key."""
    at = expression.position
    lines = expression.text.count("\n") + 2
    return at.file == position.file and at.line <= position.line <= at.line + lines


def _turned(subject: Subject, owner: _Owner, name: str) -> Witness | None:
    """A customer for whom the condition comes out differently because the value is missing."""
    space = subject.open_invoices
    tree = space.plain(owner.expression.tree)
    if name not in space.names(tree):
        return None
    for wanted in (tree, Not(tree, tree.span)):
        try:
            for facts in islice(space.search(wanted, {name: None}), _TRIES):
                if not _decides(subject, tree, wanted, facts, name):
                    continue
                witness = _shown(subject, owner, facts, holds=wanted is tree)
                if witness is not None:
                    return witness
        except TooManyError:
            return None
    return None


def _decides(subject: Subject, tree: Node, wanted: Node, facts: Mapping[str, Stored], name: str) -> bool:
    space = subject.open_invoices
    other = Not(tree, tree.span) if wanted is tree else tree
    values = [value for value in space.values(name) or () if value is not None]
    return any(next(space.search(other, {**facts, name: value}), None) is not None for value in values)


def _shown(subject: Subject, owner: _Owner, facts: Mapping[str, Stored], *, holds: bool) -> Witness | None:
    account = customer_with(subject.policy, facts, subject.as_of)
    found = subject.decide(account)
    if found is None or found.segment < 0:
        return None
    item = next(item for item in found.items if item.id == INVOICE)
    if compile_flag(owner.expression.tree, subject.policy.facts)(found.customer, item) is not holds:
        return None
    shows = f"the condition of {owner.what} {'holds' if holds else 'fails'}"
    if owner.segment >= 0 and (found.segment == owner.segment) is holds:
        shows = f"lands in {subject.policy.segments[found.segment].name}"
    return Witness(
        account, subject.as_of, (*told(subject.policy, facts), ("", _age(subject.as_of, item.due_date))), shows
    )


def _age(as_of: date, due: date) -> str:
    return f"invoice {(as_of - due).days} days late" if due <= as_of else f"invoice due in {(due - as_of).days} days"


def _owners(policy: Policy) -> Iterator[_Owner]:
    """Every condition about customers and invoices."""
    for index, segment in enumerate(policy.segments):
        if segment.when is not None:
            yield _Owner(segment.name, segment.when, index)
    for fact in policy.facts:
        if fact.expression.type == "flag":
            yield _Owner(fact.name, fact.expression)
    for hold in policy.holds:
        yield _Owner(hold.name, hold.when)
    for ladder in policy.ladders:
        for step in ladder.steps:
            if step.when is not None:
                yield _Owner(step.name, step.when)
            if step.approval is not None and step.approval.when is not None:
                yield _Owner(f"the approval of {step.name}", step.approval.when)
    for penalty in policy.penalties:
        if penalty.when is not None:
            yield _Owner(penalty.name, penalty.when)
