"""`dunning explain`, also `dunning why`: why, why not, and when next."""

from datetime import date
from typing import Literal

import click

from policy_engine.cli.inputs import (
    UnusableInputError,
    company_rates_option,
    policy_and_snapshot,
    read_inputs,
    show,
)
from policy_engine.cli.main import DONE, FINDINGS
from policy_engine.cli.output import json_to_stdout, lines_to_stdout


@click.command(
    "explain",
    short_help="why, why not, and when next",
    epilog="Example: dunning why C0042 -p policies/fr-b2b.yaml -s examples/portfolio",
)
@click.argument("ident", metavar="CUSTOMER-OR-INVOICE")
@policy_and_snapshot
@company_rates_option
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--strict", is_flag=True, help="Exit 1 when there are warnings or problems.")
@click.option("--engine", type=click.Choice(["auto", "reference"]), default="auto", show_default=True)
def command(
    ident: str,
    policy_path: str,
    snapshot_paths: tuple[str, ...],
    as_of: date | None,
    accept_unattributed: int,
    rates_folder: str | None,
    language: Literal["en", "fr"],
    format_: str,
    strict: bool,  # noqa: FBT001 - click passes options by name
    engine: str,
) -> int:
    """Explain what is planned for a customer (by id) or an invoice (by id or number): facts, rules tried, amounts.

    Shows the facts that the policy reads, each segment, hold and step with its verdict and the value that decided, what
    would make it true and when, and each amount with its computation.
    """
    del engine  # one engine so far: `auto` and `reference` are the same
    from policy_engine.engine.reference.s16_sending_date import CalendarError
    from policy_engine.explanation.build import UnknownIdentError, explain

    inputs = read_inputs(policy_path, snapshot_paths, as_of, accept_unattributed, rates_folder)
    try:
        explanation = explain(inputs.policy, inputs.snapshot, ident)
    except (UnknownIdentError, CalendarError) as error:
        raise UnusableInputError(str(error)) from error
    show(inputs.warnings)
    if format_ == "json":
        from policy_engine.explanation.data import explanation_data

        json_to_stdout(explanation_data(explanation, language))
    else:
        from policy_engine.explanation.text import explanation_text

        lines_to_stdout(explanation_text(explanation, language))
    return FINDINGS if strict and (inputs.warnings or inputs.snapshot.problems) else DONE
