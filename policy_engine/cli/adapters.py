"""`dunning adapters`: what the operator's file enables, and whether it works."""

from pathlib import Path

import click

from policy_engine.cli.inputs import UnusableInputError
from policy_engine.cli.ledger_inputs import FORMAT, LEDGER, OPERATOR, open_ledger, read_operator
from policy_engine.cli.main import DONE, FINDINGS
from policy_engine.cli.output import json_to_stdout
from policy_engine.values.text import inert


@click.group(
    "adapters",
    short_help="check the adapters of the operator's file; ask them what came back",
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
    """Load every adapter, with its settings and secrets, and say who serves which channel. Nothing is sent.

    Adapters that are used are asked whether they would work: a mail server is greeted, a folder must be writable.

    Exit codes: 0 all would work; 1 one wouldn't; 2 the operator's file or a setting is wrong.
    """
    from policy_engine.execution.adapters import CHANNELS, Adapters
    from policy_engine.execution.job import Checked
    from policy_engine.execution.kinds import SettingsError

    operator = read_operator(operator_path)
    try:
        adapters = Adapters(operator, Path(out))
    except SettingsError as error:
        raise UnusableInputError("\n".join(map(inert, str(error).splitlines()))) from error
    faults = [
        (adapter.name, fault) for adapter in adapters.all() if isinstance(adapter, Checked) for fault in adapter.check()
    ]
    rows = [(channel, adapters.serving(channel, None)) for channel in CHANNELS]
    if format_ == "json":
        json_to_stdout({
            "live": operator.live,
            "redirect_to": operator.redirect_to,
            "payee": None if operator.payee is None else f"... {operator.payee['iban'][-4:]}",
            "channels": {channel: {"adapter": one.name, "real": one.real} for channel, one in rows},
            "faults": [{"adapter": name, "fault": fault} for name, fault in faults],
        })  # fmt: skip
        return FINDINGS if faults else DONE
    click.echo("live" if operator.live else "not live: nothing real leaves, everything goes to folders")
    if operator.redirect_to is not None:
        click.echo(f"everything is redirected to {inert(operator.redirect_to)}")
    if operator.payee is not None:
        click.echo(f"payee: {inert(operator.payee['name'])}, IBAN ending in {operator.payee['iban'][-4:]}")
    for channel, one in rows:
        click.echo(f"  {channel:17}  {one.name}{'  (really sends)' if one.real else ''}")
    for name, fault in faults:
        click.echo(f"{inert(name)}: {inert(fault)}", err=True)
    return FINDINGS if faults else DONE


@command.command(
    "returns",
    epilog="Example: dunning adapters returns --ledger sqlite:///ledger.db --operator /etc/dunning/operator.yaml",
)
@LEDGER
@OPERATOR
@FORMAT
def returns(address: str, operator_path: str | None, format_: str) -> int:
    """Ask the adapters what came back, e.g. bounces, and mark it returned. `dunning execute` does so, too.

    What came back is sent again once its address is corrected, as another attempt of the next plan.

    Exit codes: 0 done; 1 an adapter couldn't be asked; 2 the operator's file, a setting or the ledger can't be used.
    """
    ledger = open_ledger(address)
    from policy_engine.cli.returns_report import returns_data, show_returns
    from policy_engine.execution.adapters import Adapters
    from policy_engine.execution.job import Returning
    from policy_engine.execution.kinds import SettingsError
    from policy_engine.execution.returns import hear

    operator = read_operator(operator_path)
    try:
        adapters = Adapters(operator, Path("outbox"))
    except SettingsError as error:
        raise UnusableInputError("\n".join(map(inert, str(error).splitlines()))) from error
    asked = [adapter.name for adapter in adapters.all() if isinstance(adapter, Returning)]
    heard = hear(ledger, adapters)
    if format_ == "json":
        json_to_stdout({"asked": asked, **returns_data(heard)})
        return FINDINGS if heard.unasked else DONE
    show_returns(heard)
    if not asked:
        click.echo("no adapter that is used hears of what comes back")
    elif heard.is_silent:
        click.echo(f"nothing new came back ({', '.join(map(inert, asked))})")
    return FINDINGS if heard.unasked else DONE
