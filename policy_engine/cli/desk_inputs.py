"""What the commands of the desk share: the folder, what stands in it, the snapshot beside it, refusing."""

import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

import click

from policy_engine.cli.inputs import unusable
from policy_engine.cli.main import USAGE
from policy_engine.desk.entry import Mistake
from policy_engine.desk.folder import DeskError, Listed, rows_of
from policy_engine.desk.known import Known
from policy_engine.values.diagnostics import Diagnostic
from policy_engine.values.text import inert

FOLDER = click.option(
    "--desk", "folder", type=click.Path(file_okay=False), default="desk", show_default=True, help="The desk's folder."
)
FORMAT = click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)


class DeskUsageError(click.ClickException):
    """Something that can't be noted; says why."""

    exit_code = USAGE

    def show(self, file: Any = None) -> None:
        """Without the word of click's own in front: the message may have several lines."""
        click.echo(self.message, file=file or sys.stderr)


def rows_in(folder: str) -> tuple[tuple[Listed, ...], tuple[Diagnostic, ...]]:
    """What stands on the desk, and what can't be read there."""
    try:
        return rows_of(Path(folder))
    except DeskError as error:
        raise DeskUsageError(f"Error: {inert(str(error))}") from error


def known_of(snapshot_paths: Sequence[str], day: date) -> Known | None:
    """What the snapshot knows, None without one; shows why it can't be read and exits."""
    if not snapshot_paths:
        return None
    from policy_engine.snapshot.read import read_snapshot, snapshot_date

    paths = [Path(path) for path in snapshot_paths]
    result = read_snapshot(paths, as_of=None if snapshot_date(paths) else day, accept_unattributed=sys.maxsize)
    if result.snapshot is None:
        unusable(result.diagnostics)
    return Known(result.snapshot)


def refuse(mistakes: Sequence[Mistake]) -> NoReturn:
    """Show what can't be noted, and exit."""
    raise DeskUsageError("\n".join(mistake.render() for mistake in mistakes))


def cells_text(cells: Mapping[str, str]) -> str:
    """A row's cells for a person, without its id."""
    return ", ".join(f"{name} {inert(text)}" for name, text in cells.items() if name != "id")
