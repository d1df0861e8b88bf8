"""The story of an action's customer and invoices as JSON data, for who calls and for who takes the claim over.

Amounts are decimal texts beside their currency, rates percent a year as text, dates ISO 8601. Only what is known on
the plan's day counts. With the policy the books are those of the engine: netting, promises kept and broken, interest
by period; without it what the snapshot's own rows say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from policy_engine.engine.reference.build_facts import promise_state
from policy_engine.engine.reference.decide import on_the_books
from policy_engine.engine.reference.draft import Draft
from policy_engine.engine.reference.exchange import NO_RATES, ExchangeRates
from policy_engine.engine.reference.program import program_for
from policy_engine.execution.basis import invoices_of
from policy_engine.execution.dossier_rows import allocated, lines, settled, told
from policy_engine.execution.history import LedgerHistory, extended
from policy_engine.execution.more import Pairs
from policy_engine.execution.proofs import contacts_in, notices_in
from policy_engine.plan.canonical import action_data
from policy_engine.plan.model import Action
from policy_engine.policy.resolved import Policy
from policy_engine.rates.table_file import ppm_text
from policy_engine.snapshot.model import CustomerAccount, ExchangeRate, Invoice
from policy_engine.values.money import minor_text

OTHERS = 20
"""Contacts about other invoices that are told, the latest; those about the action's invoices are all told."""


@dataclass(frozen=True, slots=True)
class Dossiers:
    """Tells the stories of a plan's actions (`more.Tell`).

    Attributes:
        as_of: the plan's date.
        currency: of amounts that name none: promises without invoices, limits.
        policy: the plan's policy, when it is at hand.
        exchange_rates: the snapshot's.
        known: the ledger's history, when the plan was made with it.
    """

    as_of: date
    currency: str
    policy: Policy | None = None
    exchange_rates: Sequence[ExchangeRate] = ()
    known: LedgerHistory | None = None

    def tell(self, connection: Connection | None, pairs: Pairs) -> dict[str, Any]:
        """The dossier of each action, by its id; the ledger is asked once for all of them."""
        customers = {action.customer for action, _ in pairs}
        proofs = {} if connection is None else contacts_in(connection, customers)
        return {action.id: self.one(action, account, proofs.get(action.customer, [])) for action, account in pairs}

    def notices(self, connection: Connection | None, pairs: Pairs) -> dict[str, Any]:
        """The formal notices about each action's invoices, oldest first, by the action's id (`proofs.notices_in`)."""
        if connection is None:
            return {}
        every = notices_in(connection, {action.customer for action, _ in pairs})
        return {
            action.id: [
                notice
                for notice in every.get(action.customer, ())
                if not set(notice["invoices"]).isdisjoint(invoices_of(action))
            ]
            for action, _ in pairs
        }

    def one(self, action: Action, account: CustomerAccount, proofs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The dossier of one action; `proofs` are the customer's contacts out of the ledger."""
        if self.known is not None:
            account = extended(account, self.known, self.as_of)
        own = frozenset(invoices_of(action))
        books = self._books(account)
        data = action_data(action)
        return {
            "as_of": self.as_of.isoformat(),
            "locale": None if self.policy is None else self.policy.locale,
            "contacts": self._contacts(account, own, proofs),
            "customer": self._customer(account),
            "invoices": [self._invoice(row, action, data, account, books) for row in account.invoices if row.id in own],
            "unallocated": self._unallocated(account, books),
            "disputes": [
                {
                    "invoice": row.invoice,
                    "opened": row.opened.isoformat(),
                    "closed": _day(row.closed),
                    "amount": None if row.amount is None else self._money(account, row.invoice, row.amount),
                    "reason": row.reason,
                }
                for row in account.disputes
                if row.invoice in own and row.opened <= self.as_of
            ],
            "promises": [
                {
                    "made": row.made.isoformat(),
                    "day": row.day.isoformat(),
                    "amount": None if row.amount is None else self._money(account, next(iter(row.invoices), None),
                                                                          row.amount),
                    "invoices": list(row.invoices),
                    "about": not row.invoices or not own.isdisjoint(row.invoices),
                    "state": None if books is None or self.policy is None
                    else promise_state(row, books.items, self.as_of, self.policy.promise_grace),
                }
                for row in sorted(account.promises, key=lambda row: (row.made, row.id))
                if row.made <= self.as_of
            ],
            "payment_plans": [
                {
                    "made": row.made.isoformat(),
                    "invoices": list(row.invoices),
                    "instalments": [
                        {"day": part.day.isoformat(), "amount": self._money(account, row.invoices[0], part.amount)}
                        for part in row.instalments
                    ],
                }
                for row in account.payment_plans
                if row.made <= self.as_of and not own.isdisjoint(row.invoices)
            ],
            "blocks": [
                {
                    "invoice": row.invoice,
                    "from": row.start.isoformat(),
                    "until": _day(row.until),
                    "reason": row.reason,
                }
                for row in account.blocks
                if (row.invoice is None or row.invoice in own) and row.start <= self.as_of
            ],
            "insurance": [
                {
                    "limit": minor_text(row.limit, row.currency),
                    "currency": row.currency,
                    "from": row.start.isoformat(),
                    "until": _day(row.until),
                }
                for row in account.insurance
                if row.start <= self.as_of and (row.until is None or row.until >= self.as_of)
            ],
            "credit_reports": [
                {
                    "day": row.day.isoformat(),
                    "score": None if row.score is None else _tenthousandths(row.score),
                    "source": row.source,
                }
                for row in account.credit_reports
                if row.day <= self.as_of
            ],
        }  # fmt: skip

    def _books(self, account: CustomerAccount) -> Draft | None:
        """The account as the engine sees it: settled, netted; None without the policy."""
        if self.policy is None:
            return None
        rates = [rate for rate in self.exchange_rates if rate.day <= self.as_of]
        return on_the_books(
            program_for(self.policy), account, self.as_of, None, ExchangeRates(rates) if rates else NO_RATES
        )

    def _money(self, account: CustomerAccount, invoice: str | None, minor: int) -> str:
        code = next((row.currency for row in account.invoices if row.id == invoice), self.currency)
        return minor_text(minor, code)

    def _customer(self, account: CustomerAccount) -> dict[str, Any]:
        row = account.customer
        limit_in = row.limit_currency or self.currency
        return {
            "kind": row.kind,
            "category": row.category,
            "status": row.status,
            "tags": sorted(row.tags),
            "since": _day(row.since),
            "parent": row.parent,
            "terms": row.terms,
            "contract_rate": None if row.contract_rate is None else ppm_text(row.contract_rate),
            "insolvent": row.insolvent,
            "insolvent_since": _day(row.insolvent_since),
            "credit_limit": None
            if row.credit_limit is None
            else {"amount": minor_text(row.credit_limit, limit_in), "currency": limit_in},
            "attributes": self._attributes("customer", row.attributes),
        }

    def _attributes(self, level: str, values: Mapping[str, Any]) -> dict[str, str]:
        """The company's own columns that the policy declares, as text."""
        declared = () if self.policy is None else self.policy.attributes
        types: dict[str, str] = {item.name: item.type for item in declared if item.level == level}
        found = {}
        for name, value in sorted(values.items()):
            if value is None:
                continue
            match types.get(name), value:
                case "amount", int():
                    found[name] = minor_text(value, self.currency)
                case "percent", int():
                    found[name] = ppm_text(value)
                case "number", int():
                    found[name] = _tenthousandths(value)
                case _, bool():
                    found[name] = "yes" if value else "no"
                case _, frozenset():
                    found[name] = "; ".join(sorted(value))
                case _:
                    found[name] = str(value)
        return found

    def _invoice(
        self, row: Invoice, action: Action, data: Mapping[str, Any], account: CustomerAccount, books: Draft | None
    ) -> dict[str, Any]:
        item = None if books is None else next((item for item in books.items if item.id == row.id), None)
        parts = settled(item) if item is not None else allocated(row, account, self.as_of)
        parts.sort(key=lambda one: (one["day"], one["kind"], one["minor"]))
        paid = sum(one["minor"] for one in parts if one["kind"] == "payment")
        credited = sum(one["minor"] for one in parts if one["kind"] == "credit_note")
        return {
            "id": row.id,
            "number": row.number,
            "kind": row.kind,
            "status": row.status,
            "currency": row.currency,
            "amount": minor_text(row.amount, row.currency),
            "issue_date": row.issue_date.isoformat(),
            "due_date": row.due_date.isoformat(),
            "terms": row.due_from_terms,
            "payment_method": row.payment_method,
            "e_status": row.e_status,
            "factored": row.factored,
            "attributes": self._attributes("invoice", row.attributes),
            "paid": minor_text(paid, row.currency),
            "credited": minor_text(credited, row.currency),
            "outstanding": minor_text(row.amount - paid - credited, row.currency),
            "settlements": [
                {"kind": one["kind"], "day": one["day"], "amount": minor_text(one["minor"], row.currency)}
                for one in parts
            ],
            "instalments": [
                {"id": part.id, "due_date": part.due_date.isoformat(),
                 "amount": minor_text(part.amount, row.currency)}
                for part in sorted(account.instalments, key=lambda part: (part.due_date, part.id))
                if part.invoice == row.id
            ],
            "noted_charges": [
                {
                    "penalty": charge.penalty,
                    "status": charge.status,
                    "day": charge.day.isoformat(),
                    "amount": None if charge.amount is None else minor_text(charge.amount, row.currency),
                }
                for charge in sorted(account.charges, key=lambda charge: (charge.day, charge.id))
                if charge.invoice == row.id and charge.day <= self.as_of
            ],
            "lines": lines(row, action, data, books),
        }  # fmt: skip

    def _unallocated(self, account: CustomerAccount, books: Draft | None) -> dict[str, str]:
        """Money and credit notes that settle no invoice yet, by currency."""
        left: dict[str, int] = {}
        if books is not None:
            left = dict(books.credits_left)
        else:
            for payment in account.payments:
                if payment.day <= self.as_of:
                    rest = payment.amount - sum(part.amount for part in payment.allocations)
                    left[payment.currency] = left.get(payment.currency, 0) + rest
            for note in account.invoices:
                if note.kind == "credit_note" and note.issue_date <= self.as_of:
                    rest = -note.amount + sum(part.amount for part in note.allocations)
                    left[note.currency] = left.get(note.currency, 0) + rest
        return {code: minor_text(minor, code) for code, minor in sorted(left.items()) if minor}

    def _contacts(
        self, account: CustomerAccount, own: frozenset[str], proofs: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """What reached the customer, oldest first: the snapshot's history, then what the ledger proves."""
        recorded = {contact["action"] for contact in proofs}
        found = told(account, self.as_of, recorded)
        found += [dict(contact) for contact in proofs]
        for contact in found:
            invoices = {*contact["demanded"], *contact["mentioned"]}
            contact["about"] = not own.isdisjoint(invoices)
        found.sort(key=lambda contact: contact["day"])
        others = [contact for contact in found if not contact["about"]][-OTHERS:]
        kept = {id(contact) for contact in others}
        return [contact for contact in found if contact["about"] or id(contact) in kept]


def _tenthousandths(value: int) -> str:
    whole, rest = divmod(abs(value), 10_000)
    text = f"{whole}.{rest:04d}".rstrip("0").rstrip(".") if rest else str(whole)
    return f"-{text}" if value < 0 else text


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()
