"""`dunning preview`: the message of a step for a customer, as it would leave."""

from datetime import date
from pathlib import Path
from typing import Literal

import click

from policy_engine.cli.inputs import (
    Day,
    UnusableInputError,
    company_rates_option,
    progress,
    read_inputs,
    show,
    unusable,
)
from policy_engine.cli.main import DONE
from policy_engine.cli.output import bytes_to_file, json_to_stdout, text_to_stdout, to_file

_SUFFIXES = {".html": "html", ".htm": "html", ".pdf": "pdf", ".json": "json"}


@click.command(
    "preview",
    short_help="the message of a step for a customer: text, page, letter as PDF",
    epilog="Example: dunning preview C-0226 -p policies/fr-b2b.yaml -s examples/portfolio --step courtesy_reminder",
)
@click.argument("customer", metavar="CUSTOMER")
@click.option("-p", "--policy", "policy_path", required=True, help="A policy file or a folder of versions.")
@click.option("-s", "--snapshot", "snapshot_paths", required=True, multiple=True, help="The snapshot; several add up.")
@click.option("--step", help="A step, an intervention, `statement` or `settled_late`; else the first that is planned.")
@click.option("--lang", "language", type=click.Choice(["en", "fr"]), help="Instead of the customer's own language.")
@click.option("--channel", type=click.Choice(["email", "letter", "registered_letter", "call", "task", "placement"]),
              help="Instead of the step's channel.")  # fmt: skip
@click.option("--sender", "sender_path", type=click.Path(), help="A YAML file with your letterhead; else an example's.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "html", "pdf", "json"]),
    help="By default what -o ends in, or text.",
)
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file; needed for PDF."
)
@click.option("--as-of", type=Day(), help="The snapshot's date, when it has no manifest.")
@company_rates_option
def command(
    customer: str,
    policy_path: str,
    snapshot_paths: tuple[str, ...],
    step: str | None,
    language: Literal["en", "fr"] | None,
    channel: Literal["email", "letter", "registered_letter", "call", "task", "placement"] | None,
    sender_path: str | None,
    format_: str | None,
    output: Path | None,
    as_of: date | None,
    rates_folder: str | None,
) -> int:
    """Show what a step would send to a customer. A step that isn't due is shown as a what-if, marked at its head."""
    from policy_engine.engine.reference.s16_sending_date import CalendarError
    from policy_engine.templates.data import preview_data
    from policy_engine.templates.preview import PreviewError, preview
    from policy_engine.templates.render import MessageError, render
    from policy_engine.templates.sender_file import EXAMPLE, read_sender
    from policy_engine.templates.source import Folders

    kind = format_ or (_SUFFIXES.get(output.suffix.lower(), "text") if output is not None else "text")
    if kind == "pdf" and output is None:
        raise click.UsageError("a letter is written to a file: add -o letter.pdf")
    sender, payee = EXAMPLE, None
    if sender_path is not None:
        read = read_sender(Path(sender_path))
        if read.sender is None:
            unusable(read.diagnostics)
        sender, payee = read.sender, read.payee
    inputs = read_inputs(policy_path, snapshot_paths, as_of, 0, rates_folder)
    try:
        found = preview(
            inputs.policy, inputs.snapshot, customer, sender, step=step, language=language, channel=channel, payee=payee
        )
        made = render(found.context, folders=Folders.beside(inputs.policy.file))
    except MessageError as error:
        if error.diagnostics:
            unusable(error.diagnostics)
        raise UnusableInputError(str(error)) from error
    except (PreviewError, CalendarError) as error:
        raise UnusableInputError(str(error)) from error
    show(inputs.warnings)
    if kind == "pdf":
        assert output is not None
        progress("setting the letter")
        bytes_to_file(output, _letter(made, found.context))
    elif kind == "json":
        data = preview_data(found.context, made, due=found.due)
        if output is None:
            json_to_stdout(data)
        else:
            import json

            from policy_engine.values.text import inert_json

            text = inert_json(json.dumps(data, ensure_ascii=False, indent=2)) + "\n"
            to_file(output, lambda stream: _written(stream.write(text)))
    else:
        page = made.html if kind == "html" else _as_text(made.subject, made.text)
        if output is None:
            text_to_stdout(page)
        else:
            to_file(output, lambda stream: _written(stream.write(page)))
    return DONE


def _as_text(subject: str, text: str) -> str:
    """Subject and text, inert on a terminal and in a log."""
    from policy_engine.values.text import inert

    return "\n".join(inert(line) for line in f"{subject}\n\n{text}".split("\n"))


def _letter(made: object, context: object) -> bytes:
    from policy_engine.templates.context import MessageContext
    from policy_engine.templates.draft import Rendered
    from policy_engine.templates.letter import LetterError, LetterPress
    from policy_engine.values.text import inert

    assert isinstance(made, Rendered)
    assert isinstance(context, MessageContext)
    try:
        with LetterPress() as press:
            letter = press.letter(made, context)
    except LetterError as error:
        raise UnusableInputError(str(error)) from error
    if letter.missing:
        click.echo(f"warning: no font has {inert(letter.missing)}; the letter shows a sign instead", err=True)
    return letter.pdf


def _written(_count: int) -> None:
    """What `write` returns doesn't matter."""
