"""What commands that report share: the options for format, file and documentation, and writing the report there."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from policy_engine.cli.inputs import folding_width
from policy_engine.cli.output import text_to_stdout, to_file
from policy_engine.reporting.model import Report
from policy_engine.reporting.places import Root
from policy_engine.reporting.render import FORMATS, Format, render
from policy_engine.values.text import inert

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def report_options(command: Decorated) -> Decorated:
    """Adds `--format`, `--output` and `--docs-url`."""
    options = (
        click.option("--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True),
        click.option(
            "-o",
            "--output",
            type=click.Path(dir_okay=False),
            help="Write the report to this file; text still goes to stderr.",
        ),
        click.option(
            "--docs-url",
            envvar="DUNNING_DOCS_URL",
            help="Where docs/ is published, for links from codes to their pages.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def write_report(
    report: Report,
    format_: Format,
    output: str | None,
    docs_url: str | None,
    *,
    to_stderr: bool = False,
    more: dict[str, Any] | None = None,
) -> None:
    """The report to stdout, or to the file of `--output` with the text for people on stderr.

    Args:
        report: what to write.
        format_: the format asked for.
        output: the file, or None.
        docs_url: where the documentation is published, or None.
        to_stderr: whether text goes to stderr: findings do, a result doesn't.
        more: further keys for JSON.

    Raises:
        OutputError: the file can't be written.
    """
    if output is None and format_ == "text" and to_stderr:
        click.echo(render(report, "text", width=folding_width(sys.stderr)), err=True, nl=False)
        return
    width = folding_width(sys.stdout) if output is None else None
    text = render(report, format_, root=repository(), docs=docs_url, more=more, width=width)
    if output is None:
        text_to_stdout(text)
        return
    to_file(Path(output), lambda file: _write(file, text))
    click.echo(render(report, "text", width=folding_width(sys.stderr)), err=True, nl=False)
    click.echo(f"report written to {inert(output)}", err=True)


def repository() -> Root:
    """The top of the repository: the runner's workspace when the command runs inside it, else the current folder."""
    here = Path.cwd().as_posix()
    top = os.environ.get("GITHUB_WORKSPACE", "").replace("\\", "/").rstrip("/")
    inside = bool(top) and (here == top or here.startswith(top + "/"))
    return Root(top if inside else here, here)


def _write(stream: Any, text: str) -> None:
    stream.write(text)
