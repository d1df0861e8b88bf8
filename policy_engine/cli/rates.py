"""`dunning rates`: the reference rates, their checks, and a company's own tables."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

import click

from policy_engine.cli.inputs import Day, diagnostic_data, show, today, unusable
from policy_engine.cli.main import DONE, FINDINGS, USAGE
from policy_engine.cli.output import json_to_stdout, lines_to_stdout, text_to_stdout, to_file
from policy_engine.rates.checks import HALF_YEARLY, CrossCheck, cross_checks, findings_of, gaps, statutory_until
from policy_engine.rates.company import CompanyRates, company_rates, join, rates_text, shipped_files, with_file
from policy_engine.rates.table_file import RateFile, ppm_text, read_rates
from policy_engine.values.diagnostics import Diagnostic, did_you_mean, in_order
from policy_engine.values.text import inert

_UNREADABLE = "DUN801"
_format = click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
_folder = click.option(
    "--rates", "folder", type=click.Path(file_okay=False), help="A folder with the company's own tables."
)


class RatesError(click.ClickException):
    """A table or folder that can't be used; one line says why."""

    exit_code = USAGE


@click.group(
    "rates",
    short_help="the reference rates, their checks, a company's own tables",
    epilog="Example: dunning rates list",
)
def command() -> None:
    """Show and check the reference rates, and keep a company's own tables that extend or replace the package's."""


@command.command("list", epilog="Example: dunning rates list ecb_mro")
@click.argument("name", required=False)
@_folder
@_format
def list_(name: str | None, folder: str | None, format_: str) -> int:
    """List the tables: how far each is known, and until when statutory interest can be stated. With NAME, its rows."""
    known = _read(folder)
    if name is not None and name not in known.files:
        near = did_you_mean(name, known.files) or f"one of {', '.join(sorted(known.files))}"
        raise RatesError(f"no table is called `{inert(name)}`; {near}")
    if format_ == "json":
        chosen = known.files if name is None else {name: known.files[name]}
        json_to_stdout({"tables": [_data(file, key in known.own) for key, file in sorted(chosen.items())]})
    elif name is None:
        lines_to_stdout("\n".join(_summary(file, file.name in known.own) for _, file in sorted(known.files.items())))
    else:
        text_to_stdout(_rows(known.files[name]))
    return DONE


@command.command("check", epilog="Example: dunning rates check ecb_mro.csv --checked-through 2027-01-01")
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path())
@_folder
@click.option("--checked-through", type=Day(), help="Last day for which the tables in FILE are known.")
@_format
def check(files: tuple[str, ...], folder: str | None, checked_through: date | None, format_: str) -> int:
    """Check the tables: order, overlaps, gaps, and the relations that hold between them and with publications.

    With FILE, what `update` would make of these CSV files, writing nothing. Exit code 1 when something is wrong.
    """
    known = company_rates(None if folder is None else Path(folder))
    for file in files:
        known = with_file(known, Path(file), checked_through)
    found = list(known.diagnostics)
    checks = cross_checks(known.files)
    found += [finding for _, file in sorted(known.files.items()) for finding in gaps(file)]
    found += [finding for one in checks for finding in one.findings]
    if format_ == "json":
        json_to_stdout(_check_data(known, checks, found))
    else:
        show(found)
        lines_to_stdout(_check_text(known.files, checks, found))
    if any(finding.code == _UNREADABLE for finding in found):
        return USAGE
    return FINDINGS if found else DONE


@command.command(
    "update", epilog="Example: dunning rates update ecb_mro.csv --checked-through 2027-01-01 --into company-rates"
)
@click.argument("file", metavar="FILE", type=click.Path())
@click.option("--into", required=True, type=click.Path(file_okay=False), help="The folder of the company's own tables.")
@click.option("--name", help="The table's name, when the file is called otherwise.")
@click.option("--checked-through", type=Day(), help="Last day for which the table is known.")
@click.option("--title", default="", help="What people call it.")
@click.option("--replaces", is_flag=True, help="The file stands instead of the package's table, not behind it.")
@_format
def update(
    file: str,
    into: str,
    name: str | None,
    checked_through: date | None,
    title: str,
    replaces: bool,  # noqa: FBT001 - click passes options by name
    format_: str,
) -> int:
    """Check a CSV of rates and keep it among the company's own tables; nothing is written unless all of it is right.

    Columns: effective_from, rate_pct, verified (yes, secondary, no), source. The rows go on where the package's table
    and the company's earlier rows end. Exit code 2 when the file is refused.
    """
    folder = Path(into)
    _refuse_package(folder)
    if title and not title.isprintable():
        raise RatesError("the title holds characters that can't be printed")
    table, wrong = read_rates(Path(file), name=name, title=title, checked_through=checked_through)
    if table is None:
        _refused(wrong, format_)
    table = replace(table, title=title or table.title, replaces=table.replaces or replaces)
    known = company_rates(folder) if folder.exists() else company_rates(None)
    path = folder / f"{table.name}.csv"
    kept, wrong = _with_earlier(table, path, known, file)
    whole, contradictions = join(shipped_files().get(table.name), kept)
    others = {key: other for key, other in known.files.items() if key != table.name}
    wrong = (*wrong, *contradictions, *_ahead(table, today()), *findings_of({**others, table.name: whole}))
    if wrong:
        _refused(wrong, format_)
    text = rates_text(kept)
    to_file(path, lambda stream: _write(stream, text))
    if format_ == "json":
        json_to_stdout({"written": str(path), "table": _data(whole, own=True)})
    else:
        text_to_stdout(f"{inert(str(path))}: {_counted(kept)}\n{_summary(whole, own=True)}")
    return DONE


def _ahead(table: RateFile, now: date) -> tuple[Diagnostic, ...]:
    """A rate is known once it is announced; a table that isn't fixed for a half-year can't be checked beyond today."""
    if table.checked_through <= max(now, table.rows[-1].day) or table.name in HALF_YEARLY:
        return ()
    message = f"`checked_through` is {table.checked_through}, after today: the rate may change until then"
    fix = f"say {max(now, table.rows[-1].day)}, and update the table again later"
    return (Diagnostic("DUN806", "error", message, table.position, fix),)


def _with_earlier(
    table: RateFile, path: Path, known: CompanyRates, file: str
) -> tuple[RateFile, tuple[Diagnostic, ...]]:
    """The new rows behind those that the company's folder has already; a broken folder is told, not overwritten."""
    if known.diagnostics:
        return table, known.diagnostics
    if table.replaces or not path.exists() or path.resolve() == Path(file).resolve():
        return table, ()
    earlier, wrong = read_rates(path)
    return (table, wrong) if earlier is None else join(earlier, table)


def _refuse_package(folder: Path) -> None:
    import policy_engine

    package = Path(policy_engine.__file__).resolve().parent
    try:
        inside = folder.resolve().is_relative_to(package)
    except (OSError, RuntimeError, ValueError) as error:
        raise RatesError(f"{inert(str(folder))} is not a usable path") from error
    if inside:
        raise RatesError("the package's own tables are never changed; give --into a folder of the company's")


def _read(folder: str | None) -> CompanyRates:
    known = company_rates(None if folder is None else Path(folder))
    if known.diagnostics:
        unusable(known.diagnostics)
    return known


def _refused(found: Sequence[Diagnostic], format_: str) -> NoReturn:
    found = in_order(found)
    if format_ == "json":
        json_to_stdout({"written": None, "findings": [diagnostic_data(finding) for finding in found]})
        raise click.exceptions.Exit(USAGE)
    unusable(found)


def _write(stream: Any, text: str) -> None:
    stream.write(text)


def _counted(file: RateFile) -> str:
    return f"{len(file.rows)} row{'' if len(file.rows) == 1 else 's'}"


def _summary(file: RateFile, own: bool) -> str:  # noqa: FBT001 - one flag, named by every caller
    last = file.rows[-1]
    counts = {word: sum(row.verified == word for row in file.rows) for word in ("yes", "secondary", "no")}
    alone = file.replaces or file.name not in shipped_files()
    where = "shipped" if not own else "the company's" if alone else "shipped, extended by the company"
    return inert_lines(
        f"{file.name}: {file.title} ({where})",
        f"  {_counted(file)} from {file.rows[0].day}; last {ppm_text(last.ppm)} % from {last.day}",
        f"  checked through {file.checked_through}; statutory interest can be stated until {statutory_until(file)}",
        f"  verified: {counts['yes']} yes, {counts['secondary']} secondary, {counts['no']} from memory",
        f"  source of the last row: {last.source}",
    )


def _rows(file: RateFile) -> str:
    lines = [f"{row.day} {ppm_text(row.ppm):>8} %  {row.verified:<9}  {row.source}" for row in file.rows]
    return inert_lines(f"{file.name}: {file.title}, checked through {file.checked_through}", *lines)


def inert_lines(*lines: str) -> str:
    """Lines that move no cursor, each with its end."""
    return "".join(inert(line) + "\n" for line in lines)


def _data(file: RateFile, own: bool) -> dict[str, Any]:  # noqa: FBT001 - one flag, named by every caller
    return {
        "name": file.name,
        "title": file.title,
        "own": own,
        "replaces": file.replaces,
        "checked_through": str(file.checked_through),
        "statutory_until": str(statutory_until(file)),
        "rows": [
            {
                "effective_from": str(row.day),
                "rate_pct": ppm_text(row.ppm),
                "verified": row.verified,
                "source": row.source,
                **row.extra,
            }
            for row in file.rows
        ],
    }


def _check_text(files: Mapping[str, RateFile], checks: Sequence[CrossCheck], found: Sequence[Diagnostic]) -> str:
    lines = []
    for name, file in sorted(files.items()):
        lines.append(f"{name}: {_counted(file)}, {file.rows[0].day} to {file.checked_through}, in order")
    for one in checks:
        verdict = f"{len(one.findings)} of {one.compared} differ" if one.findings else f"{one.compared} agree"
        lines.append(f"{one.says}: {verdict}")
    count = len(found)
    lines.append("no findings" if not count else f"{count} finding{'' if count == 1 else 's'}")
    return inert_lines(*lines)


def _check_data(known: CompanyRates, checks: Sequence[CrossCheck], found: Sequence[Diagnostic]) -> dict[str, Any]:
    return {
        "tables": [
            {
                "name": name,
                "rows": len(file.rows),
                "own": name in known.own,
                "checked_through": str(file.checked_through),
            }
            for name, file in sorted(known.files.items())
        ],
        "cross_checks": [
            {"name": one.name, "says": one.says, "compared": one.compared, "differ": len(one.findings)}
            for one in checks
        ],
        "findings": [diagnostic_data(finding) for finding in found],
    }
