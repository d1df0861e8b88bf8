"""A snapshot's values back into the rows of its tables, as `write_snapshot` takes them and `read_snapshot` gave them.

What a reader keeps comes back equal; what it doesn't keep (notes, who noted a dispute) is gone. Of rows that couldn't
be used only their effect is left: a row of the same table with the customer and little else, which can't be used
either, so that whom it held stays held. A broken row that held nobody is left out.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from policy_engine.facts.table import NUMBER_SCALE
from policy_engine.policy.resolved import Attribute
from policy_engine.rates import PPM_PER_PERCENT
from policy_engine.snapshot.model import BrokenInvoice, CustomerAccount, Payment, Snapshot
from policy_engine.snapshot.table_rows import TableRow
from policy_engine.snapshot.tables import TABLES, Column
from policy_engine.values.money import minor_text

_FIELDS = {
    ("blocks", "from"): "start",
    ("insurance", "from"): "start",
    ("invoices", "terms"): "due_from_terms",
    ("payment_plans", "schedule"): "instalments",
    **{(name, "date"): "day" for name in ("payments", "promises", "history", "charges", "credit_reports", "orders")},
}
"""Columns whose field of `snapshot.model` has another name."""
_PARTS = (
    "disputes", "promises", "payment_plans", "blocks", "history", "charges", "contact_persons", "credit_reports",
    "insurance", "instalments", "orders",
)  # fmt: skip


def tables_of(snapshot: Snapshot, attributes: Sequence[Attribute], currency: str) -> dict[str, list[TableRow]]:
    """The rows of each table that has any.

    Args:
        snapshot: what to write.
        attributes: the company's own columns, with the types they were read as.
        currency: the policy's, of amounts without one.

    Raises:
        ValueError: an id that can't stand in a list, because it holds `;` or `=`.
    """
    tables: dict[str, list[TableRow]] = {"customers": [], "invoices": []}
    own = {level: {item.name: item.type for item in attributes if item.level == level} for level in _LEVELS}
    known = any(account.addresses_known for account in snapshot.accounts)
    if known:
        tables["contact_persons"] = []
    for account in snapshot.accounts:
        currencies = {row.id: row.currency for row in account.invoices}
        tables["customers"].append(_customer(account, own["customer"], currency))
        for invoice in account.invoices:
            tables["invoices"].append(_invoice(invoice, own["invoice"], currency))
        for payment in account.payments:
            tables.setdefault("payments", []).append(_payment(payment))
        for name in _PARTS:
            for row in getattr(account, name):
                tables.setdefault(name, []).append(_row(name, row, _currency_of(row, currencies, currency)))
        held = account.quarantined
        if held is not None and held.table not in ("customers", "invoices"):
            tables.setdefault(held.table, []).append(_quarantine(account.customer.id))
    tables["invoices"] += [_broken(row) for row in snapshot.broken_invoices if row.customer is not None]
    for rate in snapshot.exchange_rates:
        value = Fraction(rate.numerator, rate.denominator)
        cells = {"base": rate.base, "quote": rate.quote, "date": rate.day.isoformat(), "rate": _decimal(value)}
        tables.setdefault("exchange_rates", []).append(cells)
    return tables


_LEVELS = ("customer", "invoice")


def _row(table: str, row: Any, currency: str, without: Iterable[str] = ()) -> dict[str, str]:
    """A row by its columns; what the value doesn't hold is left out."""
    cells: dict[str, str] = {}
    for column in TABLES[table].columns:
        if column.name in without:
            continue
        value = getattr(row, _FIELDS.get((table, column.name), column.name), None)
        if column.name == "until" and table == "charges":
            value = "settled" if row.until_settled else None
        text = _cell(column, value, currency)
        if text:
            cells[column.name] = text
    return cells


def _cell(column: Column, value: Any, currency: str) -> str:
    if value is None or value == ():
        return ""
    if column.type == "schedule":
        return "; ".join(f"{part.day.isoformat()}={minor_text(part.amount, currency)}" for part in value)
    return _TEXTS.get(column.type, str)(value) if column.type != "amount" else minor_text(value, currency)


def _flag(value: bool) -> str:  # noqa: FBT001 - one of a table of functions of one value
    return "yes" if value else "no"


def _listed(values: Iterable[str]) -> str:
    found = sorted(values)
    for ident in found:
        if ";" in ident or "=" in ident:
            raise ValueError(f"the id `{ident}` can't stand in a list: it holds `;` or `=`")
    return "; ".join(found)


def _percent(value: int) -> str:
    return _decimal(Fraction(value, PPM_PER_PERCENT))


def _number(value: int) -> str:
    return _decimal(Fraction(value, NUMBER_SCALE))


def _decimal(value: Fraction) -> str:
    """A fraction whose denominator divides a power of ten, as plain digits."""
    decimals = 0
    while (value * 10**decimals).denominator != 1:
        decimals += 1
    return minor_digits(int(value * 10**decimals), decimals)


def minor_digits(number: int, decimals: int) -> str:
    """A whole number of units of 10^-`decimals` as plain digits."""
    if not decimals:
        return str(number)
    whole, rest = divmod(abs(number), 10**decimals)
    return f"{'-' if number < 0 else ''}{whole}.{rest:0{decimals}d}"


_TEXTS: dict[str, Callable[[Any], str]] = {
    "date": date.isoformat,
    "flag": _flag,
    "percent": _percent,
    "number": _number,
    "ids": _listed,
    "words": _listed,
    "set": _listed,
}
"""How values of a type are written; the others as they are."""


def _own(values: Mapping[str, Any], types: Mapping[str, str], currency: str) -> dict[str, str]:
    cells = {}
    for name, kind in types.items():
        value = values.get(name)
        if value is not None:
            cells[name] = minor_text(value, currency) if kind == "amount" else _TEXTS.get(kind, str)(value)
    return cells


def _customer(account: CustomerAccount, types: Mapping[str, str], currency: str) -> dict[str, str]:
    customer = account.customer
    if account.quarantined is not None and account.quarantined.table == "customers":
        return {"id": customer.id}  # lacks what a customer must have: nothing about them can be told
    cells = _row("customers", customer, customer.limit_currency or currency)
    if customer.insolvent_since is not None or not customer.insolvent:
        cells.pop("insolvent", None)
    return cells | _own(customer.attributes, types, currency)


def _invoice(row: Any, types: Mapping[str, str], currency: str) -> dict[str, str]:
    cells = _row("invoices", row, row.currency, without=("allocated_to", "allocations"))
    if row.due_from_terms is not None:
        del cells["due_date"]
    if row.allocations:
        cells |= _allocations(row, "allocated_to")
    return cells | _own(row.attributes, types, currency)


def _payment(row: Payment) -> dict[str, str]:
    cells = _row("payments", row, row.currency, without=("invoice", "allocations"))
    return cells | _allocations(row, "invoice") if row.allocations else cells


def _allocations(row: Any, whole: str) -> dict[str, str]:
    """In the column for the whole amount when one invoice takes it all, else one by one."""
    if len(row.allocations) == 1 and row.allocations[0].amount == row.amount:
        return {whole: row.allocations[0].invoice}
    _listed(part.invoice for part in row.allocations)
    parts = (f"{part.invoice}={minor_text(abs(part.amount), row.currency)}" for part in row.allocations)
    return {"allocations": "; ".join(parts)}


def _currency_of(row: Any, currencies: Mapping[str, str], currency: str) -> str:
    """The currency of a row's amounts: its own, its invoices', the customer's only one, else the policy's."""
    own = getattr(row, "currency", None)
    if own is not None:
        return str(own)
    invoice = getattr(row, "invoice", None)
    named = [invoice] if invoice is not None else getattr(row, "invoices", ())
    for ident in named:
        if ident in currencies:
            return currencies[ident]
    found = set(currencies.values())
    return found.pop() if len(found) == 1 else currency


def _quarantine(customer: str) -> dict[str, str]:
    """A row that lacks what it must have, so that it holds the customer as the broken one did."""
    return {"id": f"HELD {customer}"[:200], "customer": customer}


def _broken(row: BrokenInvoice) -> dict[str, str]:
    """A row without its date; where the broken one held its customer also without its kind, so that it does too."""
    cells = {"id": row.id, "customer": row.customer or ""}
    if not row.problem.holds:
        cells["kind"] = "invoice"
    if row.currency is not None:
        cells["currency"] = row.currency
        if row.amount is not None:
            cells["amount"] = minor_text(row.amount, row.currency)
    return cells
