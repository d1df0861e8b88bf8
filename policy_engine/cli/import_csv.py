"""`dunning import csv`: any ledger's export into a snapshot, as a mapping says; `--guess` writes one to start from."""

from datetime import date
from pathlib import Path
from typing import Any

import click

from policy_engine.cli.inputs import Day, show, unusable
from policy_engine.cli.main import DONE, FINDINGS
from policy_engine.cli.output import OutputError, json_to_stdout, text_to_stdout, to_file
from policy_engine.values.diagnostics import Diagnostic
from policy_engine.values.text import inert

KINDS = ("business", "consumer", "public")


@click.command(
    "csv",
    short_help="any ledger's CSV export, read as a mapping says",
    epilog="Example: dunning import csv --mapping mapping.yaml --as-of 2026-11-20 -o snapshot export.csv",
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path())
@click.option("-m", "--mapping", type=click.Path(), help="What the columns mean; see docs/import-csv.md.")
@click.option("--as-of", type=Day(), help="The day the snapshot is of: what was paid later is open.")
@click.option("-o", "--output", type=click.Path(), help="The folder to write; with --guess the file.")
@click.option("--guess", is_flag=True, help="Write a commented mapping to start from instead.")
@click.option("--kind", type=click.Choice(KINDS), help="What customers are whose kind the mapping doesn't say.")
@click.option("--exported-at", help="When the export was made, for the manifest.")
@click.option("--payments-through", type=Day(), help="Last day whose payments are all there; --as-of without it.")
@click.option("--overwrite", is_flag=True, help="Replace the snapshot in the folder.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--strict", is_flag=True, help="Exit 1 on warnings.")
def command(
    files: tuple[str, ...],
    mapping: str | None,
    as_of: date | None,
    output: str | None,
    guess: bool,  # noqa: FBT001 - click passes options by name
    kind: str | None,
    exported_at: str | None,
    payments_through: date | None,
    overwrite: bool,  # noqa: FBT001 - click passes options by name
    format_: str,
    strict: bool,  # noqa: FBT001 - click passes options by name
) -> int:
    """Read exports into a snapshot. Every row and every total is accounted for; with an error nothing is written."""
    if guess:
        return _guess(files, output)
    if mapping is None or as_of is None or output is None:
        lacking = [
            name for name, value in (("--mapping", mapping), ("--as-of", as_of), ("-o", output)) if value is None
        ]
        raise click.UsageError(f"{', '.join(lacking)} must be given (or --guess, to begin)")
    from policy_engine.imports.csv_import import import_csv
    from policy_engine.imports.csv_tally import summary_data, summary_text
    from policy_engine.imports.mapping_load import load_mapping
    from policy_engine.snapshot.write import write_snapshot

    loaded = load_mapping(Path(mapping))
    if loaded.mapping is None:
        unusable(loaded.diagnostics)
    result = import_csv(
        [Path(file) for file in files],
        loaded.mapping,
        as_of,
        kind=kind,
        exported_at=exported_at,
        sources=loaded.sources,
        payments_complete_through=payments_through,
    )
    found = (*loaded.diagnostics, *result.diagnostics)
    if result.tables is None or result.summary is None:
        if format_ == "json":
            json_to_stdout({"findings": [_data(one) for one in found]})
        unusable(found)
    try:
        write_snapshot(Path(output), result.tables, result.manifest, overwrite=overwrite)
    except FileExistsError as error:
        raise OutputError(f"{inert(str(error))}; name another, or say --overwrite to replace a snapshot") from error
    except OSError as error:
        raise OutputError(f"can't write {inert(output)}: {error.strerror}") from error
    show(found)
    if format_ == "json":
        data = {"folder": output, **summary_data(result.summary), "findings": [_data(one) for one in found]}
        json_to_stdout(data)
    else:
        text_to_stdout(summary_text(result.summary))
        click.echo(f"snapshot written to {inert(output)}", err=True)
    return FINDINGS if strict and found else DONE


def _guess(files: tuple[str, ...], output: str | None) -> int:
    from policy_engine.imports.csv_guess import guess_mapping

    if len(files) != 1:
        raise click.UsageError("--guess takes one file")
    guess = guess_mapping(Path(files[0]))
    if guess.text is None:
        unusable(guess.diagnostics)
    show(guess.diagnostics)
    text = guess.text
    if output is None:
        text_to_stdout(text)
    else:
        if Path(output).exists():
            raise OutputError(f"{inert(output)} is there already; name another file")
        to_file(Path(output), lambda stream: _write(stream, text))
        click.echo(f"mapping written to {inert(output)}: go through its comments, then import", err=True)
    return DONE


def _write(stream: Any, text: str) -> None:
    stream.write(text)


def _data(found: Diagnostic) -> dict[str, Any]:
    return {
        "code": found.code,
        "severity": found.severity,
        "message": found.message,
        "file": found.position.file,
        "line": found.position.line,
        "column": found.position.column,
        "length": found.position.length,
        "help": found.help,
        "source": found.source,
    }
