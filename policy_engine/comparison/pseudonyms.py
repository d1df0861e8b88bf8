"""Pseudonyms for what goes to CI: customers and invoices are numbered as they are shown, people's words are withheld.

A name is replaced where it stands alone as a value, never inside a text: ids like `1` would take dates apart. What
holds texts about rows (problems, blocks, disputes) is withheld whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, Protocol, TypeVar

from policy_engine.comparison.words import say
from policy_engine.explanation.locale import Language
from policy_engine.snapshot.model import CustomerAccount

WITHHELD = "…"
_TELLING = frozenset({"row", "message", "by", "text", "block", "problem_text", "ids"})
"""Details of outcomes that hold people's words or ids of rows."""

Value = TypeVar("Value")


class _Row(Protocol):
    """A row with an id."""

    @property
    def id(self) -> str: ...


class Pseudonyms:
    """Gives each customer and invoice a name of its own, the same wherever it is shown."""

    def __init__(self, language: Language = "en") -> None:
        self._language = language
        self._customers: dict[str, str] = {}

    def customer(self, ident: str) -> str:
        """`customer 1` for the first one shown."""
        return self._customers.setdefault(
            ident, say(self._language, "pseudonym.customer", count=len(self._customers) + 1)
        )

    def of(self, account: CustomerAccount) -> dict[str, str]:
        """What is replaced in everything about an account."""
        customer = account.customer
        name = self.customer(customer.id)
        found: dict[str, str] = {}
        tables: tuple[Sequence[_Row], ...] = (
            account.payments, account.disputes, account.promises, account.payment_plans, account.charges,
            account.blocks, account.contact_persons, account.orders, account.credit_reports,
        )  # fmt: skip
        for rows in tables:
            for row in rows:
                found[row.id] = WITHHELD
        for text in (
            *(text for block in account.blocks for text in (block.reason, block.by)),
            *(dispute.reason for dispute in account.disputes),
            *(value for value in customer.attributes.values() if isinstance(value, str)),
            *(value for one in account.invoices for value in one.attributes.values() if isinstance(value, str)),
        ):
            if text:
                found[text] = WITHHELD
        if customer.parent:
            found[customer.parent] = self.customer(customer.parent)
        for place, invoice in enumerate(sorted(account.invoices, key=lambda row: row.id), start=1):
            found[invoice.number] = found[invoice.id] = say(self._language, "pseudonym.invoice", count=place)
        found[customer.name] = found[customer.id] = name
        return found


def hidden(value: Value, names: Mapping[str, str]) -> Value:
    """The same value with every text that is one of `names` replaced, and what people wrote withheld."""
    return _hidden(value, names)  # type: ignore[no-any-return]  # what comes back has the type that went in


def _hidden(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, tuple):
        if len(value) == 2 and value[0] in _TELLING and not hasattr(value, "_fields"):
            return (value[0], WITHHELD if value[1] else value[1])
        parts = [_hidden(part, names) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if isinstance(value, frozenset):
        return frozenset(_hidden(part, names) for part in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _hidden(getattr(value, field.name), names) for field in fields(value)})
    return value
