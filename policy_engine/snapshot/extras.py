"""Tables that protect nobody: a broken row leaves its facts missing, with an alert (3.2)."""

from collections.abc import Sequence
from typing import Any

from policy_engine.snapshot.books import Books, RowError, duplicate, in_order
from policy_engine.snapshot.cells import CellError, minor
from policy_engine.snapshot.model import ContactPerson, CreditReport, ExchangeRate, Insurance, Order
from policy_engine.snapshot.quick import new_contact_person
from policy_engine.snapshot.rows import Rows
from policy_engine.snapshot.sources import Fault
from policy_engine.snapshot.tables import EXCHANGE_RATES


def contact_person(books: Books, values: Sequence[Any]) -> ContactPerson:
    """A row of `contact_persons`."""
    books.customer_for(values[1], None)
    made: ContactPerson = new_contact_person(*values)
    return made


def credit_report(books: Books, values: Sequence[Any]) -> CreditReport:
    """A row of `credit_reports`."""
    books.customer_for(values[1], None)
    return CreditReport(*values)


def insurance(books: Books, values: Sequence[Any]) -> Insurance:
    """A row of `insurance`."""
    key, customer, text, currency, start, until = values
    books.customer_for(customer, None)
    in_order(start, until, "`until`")
    return Insurance(key, customer, _not_negative(minor(text, currency)), currency, start, until)


def order(books: Books, values: Sequence[Any]) -> Order:
    """A row of `orders`."""
    key, customer, text, currency, day, kind, status, billed_text = values
    books.customer_for(customer, None)
    billed = 0 if billed_text is None else _not_negative(minor(billed_text, currency), "`billed` is negative")
    amount = _not_negative(minor(text, currency))
    return Order(key, customer, amount, currency, day, kind, status or "open", billed)


def note(books: Books, values: Sequence[Any]) -> None:
    """A row of `notes`: it must be about somebody, and is not kept."""
    books.customer_for(values[1], values[2])


def _not_negative(amount: int, what: str = "has a negative amount") -> int:
    if amount < 0:
        raise RowError("DUN530", what, "leave the sign out")
    return amount


def take_rates(books: Books, rows: Rows) -> list[ExchangeRate]:
    """The exchange rates by base, quote and day; of two for the same day none wins."""
    times: dict[tuple[Any, ...], int] = {}
    for row in rows.good:
        key = tuple(row.values[:3])
        times[key] = times.get(key, 0) + 1
    for broken in rows.broken:
        books.keep(EXCHANGE_RATES, broken, broken.faults, (), holds=False)
    found = []
    for row in rows.good:
        base, quote, day, rate = row.values
        try:
            if times[base, quote, day] > 1:
                raise duplicate(f"{base}/{quote} {day}", times[base, quote, day])
            if base == quote:
                raise RowError("DUN535", f"converts {base} into itself", "leave the row out")
            found.append(ExchangeRate(base, quote, day, rate.numerator, rate.denominator))
        except CellError as error:
            fault = Fault(error.code, error.message, error.fix)
            books.keep(EXCHANGE_RATES, row, (fault,), (), holds=False)
    return sorted(found, key=lambda rate: (rate.base, rate.quote, rate.day))
