"""`dunning resolve`: say what became of an action in doubt."""

from typing import Literal

import click

from policy_engine.cli.ledger_inputs import Asked, deciding


@click.command(
    "resolve",
    short_help="say what became of actions in doubt",
    epilog="Example: dunning resolve 3f9a0c12 --as delivered --ledger sqlite:///ledger.db --operator operator.yaml",
)
@deciding
@click.option(
    "--as", "outcome", type=click.Choice(["delivered", "failed"]), required=True,
    help="What you found out: it left, or nothing did (then it is planned again).",
)  # fmt: skip
def command(asked: Asked, outcome: Literal["delivered", "failed"]) -> int:
    """Resolve actions in doubt: the process died while they were being sent, and nobody knows whether they left.

    ACTION is its id, or the first six characters or more.

    Exit codes: 0 done; 1 one of them stays as it was or isn't known, and why is said; 2 a file can't be used.
    """
    from policy_engine.execution.people import resolve

    return asked.decide(lambda ledger, operator: resolve(ledger, operator, asked.actions, outcome, asked.remark))
