"""Writing a snapshot: rows in, a folder of TABLE.csv files and a manifest out, which `snapshot.read` reads back equal.

Cells are data and are written as they are, RFC 4180: a name that begins with `=` stays such a name. Nothing is put in
front of it for the sake of spreadsheets, because then it would no longer be the name; open the files as text.
"""

import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from itertools import compress, islice
from operator import lt
from pathlib import Path
from typing import Any

from policy_engine.snapshot.books import try_minor
from policy_engine.snapshot.cells import CellError, read_decimal
from policy_engine.snapshot.columns import in_minor
from policy_engine.snapshot.model import ControlTotal, Manifest
from policy_engine.snapshot.table_rows import TableRow, table_rows
from policy_engine.snapshot.tables import TABLES, TOTALLED, Table
from policy_engine.values.money import EXPONENTS, MAX_MINOR, minor_text
from policy_engine.values.text import yaml_quoted

MAX_CELL = 131_072
"""Longest cell that readers of CSV take, in characters."""
_PLAIN = re.compile(r'[^\s,;"\0](?:[^,;"\n\r\0]*[^\s,;"\0])?')
_MARKS = (",", ";", '"', "\n ", " \n")
"""In a column whose cells stand in lines: what no plain cell has."""
MANIFEST_FILE = "manifest.yaml"


def write_snapshot(
    folder: Path, tables: Mapping[str, Sequence[TableRow]], manifest: Manifest, *, overwrite: bool = False
) -> tuple[ControlTotal, ...]:
    """Write the tables and their manifest; the control totals that the manifest vouches for.

    The folder is whole or not there: everything is written beside it and renamed. Columns come in the order of
    `snapshot.tables`, required ones and those that are used; rows by id; lines end with a line feed; UTF-8. Columns
    of the company's own (attributes) follow those of `customers` and `invoices`. The same rows give the same bytes.

    Args:
        folder: made when it isn't there; its parents too.
        tables: rows by the name of their table. `customers` and `invoices` are written even when they have no row.
        manifest: who vouches; its `totals` are computed here and not taken from it.
        overwrite: replace a folder that holds a snapshot. A folder that holds anything else is never replaced.

    Raises:
        FileExistsError: the folder isn't empty.
        OSError: it can't be written.
        ValueError: a table or column that a snapshot doesn't have, or a cell that CSV can't hold (NUL, too long).
    """
    needed = {name: () for name, table in TABLES.items() if table.required}
    texts: dict[str, str] = {}
    totals: list[ControlTotal] = []
    for name, rows in {**needed, **tables}.items():
        if name not in TABLES:
            raise ValueError(f"`{name}` is not a table of a snapshot")
        texts[f"{name}.csv"] = table_text(TABLES[name], rows)
        totals.append(control_total(name, rows))
    totals.sort(key=lambda total: total.table)
    texts[MANIFEST_FILE] = manifest_text(manifest, totals)
    place = folder.absolute()
    _refuse_strangers(place, overwrite=overwrite)
    _put(place, texts)
    return tuple(totals)


def control_total(name: str, rows: Sequence[TableRow]) -> ControlTotal:
    """Rows, and the sums of amounts by currency; no sums when an amount can't be read, because they would be wrong."""
    if name not in TOTALLED:
        return ControlTotal(name, len(rows))
    table = table_rows(rows)
    sums: dict[str, int] = {}
    if not _add_up(table.column("amount"), table.column("currency"), sums):
        return ControlTotal(name, len(rows))
    return ControlTotal(name, len(rows), tuple(sorted(sums.items())))


def _add_up(amounts: Sequence[str], currencies: Sequence[str], sums: dict[str, int]) -> bool:
    """Add the amounts of rows to `sums`; False when one can't be read."""
    units: Sequence[Any] = in_minor(amounts, currencies) if amounts else amounts
    if units is not amounts and max(units) <= MAX_MINOR and min(units) >= -MAX_MINOR:
        for code in set(currencies):
            sums[code] = sum(compress(units, [one == code for one in currencies]))
        return True
    for text, code in zip(amounts, currencies, strict=True):
        try:
            currency = code.strip()
            amount = try_minor(read_decimal(text), currency if currency in EXPONENTS else None)
        except CellError:
            amount = None
        if amount is None:
            return False
        sums[currency] = sums.get(currency, 0) + amount
    return True


def table_text(table: Table, rows: Sequence[TableRow]) -> str:
    """A table as CSV.

    Raises:
        ValueError: a column that the table can't have, or a cell that CSV can't hold.
    """
    columns = table_columns(table, rows)
    lines = map(",".join, zip(*map(_cells, columns.values()), strict=True))
    return "\n".join([",".join(map(_cell, columns)), *lines, ""])


def table_columns(table: Table, rows: Sequence[TableRow]) -> dict[str, list[str]]:
    """The columns that are written of a table, by their names, each with its cells; the rows in their order.

    Raises:
        ValueError: a column that the table can't have.
    """
    found = table_rows(rows)
    used = {column.name for column in table.columns if column.required} | set(found.names())
    own = sorted(name for name in used if name not in table.index)
    for name in own:
        if table.attributes is None or not name.strip() or not name.isprintable():
            raise ValueError(f"`{name}` is not a column of `{table.name}`")
    names = [*(column.name for column in table.columns if column.name in used), *own]
    columns = [found.column(name) for name in names]
    first = columns[0]
    if not all(map(lt, first, islice(first, 1, None))):
        distinct = len(set(first)) == len(first)
        keys: Sequence[Any] = first if distinct else list(zip(*columns, strict=True))
        order = sorted(range(len(first)), key=keys.__getitem__)
        columns = [[cells[place] for place in order] for cells in columns]
    return dict(zip(names, columns, strict=True))


def refuse_unwritable(columns: Mapping[str, Sequence[str]]) -> None:
    """Looks at every cell as writing it would.

    Raises:
        ValueError: a cell that CSV can't hold.
    """
    for cells in columns.values():
        if "\0" in "".join(cells) or max(map(len, cells), default=0) > MAX_CELL:
            list(map(_cell, cells))


def _cells(cells: Sequence[str]) -> Sequence[str]:
    """The cells of a column as they are written, most often as they are."""
    joined = "\n".join(cells)
    framed = f"\n{joined}\n"
    plain = (
        not any(mark in framed for mark in _MARKS)
        and joined.count("\n") < len(cells)
        and joined.replace("\n", "").isprintable()  # neither NUL nor line ends nor other blanks
        and max(map(len, cells)) <= MAX_CELL
    )
    return cells if plain else list(map(_cell, cells))


def _cell(text: str) -> str:
    """A cell in quotes when it needs them; `;` and blanks at its ends count as such, for readers less strict."""
    if len(text) <= MAX_CELL and _PLAIN.fullmatch(text):
        return text
    if "\0" in text or len(text) > MAX_CELL:
        raise ValueError(f"the text `{text[:40]!r}...` can't stand in a cell: it holds a NUL or is too long")
    return '"' + text.replace('"', '""') + '"' if text else ""


def manifest_text(manifest: Manifest, totals: Sequence[ControlTotal]) -> str:
    """The manifest as YAML: equal manifests give equal bytes."""
    lines = [f"as_of: {manifest.as_of.isoformat()}"]
    if manifest.source:
        lines.append(f"source: {yaml_quoted(manifest.source)}")
    if manifest.exported_at:
        lines.append(f"exported_at: {yaml_quoted(manifest.exported_at)}")
    if manifest.payments_complete_through is not None:
        lines.append(f"payments_complete_through: {manifest.payments_complete_through.isoformat()}")
    if manifest.rewound:
        lines.append("rewound: true")
    lines.append("tables:")
    for total in totals:
        sums = ", ".join(f'{code}: "{minor_text(value, code)}"' for code, value in total.amounts)
        amount = f", amount: {{{sums}}}" if sums else ""
        lines.append(f"  {total.table}: {{rows: {total.rows}{amount}}}")
    return "\n".join(lines) + "\n"


def _refuse_strangers(folder: Path, *, overwrite: bool) -> None:
    """Refuse to replace what is no snapshot, and a snapshot unless asked.

    Raises:
        FileExistsError: the folder isn't empty.
    """
    if not folder.exists() and not folder.is_symlink():
        return
    if not folder.is_dir() or folder.is_symlink():
        raise FileExistsError(f"`{folder}` is there and is not a folder")
    held = sorted(path.name for path in folder.iterdir())
    if not held:
        return
    if not overwrite:
        raise FileExistsError(f"the folder `{folder}` isn't empty")
    ours = {MANIFEST_FILE, *(f"{name}.csv" for name in TABLES)}
    strange = [name for name in held if name not in ours]
    if strange:
        raise FileExistsError(f"the folder `{folder}` holds `{strange[0]}`, which is no part of a snapshot")


def _put(folder: Path, texts: Mapping[str, str]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.", suffix=".part"))
    try:
        fresh, old = aside / "fresh", aside / "old"
        fresh.mkdir()
        for name, text in texts.items():
            (fresh / name).write_bytes(text.encode("utf-8"))
        if folder.exists():
            folder.rename(old)
        try:
            fresh.rename(folder)
        except OSError:
            if old.exists():
                old.rename(folder)
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
