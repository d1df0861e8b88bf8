"""What a document's row says of the money that settled it, as of a day: paid later is open then."""

from datetime import date

from policy_engine.imports.csv_documents import Money, Reader
from policy_engine.imports.csv_rows import Row
from policy_engine.imports.csv_tally import Tally
from policy_engine.imports.mapping_model import MappingSyntax
from policy_engine.snapshot.cells import CellError
from policy_engine.values.money import minor_text


def paid_by(mapping: MappingSyntax) -> str:
    """The column that says so, for the summary."""
    paid = mapping.paid
    source = None if paid is None else paid.balance or paid.date
    return "" if source is None or source.column is None else f"`{source.column}`"


def settled(reader: Reader, row: Row, money: Money, as_of: date, tally: Tally) -> tuple[int, str] | bool | None:
    """Minor units and day of what settled the document by `as_of`; None for nothing, False with a finding."""
    paid = reader.mapping.paid
    if paid is None:
        return None
    errors = reader.findings.errors
    day = _day(reader, row)
    found: Money | None = None
    if reader.paid_amount is not None:
        get, value = reader.paid_amount
        found = reader.figure(get, value, row, money.currency, required=paid.balance is not None)
    if reader.findings.errors > errors:
        return False
    flip = -1 if row.kind == "credit_note" and reader.mapping.credit_notes == "positive" else 1
    if paid.balance is not None:
        assert found is not None  # required, and no finding
        amount = money.amount - flip * found.amount
        day = day or as_of.isoformat()
    else:
        amount = money.amount if found is None else flip * found.amount
        if not day and (found is None or not found.amount):
            return None
    if not amount:
        return None
    if (amount > 0) != (money.amount > 0) or abs(amount) > abs(money.amount):
        what = "the balance is beyond the amount" if paid.balance is not None else "more was paid than the amount"
        text = f"{what}: {minor_text(amount, money.currency)} paid of {minor_text(money.amount, money.currency)}"
        reader.refuse(CellError("DUN624", text, "map the columns the other way, or turn a `sign`"), row, -1)
        return False
    if not day:
        fix = "map the day, or say `empty` in `paid.date`"
        reader.refuse(CellError("DUN615", "something was paid, but no day says when", fix), row, -1)
        return False
    if day > as_of.isoformat():
        tally.made("paid later, open then", paid_by(reader.mapping), amount, money.currency)
        return None
    return amount, day


def _day(reader: Reader, row: Row) -> str:
    """The day, "" when the cell is empty or can't be used."""
    if reader.paid_date is None:
        return ""
    try:
        return reader.paid_date.get(row.record)
    except CellError as error:
        reader.refuse(error, row, reader.paid_date.place)
        return ""
