"""`dunning adapters`: what the operator's file enables, and whether it works."""

from pathlib import Path

import click

from policy_engine.cli.inputs import UnusableInputError, shown
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
@click.option("--only", multiple=True, metavar="NAME", help="Ask only this adapter. Several add up.")
@FORMAT
def check(operator_path: str | None, out: str, only: tuple[str, ...], format_: str) -> int:
    """Load every adapter, with its settings and secrets, and say who serves which channel. Nothing is sent.

    Each that the file names is asked whether it would work, also those that only `live: true` uses: a mail server is
    greeted, a folder must be writable.

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
    every = [(one.adapter, one.entry.uses, one.entry.channels, one.used) for one in adapters.enabled]
    if not any(one.adapter is adapters.default for one in adapters.enabled):
        every.append((adapters.default, "folder", (), True))
    strange = [name for name in only if name not in {adapter.name for adapter, *_ in every}]
    if strange:
        names = ", ".join(f"`{inert(adapter.name)}`" for adapter, *_ in every)
        raise click.UsageError(f"no adapter is called `{inert(strange[0])}`; there are {names}")
    every = [one for one in every if not only or one[0].name in only]
    found = {one[0].name: one[0].check() if isinstance(one[0], Checked) else [] for one in every}
    faults = [(name, fault) for name, said in found.items() for fault in said]
    rows = [(channel, adapters.serving(channel, None)) for channel in CHANNELS]
    if format_ == "json":
        json_to_stdout({
            "live": operator.live,
            "redirect_to": operator.redirect_to,
            "payee": None if operator.payee is None else f"... {operator.payee['iban'][-4:]}",
            "channels": {channel: {"adapter": one.name, "real": one.real} for channel, one in rows},
            "adapters": [
                {"name": one.name, "kind": uses, "channels": list(channels), "used": used, "faults": found[one.name]}
                for one, uses, channels, used in every
            ],
            "faults": [{"adapter": name, "fault": fault} for name, fault in faults],
        })  # fmt: skip
        return FINDINGS if faults else DONE
    click.echo("live" if operator.live else "not live: nothing real leaves, everything goes to folders")
    if operator.redirect_to is not None:
        click.echo(f"everything is redirected to {inert(operator.redirect_to)}")
    if operator.payee is not None:
        click.echo(f"payee: {inert(operator.payee['name'])}, IBAN ending in {operator.payee['iban'][-4:]}")
    really = "(really sends)" if operator.redirect_to is None else "(a trial)"
    click.echo("channels, and who serves them now")
    for channel, one in rows:
        click.echo(f"  {channel:17}  {inert(one.name)}{f'  {really}' if one.real else ''}")
    click.echo("adapters")
    for one, uses, channels, used in every:
        served = ", ".join(channels) or ("whatever nobody else serves" if one is adapters.default else "named by steps")
        when = "used" if used else "used when live"
        state = "ok" if not found[one.name] else f"{len(found[one.name])} to set right"
        line = f"  {inert(one.name):17}  {inert(uses):8}  {when}: {state}; {served}"
        click.echo(shown(line, grave=True) if found[one.name] else line)
    for name, fault in faults:
        click.echo(f"{inert(name)}: {inert(fault)}", err=True)
    adapters.close()
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
