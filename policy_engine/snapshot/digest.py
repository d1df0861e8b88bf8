"""The digest of a snapshot: what it says, not how or where it was written.

Equal rows in CSV, YAML or JSON, in any order, from one folder or several, give equal digests. Only columns that are
read count: those of `tables`, and the attributes that the policy declares.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import fields
from datetime import date
from operator import attrgetter
from typing import Any

from policy_engine.snapshot.model import (
    Allocation,
    BrokenInvoice,
    CustomerAccount,
    ExchangeRate,
    Invoice,
    Manifest,
    Payment,
    PlanInstalment,
    Problem,
)

_PARTS = tuple(
    item.name for item in fields(CustomerAccount) if item.name not in ("customer", "quarantined", "addresses_known")
)


def _plain(value: Any) -> Any:
    """A value as texts, ints and tuples of them: what `ascii` writes the same way on every machine."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, date):
        return ("date", value.toordinal())
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    if isinstance(value, frozenset):
        return ("set", *sorted(value))
    if isinstance(value, dict):
        return ("map", *((key, _plain(item)) for key, item in sorted(value.items())))
    if isinstance(value, Allocation):
        return (value.invoice, value.amount)
    if isinstance(value, PlanInstalment):
        return (value.day.toordinal(), value.amount)
    return _row(value)


def _getter(kind: type[Any]) -> Callable[[Any], tuple[Any, ...]]:
    return attrgetter(*(item.name for item in fields(kind)))


_GETTERS: dict[type[Any], Callable[[Any], tuple[Any, ...]]] = {}


def _row(value: Any) -> tuple[Any, ...]:
    kind = type(value)
    getter = _GETTERS.get(kind)
    if getter is None:
        getter = _GETTERS[kind] = _getter(kind)
    return tuple([item if type(item) in _ATOMS else _plain(item) for item in getter(value)])


_ATOMS = frozenset({str, int, bool, type(None)})


class _Forms(dict[tuple[Any, ...], str]):
    """What `ascii` writes of the fields that invoices share, as a form with places for the others, made once each."""

    def __missing__(self, shared: tuple[Any, ...]) -> str:
        head, tail = (ascii(part)[1:-1].replace("%", "%%") for part in (shared[:3], shared[3:]))
        self[shared] = form = f"(%a, %a, {head}, %d, %d, %d, {tail}, "
        return form


def _invoice(row: Invoice, forms: _Forms) -> str:
    """What `ascii` writes of the largest table's row as a tuple, in half the time."""
    shared = (
        row.kind, row.status, row.currency, row.due_from_terms, row.payment_method, row.e_status, row.factored,
    )  # fmt: skip
    line = forms[shared] % (
        row.id, row.number, row.amount, row.issue_date.toordinal(), row.due_date.toordinal()
    )  # fmt: skip
    if not row.allocations and not row.attributes:
        return line + "(), ())"
    allocations = _plain(row.allocations) if row.allocations else ()
    return f"{line}{allocations!a}, {_plain(row.attributes) if row.attributes else ()!a})"


_ONE_INVOICE = "(%a, %a, ('date', %d), %d, %a, ((%a, %d),), %a)"


def _payment(row: Payment) -> str:
    """What `ascii` writes of a payment as a tuple; of the usual kind, whose money goes to one invoice, quickly."""
    if len(row.allocations) == 1:
        part = row.allocations[0]
        return _ONE_INVOICE % (
            row.id, row.customer, row.day.toordinal(), row.amount, row.currency, part.invoice, part.amount,
            row.reverses,
        )  # fmt: skip
    return ascii((
        row.id, row.customer, ("date", row.day.toordinal()), row.amount, row.currency,
        tuple([(part.invoice, part.amount) for part in row.allocations]), row.reverses,
    ))  # fmt: skip


def _other(row: Any) -> str:
    return ascii(_row(row))


def digest(
    manifest: Manifest,
    accounts: Iterable[CustomerAccount],
    broken: Iterable[BrokenInvoice],
    problems: Iterable[Problem],
    rates: Iterable[ExchangeRate],
) -> str:
    """Lower-case hex sha256 of the snapshot's values; accounts and lists come sorted."""
    total = hashlib.sha256()
    forms = _Forms()
    total.update(ascii(("snapshot", 1, _row(manifest))).encode())
    for account in accounts:
        total.update(ascii((_row(account.customer), account.addresses_known)).encode())
        total.update(f"[{', '.join([_invoice(row, forms) for row in account.invoices])}]".encode())
        for name in _PARTS:
            rows = getattr(account, name)
            if rows and name != "invoices":
                line = _payment if name == "payments" else _other
                total.update(f"({name!a}, [{', '.join(map(line, rows))}])".encode())
    total.update(ascii([(row.id, row.customer, row.amount, row.currency) for row in broken]).encode())
    said = [(p.code, p.table, p.row, p.customer, p.invoice, p.message, p.holds) for p in problems]
    total.update(ascii((sorted(said, key=ascii), [_row(rate) for rate in rates])).encode())
    return total.hexdigest()
