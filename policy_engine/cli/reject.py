"""`dunning reject`: leave the invoices of an action alone for some days."""

from datetime import date

import click

from policy_engine.cli.inputs import Day
from policy_engine.cli.ledger_inputs import Asked, deciding


@click.command(
    "reject",
    short_help="leave the invoices of actions alone for some days",
    epilog="Example: dunning reject 3f9a0c12 --until 2026-12-15 --ledger sqlite:///ledger.db --operator operator.yaml",
)
@deciding
@click.option("--until", type=Day(), help="Last day on which the invoices rest; 7 days without it.")
def command(asked: Asked, until: date | None) -> int:
    """Reject actions that haven't left. Whoever may approve an action may reject it.

    ACTION is its id, or the first six characters or more.

    Exit codes: 0 done; 1 one of them stays as it was or isn't known, and why is said; 2 a file can't be used.
    """
    from policy_engine.execution.people import reject

    return asked.decide(lambda ledger, operator: reject(ledger, operator, asked.actions, until, asked.remark))
