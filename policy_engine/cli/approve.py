"""`dunning approve`: let an action leave that waits for a person."""

import click

from policy_engine.cli.ledger_inputs import Asked, deciding


@click.command(
    "approve",
    short_help="let actions leave that wait for a person",
    epilog="Example: dunning approve 3f9a0c12 --ledger sqlite:///ledger.db --operator /etc/dunning/operator.yaml",
)
@deciding
def command(asked: Asked) -> int:
    """Approve actions. You need the role that each names; where it asks for two people, a second one must agree too.

    ACTION is its id, or the first six characters or more. `dunning ledger list --state awaiting_approval` shows them.

    Exit codes: 0 done; 1 one of them stays as it was or isn't known, and why is said; 2 a file can't be used.
    """
    from policy_engine.execution.people import approve

    return asked.decide(lambda ledger, operator: approve(ledger, operator, asked.actions, asked.remark))
