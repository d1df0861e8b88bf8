"""What an action rests upon: when any of it changes before the action leaves, the action expires (3.17, 3.18).

The parts are hashed apart, so that the ledger can say what changed: the *balance* of its invoices and the money that
isn't allocated, what could *hold* it (disputes, promises, payment plans, blocks, the customer's row, broken data), its
*charges*, the *address*, and the *payee*. Only what is known on the snapshot's day counts, as in planning (3.1).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from functools import lru_cache
from hashlib import sha256
from operator import attrgetter
from typing import Any

from policy_engine.plan.model import Action
from policy_engine.snapshot.model import CustomerAccount, Invoice, Payment
from policy_engine.values.canonical import canonical_json

PARTS = ("balance", "hold", "charges", "address", "payee")


def invoices_of(action: Action) -> tuple[str, ...]:
    """The invoices that an action is about: demanded, mentioned, listed; sorted."""
    asked = {line.invoice for line in (*action.demanded, *action.mentioned)}
    return tuple(sorted(asked | {line.invoice for line in action.listed}))


def basis(
    account: CustomerAccount | None, invoices: Iterable[str], as_of: date, payee: Mapping[str, str] | None
) -> dict[str, str]:
    """The hash of each part; of a customer who isn't in the snapshot (any more) those of nothing."""
    own = frozenset(invoices)
    if account is None:
        return {part: payee_hash(payee) if part == "payee" else _hash(None) for part in PARTS}
    return {
        "balance": _hash(_balance(account, own, as_of)),
        "hold": _hash(_holds(account, own, as_of)),
        "charges": _hash(_charges(account, own, as_of)) if account.charges else _NO_ROWS,
        "address": _hash(_address(account)),
        "payee": payee_hash(payee),
    }


def payee_hash(payee: Mapping[str, str] | None) -> str:
    """The hash of where customers are asked to pay, as in `basis`."""
    return _hash(None) if payee is None else _payee_hash(tuple(payee.items()))


@lru_cache(maxsize=64)  # one payee stands in a whole plan
def _payee_hash(payee: tuple[tuple[str, str], ...]) -> str:
    return _hash(dict(payee))


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """The parts that aren't what they were."""
    return tuple(part for part in PARTS if before.get(part) != after.get(part))


def _hash(value: Any) -> str:
    return sha256(canonical_json(value).encode("utf-8", "surrogatepass")).hexdigest()[:20]


_NO_ROWS = _hash([])


def _plain(value: Any) -> Any:
    """JSON data of a row's value; a row within a row is the list of its fields."""
    kind = type(value)
    if value is None or kind in _SIMPLE:
        return value
    if kind is date:
        return value.isoformat()
    if kind is tuple or kind is list:
        return [_plain(item) for item in value] if value else []
    if is_dataclass(kind):
        return [one if one is None or type(one) in _SIMPLE else _plain(one) for one in _fields(kind)(value)]
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return value


_SIMPLE = frozenset({str, int, bool})


@lru_cache(maxsize=64)
def _fields(kind: Any) -> Callable[[Any], tuple[Any, ...]]:
    """What reads the fields of a kind of row; a row has two at least, else `attrgetter` would give no tuple."""
    return attrgetter(*[field.name for field in fields(kind)])


def _rows(rows: Iterable[Any]) -> list[Any]:
    return [_plain(row) for row in rows]


def _left(document: Payment | Invoice) -> int:
    """What the allocations of a payment or credit note leave."""
    return document.amount - sum(part.amount for part in document.allocations)


def _balance(account: CustomerAccount, own: frozenset[str], as_of: date) -> Any:
    payments = [row for row in account.payments if row.day <= as_of]
    credits_ = [row for row in account.invoices if row.kind == "credit_note" and row.issue_date <= as_of]
    touching = {row.id for row in payments if any(part.invoice in own for part in row.allocations)}
    free: dict[str, int] = {}
    documents: list[Payment | Invoice] = [*payments, *credits_]
    for document in documents:
        if _left(document):
            free[document.currency] = free.get(document.currency, 0) + _left(document)
    return {
        "invoices": _rows(row for row in account.invoices if row.id in own),
        "instalments": _rows(row for row in account.instalments if row.invoice in own),
        "payments": _rows(row for row in payments if row.id in touching or row.reverses in touching),
        "credits": _rows(row for row in credits_ if any(part.invoice in own for part in row.allocations)),
        "unallocated": {code: amount for code, amount in sorted(free.items()) if amount},
        # money that nobody allocated settles the oldest invoices first: then all of them count
        "others": _rows(row for row in account.invoices if row.id not in own and row.issue_date <= as_of)
        if any(free.values())
        else [],
    }


def _holds(account: CustomerAccount, own: frozenset[str], as_of: date) -> Any:
    broken = account.quarantined
    return {
        "customer": _plain([getattr(account.customer, name) for name in _DECIDING]),
        "disputes": _rows(
            row
            for row in account.disputes
            if row.invoice in own and row.opened <= as_of and (row.closed is None or row.closed > as_of)
        ),
        "promises": _rows(
            row
            for row in account.promises
            if row.made <= as_of and (not row.invoices or not own.isdisjoint(row.invoices))
        ),
        "plans": _rows(
            row for row in account.payment_plans if row.made <= as_of and not own.isdisjoint(row.invoices)
        ),
        "blocks": _rows(
            row
            for row in account.blocks
            if (row.invoice is None or row.invoice in own)
            and row.start <= as_of
            and (row.until is None or row.until >= as_of)
        ),
        "broken": None if broken is None else [broken.code, broken.table, broken.row],
    }  # fmt: skip


_DECIDING = (
    "kind", "category", "status", "tags", "parent", "insolvent", "insolvent_since", "contract_rate", "attributes",
)  # fmt: skip


def _charges(account: CustomerAccount, own: frozenset[str], as_of: date) -> Any:
    """What was invoiced, waived or paid on top; what was claimed is the ledger's own doing."""
    return _rows(row for row in account.charges if row.invoice in own and row.day <= as_of and row.status != "claimed")


def _address(account: CustomerAccount) -> Any:
    customer = account.customer
    return {
        "name": [customer.name, customer.language, customer.country, customer.registration],
        "persons": _rows(account.contact_persons),
    }
