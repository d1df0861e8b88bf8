"""`dunning triage`: invoices that need a person before dunning begins, as a list, as a worksheet, and read back."""

import shlex
from datetime import date
from pathlib import Path
from typing import IO, Literal

import click

from policy_engine.cli.inputs import (
    Day,
    UnusableInputError,
    company_rates_option,
    policy_and_snapshot,
    progress,
    read_inputs,
    screen_width,
    show,
    wants_colour,
)
from policy_engine.cli.main import DONE, FINDINGS, USAGE
from policy_engine.cli.output import json_to_stdout, text_to_stdout, to_file
from policy_engine.snapshot.model import Snapshot
from policy_engine.triage.model import Triage
from policy_engine.values.text import inert


@click.command(
    "triage",
    short_help="invoices that need a person before dunning begins",
    epilog="Example: dunning triage -p policies/fr-b2b.yaml -s erp --worksheet triage.csv",
)
@policy_and_snapshot
@company_rates_option
@click.option(
    "--limitation-years", type=click.IntRange(1, 30), metavar="N",
    help="Years after which a claim is time-barred; 5 (consumers 2) where the policy's calendar is French.",
)  # fmt: skip
@click.option("--worksheet", type=click.Path(dir_okay=False), help="Write a CSV file with an empty column `step`.")
@click.option(
    "--apply", "filled", type=click.Path(dir_okay=False), help="Read a filled worksheet back: all or nothing."
)
@click.option(
    "--desk",
    "folder",
    type=click.Path(file_okay=False),
    default="desk",
    show_default=True,
    help="The desk's folder, for --apply.",
)
@click.option("--by", help="Who decided, for --apply; the user of this computer is noted too.")
@click.option("--on", "day", type=Day(), help="The day of the decisions, for --apply; the snapshot's without it.")
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
    worksheet: str | None,
    filled: str | None,
    folder: str,
    by: str | None,
    day: date | None,
    format_: str,
    strict: bool,  # noqa: FBT001 - click passes options by name
    limit: int,
) -> int:
    """List the invoices that onboarding holds, by customer.

    Beside each stand what the ladder would do with it unasked, what speaks against that, and a step to begin with.
    Without `onboarding` in the policy it says which invoices would get which step at the first run.

    In the worksheet, write into `step` where an invoice stands: a step of its ladder (the next one follows), `start`,
    or `leave alone` with a reason. What is empty stays undecided.
    """
    if worksheet is not None and filled is not None:
        raise click.UsageError("--worksheet writes, --apply reads: one at a time")
    from policy_engine.engine.reference.s16_sending_date import CalendarError
    from policy_engine.triage.data import triage_data
    from policy_engine.triage.find import find_triage
    from policy_engine.triage.limitation import limitation_of

    if filled is not None:
        snapshot_paths = _with_desk(snapshot_paths, folder)
    inputs = read_inputs(policy_path, snapshot_paths, as_of, accept_unattributed, rates_folder)
    progress(f"going through {len(inputs.snapshot.accounts)} customers ...")
    try:
        triage = find_triage(inputs.policy, inputs.snapshot, limitation_of(inputs.policy, limitation_years))
    except CalendarError as error:
        raise UnusableInputError(str(error)) from error
    show(inputs.warnings)
    if filled is not None:
        return _apply(Path(filled), triage, inputs.snapshot, Path(folder), by, day or triage.as_of, format_)
    if worksheet is not None:
        _write(Path(worksheet), triage, language)
    elif format_ == "json":
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


def _with_desk(snapshot_paths: tuple[str, ...], folder: str) -> tuple[str, ...]:
    """The snapshot with what the desk noted before, or a worksheet could be applied twice."""
    named = {Path(path).resolve() for path in snapshot_paths}
    return snapshot_paths if not Path(folder).is_dir() or Path(folder).resolve() in named else (*snapshot_paths, folder)


def _write(path: Path, triage: Triage, language: Literal["en", "fr"]) -> None:
    from policy_engine.triage.worksheet import worksheet_text

    if path.exists():
        raise UnusableInputError(f"{inert(str(path))} is there already, perhaps filled in: name another file")
    text = worksheet_text(triage, language)
    to_file(path, lambda stream: _put(stream, text))
    text_to_stdout(f"{inert(str(path))}: {len(triage.items)} rows, the column `step` is to be filled in\n")


def _put(stream: IO[str], text: str) -> None:
    stream.write(text)


def _apply(
    path: Path, triage: Triage, snapshot: Snapshot, folder: Path, by: str | None, day: date, format_: str
) -> int:
    """Note what a worksheet decides, all of it or nothing."""
    from policy_engine.cli import actor
    from policy_engine.desk.folder import DeskError, append_all
    from policy_engine.desk.known import Known
    from policy_engine.triage.read import read_worksheet, standing_of

    if day > snapshot.as_of:
        text = f"--on {day} is after the snapshot's day {snapshot.as_of}: no plan could read history of a day to come"
        raise UnusableInputError(text)
    user = actor.actor()
    name = user if by is None or by.strip() == user else f"{by.strip()} (noted by {user})"
    read = read_worksheet(path, triage, standing_of(snapshot), day, name)
    if any(found.severity == "error" for found in read.diagnostics):
        show(read.diagnostics)
        click.echo("nothing was applied", err=True)
        raise click.exceptions.Exit(USAGE)
    show(read.diagnostics)
    try:
        noted = append_all(folder, read.entries, Known(snapshot).rows) if read.entries else ()
    except DeskError as error:
        show(error.diagnostics)
        raise UnusableInputError(inert(str(error))) from error
    counts = {
        "set": sum(made.kind == "set" for made in read.entries),
        "left_alone": sum(made.kind == "block" for made in read.entries),
        "undecided": read.undecided,
        "noted_before": read.repeated,
    }
    if format_ == "json":
        rows = [{"id": row.id, "table": row.table, "file": str(row.file), "row": row.cells} for row in noted]
        json_to_stdout({**counts, "rows": rows})
        return DONE
    files = sorted({inert(str(row.file)) for row in noted})
    text_to_stdout(
        f"{inert(str(path))}: {counts['set']} put on a step, {counts['left_alone']} left alone, "
        f"{counts['undecided']} undecided, {counts['noted_before']} noted before\n"
        + "".join(f"{file}: {sum(inert(str(row.file)) == file for row in noted)} rows\n" for file in files)
    )
    return DONE


def _options(policy_path: str, snapshot_paths: tuple[str, ...], as_of: date | None, rates_folder: str | None) -> str:
    options = ["-p", policy_path, *(part for path in snapshot_paths for part in ("-s", path))]
    if as_of is not None:
        options += ["--as-of", as_of.isoformat()]
    if rates_folder is not None:
        options += ["--rates", rates_folder]
    return shlex.join(options)
