"""`dunning desk`: note what people agreed, as new rows beside what the ERP exports."""

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from policy_engine.cli import actor
from policy_engine.cli.inputs import Day, diagnostic_data, show, today, unusable
from policy_engine.cli.main import DONE, FINDINGS, USAGE
from policy_engine.cli.output import json_to_stdout, text_to_stdout
from policy_engine.desk.correct import correction
from policy_engine.desk.entry import TABLE_OF, Entry, Kind, Mistake, entry
from policy_engine.desk.folder import DeskError, Listed, Noted, append, rows_of
from policy_engine.desk.known import Known, against
from policy_engine.values.diagnostics import Diagnostic
from policy_engine.values.text import inert

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class DeskUsageError(click.ClickException):
    """Something that can't be noted; says why."""

    exit_code = USAGE

    def show(self, file: Any = None) -> None:
        """Without the word of click's own in front: the message may have several lines."""
        click.echo(self.message, file=file or sys.stderr)


_FOLDER = click.option(
    "--desk", "folder", type=click.Path(file_okay=False), default="desk", show_default=True, help="The desk's folder."
)
_FORMAT = click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
_INVOICE = click.option("--invoice", help="The invoice's id; with -s also its number.")
_CUSTOMER = click.option("--customer", help="The customer's id; with -s an invoice's customer is filled in.")


def _noting(command: Decorated) -> Decorated:
    """Adds `--desk`, `-s`, `--on` and `--format`."""
    options = (
        _FOLDER,
        click.option(
            "-s", "--snapshot", "snapshot_paths", multiple=True,
            help="Check customers, invoices and amounts against this snapshot. Several add up.",
        ),
        click.option("--on", "day", type=Day(), help="The day of the entry; today without it."),
        _FORMAT,
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@click.group(
    "desk",
    short_help="note a promise, a dispute, a block, a waiver, a note",
    epilog="Example: dunning desk promise -s erp --invoice F-2026-0815 --pay-by 2026-12-05",
)
def command() -> None:
    """Note what people agreed: rows in CSV files of a folder that is read beside the ERP's, `-s erp -s desk`.

    Each row says who noted it (the user of this computer) and when. Nothing is edited: what was wrong, or is over, is
    closed by a new row.
    """


@command.command("promise", epilog="Example: dunning desk promise -s erp --invoice F-1 --pay-by 2026-12-05")
@_CUSTOMER
@click.option("--invoice", "invoices", multiple=True, help="A promised invoice; several may be named, none means all.")
@click.option("--pay-by", type=Day(), required=True, help="Day by which the money was promised.")
@click.option("--amount", help="The promised amount; without it all that is outstanding.")
@_noting
def promise(customer: str | None, invoices: tuple[str, ...], pay_by: date, amount: str | None, **common: Any) -> int:
    """Note a promise to pay."""
    mistakes = [
        Mistake("`invoice`", f"`{named}` can't be noted in a promise: it holds a `;`, which separates invoices")
        for named in invoices
        if ";" in named
    ]
    cells = {"customer": customer, "invoices": "; ".join(invoices), "date": pay_by, "amount": amount}
    return _note("promise", cells, common, mistakes)


@command.command("dispute", epilog="Example: dunning desk dispute -s erp --invoice F-1 --reason 'two pallets damaged'")
@_CUSTOMER
@click.option("--invoice", required=True, help="The contested invoice's id; with -s also its number.")
@click.option("--amount", help="The contested amount; without it the whole invoice.")
@click.option("--reason", help="Why, in your words.")
@_noting
def dispute(customer: str | None, invoice: str, amount: str | None, reason: str | None, **common: Any) -> int:
    """Note what a customer contests."""
    return _note("dispute", {"customer": customer, "invoice": invoice, "amount": amount, "reason": reason}, common)


@command.command("block", epilog="Example: dunning desk block --customer C-7 --until 2026-12-31 --reason 'merger'")
@_CUSTOMER
@_INVOICE
@click.option("--until", type=Day(), help="Last day of the block; without it until it is closed.")
@click.option("--reason", help="Why, in your words.")
@_noting
def block(customer: str | None, invoice: str | None, until: date | None, reason: str | None, **common: Any) -> int:
    """Leave a customer, or one invoice, alone."""
    return _note("block", {"customer": customer, "invoice": invoice, "until": until, "reason": reason}, common)


@command.command("waive", epilog="Example: dunning desk waive -s erp --invoice F-1 --penalty recovery_indemnity")
@_CUSTOMER
@click.option("--invoice", required=True, help="The late invoice's id; with -s also its number.")
@click.option("--penalty", required=True, help="The penalty's name in the policy.")
@click.option("--amount", help="How much; without it what accrued up to the day and isn't paid.")
@click.option("--until-settled", is_flag=True, help="All of it, for good.")
@click.option("-p", "--policy", "policy_path", help="Check the penalty's name against this policy.")
@_noting
def waive(
    customer: str | None,
    invoice: str,
    penalty: str,
    amount: str | None,
    until_settled: bool,  # noqa: FBT001 - click passes options by name
    policy_path: str | None,
    **common: Any,
) -> int:
    """Waive interest or a lump sum."""
    cells = {"customer": customer, "invoice": invoice, "penalty": penalty, "status": "waived", "amount": amount}
    cells["until"] = "settled" if until_settled else None
    return _note("waiver", cells, common, [] if policy_path is None else _penalty(penalty, policy_path))


@command.command("note", epilog="Example: dunning desk note 'new accountant as of August' --customer C-7")
@click.argument("text")
@_CUSTOMER
@_INVOICE
@_noting
def note(text: str, customer: str | None, invoice: str | None, **common: Any) -> int:
    """Note TEXT about a customer or an invoice. It decides nothing."""
    return _note("note", {"customer": customer, "invoice": invoice, "text": text}, common)


@command.command("close", epilog="Example: dunning desk close desk-block-2026-10-30-1 --reason 'proof was sent'")
@click.argument("id_", metavar="ID")
@click.option("--withdraw", is_flag=True, help="It was noted by mistake: count it as if it had never been there.")
@click.option("--reason", help="Why, in your words.")
@_noting
def close(id_: str, withdraw: bool, reason: str | None, **common: Any) -> int:  # noqa: FBT001 - by name
    """End a dispute or a block, withdraw a promise, a waiver or a note: by a new row, from --on onwards.

    ID is the row's id, of the desk or (with -s) of the snapshot.
    """
    day = common["day"] or today()
    known = _known(common["snapshot_paths"], day)
    rows, findings = _rows(common["folder"])
    if findings:
        unusable(findings)
    made, mistakes = correction(id_.strip(), rows, known, day, actor.actor(), reason, withdraw=withdraw)
    if made is None or mistakes:
        _refuse(mistakes)
    return _append(made, known, common)


@command.command("list", epilog="Example: dunning desk list --customer C-7 --format json")
@_FOLDER
@click.option("--customer", help="Only what names this customer.")
@click.option("--table", type=click.Choice([table.name for table in TABLE_OF.values()]), help="Only this table.")
@_FORMAT
def list_(folder: str, customer: str | None, table: str | None, format_: str) -> int:
    """Show what was noted, and what closed it. Exit code 1 when a row can't be read."""
    if not Path(folder).is_dir():
        raise DeskUsageError(f"Error: there is no folder {inert(folder)}; the first entry makes it")
    rows, findings = _rows(folder)
    closed: dict[tuple[str | None, str | None], list[Listed]] = {}
    for row in rows:
        if row.kind == "correction":
            closed.setdefault((row.cells.get("table"), row.cells.get("row")), []).append(row)
    shown = [
        row
        for row in rows
        if (customer is None or row.cells.get("customer") == customer) and (table is None or row.table == table)
    ]
    if format_ == "json":
        entries = [_listed_data(row, closed.get((row.table, row.id), ())) for row in shown]
        json_to_stdout({"entries": entries, "findings": [diagnostic_data(finding) for finding in findings]})
    else:
        show(findings)
        text_to_stdout("".join(_listed_text(row, closed.get((row.table, row.id), ())) for row in shown))
    if findings:
        return USAGE
    return FINDINGS if any(row.broken for row in rows) else DONE


def _note(
    kind: Kind, cells: Mapping[str, str | date | None], common: Mapping[str, Any], mistakes: Sequence[Mistake] = ()
) -> int:
    """Check an entry by itself and against the snapshot, then append it."""
    day = common["day"] or today()
    made, found = entry(kind, day, actor.actor(), cells)
    mistakes = [*mistakes, *found]
    known = _known(common["snapshot_paths"], day)
    if known is not None and not mistakes:
        made, found = against(made, known)
        mistakes += found
    if kind == "promise" and "customer" not in made.cells and not mistakes:
        mistakes = [Mistake("`customer`", "is not known", "name the customer, or the snapshot with -s")]
    if mistakes:
        _refuse(mistakes)
    return _append(made, known, common)


def _append(made: Entry, known: Known | None, common: Mapping[str, Any]) -> int:
    try:
        noted = append(Path(common["folder"]), made, () if known is None else known.rows)
    except DeskError as error:
        show(error.diagnostics)
        raise DeskUsageError(f"Error: {inert(str(error))}") from error
    if common["format_"] == "json":
        json_to_stdout({"id": noted.id, "table": noted.table, "file": str(noted.file), "row": noted.cells})
    else:
        text_to_stdout(f"{_noted_text(noted)}\n")
    return DONE


def _rows(folder: str) -> tuple[tuple[Listed, ...], tuple[Diagnostic, ...]]:
    try:
        return rows_of(Path(folder))
    except DeskError as error:
        raise DeskUsageError(f"Error: {inert(str(error))}") from error


def _refuse(mistakes: Sequence[Mistake]) -> NoReturn:
    raise DeskUsageError("\n".join(mistake.render() for mistake in mistakes))


def _known(snapshot_paths: Sequence[str], day: date) -> Known | None:
    """What the snapshot knows, None without one; shows why it can't be read and exits."""
    if not snapshot_paths:
        return None
    from policy_engine.snapshot.read import read_snapshot, snapshot_date

    paths = [Path(path) for path in snapshot_paths]
    result = read_snapshot(paths, as_of=None if snapshot_date(paths) else day, accept_unattributed=sys.maxsize)
    if result.snapshot is None:
        unusable(result.diagnostics)
    return Known(result.snapshot)


def _penalty(name: str, policy_path: str) -> list[Mistake]:
    """Whether the policy has a penalty of that name: a waiver of another one would waive nothing."""
    from policy_engine.language.load import load_policy
    from policy_engine.values.diagnostics import did_you_mean

    loaded = load_policy(Path(policy_path))
    if loaded.policy is None:
        unusable(loaded.diagnostics)
    names = [penalty.name for penalty in loaded.policy.penalties]
    if name.strip() in names:
        return []
    fix = did_you_mean(name, names) or (f"one of {', '.join(names)}" if names else "the policy has no penalties")
    return [Mistake("`penalty`", f"the policy has no penalty `{name}`", fix)]


def _cells_text(cells: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {inert(text)}" for name, text in cells.items() if name != "id")


def _noted_text(noted: Noted) -> str:
    return f"{inert(str(noted.file))}: {inert(noted.id)}: {_cells_text(noted.cells)}"


def _listed_text(row: Listed, closed: Sequence[Listed]) -> str:
    lines = [f"{inert(row.id) or '?'}: {_cells_text(row.cells)}"]
    if row.broken:
        lines.append(f"  can't be read ({inert(row.where)}): {inert(row.broken)}")
    lines += [
        f"  {inert(one.cells.get('change', '?'))} from {inert(one.day or '?')} by {inert(one.id)}" for one in closed
    ]
    return "".join(line + "\n" for line in lines)


def _listed_data(row: Listed, closed: Sequence[Listed]) -> dict[str, Any]:
    return {
        "table": row.table,
        "id": row.id,
        "row": row.cells,
        "where": row.where,
        "broken": row.broken or None,
        "corrections": [{"id": one.id, "change": one.cells.get("change"), "date": one.day or None} for one in closed],
    }
