"""`dunning plan`: what a policy does to a portfolio."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Literal

import click

from policy_engine.cli.inputs import (
    Inputs,
    UnusableInputError,
    company_rates_option,
    policy_and_snapshot,
    progress,
    read_inputs,
    screen_width,
    show,
    wants_colour,
)
from policy_engine.cli.main import DONE, FINDINGS, STOPPED
from policy_engine.cli.output import text_to_stdout, to_file, to_stdout
from policy_engine.plan.model import Plan


@click.command(
    "plan",
    short_help="what a policy does to a portfolio",
    epilog="Example: dunning plan -p policies/fr-b2b.yaml -s examples/portfolio -o plan.json",
)
@policy_and_snapshot
@company_rates_option
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="Write the whole plan as JSON to this file.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--history", "history_address", metavar="LEDGER", help="Count what this ledger knows as history, too.")
@click.option("--strict", is_flag=True, help="Exit 1 when there are warnings, alerts or problems.")
@click.option("--engine", type=click.Choice(["auto", "reference"]), default="auto", show_default=True)
@click.option("--limit", type=click.IntRange(min=1), default=12, show_default=True, help="Rows shown of each list.")
def command(
    policy_path: str,
    snapshot_paths: tuple[str, ...],
    as_of: date | None,
    accept_unattributed: int,
    rates_folder: str | None,
    language: Literal["en", "fr"],
    output: str | None,
    format_: str,
    history_address: str | None,
    strict: bool,  # noqa: FBT001 - click passes options by name
    engine: str,
    limit: int,
) -> int:
    """Plan who is contacted, how, about which invoices, for how much, and why; and why everybody else is left alone.

    The table goes to the terminal, the whole plan as JSON to the file of -o (or with --format json to stdout).
    """
    del engine  # one engine so far: `auto` and `reference` are the same
    from policy_engine.api import evaluate
    from policy_engine.engine.reference.s16_sending_date import CalendarError
    from policy_engine.plan.canonical import write_plan

    inputs = read_inputs(policy_path, snapshot_paths, as_of, accept_unattributed, rates_folder)
    if history_address is not None:
        inputs, head = _with_history(inputs, history_address)
    progress(f"planning {len(inputs.snapshot.accounts)} customers ...")
    try:
        plan = evaluate(inputs.policy, inputs.snapshot)
    except CalendarError as error:
        raise UnusableInputError(str(error)) from error
    if history_address is not None:
        plan = replace(plan, header=replace(plan.header, versions=(*plan.header.versions, ("ledger", head))))
    show(inputs.warnings)
    if output is not None:
        to_file(Path(output), lambda file: write_plan(plan, file))
    if format_ == "text":
        _text(plan, policy_path, snapshot_paths, as_of, rates_folder, language, limit)
        if output is not None:
            click.echo(f"plan written to {output}", err=True)
    elif output is None:
        to_stdout(lambda file: write_plan(plan, file))
    return _exit_code(plan, inputs, strict=strict)


def _with_history(inputs: Inputs, address: str) -> tuple[Inputs, str]:
    """The snapshot with what a ledger knows, and the ledger's head."""
    from policy_engine.cli.ledger_inputs import open_ledger

    ledger = open_ledger(address)
    from policy_engine.execution.history import FutureHistoryError, read_history, with_history
    from policy_engine.execution.trial import known_manner

    stages = {step.name: step.stage for ladder in inputs.policy.ladders for step in ladder.steps}
    with ledger.reading() as connection:
        manner = known_manner(connection)
    if manner is not None and manner[0] == "trial":
        click.echo(
            f"warning: the ledger holds deliveries of a trial (`redirect_to`, since {manner[1]}), which customers never"
            " got: this plan counts them as sent, and is one of the trial",
            err=True,
        )
    known = read_history(ledger, stages)
    try:
        return replace(inputs, snapshot=with_history(inputs.snapshot, known)), known.head
    except FutureHistoryError as error:
        raise UnusableInputError(str(error)) from error


def _text(
    plan: Plan,
    policy_path: str,
    snapshot_paths: tuple[str, ...],
    as_of: date | None,
    rates_folder: str | None,
    language: Literal["en", "fr"],
    limit: int,
) -> None:
    import shlex

    from policy_engine.reports.terminal import plan_text

    options = ["-p", policy_path, *(part for path in snapshot_paths for part in ("-s", path))]
    if as_of is not None:
        options += ["--as-of", as_of.isoformat()]
    if rates_folder is not None:
        options += ["--rates", rates_folder]
    text = plan_text(
        plan,
        language=language,
        width=screen_width(),
        colour=wants_colour(),
        limit=limit,
        command=shlex.join(options),
    )
    text_to_stdout(text)


def _exit_code(plan: Plan, inputs: Inputs, *, strict: bool) -> int:
    if plan.stopped:
        return STOPPED
    if strict and (plan.problems or plan.alerts or inputs.warnings):
        return FINDINGS
    return DONE
