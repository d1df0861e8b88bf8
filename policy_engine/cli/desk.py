"""`dunning desk`: note what people agreed, as new rows beside what the ERP exports."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import click

from policy_engine.cli import actor
from policy_engine.cli.desk_calls import import_calls
from policy_engine.cli.desk_inputs import FOLDER, FORMAT, DeskUsageError, cells_text, known_of, refuse, rows_in
from policy_engine.cli.desk_list import list_
from policy_engine.cli.inputs import Day, show, today, unusable
from policy_engine.cli.main import DONE
from policy_engine.cli.output import json_to_stdout, text_to_stdout
from policy_engine.desk.correct import correction
from policy_engine.desk.entry import MAX_TEXT, Entry, Kind, Mistake, entry
from policy_engine.desk.folder import DeskError, Listed, Noted, append_all
from policy_engine.desk.gone import gone_rows
from policy_engine.desk.known import Known, against
from policy_engine.values.text import inert

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


_INVOICE = click.option("--invoice", help="The invoice's id; with -s also its number.")
_CUSTOMER = click.option("--customer", help="The customer's id; with -s an invoice's customer is filled in.")


def _noting(command: Decorated) -> Decorated:
    """Adds `--desk`, `-s`, `--on` and `--format`."""
    options = (
        FOLDER,
        click.option(
            "-s", "--snapshot", "snapshot_paths", multiple=True,
            help="Check customers, invoices and amounts against this snapshot. Several add up.",
        ),
        click.option("--on", "day", type=Day(), help="The day of the entry; today without it."),
        FORMAT,
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


@command.command("set", epilog="Example: dunning desk set -s erp --invoice F-1 --step formal_notice -p policy.yaml")
@_CUSTOMER
@click.option("--invoice", required=True, help="The invoice's id; with -s also its number.")
@click.option("--step", help="The step it stands on from now on: it counts as done, the next one follows.")
@click.option("--start", is_flag=True, help="Before the first step.")
@click.option("-p", "--policy", "policy_path", help="Check the step's name against this policy.")
@_noting
def set_(
    customer: str | None,
    invoice: str,
    step: str | None,
    start: bool,  # noqa: FBT001 - click passes options by name
    policy_path: str | None,
    **common: Any,
) -> int:
    """Put an invoice on a step, up or down. The latest `set` counts, raised by what is sent after it.

    The day is the snapshot's where one is given: history of a day to come would refuse every plan until then.
    """
    if (step is None) is not start:
        refuse([Mistake("`step`", "is not said", "give --step NAME, or --start for before the first step")])
    cells: dict[str, str | date | None] = {"customer": customer, "invoice": invoice, "step": step, "status": "set"}
    mistakes: list[Mistake] = []
    if step is not None and policy_path is not None:
        cells["stage"], mistakes = _stage(step, policy_path)
    if common["snapshot_paths"]:
        known = known_of(common["snapshot_paths"], common["day"] or today())
        if known is not None and common["day"] is not None and common["day"] > known.as_of:
            text = f"{common['day']} is after the snapshot's day {known.as_of}"
            mistakes.append(Mistake("`date`", text, "leave --on out, or read a later snapshot"))
        if known is not None and common["day"] is None:
            common["day"] = min(today(), known.as_of)
    return _note("set", cells, common, mistakes)


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
@click.argument("id_", metavar="[ID]", required=False)
@click.option("--withdraw", is_flag=True, help="It was noted by mistake: count it as if it had never been there.")
@click.option("--gone", is_flag=True, help="Withdraw every row whose invoice or customer the snapshot has no more.")
@click.option("--reason", help="Why, in your words.")
@_noting
def close(id_: str | None, withdraw: bool, gone: bool, reason: str | None, **common: Any) -> int:  # noqa: FBT001
    """End a dispute or a block, withdraw a promise, a waiver, a set step or a note: by a new row, from --on onwards.

    ID is the row's id, of the desk or (with -s) of the snapshot.
    """
    if (id_ is None) is not gone:
        refuse([Mistake("`id`", "is not said", "name the row, or say --gone with -s")])
    day = common["day"] or today()
    known = known_of(common["snapshot_paths"], day)
    rows, findings = rows_in(common["folder"])
    if findings:
        unusable(findings)
    if gone:
        return _close_gone(rows, known, reason, common)
    made, mistakes = correction((id_ or "").strip(), rows, known, day, actor.actor(), reason, withdraw=withdraw)
    if made is None or mistakes:
        refuse(mistakes)
    return _append([made], known, common)


def _close_gone(rows: Sequence[Listed], known: Known | None, reason: str | None, common: Mapping[str, Any]) -> int:
    """Withdraw what the export's invoices left behind; what still protects another invoice is left to a person."""
    if known is None:
        refuse([Mistake("`--gone`", "needs the ERP's snapshot", "give it with -s, without the desk's folder")])
    day = common["day"] or min(today(), known.as_of)
    every = gone_rows(rows, known)
    entries = []
    for found in every:
        if found.left:
            left = ", ".join(f"`{key}`" for key in found.left)
            text = f"`{found.row.id}` still protects {left}: withdraw it yourself, and note it again for these"
            click.echo(inert(text), err=True)
            continue
        why = reason or f"the export has no {', '.join(found.missing)} any more"
        made, mistakes = correction(found.row.id, rows, None, day, actor.actor(), why[:MAX_TEXT], withdraw=True)
        if made is None or mistakes:
            refuse(mistakes)
        entries.append(made)
    if not entries:
        if common["format_"] == "text":
            text_to_stdout("nothing to withdraw\n")
        else:
            json_to_stdout([])
        return DONE
    return _append(entries, known, common)


def _note(
    kind: Kind, cells: Mapping[str, str | date | None], common: Mapping[str, Any], mistakes: Sequence[Mistake] = ()
) -> int:
    """Check an entry by itself and against the snapshot, then append it."""
    day = common["day"] or today()
    made, found = entry(kind, day, actor.actor(), cells)
    mistakes = [*mistakes, *found]
    known = known_of(common["snapshot_paths"], day)
    if known is not None and not mistakes:
        made, found = against(made, known)
        mistakes += found
    if kind == "promise" and "customer" not in made.cells and not mistakes:
        mistakes = [Mistake("`customer`", "is not known", "name the customer, or the snapshot with -s")]
    if mistakes:
        refuse(mistakes)
    return _append([made], known, common)


def _append(entries: Sequence[Entry], known: Known | None, common: Mapping[str, Any]) -> int:
    try:
        every = append_all(Path(common["folder"]), entries, () if known is None else known.rows)
    except DeskError as error:
        show(error.diagnostics)
        raise DeskUsageError(f"Error: {inert(str(error))}") from error
    if common["format_"] == "json":
        rows = [{"id": one.id, "table": one.table, "file": str(one.file), "row": one.cells} for one in every]
        json_to_stdout(rows if common.get("gone") or len(rows) > 1 else rows[0])
    else:
        text_to_stdout("".join(f"{_noted_text(one)}\n" for one in every))
    return DONE


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


def _noted_text(noted: Noted) -> str:
    return f"{inert(str(noted.file))}: {inert(noted.id)}: {cells_text(noted.cells)}"


def _stage(step: str, policy_path: str) -> tuple[str | None, list[Mistake]]:
    """The stage of a step, None when ladders disagree about it; and whether any ladder has it."""
    from policy_engine.language.load import load_policy
    from policy_engine.values.diagnostics import did_you_mean

    loaded = load_policy(Path(policy_path))
    if loaded.policy is None:
        unusable(loaded.diagnostics)
    stages: dict[str, set[str]] = {}
    for ladder in loaded.policy.ladders:
        for one in ladder.steps:
            stages.setdefault(one.name, set()).add(one.stage)
    found = stages.get(step.strip(), set())
    if not found:
        fix = did_you_mean(step, stages) or f"one of {', '.join(stages)}"
        return None, [Mistake("`step`", f"the policy has no step `{step}`", fix)]
    return (next(iter(found)) if len(found) == 1 else None), []


command.add_command(list_)
command.add_command(import_calls)
