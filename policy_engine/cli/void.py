"""`dunning void`: what was delivered stops counting; what waits is cancelled."""

from datetime import date

import click

from policy_engine.cli.ledger_inputs import deciding, open_to_decide, read_operator, report


@click.command(
    "void",
    short_help="what was delivered stops counting; what waits is cancelled",
    epilog="Example: dunning void 3f9a0c12 --reason 'wrong payee' --ledger sqlite:///ledger.db --operator op.yaml",
)
@deciding
@click.option("--reason", required=True, help="Why, in your words.")
def command(
    actions: tuple[str, ...],
    address: str,
    operator_path: str | None,
    remark: str | None,
    day: date | None,
    format_: str,
    reason: str,
) -> int:
    """Void actions. A step with `undo` in the policy has its withdrawal planned next.

    ACTION is its id, or the first six characters or more.

    Exit codes: 0 done; 1 one of them stays as it was or isn't known, and why is said; 2 a file can't be used.
    """
    from policy_engine.execution.people import void

    operator = read_operator(operator_path)
    text = reason if remark is None else f"{reason} ({remark})"
    return report(void(open_to_decide(address, operator, day), operator, actions, text), format_)
