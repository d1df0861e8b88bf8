"""`dunning returned`: what was delivered came back; the next plan asks again."""

from datetime import date

import click

from policy_engine.cli.ledger_inputs import deciding, open_to_decide, read_operator, report


@click.command(
    "returned",
    short_help="what was delivered came back: the next plan asks again",
    epilog="Example: dunning returned 3f9a0c12 --reason 'unknown at this address' --ledger sqlite:///ledger.db"
    " --operator op.yaml",
)
@deciding
@click.option("--reason", required=True, help="What the carrier says, e.g. `unknown at this address`.")
def command(
    actions: tuple[str, ...],
    address: str,
    operator_path: str | None,
    remark: str | None,
    day: date | None,
    format_: str,
    reason: str,
) -> int:
    """Say that delivered actions came back. They count no longer as sent, and the next plan asks again.

    Correct the address: to the same one nothing is sent again. In France a registered letter that nobody
    collected stays valid, and a formal notice by it has had its effect: then leave the action as it is.

    ACTION is its id, or the first six characters or more. You need a role that `rights.returned` names.

    Exit codes: 0 done; 1 one of them stays as it was or isn't known, and why is said; 2 a file can't be used.
    """
    from policy_engine.execution.people import returned

    operator = read_operator(operator_path)
    return report(returned(open_to_decide(address, operator, day), operator, actions, reason, remark), format_)
