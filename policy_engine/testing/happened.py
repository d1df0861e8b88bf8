"""What became of an action, as rows of history: what makes one day's plan the next day's past."""

from collections.abc import Mapping
from datetime import date

from policy_engine.plan.model import Action, Line
from policy_engine.policy.resolved import Policy


def history_of(
    action: Action, day: date, status: str, policy: Policy, *, until: date | None = None
) -> list[Mapping[str, str]]:
    """The rows of history that an action leaves: one for each demanded or mentioned invoice, at its own step."""
    common = {"customer": action.customer, "channel": action.channel, "status": status, "date": day.isoformat()}
    common["action"] = action.id
    if until is not None:
        common["until"] = until.isoformat()
    if action.intervention is not None:
        rows = [{**common, "intervention": action.intervention}]
        if not any(action.customer == key.partition("|")[0] for key in action.items):
            rows = [{**common, "intervention": action.intervention, "invoice": line.invoice} for line in action.listed]
        return list(rows)
    stages = {step.name: step.stage for step in policy.ladder(action.ladder).steps}

    def row(line: Line, role: str) -> Mapping[str, str]:
        return {**common, "invoice": line.invoice, "step": line.step, "stage": stages[line.step], "role": role}

    return [
        *(row(line, "demanded") for line in action.demanded),
        *(row(line, "mentioned") for line in action.mentioned),
    ]
