"""What several commands share: the options for policy and snapshot, reading them, and saying what was found."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from policy_engine.cli.main import USAGE
from policy_engine.policy.resolved import Policy
from policy_engine.rates import RateTable
from policy_engine.snapshot.model import Snapshot
from policy_engine.values.days import parse_date
from policy_engine.values.diagnostics import Diagnostic

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class Day(click.ParamType[date]):
    """A date of the command line, `YYYY-MM-DD` between 1970 and 2200."""

    name = "DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The date, or a usage error."""
        if isinstance(value, date):
            return value
        day = parse_date(str(value))
        if day is None:
            self.fail(f"`{value}` is not a date like 2026-11-22", param, ctx)
        return day


def today() -> date:
    """The calendar's only clock, for commands alone: whether a rate ends soon, when the desk notes or plans leave."""
    return date.today()  # noqa: DTZ011 - a calendar date is meant


def policy_and_snapshot(command: Decorated) -> Decorated:
    """Adds `-p`, `-s`, `--as-of`, `--accept-unattributed` and `--lang`."""
    options = (
        click.option("-p", "--policy", "policy_path", required=True, help="A policy file or a folder of versions."),
        click.option(
            "-s", "--snapshot", "snapshot_paths", required=True, multiple=True,
            help="The snapshot: a folder of CSV files, or a YAML or JSON file. Several add up.",
        ),
        click.option("--as-of", type=Day(), help="The snapshot's date, when it has no manifest."),
        click.option(
            "--accept-unattributed", type=click.IntRange(min=0), default=0, metavar="N",
            help="Let up to N broken rows pass whose customer can't be told.",
        ),
        click.option("--lang", "language", type=click.Choice(["en", "fr"]), default="en", show_default=True),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def company_rates_option(command: Decorated) -> Decorated:
    """Adds `--rates`."""
    option = click.option(
        "--rates", "rates_folder", type=click.Path(), help="A folder of the company's own reference rates."
    )
    return option(command)


class UnusableInputError(click.ClickException):
    """Input that is readable but can't be used; one line says why."""

    exit_code = USAGE


def show(diagnostics: Sequence[Diagnostic], *, to_stderr: bool = True) -> None:
    """Every finding as an author reads it."""
    for diagnostic in diagnostics:
        click.echo(diagnostic.render(folding_width(sys.stderr if to_stderr else sys.stdout)), err=to_stderr)


def diagnostic_data(diagnostic: Diagnostic) -> dict[str, Any]:
    """A finding as JSON."""
    at = diagnostic.position
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "file": at.file,
        "line": at.line,
        "column": at.column,
        "length": at.length,
        "help": diagnostic.help,
        "source": diagnostic.source,
    }


def unusable(diagnostics: Sequence[Diagnostic]) -> NoReturn:
    """Show what was found and exit: nothing is written."""
    show(diagnostics)
    raise click.exceptions.Exit(USAGE)


@dataclass(frozen=True, slots=True)
class Inputs:
    """A policy and a snapshot, ready to use, with the warnings that came with them."""

    policy: Policy
    snapshot: Snapshot
    warnings: tuple[Diagnostic, ...]


def read_inputs(
    policy_path: str,
    snapshot_paths: Sequence[str],
    as_of: date | None,
    accept_unattributed: int,
    rates_folder: str | None = None,
) -> Inputs:
    """Read both, or show everything that is wrong with both and exit 2."""
    from policy_engine.language.load import load_policy
    from policy_engine.snapshot.read import read_snapshot, snapshot_date

    paths = [Path(path) for path in snapshot_paths]
    day = as_of or snapshot_date(paths)
    rates, wrong = read_company_rates(rates_folder)
    loaded = load_policy(Path(policy_path), as_of=day, rates=rates)
    policy = loaded.policy
    read = read_snapshot(
        paths,
        as_of=as_of,
        policy_currency=None if policy is None else policy.currency,
        attributes=() if policy is None else policy.attributes,
        accept_unattributed=accept_unattributed,
    )
    findings = (*wrong, *loaded.diagnostics, *read.diagnostics)
    if policy is None or read.snapshot is None or wrong:
        unusable(findings)
    return Inputs(policy, read.snapshot, findings)


def read_company_rates(folder: str | None) -> tuple[dict[str, RateTable] | None, tuple[Diagnostic, ...]]:
    """The reference rates with those of a company's folder, None for the package's; and what is wrong with them."""
    if folder is None:
        return None, ()
    from policy_engine.rates.checks import findings_of
    from policy_engine.rates.company import company_rates

    known = company_rates(Path(folder))
    return known.tables, known.diagnostics or findings_of(known.files)


def on_terminal(stream: Any) -> bool:
    """Whether people are looking."""
    return bool(getattr(stream, "isatty", lambda: False)())


def wants_colour() -> bool:
    """Colour for a terminal only, and not when NO_COLOR says otherwise."""
    import os

    return on_terminal(sys.stdout) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def fitted(text: str) -> str:
    """A line folded at the width of a terminal; in a file or a pipe as it is."""
    from policy_engine.values.folding import folded

    width = folding_width(sys.stdout)
    return text if width is None else folded(text, width)


def say(text: str) -> None:
    """A line of a report."""
    click.echo(fitted(text))


def shown(text: str, *, grave: bool = False) -> str:
    """A line that stands out on a terminal: in bold, in red too when somebody must look at it."""
    text = fitted(text)
    return click.style(text, bold=True, fg="red" if grave else None) if wants_colour() else text


def screen_width() -> int:
    """Columns of the terminal; 100 for a file or a pipe unless COLUMNS says otherwise."""
    import shutil

    return shutil.get_terminal_size((100, 24)).columns


def folding_width(stream: Any) -> int | None:
    """Columns at which lines are folded for people at a terminal; None for files and pipes, which keep them whole."""
    return screen_width() if on_terminal(stream) else None


def progress(text: str) -> None:
    """Say what takes long, to people at a terminal only."""
    if on_terminal(sys.stderr):
        click.echo(text, err=True)
