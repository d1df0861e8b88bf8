"""The receivables while a simulation goes on: accounts that events and deliveries change, a snapshot for each day."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from policy_engine.simulation.behaviour import BehaviourError, Event, day_of
from policy_engine.snapshot.model import (
    Block,
    Charge,
    CustomerAccount,
    Dispute,
    History,
    Invoice,
    Payment,
    Promise,
    Snapshot,
)
from policy_engine.values.days import ONE_DAY

_TABLE: dict[type[Any], str] = {
    Payment: "payments",
    Dispute: "disputes",
    Promise: "promises",
    Invoice: "invoices",
    Charge: "charges",
    Block: "blocks",
}


class Books:
    """The accounts of one run. Only accounts that change are made anew, so that the others are recognised."""

    def __init__(self, start: Snapshot) -> None:
        self._start = start
        self._accounts = {account.customer.id: account for account in start.accounts}
        self._ids = {name: {row.id for a in start.accounts for row in getattr(a, name)} for name in _TABLE.values()}
        self._later: dict[date, list[Payment | Invoice]] = {}
        for account in start.accounts:
            for payment in account.payments:
                if payment.day >= start.as_of:
                    self._later.setdefault(payment.day, []).append(payment)
            for invoice in account.invoices:
                if invoice.issue_date >= start.as_of:
                    self._later.setdefault(invoice.issue_date, []).append(invoice)

    def snapshot(self, day: date) -> Snapshot:
        """The snapshot of a day. The first is the one that was given; later ones know every payment up to the eve."""
        if day == self._start.as_of:
            return self._start
        manifest = self._start.manifest
        through = None if manifest.payments_complete_through is None else day - ONE_DAY
        manifest = replace(manifest, as_of=day, payments_complete_through=through, rewound=False, totals=())
        accounts = tuple(self._accounts.values())
        return replace(self._start, manifest=manifest, accounts=accounts, rows=(), digest="")

    def currency_of(self, customer: str, invoice: str) -> str | None:
        """The currency of a customer's invoice, None when there is no such invoice."""
        return next((row.currency for row in self._accounts[customer].invoices if row.id == invoice), None)

    def known_before(self, day: date) -> Iterable[Payment | Invoice]:
        """What the first snapshot already holds of a day from its own on: it comes into being on that day."""
        return self._later.get(day, ())

    def add(self, events: Iterable[Event], day: date) -> None:
        """Add the events of a day.

        Raises:
            BehaviourError: an event of another day, of a customer who isn't there, or with an id that is taken.
        """
        new: dict[str, dict[str, list[Any]]] = {}
        for event in events:
            table = _TABLE[type(event)]
            if day_of(event) != day:
                raise BehaviourError(f"the row `{event.id}` of `{table}` is dated {day_of(event)}, not {day}")
            if event.customer not in self._accounts:
                raise BehaviourError(f"the row `{event.id}` of `{table}` is about `{event.customer}`, who isn't there")
            if event.id in self._ids[table]:
                raise BehaviourError(f"`{table}` has already a row `{event.id}`")
            self._ids[table].add(event.id)
            new.setdefault(event.customer, {}).setdefault(table, []).append(event)
        for customer, tables in new.items():
            self._extend(customer, tables)

    def record(self, rows: Iterable[History], charges: Iterable[Charge]) -> None:
        """Add rows of history, in place of those with the same id, and charges that were claimed."""
        new: dict[str, dict[str, list[Any]]] = {}
        for row in rows:
            new.setdefault(row.customer, {}).setdefault("history", []).append(row)
        for charge in charges:
            new.setdefault(charge.customer, {}).setdefault("charges", []).append(charge)
        for customer, tables in new.items():
            self._extend(customer, tables)

    def _extend(self, customer: str, tables: Mapping[str, list[Any]]) -> None:
        account: CustomerAccount = self._accounts[customer]
        changed: dict[str, Any] = {}
        for name, rows in tables.items():
            by_id = {row.id: row for row in getattr(account, name)}
            by_id.update((row.id, row) for row in rows)
            changed[name] = tuple(by_id[key] for key in sorted(by_id))
        self._accounts[customer] = replace(account, **changed)
