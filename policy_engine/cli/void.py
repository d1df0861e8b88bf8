"""`dunning void`: what was delivered stops counting; what waits is cancelled."""

import click

from policy_engine.cli.ledger_inputs import Asked, Why, deciding


@click.command(
    "void",
    short_help="what was delivered stops counting; what waits is cancelled",
    epilog="Example: dunning void 3f9a0c12 --reason 'wrong payee' --ledger sqlite:///ledger.db --operator op.yaml",
)
@deciding
@click.option("--reason", required=True, type=Why(), help="Why, in your words.")
def command(asked: Asked, reason: str) -> int:
    """Void actions. A step with `undo` in the policy has its withdrawal planned next.

    ACTION is its id, or the first six characters or more.

    Exit codes: 0 done; 1 one of them stays as it was or isn't known, and why is said; 2 a file can't be used.
    """
    from policy_engine.execution.people import void

    text = reason if asked.remark is None else f"{reason} ({asked.remark})"
    return asked.decide(lambda ledger, operator: void(ledger, operator, asked.actions, text))
