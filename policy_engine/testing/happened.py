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
        row = {**common, "intervention": action.intervention}
        once = next(found.once for found in policy.interventions if found.name == action.intervention)
        return [row] if once == "customer" else [{**row, "invoice": action.listed[0].invoice}]
    stages = {step.name: step.stage for step in policy.ladder(action.ladder).steps}

    def row_of(line: Line, role: str) -> Mapping[str, str]:
        row = {**common, "invoice": line.invoice, "step": line.step, "stage": stages[line.step], "role": role}
        if line.instalment is not None:
            row["instalment"] = line.instalment
        if line.carrier:
            row["carrier"] = "yes"
        return row

    lines = [(line, "demanded") for line in action.demanded] + [(line, "mentioned") for line in action.mentioned]
    return [row_of(line, role) for line, role in lines]
