"""3.9 The step due: which step an invoice may take today, or which comes next and when. No timers, all recomputed."""

from datetime import date

from policy_engine.engine.reference.facts import CustomerFacts
from policy_engine.engine.reference.item import Item
from policy_engine.engine.reference.program import LadderProgram, StepProgram
from policy_engine.engine.reference.s01_days import lapsed, step_date
from policy_engine.policy.resolved import FINAL_STAGES
from policy_engine.snapshot.model import EXECUTED
from policy_engine.values.days import add_days, add_months


def set_step_due(
    item: Item, customer: CustomerFacts, ladder: LadderProgram, as_of: date, grace: int, onboarding: date | None
) -> None:
    """Fill in the item's candidate, whether it is due, since when, and the first day it may go.

    Candidates are the steps above the position (and from the onboarding entry on) whose time isn't over and whose
    `when` is true. `stepwise` takes the next one; `jump` the highest whose date is reached. A candidate whose date is
    reached waits until the last delivery plus its `after_previous`. While no later step is reached, the step reached
    may repeat.
    """
    item.candidate = item.trigger_on = item.next_on = None
    item.due = False
    chosen, reached_on = _candidate(item, customer, ladder, as_of, grace, onboarding)
    if chosen is None or reached_on is None or reached_on > as_of:
        repeated = _repeat(item, customer, ladder)
        if repeated is not None:
            step, day = repeated
            if chosen is None or reached_on is None or day < reached_on:
                item.candidate, item.trigger_on, item.next_on = step, day, day
                item.due = as_of >= day
                item.occurrence = executed_before(item, step) + 1
                return
    if chosen is None:
        return
    item.candidate, item.trigger_on = chosen, reached_on
    item.occurrence = executed_before(item, chosen) + 1
    if reached_on is None:
        return
    earliest = reached_on
    if item.last_delivery is not None:
        rested = add_days(item.last_delivery, chosen.step.after_previous)
        if rested > earliest:
            earliest = rested
    item.next_on = earliest
    item.due = as_of >= earliest


def _candidate(
    item: Item, customer: CustomerFacts, ladder: LadderProgram, as_of: date, grace: int, onboarding: date | None
) -> tuple[StepProgram | None, date | None]:
    previous = item.reached_on or (onboarding if item.onboarded else None)
    jump = ladder.ladder.progression == "jump"
    reached: tuple[StepProgram | None, date | None] = (None, None)
    coming: tuple[StepProgram | None, date | None] = (None, None)
    next_ = item.position + 1
    for program in ladder.steps[max(item.first, next_) :]:
        step = program.step
        if lapsed(step, item.due_date, as_of):
            continue
        if program.when is not None and not program.when(customer, item):
            continue
        day = step_date(step, item.issue_date, item.due_date, previous, grace)
        if not jump:
            return program, day
        if day is not None and day <= as_of:
            reached = (program, day)
        elif coming[0] is None or (day is not None and (coming[1] is None or day < coming[1])):
            coming = (program, day)
    return coming if reached[0] is None else reached


def executed_before(item: Item, program: StepProgram) -> int:
    """How often the item executed the step: its next occurrence is one more (3.17)."""
    if not item.rows:
        return 0
    name = program.step.name
    return len([row for row in item.rows if row.step == name and row.status in EXECUTED])


def _repeat(item: Item, customer: CustomerFacts, ladder: LadderProgram) -> tuple[StepProgram, date] | None:
    """The step reached, again, and the day of it; None when it doesn't repeat, or not any more."""
    if item.position < 0 or item.position < item.first:
        return None
    program = ladder.steps[item.position]
    step = program.step
    if step.repeat is None or step.stage in FINAL_STAGES:
        return None
    if program.when is not None and not program.when(customer, item):
        return None
    deliveries = [row.day for row in item.rows if row.status in EXECUTED and row.step == step.name]
    if not deliveries or (step.repeat.times is not None and len(deliveries) > step.repeat.times):
        return None
    last = max(deliveries)
    if step.repeat.every_days is not None:
        return program, add_days(last, step.repeat.every_days)
    return program, add_months(last, step.repeat.every_months or 1)
