"""`dunning import`: the commands that bring other people's files into a snapshot, loaded when they are used."""

from collections.abc import Mapping
from typing import ClassVar

import click

from policy_engine.cli.main import LazyGroup


class ImportGroup(LazyGroup):
    """One command a kind of file."""

    COMMANDS: ClassVar[Mapping[str, str]] = {
        "csv": "any ledger's CSV export, read as a mapping says",
        "fec": "the French statutory accounting file (FEC)",
    }
    MODULES: ClassVar[Mapping[str, str]] = {"csv": "import_csv", "fec": "import_fec"}


@click.group("import", cls=ImportGroup, short_help="other people's files into a snapshot")
def command() -> None:
    """Bring a ledger's export into a snapshot, tied to the file: rows and totals in are rows and totals out.

    Example: dunning import csv --mapping mapping.yaml --as-of 2026-11-20 -o snapshot export.csv
    """
