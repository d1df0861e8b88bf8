"""`dunning adapters`: what the operator's file enables, and whether it works."""

from pathlib import Path

import click

from policy_engine.cli.inputs import UnusableInputError
from policy_engine.cli.ledger_inputs import FORMAT, OPERATOR, read_operator
from policy_engine.cli.main import DONE
from policy_engine.cli.output import json_to_stdout
from policy_engine.values.text import inert


@click.group(
    "adapters",
    short_help="check the adapters of the operator's file",
    epilog="Example: dunning adapters check --operator /etc/dunning/operator.yaml",
)
def command() -> None:
    """Adapters deliver actions. Only those that the operator's file names are loaded."""


@command.command("check", epilog="Example: dunning adapters check --operator /etc/dunning/operator.yaml")
@OPERATOR
@click.option(
    "--out",
    type=click.Path(file_okay=False),
    default="outbox",
    show_default=True,
    help="Where the folder adapter writes, unless the operator's file says.",
)
@FORMAT
def check(operator_path: str | None, out: str, format_: str) -> int:
    """Load every adapter, with its settings and secrets, and say who serves which channel. Nothing is sent."""
    from policy_engine.execution.adapters import CHANNELS, Adapters, SettingsError

    operator = read_operator(operator_path)
    try:
        adapters = Adapters(operator, Path(out))
    except SettingsError as error:
        raise UnusableInputError("\n".join(map(inert, str(error).splitlines()))) from error
    rows = [(channel, adapters.serving(channel, None)) for channel in CHANNELS]
    if format_ == "json":
        json_to_stdout({
            "live": operator.live,
            "redirect_to": operator.redirect_to,
            "payee": None if operator.payee is None else f"... {operator.payee['iban'][-4:]}",
            "channels": {channel: {"adapter": one.name, "real": one.real} for channel, one in rows},
        })  # fmt: skip
        return DONE
    click.echo("live" if operator.live else "not live: nothing real leaves, everything goes to folders")
    if operator.redirect_to is not None:
        click.echo(f"everything is redirected to {inert(operator.redirect_to)}")
    if operator.payee is not None:
        click.echo(f"payee: {inert(operator.payee['name'])}, IBAN ending in {operator.payee['iban'][-4:]}")
    for channel, one in rows:
        click.echo(f"  {channel:17}  {one.name}{'  (really sends)' if one.real else ''}")
    return DONE
