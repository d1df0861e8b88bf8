"""3.20 Order: every list by a documented key that ends in a unique id, compared by code point."""

from policy_engine.plan.model import Action
from policy_engine.snapshot.model import Alert, Problem


def action_key(action: Action) -> tuple[str, int, str]:
    """Customer id, then stage rank descending (interventions last), then action id."""
    return (action.customer, -action.rank, action.id)


def alert_key(alert: Alert) -> tuple[str, str, str]:
    """Code, subject, message."""
    return (alert.code, alert.subject, alert.message)


def problem_key(problem: Problem) -> tuple[str, str, str, str, str]:
    """Table, row, code, place, message."""
    return (problem.table, problem.row, problem.code, problem.where, problem.message)
