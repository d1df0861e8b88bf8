"""`dunning returned`: what was delivered came back; the next plan asks again."""

import click

from policy_engine.cli.ledger_inputs import Asked, Why, deciding


@click.command(
    "returned",
    short_help="what was delivered came back: the next plan asks again",
    epilog="Example: dunning returned 3f9a0c12 --reason 'unknown at this address' --ledger sqlite:///ledger.db"
    " --operator op.yaml",
)
@deciding
@click.option("--reason", required=True, type=Why(), help="What the carrier says, e.g. `unknown at this address`.")
def command(asked: Asked, reason: str) -> int:
    """Say that delivered actions came back. They count no longer as sent, and the next plan asks again.

    Correct the address: to the same one nothing is sent again. In France a registered letter that nobody
    collected stays valid, and a formal notice by it has had its effect: then leave the action as it is.

    ACTION is its id, or the first six characters or more. You need a role that `rights.returned` names.

    Exit codes: 0 done; 1 one of them stays as it was or isn't known, and why is said; 2 a file can't be used.
    """
    from policy_engine.execution.people import returned

    return asked.decide(lambda ledger, operator: returned(ledger, operator, asked.actions, reason, asked.remark))
