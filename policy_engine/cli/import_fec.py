"""`dunning import fec`: the accounting file of a French company into a snapshot, tied to account 411."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click

from policy_engine.cli.inputs import Day, progress, show, unusable
from policy_engine.cli.main import DONE, FINDINGS
from policy_engine.cli.output import OutputError, json_to_stdout, text_to_stdout
from policy_engine.values.diagnostics import Diagnostic
from policy_engine.values.text import inert

KINDS = ("business", "consumer", "public", "unknown")
ENCODINGS = ("utf-8", "iso-8859-15", "cp1252")


@click.command(
    "fec",
    short_help="a FEC (LPF A47 A-1) into a snapshot tied to account 411",
    epilog="Example: dunning import fec 123456789FEC20261231.txt --as-of 2026-12-31 --terms net_30 --kind business "
    "-o snapshot",
)
@click.argument("file", metavar="FILE")
@click.option("--as-of", type=Day(), required=True, help="The snapshot's date: entries up to it count.")
@click.option(
    "--terms",
    required=True,
    metavar="TERMS|CSV",
    help="Payment terms of everybody, like net_30, or a CSV with customer and terms (`*` for the rest).",
)
@click.option("--kind", type=click.Choice(KINDS), help="What every customer is, as far as --kinds doesn't say.")
@click.option("--kinds", metavar="CSV", help="A CSV with customer and kind (`*` for the rest).")
@click.option("-o", "--output", metavar="FOLDER", help="Write the snapshot to this folder.")
@click.option("--exported-at", help="When the export was made, for the manifest.")
@click.option(
    "--payments-through", type=Day(), help="Last day whose payments are all there; that of the last entry without it."
)
@click.option("--overwrite", is_flag=True, help="Replace the snapshot that is in the folder.")
@click.option("--by-account", is_flag=True, help="Accounts like 411DUPONT without auxiliary are a customer each.")
@click.option("--encoding", type=click.Choice(ENCODINGS), help="The file's encoding, instead of a guess.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--strict", is_flag=True, help="Exit 1 on warnings, lines left out and unknown kinds.")
def command(
    file: str,
    as_of: date,
    terms: str,
    kind: str | None,
    kinds: str | None,
    output: str | None,
    exported_at: str | None,
    payments_through: date | None,
    overwrite: bool,  # noqa: FBT001 - click passes options by name
    by_account: bool,  # noqa: FBT001 - click passes options by name
    encoding: str | None,
    format_: str,
    strict: bool,  # noqa: FBT001 - click passes options by name
) -> int:
    """Read a FEC in any dialect and write what customers owed at the end of a day.

    Open items follow the lettering, opening balances and payments are netted oldest first; the result ties to account
    411 to the cent, customer by customer. Lines without an auxiliary account are left out and said. No FEC tells
    businesses from consumers or knows due dates: --kind or --kinds and --terms do. Without -o only the report is made.
    """
    from policy_engine.imports.fec import import_fec
    from policy_engine.imports.fec_customers import Choices, read_list, read_terms
    from policy_engine.imports.fec_report import report_data, report_text

    term_choices, found = read_terms(terms)
    kind_choices = Choices()
    if kinds is not None:
        kind_choices, more = read_list(Path(kinds), "kind")
        found = (*found, *more)
    if found:
        unusable(found)
    progress(f"reading {inert(file)} ...")
    result = import_fec(
        Path(file),
        as_of=as_of,
        terms=term_choices,
        kinds=kind_choices,
        kind=kind,
        encoding=encoding,
        by_account=by_account,
        exported_at=exported_at,
        payments_complete_through=payments_through,
    )
    report, manifest = result.report, result.manifest
    if report is None or manifest is None:
        if format_ == "json":
            json_to_stdout({"report": None, "findings": _findings(result.diagnostics), "written": None})
        unusable(result.diagnostics)
    if output is not None:
        _write(Path(output), result.tables, manifest, overwrite=overwrite)
    show(result.diagnostics)
    if format_ == "json":
        findings = _findings(result.diagnostics)
        json_to_stdout({"report": report_data(report), "findings": findings, "written": output})
    else:
        text_to_stdout(report_text(report))
    if output is not None:
        click.echo(f"snapshot written to {inert(output)}", err=True)
    doubts = result.diagnostics or report.left_out or any(key == "kind_unknown" for key, _ in report.notes)
    return FINDINGS if strict and doubts else DONE


def _write(folder: Path, tables: Any, manifest: Any, *, overwrite: bool) -> None:
    """Write the snapshot.

    Raises:
        OutputError: the folder holds something, or can't be written.
    """
    from policy_engine.snapshot.write import write_snapshot

    try:
        write_snapshot(folder, tables, manifest, overwrite=overwrite)
    except FileExistsError as error:
        hint = "" if overwrite else "; give another one, or --overwrite"
        raise OutputError(f"{inert(str(error))}{hint}") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise OutputError(f"can't write {inert(str(folder))}: {inert(reason)}") from error


def _findings(diagnostics: Sequence[Diagnostic]) -> list[dict[str, Any]]:
    return [
        {
            "code": found.code,
            "severity": found.severity,
            "message": found.message,
            "file": found.position.file,
            "line": found.position.line,
            "column": found.position.column,
            "help": found.help,
        }
        for found in diagnostics
    ]
