"""`dunning simulate`: what-if over months, several policies side by side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import IO, Literal

import click

from policy_engine.cli.inputs import (
    Day,
    UnusableInputError,
    company_rates_option,
    on_terminal,
    read_company_rates,
    screen_width,
    show,
    unusable,
    wants_colour,
)
from policy_engine.cli.main import DONE, STOPPED
from policy_engine.cli.output import OutputError, json_to_stdout, text_to_stdout, to_file
from policy_engine.policy.resolved import Attribute, Policy
from policy_engine.simulation.scenario import Scenario
from policy_engine.snapshot.model import Snapshot
from policy_engine.values.diagnostics import Diagnostic

MOST_POLICIES = 8
TABLES = ("weeks", "days", "actions", "customers", "differences")


@click.command(
    "simulate",
    short_help="what-if over months",
    epilog=(
        "Example: dunning simulate -p policies/fr-b2b.yaml -s examples/portfolio -c examples/scenarios/nobody-pays.yaml"
    ),
)
@click.option(
    "-p", "--policy", "policy_paths", required=True, multiple=True,
    help="A policy file or a folder of versions; several stand side by side, the first is what others differ from.",
)  # fmt: skip
@click.option(
    "-s", "--snapshot", "snapshot_paths", required=True, multiple=True,
    help="The snapshot that the run begins with. Several add up.",
)  # fmt: skip
@click.option("-c", "--scenario", "scenario_path", required=True, help="What is assumed: a scenario file.")
@click.option("--days", type=int, help="How many days are planned, instead of the scenario's.")
@click.option(
    "--override", "overrides", multiple=True, metavar="SAFEGUARD",
    help="Go on when this safeguard stops a plan, as if a person let it pass each time; `all` for every one.",
)  # fmt: skip
@click.option("--format", "format_", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True)
@click.option("--table", type=click.Choice(TABLES), default="weeks", show_default=True, help="Which table as CSV.")
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="Write to this file instead of the terminal.")
@click.option(
    "--keep-snapshots", "keep", type=click.Path(file_okay=False), metavar="FOLDER",
    help="Write each morning's snapshot to FOLDER/A-POLICY/DAY, for `dunning plan` and `dunning why`.",
)  # fmt: skip
@click.option("--as-of", type=Day(), help="The snapshot's date, when it has no manifest.")
@click.option(
    "--accept-unattributed", type=click.IntRange(min=0), default=0, metavar="N",
    help="Let up to N broken rows pass whose customer can't be told.",
)  # fmt: skip
@company_rates_option
@click.option("--lang", "language", type=click.Choice(["en", "fr"]), default="en", show_default=True)
@click.option("--limit", type=click.IntRange(min=1), default=12, show_default=True, help="Customers shown of a list.")
def command(
    policy_paths: tuple[str, ...],
    snapshot_paths: tuple[str, ...],
    scenario_path: str,
    days: int | None,
    overrides: tuple[str, ...],
    format_: str,
    table: Literal["weeks", "days", "actions", "customers", "differences"],
    output: str | None,
    keep: str | None,
    as_of: date | None,
    accept_unattributed: int,
    rates_folder: str | None,
    language: Literal["en", "fr"],
    limit: int,
) -> int:
    """Plan and execute virtually day after day, with customers that behave as a scenario says.

    Deterministic: nothing is drawn at random, equal inputs give the same bytes. Nothing is sent.

    Exit codes: 0 done; 2 input that can't be used; 3 a safeguard stopped a plan, and the figures end the day before.
    """
    from policy_engine.engine.reference.s16_sending_date import CalendarError
    from policy_engine.simulation.study import study

    inputs = _inputs(policy_paths, snapshot_paths, scenario_path, days, as_of, accept_unattributed, rates_folder)
    keeper = None if keep is None else _Keeper(Path(keep), inputs)
    try:
        found = study(
            inputs.policies,
            inputs.snapshots,
            inputs.scenario,
            overrides=overrides,
            seen=keeper,
            progress=_progress(inputs.scenario.days),
        )
    except CalendarError as error:
        raise UnusableInputError(str(error)) from error
    show(inputs.warnings)
    if format_ == "json":
        from policy_engine.reports.simulation_data import simulation_data

        data = simulation_data(found)
        if output is None:
            json_to_stdout(data)
        else:
            _write(output, _json(data))
    else:
        if format_ == "csv":
            from policy_engine.reports.simulation_csv import csv_text

            text = csv_text(found, table)
        else:
            from policy_engine.reports.simulation_text import simulation_text

            colour = wants_colour() and output is None
            text = simulation_text(found, language=language, width=screen_width(), colour=colour, limit=limit)
        if output is None:
            text_to_stdout(text)
        else:
            _write(output, text)
    return STOPPED if found.stopped else DONE


@dataclass(frozen=True, slots=True)
class _Inputs:
    policies: tuple[Policy, ...]
    snapshots: tuple[Snapshot, ...]
    scenario: Scenario
    warnings: tuple[Diagnostic, ...]


def _inputs(
    policy_paths: Sequence[str],
    snapshot_paths: Sequence[str],
    scenario_path: str,
    days: int | None,
    as_of: date | None,
    accept_unattributed: int,
    rates_folder: str | None,
) -> _Inputs:
    """Read everything, or show all that is wrong with it and exit 2."""
    from policy_engine.language.load import load_policy
    from policy_engine.simulation.scenario_check import check_scenario
    from policy_engine.simulation.scenario_load import load_scenario
    from policy_engine.simulation.scenario_model import MAX_DAYS
    from policy_engine.snapshot.read import read_snapshot, snapshot_date

    if len(policy_paths) > MOST_POLICIES:
        raise click.UsageError(f"at most {MOST_POLICIES} policies stand side by side, not {len(policy_paths)}")
    if days is not None and not 1 <= days <= MAX_DAYS:
        raise click.BadParameter(f"{days} is out of bounds: 1 to {MAX_DAYS} days can be planned", param_hint="--days")
    paths = [Path(path) for path in snapshot_paths]
    rates, wrong = read_company_rates(rates_folder)
    findings: list[Diagnostic] = list(wrong)
    day = as_of or snapshot_date(paths)
    policies: list[Policy] = []
    snapshots: list[Snapshot] = []
    for path in policy_paths:
        loaded = load_policy(Path(path), as_of=day, rates=rates)
        findings += [finding for finding in loaded.diagnostics if finding not in findings]
        if loaded.policy is not None:
            policies.append(loaded.policy)
    known: dict[tuple[str, tuple[Attribute, ...]] | None, Snapshot | None] = {}
    wanted: list[tuple[str, tuple[Attribute, ...]] | None] = [_reads(policy) for policy in policies]
    for key in wanted or [None]:
        if key not in known:
            read = read_snapshot(
                paths,
                as_of=as_of,
                policy_currency=None if key is None else key[0],
                attributes=() if key is None else key[1],
                accept_unattributed=accept_unattributed,
            )
            known[key] = read.snapshot
            findings += [finding for finding in read.diagnostics if finding not in findings]
        snapshot = known[key]
        if snapshot is not None:
            snapshots.append(snapshot)
    file = load_scenario(Path(scenario_path))
    scenario = None
    if len(policies) == len(policy_paths) == len(snapshots) and not wrong:
        scenario = check_scenario(file, policies, snapshots[0], days=days)
    findings += file.diagnostics
    if scenario is None:
        unusable(findings)
    return _Inputs(tuple(policies), tuple(snapshots), scenario, tuple(findings))


def _reads(policy: Policy) -> tuple[str, tuple[Attribute, ...]]:
    """What reading a snapshot takes from a policy: its currency, and the company's own columns."""
    return (policy.currency, policy.attributes)


class _Keeper:
    """Writes each morning's snapshot, as `dunning plan` reads it: FOLDER/LABEL-POLICY/DAY.

    Assumed reference rates go to FOLDER/rates, for `--rates`.
    """

    def __init__(self, folder: Path, inputs: _Inputs) -> None:
        from policy_engine.simulation.assumptions import assumed_rates
        from policy_engine.simulation.study import LABELS
        from policy_engine.values.days import add_days

        if folder.exists() and any(folder.iterdir()):
            raise OutputError(f"the folder `{folder}` isn't empty: give another, or remove it")
        self._policies = inputs.policies
        self._folders = [folder / f"{LABELS[place]}-{policy.name}" for place, policy in enumerate(inputs.policies)]
        if inputs.scenario.rates == "last_known":
            until = add_days(inputs.snapshots[0].as_of, inputs.scenario.days)
            for policy in inputs.policies:
                for name, text in assumed_rates(policy, until, inputs.scenario.name).items():
                    to_file(folder / "rates" / name, partial(_put, text))

    def __call__(self, place: int, snapshot: Snapshot) -> None:
        from policy_engine.snapshot.tables_of import tables_of
        from policy_engine.snapshot.write import write_snapshot

        policy = self._policies[place]
        folder = self._folders[place] / snapshot.as_of.isoformat()
        try:
            write_snapshot(folder, tables_of(snapshot, policy.attributes, policy.currency), snapshot.manifest)
        except (OSError, ValueError) as error:
            raise OutputError(f"can't write {folder}: {error}") from error


def _progress(days: int) -> Callable[[int], None] | None:
    """A line on stderr that counts the days, for people at a terminal only."""
    import sys

    if not on_terminal(sys.stderr):
        return None

    def say(done: int) -> None:
        end = "\n" if done == days else ""
        click.echo(f"\rday {done} of {days} ...{end}", err=True, nl=False)

    return say


def _json(data: object) -> str:
    import json

    from policy_engine.values.text import inert_json

    return inert_json(json.dumps(data, ensure_ascii=False, indent=2)) + "\n"


def _write(output: str, text: str) -> None:
    to_file(Path(output), partial(_put, text))
    click.echo(f"simulation written to {output}", err=True)


def _put(text: str, stream: IO[str]) -> None:
    stream.write(text)
