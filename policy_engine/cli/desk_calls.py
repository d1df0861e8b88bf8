"""`dunning desk import-calls`: a call list that somebody has filled in, noted at the desk."""

from datetime import date
from pathlib import Path

import click

from policy_engine.cli import actor
from policy_engine.cli.desk_inputs import FOLDER, FORMAT, DeskUsageError, cells_text, known_of, refuse, rows_in
from policy_engine.cli.inputs import Day, show, today, unusable
from policy_engine.cli.main import DONE
from policy_engine.cli.output import json_to_stdout, text_to_stdout
from policy_engine.desk.calls import Order, Said, read_calls
from policy_engine.desk.folder import DeskError, Noted, append_all
from policy_engine.values.text import inert


@click.command("import-calls", epilog="Example: dunning desk import-calls lists/2026-10-30/calls.csv -s erp")
@click.argument("path", metavar="FILE", type=click.Path(dir_okay=False))
@FOLDER
@click.option(
    "-s", "--snapshot", "snapshot_paths", multiple=True, required=True,
    help="The snapshot that has the customers and invoices. Several add up.",
)  # fmt: skip
@click.option("--on", "day", type=Day(), help="The day of the entries; without it each row's send_on.")
@click.option(
    "--dates", "order", type=click.Choice(["dmy", "mdy"]), help="How days like 05/11/2026 are written in FILE."
)
@FORMAT
def import_calls(
    path: str, folder: str, snapshot_paths: tuple[str, ...], day: date | None, order: Order | None, format_: str
) -> int:
    """Note what a call list, filled in, says: promises, disputes, notes.

    A row with `promised_date` becomes a promise, one whose `outcome` is `disputed` (`litige`) a dispute, everything
    else that was written a note. All rows are noted, or none; what stands on the desk already isn't noted again.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise DeskUsageError(f"Error: can't read {inert(path)}: {error.strerror}") from error
    there, findings = rows_in(folder)
    if findings:
        unusable(findings)
    known = known_of(snapshot_paths, day or today())
    assert known is not None
    said = read_calls(data, path, actor.actor(), known, there, day, order)
    if said.mistakes:
        refuse(said.mistakes)
    try:
        noted = append_all(Path(folder), said.entries, known.rows) if said.entries else ()
    except DeskError as error:
        show(error.diagnostics)
        raise DeskUsageError(f"Error: {inert(str(error))}") from error
    if format_ == "json":
        rows = [{"id": one.id, "table": one.table, "file": str(one.file), "row": one.cells} for one in noted]
        json_to_stdout({"noted": rows, "already_noted": said.noted, "not_filled_in": said.empty})
    else:
        text_to_stdout(_told(noted, said))
    return DONE


def _told(noted: tuple[Noted, ...], said: Said) -> str:
    rows = [f"{inert(str(one.file))}: {one.id}: {cells_text(one.cells)}" for one in noted]
    rows.append(f"{len(noted)} noted, {said.noted} noted before, {said.empty} rows not filled in")
    return "\n".join(rows) + "\n"
