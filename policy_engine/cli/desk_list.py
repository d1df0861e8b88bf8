"""`dunning desk list`: what was noted, what closed it, and first what can't be read against the ERP any more."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from policy_engine.cli.desk_inputs import FOLDER, FORMAT, DeskUsageError, cells_text, known_of, rows_in
from policy_engine.cli.inputs import diagnostic_data, show, today
from policy_engine.cli.main import DONE, FINDINGS, USAGE
from policy_engine.cli.output import json_to_stdout, text_to_stdout
from policy_engine.desk.entry import TABLE_OF
from policy_engine.desk.folder import Listed
from policy_engine.desk.gone import Gone, gone_rows, invoices_of
from policy_engine.desk.known import Known
from policy_engine.values.text import inert


@click.command("list", epilog="Example: dunning desk list -s erp --customer C-7 --format json")
@FOLDER
@click.option("-s", "--snapshot", "snapshot_paths", multiple=True, help="The ERP's snapshot: names and open amounts.")
@click.option("--customer", help="Only what names this customer.")
@click.option("--table", type=click.Choice([table.name for table in TABLE_OF.values()]), help="Only this table.")
@FORMAT
def list_(folder: str, snapshot_paths: tuple[str, ...], customer: str | None, table: str | None, format_: str) -> int:
    """Show what was noted, and what closed it. Exit code 1 when a row can't be read.

    With -s names and open amounts stand beside the ids, and rows whose invoice the ERP exports no more come first:
    they hold their customer until they are withdrawn.
    """
    if not Path(folder).is_dir():
        raise DeskUsageError(f"Error: there is no folder {inert(folder)}; the first entry makes it")
    known = known_of(snapshot_paths, today())
    rows, findings = rows_in(folder)
    closed: dict[tuple[str | None, str | None], list[Listed]] = {}
    for row in rows:
        if row.kind == "correction":
            closed.setdefault((row.cells.get("table"), row.cells.get("row")), []).append(row)
    shown = [
        row
        for row in rows
        if (customer is None or row.cells.get("customer") == customer) and (table is None or row.table == table)
    ]
    gone = () if known is None else tuple(one for one in gone_rows(rows, known) if one.row in shown)
    if format_ == "json":
        found = {
            "gone": [_gone_data(one) for one in gone],
            "entries": [_listed_data(row, closed.get((row.table, row.id), ()), known) for row in shown],
            "findings": [diagnostic_data(finding) for finding in findings],
        }
        json_to_stdout(found)
    else:
        show(findings)
        first = _gone_text(gone, folder, snapshot_paths)
        rest = "".join(_listed_text(row, closed.get((row.table, row.id), ()), known) for row in shown)
        text_to_stdout(first + rest)
    if findings:
        return USAGE
    return FINDINGS if gone or any(row.broken for row in rows) else DONE


def _gone_text(gone: Sequence[Gone], folder: str, snapshot_paths: Sequence[str]) -> str:
    """The rows that hold their customers for an invoice that is no more, each with the command that closes it."""
    if not gone:
        return ""
    holding = any(one.holds for one in gone)
    what = "what is noted there holds its customer" if holding else "a note holds nobody"
    lines = [f"can't be read against the export any more ({len(gone)}); {what}:"]
    where = [] if folder == "desk" else ["--desk", folder]
    for one in gone:
        aside = "; a note, which holds nobody" if holding and not one.holds else ""
        lines.append(f"  {inert(one.row.id)}: the export has no {', '.join(map(inert, one.missing))}{aside}")
        lines.append(f"    {inert(shlex.join(['dunning', 'desk', 'close', one.row.id, '--withdraw', *where]))}")
        if one.left:
            lines.append(f"    and note it again for {', '.join(map(inert, one.left))}, which it still protects")
    snapshot = [part for path in snapshot_paths for part in ("-s", path)]
    every = shlex.join(["dunning", "desk", "close", "--gone", *snapshot, *where])
    return "\n".join([*lines, f"  all at once: {inert(every)}", "", ""])


def _gone_data(one: Gone) -> dict[str, Any]:
    return {
        "id": one.row.id, "table": one.row.table, "missing": list(one.missing), "left": list(one.left),
        "holds": one.holds,
    }  # fmt: skip


def _listed_text(row: Listed, closed: Sequence[Listed], known: Known | None) -> str:
    lines = [f"{inert(row.id) or '?'}: {cells_text(row.cells)}"]
    told = _told(row, known)
    if told:
        lines.append(f"  {inert(', '.join(told))}")
    if row.broken:
        lines.append(f"  can't be read ({inert(row.where)}): {inert(row.broken)}")
    lines += [
        f"  {inert(one.cells.get('change', '?'))} from {inert(one.day or '?')} by {inert(one.id)}" for one in closed
    ]
    return "".join(line + "\n" for line in lines)


def _told(row: Listed, known: Known | None) -> list[str]:
    """The customer's name, and what is open on each invoice."""
    if known is None or row.kind == "correction":
        return []
    customer = row.cells.get("customer") or next(
        (owner for key in invoices_of(row) if (owner := known.owner(key)) is not None), None
    )
    found = [] if customer is None or customer not in known.customers else [known.customers[customer]]
    return found + [text for key in invoices_of(row) if (text := known.open_text(key)) is not None]


def _listed_data(row: Listed, closed: Sequence[Listed], known: Known | None) -> dict[str, Any]:
    data: dict[str, Any] = {
        "table": row.table,
        "id": row.id,
        "row": row.cells,
        "where": row.where,
        "broken": row.broken or None,
        "corrections": [{"id": one.id, "change": one.cells.get("change"), "date": one.day or None} for one in closed],
    }
    if known is not None:
        data["customer_name"] = known.customers.get(row.cells.get("customer", ""))
        data["open"] = {key: text for key in invoices_of(row) if (text := known.open_amount(key)) is not None}
    return data
