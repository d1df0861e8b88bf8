"""`dunning payee`: two people confirm the bank details of the operator's file, before messages name them."""

import click

from policy_engine.cli.inputs import UnusableInputError
from policy_engine.cli.ledger_inputs import FORMAT, LEDGER, OPERATOR, open_ledger, read_operator
from policy_engine.cli.logs import logged
from policy_engine.cli.main import DONE, FINDINGS
from policy_engine.cli.output import json_to_stdout, lines_to_stdout
from policy_engine.values.text import inert


@click.group(
    "payee",
    short_help="confirm the bank details that messages name; a change needs two people",
    epilog="Example: dunning payee confirm 2606 --ledger sqlite:///ledger.db --operator /etc/dunning/operator.yaml",
)
def command() -> None:
    """Where customers are asked to pay. Nothing really leaves before two people have confirmed the account."""


@command.command(
    "confirm",
    epilog="Example: dunning payee confirm 2606 --ledger sqlite:///ledger.db --operator /etc/dunning/operator.yaml",
)
@click.argument("ending", metavar="LAST4")
@LEDGER
@OPERATOR
@click.option("--by", "remark", help="A remark that is kept; who you are is what the system says.")
@FORMAT
@logged
def confirm(ending: str, address: str, operator_path: str | None, remark: str | None, format_: str) -> int:
    """Say that the payee of the operator's file is right. The second of two people makes it count.

    LAST4 are the last four characters of the account: read them from the bank's own paper, not from the file. You need
    a role that `rights.payee` names. Exit code 1 when nothing was recorded.
    """
    from policy_engine.execution.payee import confirm as said
    from policy_engine.execution.payee import last_four

    operator = read_operator(operator_path)
    if operator.payee is None:
        raise UnusableInputError("the operator's file names no payee: give it with --operator, and `payee` in it")
    found = said(open_ledger(address, create=True), operator, ending, remark)
    if format_ == "json":
        payee = {"holder": operator.payee["name"], "last_four": last_four(operator.payee)}
        json_to_stdout({"payee": payee, "state": found.state, "text": found.text})
    else:
        click.echo(inert(found.text), err=found.state is None)
    return FINDINGS if found.state is None else DONE


@command.command(
    "show", epilog="Example: dunning payee show --ledger sqlite:///ledger.db --operator /etc/dunning/operator.yaml"
)
@LEDGER
@OPERATOR
@FORMAT
def show(address: str, operator_path: str | None, format_: str) -> int:
    """Who confirmed which account, and when; with --operator also how that file's payee stands."""
    from policy_engine.execution.payee import in_words, standing, words

    operator = read_operator(operator_path)
    ledger = open_ledger(address)
    with ledger.reading() as connection:
        said = words(connection)
        now = None if operator.payee is None else standing(connection, operator.payee)
    if format_ == "json":
        json_to_stdout({
            "payee": None if now is None else {"state": now.state, "people": list(now.people)},
            "said": [
                {
                    "seq": one.seq, "at": one.at, "account": one.account, "holder": one.holder,
                    "last_four": one.last_four, "state": "agreed" if one.agreed else "named", "actor": one.actor,
                    "remark": one.remark,
                }
                for one in said
            ],
        })  # fmt: skip
        return DONE
    lines = []
    for one in said:
        what = f"{one.holder or '?'}, account ending in {one.last_four or '?'}"
        counts = "; from here on it counts" if one.agreed else ""
        remark = f"; {one.remark}" if one.remark else ""
        lines.append(f"{one.at[:19]}Z  {inert(f'{what}: confirmed by {one.actor or chr(63)}{counts}{remark}')}")
    if not said:
        lines.append("nobody has confirmed a payee")
    if now is not None and operator.payee is not None:
        stands = {
            "agreed": "agreed",
            "named": "a second person must confirm it",
            "unknown": "two people must confirm it",
        }
        lines.append(f"the operator's file: {inert(in_words(operator.payee))}: {stands[now.state]}")
    lines_to_stdout("\n".join(lines) + "\n")
    return DONE
