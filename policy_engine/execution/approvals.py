"""Whether the approvals of an action still count when it leaves: by the operator's file of the run, not the approver's.

Who approves names an operator's file himself. The one that the run is given is what the company trusts: by it each
approver must have the role, and the cool-off of a grave step is counted by it from the approval that made it enough.
"""

from datetime import timedelta

from sqlalchemy import Connection

from policy_engine.execution.clock import Moment, stamp
from policy_engine.execution.ledger import Ledger, Row
from policy_engine.execution.operator_file import Operator


def lacking(ledger: Ledger, connection: Connection, row: Row, operator: Operator, now: Moment) -> str | None:
    """Why an approved action may not leave yet, None when it may.

    Args:
        ledger: the ledger.
        connection: a transaction of it.
        row: the action.
        operator: the operator's file of the run; without a file nothing is asked.
        now: the moment.
    """
    if row["state"] != "approved" or not row["people"] or not operator.digest:
        return None
    counted: dict[str, str] = {}
    others: list[str] = []
    for said in ledger.story(connection, row["n"]):
        body = said["body"]
        if not body or not body.get("approved"):
            continue
        if operator.has_role(body["actor"], row["role"]):
            counted.setdefault(body["actor"], said["at"])
        else:
            others.append(body["actor"])
    if len(counted) < row["people"]:
        who = f": `{others[0]}` isn't a {row['role']} in this operator's file" if others else ""
        return f"{len(counted)} of {row['people']} approvals count{who}"
    enough = sorted(counted.values())[row["people"] - 1]
    if row["grave"] and operator.cool_off and enough > stamp(now.at - timedelta(hours=operator.cool_off)):
        return f"cools off for {operator.cool_off} hours after its last approval"
    return None
