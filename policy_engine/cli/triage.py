"""`dunning triage`: invoices that need a person before dunning begins."""

import shlex
from datetime import date
from typing import Literal

import click

from policy_engine.cli.inputs import (
    UnusableInputError,
    company_rates_option,
    policy_and_snapshot,
    progress,
    read_inputs,
    screen_width,
    show,
    wants_colour,
)
from policy_engine.cli.main import DONE, FINDINGS
from policy_engine.cli.output import json_to_stdout, text_to_stdout


@click.command(
    "triage",
    short_help="invoices that need a person before dunning begins",
    epilog="Example: dunning triage -p policies/fr-b2b.yaml -s erp",
)
@policy_and_snapshot
@company_rates_option
@click.option(
    "--limitation-years", type=click.IntRange(1, 30), metavar="N",
    help="Years after which a claim is time-barred; 5 (consumers 2) where the policy's calendar is French.",
)  # fmt: skip
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--strict", is_flag=True, help="Exit 1 when an invoice waits for a person.")
@click.option("--limit", type=click.IntRange(min=1), default=12, show_default=True, help="Customers shown.")
def command(
    policy_path: str,
    snapshot_paths: tuple[str, ...],
    as_of: date | None,
    accept_unattributed: int,
    rates_folder: str | None,
    language: Literal["en", "fr"],
    limitation_years: int | None,
    format_: str,
    strict: bool,  # noqa: FBT001 - click passes options by name
    limit: int,
) -> int:
    """List the invoices that onboarding holds, by customer.

    Beside each stand what the ladder would do with it unasked, what speaks against that, and a step to begin with.
    Without `onboarding` in the policy it says which invoices would get which step at the first run.
    """
    from policy_engine.engine.reference.s16_sending_date import CalendarError
    from policy_engine.triage.data import triage_data
    from policy_engine.triage.find import find_triage
    from policy_engine.triage.limitation import limitation_of

    inputs = read_inputs(policy_path, snapshot_paths, as_of, accept_unattributed, rates_folder)
    progress(f"going through {len(inputs.snapshot.accounts)} customers ...")
    try:
        triage = find_triage(inputs.policy, inputs.snapshot, limitation_of(inputs.policy, limitation_years))
    except CalendarError as error:
        raise UnusableInputError(str(error)) from error
    show(inputs.warnings)
    if format_ == "json":
        json_to_stdout(triage_data(triage))
    else:
        from policy_engine.reports.triage_text import triage_text

        text = triage_text(
            triage,
            language=language,
            width=screen_width(),
            colour=wants_colour(),
            limit=limit,
            command=_options(policy_path, snapshot_paths, as_of, rates_folder),
        )
        text_to_stdout(text)
    return FINDINGS if strict and triage.items else DONE


def _options(policy_path: str, snapshot_paths: tuple[str, ...], as_of: date | None, rates_folder: str | None) -> str:
    options = ["-p", policy_path, *(part for path in snapshot_paths for part in ("-s", path))]
    if as_of is not None:
        options += ["--as-of", as_of.isoformat()]
    if rates_folder is not None:
        options += ["--rates", rates_folder]
    return shlex.join(options)
