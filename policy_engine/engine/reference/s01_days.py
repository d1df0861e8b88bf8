"""3.1 Days: when an invoice is overdue, and the date of a step. Calendar dates only."""

from datetime import date

from policy_engine.policy.resolved import Step
from policy_engine.values.days import add_days, add_months, end_of_month


def days_late(due_date: date, as_of: date) -> int:
    """0 until the due date, then counting calendar days."""
    return max(0, (as_of - due_date).days)


def first_overdue_day(due_date: date, grace: int) -> date:
    """The day after the due date plus `grace` days: the first on which the invoice is overdue."""
    return add_days(due_date, grace + 1)


def step_date(step: Step, issue_date: date, due_date: date, previous: date | None, grace: int) -> date | None:
    """The day a step's date is reached, or None when it counts from a previous step that there isn't.

    Months clamp to the last day and don't drift; `round_to: end_of_month` moves to the end of the month, `then`
    adds days after that. A delay above 0 from the due date or the previous step never lies before the first
    overdue day.
    """
    if step.anchor == "due_date":
        anchor: date | None = due_date
    elif step.anchor == "issue_date":
        anchor = issue_date
    else:
        anchor = previous
    if anchor is None:
        return None
    delay = step.days if step.days is not None else step.months or 0
    day = add_days(anchor, delay) if step.days is not None else add_months(anchor, delay)
    if step.round_to is not None:
        day = end_of_month(day)
    if step.then is not None:
        day = add_days(day, step.then)
    if delay > 0 and (grace or step.then or step.anchor == "previous_step") and step.anchor != "issue_date":
        # without grace a delay from the due date can't end before the first overdue day
        day = max(day, first_overdue_day(due_date, grace))
    return day


def lapsed(step: Step, due_date: date, as_of: date) -> bool:
    """Whether the time of a step before the due date is over: it can fire until the day before the due date."""
    return step.days is not None and step.days < 0 and as_of >= due_date
