"""Corrections: rows that end or withdraw other rows, so that nothing that was noted is ever edited.

They are applied before the tables are checked, so a row that can't be used is withdrawn like any other. Only a
correction dated up to `as_of` counts; before its day the corrected row stands as it was written.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from policy_engine.snapshot.books import Books, RowError
from policy_engine.snapshot.cells import CellError
from policy_engine.snapshot.rows import BrokenRow, Row, Rows
from policy_engine.snapshot.tables import CORRECTIONS, TABLES, Table
from policy_engine.values.days import ONE_DAY

_SPAN = {"disputes": ("opened", "closed"), "blocks": ("from", "until")}
"""First and last column of the rows that can end; the others can only be withdrawn."""


@dataclass(frozen=True, slots=True)
class _Correction:
    key: str
    customer: str | None
    table: str
    row: str
    ends: bool
    day: date


def corrected(books: Books, tables: Mapping[str, Rows]) -> Mapping[str, Rows]:
    """The tables as their corrections leave them; broken corrections become problems in `books`.

    Of rows with the same id none is corrected: which of them was meant can't be told.
    """
    wanted: dict[tuple[str, str], list[tuple[Row, _Correction]]] = defaultdict(list)
    for row in books.unique(CORRECTIONS, tables[CORRECTIONS.name]):
        try:
            correction = _correction(row.values)
        except CellError as error:
            books.spoil(CORRECTIONS, row, error)
            continue
        if correction.day <= books.as_of:
            wanted[correction.table, correction.row].append((row, correction))
    if not wanted:
        return tables
    changed = dict(tables)
    for name in sorted({table for table, _ in wanted}):
        changed[name] = _of_table(books, TABLES[name], tables[name], wanted)
    for (name, key), corrections in sorted(wanted.items()):
        for _, correction in corrections:
            text = f"the correction `{correction.key}` names the row `{key}`, which `{name}` doesn't hold"
            books.findings.alert("correction_of_nothing", correction.key, text)
    return changed


def _correction(values: Sequence[Any]) -> _Correction:
    key, customer, table, target, change, day, _, _ = values
    if change == "ended" and table not in _SPAN:
        fix = "say `withdrawn`: then it counts from that day on as if it had never been noted"
        raise RowError("DUN535", f"ends a row of `{table}`, which has no last day", fix)
    return _Correction(key, customer, table, target, change == "ended", day)


def _of_table(
    books: Books, table: Table, rows: Rows, wanted: dict[tuple[str, str], list[tuple[Row, _Correction]]]
) -> Rows:
    """The rows of one table after their corrections, which are taken out of `wanted`."""
    every: list[Row | BrokenRow] = [*rows.good, *rows.broken]
    ids = Counter(row.values[0] for row in every if row.values[0] is not None)
    left = Rows()
    for row in every:
        corrections = wanted.pop((table.name, row.values[0]), []) if ids[row.values[0]] == 1 else []
        kept: Row | BrokenRow | None = row
        for source, correction in sorted(corrections, key=lambda pair: (not pair[1].ends, pair[1].day, pair[1].key)):
            try:
                kept = None if kept is None else _apply(books, table, kept, correction)
            except CellError as error:
                books.spoil(CORRECTIONS, source, error)
        if isinstance(kept, Row):
            left.good.append(kept)
        elif kept is not None:
            left.broken.append(kept)
    for key, times in ids.items():
        if times > 1:
            wanted.pop((table.name, key), None)
    return left


def _apply(books: Books, table: Table, row: Row | BrokenRow, correction: _Correction) -> Row | BrokenRow | None:
    """The row after one correction, None when it no longer counts.

    Raises:
        RowError: the correction names another customer, or a day before the row begins.
    """
    owners = books.named(table, row)
    said = row.values[table.index["customer"]]
    if correction.customer is not None and correction.customer != said and correction.customer not in owners:
        whose = ", ".join(f"`{owner}`" for owner in sorted(owners)) or "nobody known"
        text = f"names `{correction.customer}`, but the row `{correction.row}` is of {whose}"
        raise RowError("DUN526", text, "name the customer of the row, or leave it empty", owners)
    if not correction.ends:
        if table.name == "charges" and isinstance(row, Row) and row.values[table.index["status"]] != "waived":
            text = f"withdraws `{correction.row}`, which is no waiver"
            raise RowError("DUN535", text, "what was claimed, invoiced or paid is the ledger's to say", owners)
        if table.name == "history" and isinstance(row, Row) and row.values[table.index["status"]] != "set":
            text = f"withdraws `{correction.row}`, which nobody set"
            raise RowError("DUN535", text, "what was sent is the ledger's to say", owners)
        return None
    if isinstance(row, BrokenRow):
        return row
    start, end = (table.index[name] for name in _SPAN[table.name])
    if correction.day < row.values[start]:
        text = f"ends `{correction.row}` on {correction.day}, before it begins ({row.values[start]})"
        raise RowError("DUN531", text, "put the dates in order, or say `withdrawn`", owners)
    last = correction.day - ONE_DAY if table.name == "blocks" else correction.day
    if last < row.values[start]:
        return None
    values = list(row.values)
    values[end] = last if values[end] is None else min(last, values[end])
    return Row(values, row.file, row.line)
