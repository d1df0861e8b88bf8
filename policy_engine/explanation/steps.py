"""The ladder as one invoice sees it: each step with its verdict and its day, by the engine's own functions."""

from dataclasses import replace
from datetime import date

from policy_engine.engine.reference.draft import Draft
from policy_engine.engine.reference.item import Item
from policy_engine.engine.reference.program import StepProgram
from policy_engine.engine.reference.s01_days import lapsed, step_date
from policy_engine.explanation.ahead import LookAhead
from policy_engine.explanation.conditions import Reader, condition
from policy_engine.explanation.model import Condition, StepTried
from policy_engine.snapshot.model import EXECUTED


def explain_steps(reader: Reader, found: Draft, item: Item, aged: Item, ahead: LookAhead) -> tuple[StepTried, ...]:
    """Every step of the customer's ladder, in order. `aged` gives the age: the item, or the account's carrier."""
    assert found.ladder is not None
    return tuple(_step(reader, found, item, aged, program, ahead) for program in found.ladder.steps)


def _step(reader: Reader, found: Draft, item: Item, aged: Item, program: StepProgram, ahead: LookAhead) -> StepTried:
    step = program.step
    asked: Condition | None = None
    if step.when is not None:
        asked = condition(reader, step.when, found.customer, aged)
        turns = ahead.turns.get(f"step {step.name} {item.id}") if aged is item else None
        asked = replace(asked, turns=turns)
    verdict, on, reached = _verdict(found, aged, program, asked)
    return StepTried(step.name, step.stage, program.at, verdict, on, reached, asked)


def _verdict(
    found: Draft, item: Item, program: StepProgram, asked: Condition | None
) -> tuple[str, date | None, date | None]:
    step = program.step
    policy = found.program.policy
    chosen = item.candidate is not None and item.candidate.step is step
    if step.index <= item.position:
        if chosen:
            return "repeat", item.next_on, None
        deliveries = [
            row.day for row in item.account_rows or item.rows if row.status in EXECUTED and row.step == step.name
        ]
        return ("done", max(deliveries), None) if deliveries else ("lapsed", None, None)
    if step.index < item.first:
        return "entry", None, None
    if lapsed(step, item.due_date, found.as_of):
        return "time_over", item.due_date, None
    if asked is not None and not asked.holds:
        return "condition", None, None
    if chosen:
        if item.due:
            return "due", item.trigger_on, None
        if item.trigger_on is not None and item.trigger_on <= found.as_of:
            return "waits", item.next_on, item.trigger_on
        return ("no_date", None, None) if item.trigger_on is None else ("comes", item.next_on, None)
    onboarding = policy.onboarding.day if policy.onboarding is not None and item.onboarded else None
    previous = item.reached_on or onboarding
    if step.anchor == "previous_step":
        return "later", None, None
    day = step_date(step, item.issue_date, item.due_date, previous, policy.grace)
    return ("later", None, None) if day is None else ("later_on", day, None)
