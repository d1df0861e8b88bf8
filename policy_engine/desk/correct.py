"""Which correction ends or withdraws a row that the desk noted, or that the snapshot holds."""

from collections.abc import Sequence
from datetime import date

from policy_engine.desk.entry import DAY_OF, Entry, Mistake, entry
from policy_engine.desk.folder import Listed
from policy_engine.desk.known import Known
from policy_engine.values.days import parse_date
from policy_engine.values.diagnostics import did_you_mean

_ENDING = frozenset({"disputes", "blocks"})


def correction(
    key: str, rows: Sequence[Listed], known: Known | None, day: date, by: str, reason: str | None, *, withdraw: bool
) -> tuple[Entry | None, tuple[Mistake, ...]]:
    """The correction of the row `key` from `day` on, or why there is none.

    Disputes and blocks end on `day`, unless they are withdrawn; promises, waivers and notes, which have no last day,
    are withdrawn in any case.
    """
    meant = [row for row in rows if row.id == key and row.kind != "correction"]
    elsewhere = None if known is None else known.rows.get(key)
    if len(meant) + (elsewhere is not None and not meant) != 1:
        return None, (_none_or_several(key, rows, meant, known),)
    table, customer = elsewhere if elsewhere is not None and not meant else (meant[0].table, None)
    found = []
    if meant:
        row = meant[0]
        customer = row.cells.get("customer")
        if customer is None and known is not None and row.cells.get("invoice") in known.documents:
            customer = known.documents[row.cells["invoice"]].customer
        if row.table == "charges" and row.cells.get("status") != "waived":
            found.append(Mistake(f"`{key}`", "is no waiver: what was claimed, invoiced or paid is the ledger's to say"))
        if row.table == "history" and row.cells.get("status") != "set":
            found.append(Mistake(f"`{key}`", "is nothing that a person set: what was sent is the ledger's to say"))
        start = parse_date(row.cells.get(DAY_OF[row.kind], ""))
        if start is not None and day < start and not withdraw and table in _ENDING:
            found.append(Mistake("`date`", f"{day} is before the row begins ({start})", "withdraw it instead"))
    for row in rows:
        told = row.cells
        meets = row.kind == "correction" and told.get("row") == key and told.get("table") == table
        if meets and told.get("change") == "withdrawn":
            found.append(Mistake(f"`{key}`", f"was withdrawn by `{row.id}` already"))
    change = "ended" if table in _ENDING and not withdraw else "withdrawn"
    cells = {"customer": customer, "table": table, "row": key, "change": change, "reason": reason}
    made, mistakes = entry("correction", day, by, cells)
    return made, (*found, *mistakes)


def _none_or_several(key: str, rows: Sequence[Listed], meant: Sequence[Listed], known: Known | None) -> Mistake:
    if meant:
        told = "of rows with one id none counts; give one of them another id, by hand"
        return Mistake(f"`{key}`", f"stands in {len(meant)} rows", told)
    ids = {row.id for row in rows if row.kind != "correction"} | (set() if known is None else set(known.rows))
    where = "the desk has" if known is None else "the desk and the snapshot have"
    near = did_you_mean(key, ids)
    fix = near or ("give the snapshot with -s to close a row of it" if known is None else None)
    return Mistake(f"`{key}`", f"{where} no such row that could be closed", fix)
