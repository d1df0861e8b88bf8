"""Rows of the desk whose invoice or customer the export no longer holds: they hold the customer (3.2)."""

from collections.abc import Sequence
from dataclasses import dataclass

from policy_engine.desk.folder import Listed
from policy_engine.desk.known import Known
from policy_engine.values.days import parse_date


@dataclass(frozen=True, slots=True)
class Gone:
    """A row that can't be read against the export any more.

    Attributes:
        missing: the ids that it names and the export doesn't hold, its customer's first.
        left: the invoices that it names and the export still holds: withdrawing it would leave them without it.
        holds: whether it holds its customer; a note doesn't.
    """

    row: Listed
    missing: tuple[str, ...]
    left: tuple[str, ...]
    holds: bool


def gone_rows(rows: Sequence[Listed], known: Known) -> tuple[Gone, ...]:
    """Those of the desk's rows, in their order, that nobody withdrew up to the snapshot's day.

    A dispute or a block that was `ended` is still in it: the row is read all the same, and names what isn't there.
    """
    withdrawn = {
        (row.cells.get("table"), row.cells.get("row"))
        for row in rows
        if row.kind == "correction" and row.cells.get("change") == "withdrawn" and _counts(row, known)
    }
    found = []
    for row in rows:
        if row.kind == "correction" or (row.table, row.id) in withdrawn or row.broken:
            continue
        named = invoices_of(row)
        customer = row.cells.get("customer")
        missing = [customer] if customer is not None and customer not in known.customers else []
        missing += [key for key in named if key not in known.documents]
        if missing:
            left = tuple(key for key in named if key in known.documents)
            found.append(Gone(row, tuple(missing), left, row.kind != "note"))
    return tuple(found)


def invoices_of(row: Listed) -> tuple[str, ...]:
    """The invoices that a row names."""
    several = row.cells.get("invoices")
    if several is not None:
        return tuple(part.strip() for part in several.split(";") if part.strip())
    one = row.cells.get("invoice")
    return () if one is None else (one,)


def _counts(row: Listed, known: Known) -> bool:
    day = parse_date(row.day)
    return day is not None and day <= known.as_of
