"""A company's own rate tables: a folder of CSV files that extend the package's, or replace them where they say so.

A file of the same name as a shipped table goes on where that one ends. What it says about days that the package
knows too must agree with it, so that a newer package and an older folder get along, or a difference is seen.
"""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from io import StringIO
from pathlib import Path

from policy_engine.rates import RateTable
from policy_engine.rates.table_file import COLUMNS, RateFile, parse_rates, ppm_text, read_rates
from policy_engine.values.days import parse_date
from policy_engine.values.diagnostics import Diagnostic, in_order
from policy_engine.values.position import Position


@dataclass(frozen=True, slots=True)
class CompanyRates:
    """The package's tables with a company's.

    Attributes:
        files: every table by name, as far as it can be used.
        diagnostics: what is wrong with the company's; with any of them nothing may be computed.
        own: names of the tables that the company's folder has a file of.
    """

    files: Mapping[str, RateFile]
    diagnostics: tuple[Diagnostic, ...] = ()
    own: frozenset[str] = frozenset()

    @property
    def tables(self) -> dict[str, RateTable]:
        """What `load_policy(rates=...)` takes."""
        return {name: file.table() for name, file in sorted(self.files.items())}


@cache
def shipped_files() -> dict[str, RateFile]:
    """The package's tables with their places, by name. Read once per process; treat as read-only."""
    folder = files("policy_engine.rates") / "data"
    heads = json.loads((folder / "tables.json").read_text(encoding="utf-8"))
    found: dict[str, RateFile] = {}
    for name, head in sorted(heads.items()):
        content = (folder / f"{name}.csv").read_bytes()
        file, wrong = parse_rates(
            content,
            f"policy_engine/rates/data/{name}.csv",
            name,
            title=head["title"],
            checked_through=parse_date(head["checked_through"]),
        )
        assert file is not None, wrong
        found[name] = file
    return found


def company_rates(folder: Path | None) -> CompanyRates:
    """The package's tables, extended or replaced by the files of a folder. Nothing that it holds raises."""
    shipped = shipped_files()
    if folder is None:
        return CompanyRates(shipped)
    at = Position(folder.as_posix(), 1, 1)
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".csv" and not path.name.startswith("."))
    except (OSError, ValueError) as error:
        missing = isinstance(error, FileNotFoundError)
        why = "there is no such folder" if missing else getattr(error, "strerror", None) or "not a usable path"
        finding = Diagnostic("DUN801", "error", f"the folder can't be read: {why}", at, "give a folder of rate tables")
        return CompanyRates(shipped, (finding,))
    known = CompanyRates(shipped)
    for path in paths:
        known = with_file(known, path)
    return known


def with_file(known: CompanyRates, path: Path, checked_through: date | None = None) -> CompanyRates:
    """`known` with one more file: its table goes on where that of the same name ends, or replaces it."""
    file, wrong = read_rates(path, checked_through=checked_through)
    if file is None:
        return replace(known, diagnostics=in_order((*known.diagnostics, *wrong)))
    joined, wrong = join(known.files.get(file.name), file)
    return CompanyRates(
        {**known.files, file.name: joined}, in_order((*known.diagnostics, *wrong)), known.own | {file.name}
    )


def join(base: RateFile | None, further: RateFile) -> tuple[RateFile, tuple[Diagnostic, ...]]:
    """`base` with the rows of `further` behind it, and where the two disagree.

    Of a day that `base` is known for, `further` must give the rate that `base` gives; later rows are added. A
    `further` that replaces stands alone.
    """
    if base is None or further.replaces:
        return further, ()
    known = base.table()
    found: list[Diagnostic] = []
    later = []
    for row in further.rows:
        if row.day > base.checked_through:
            later.append(row)
            continue
        rate = known.on(row.day)
        if rate != row.ppm:
            there = "no rate" if rate is None else f"{ppm_text(rate)} %"
            message = f"{ppm_text(row.ppm)} % from {row.day} contradicts `{base.name}`, which has {there} on that day"
            fix = f"{base.position.file} is known through {base.checked_through}; correct the row, or say "
            fix += "`# replaces: yes` above the header and give the whole table"
            found.append(Diagnostic("DUN807", "error", message, row.position, fix, row.source_line))
    through = max(base.checked_through, further.checked_through)
    title = base.title if further.title == further.name else further.title
    return replace(base, title=title, rows=(*base.rows, *later), checked_through=through), tuple(found)


def rates_text(file: RateFile) -> str:
    """The file as CSV, which `read_rates` reads back equal; the same table gives the same bytes."""
    heads = [f"# title: {file.title}"] if file.title != file.name else []
    heads.append(f"# checked_through: {file.checked_through}")
    if file.replaces:
        heads.append("# replaces: yes")
    further = [name for name in _order(file) if name not in COLUMNS]
    columns = [*COLUMNS[:2], *further, *COLUMNS[2:]]
    stream = StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    for row in file.rows:
        cells = {**row.extra, "effective_from": str(row.day), "rate_pct": ppm_text(row.ppm)}
        cells |= {"verified": row.verified, "source": row.source}
        writer.writerow([cells.get(name, "") for name in columns])
    return "\n".join(heads) + "\n" + stream.getvalue()


def _order(file: RateFile) -> list[str]:
    names: dict[str, None] = {}
    for row in file.rows:
        names.update(dict.fromkeys(row.extra))
    return sorted(names)
