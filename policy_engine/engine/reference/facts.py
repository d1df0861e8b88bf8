"""The facts as the expressions see them: one object a customer, one an invoice, one an order.

Fields carry the names of `facts.table` (level stripped), plus `attributes` for declared ones. Slotted and mutable
because the engine fills them in steps (before netting, after netting, once the segment is known); nothing outside
the engine sees them.
"""

from collections.abc import Mapping
from datetime import date
from typing import TypeAlias

from policy_engine.snapshot.model import AttributeValue


class CustomerFacts:
    """Customer facts. Amounts in minor units, percent in ppm, numbers in ten-thousandths, missing is None."""

    __slots__ = (
        "as_of", "attributes", "average_days_late", "broken_promises", "category", "contacts_30", "contract_rate",
        "country", "credit_limit", "days_since_contact", "exposure", "external_score", "id", "insolvent",
        "insolvent_since", "insured_limit", "kept_promises", "kind", "language", "last_contact", "oldest_days_late",
        "oldest_due_date", "oldest_issue_date", "open_invoices", "outstanding", "overdue", "overdue_invoices",
        "paid_invoices", "promises", "score_date", "since", "status", "tags",
    )  # fmt: skip

    as_of: date
    id: str
    country: str | None
    language: str | None
    kind: str
    category: str | None
    status: str | None
    tags: frozenset[str]
    since: date | None
    open_invoices: int
    overdue_invoices: int
    outstanding: int
    overdue: int
    exposure: int
    credit_limit: int | None
    insured_limit: int | None
    oldest_due_date: date | None
    oldest_issue_date: date | None
    oldest_days_late: int | None
    paid_invoices: int
    average_days_late: tuple[int, int] | None  # (sum of amount x days, sum of amounts); None when nothing was paid
    promises: int
    broken_promises: int
    kept_promises: int
    external_score: int | None
    score_date: date | None
    insolvent: bool
    insolvent_since: date | None
    contract_rate: int | None
    last_contact: date | None
    days_since_contact: int | None
    contacts_30: int
    attributes: Mapping[str, AttributeValue]


class InvoiceFacts:
    """Invoice facts. Amounts in minor units, days as counts of calendar days, missing is None.

    `amount`, `outstanding` and `disputed_amount` are in the invoice's currency; expressions read them under the names
    that end in `_converted`, in the policy's. For an invoice in the policy's own currency these are the same slots.
    """

    __slots__ = (
        "age", "amount", "attributes", "currency", "days_late", "days_since_step", "days_to_due", "disputed",
        "disputed_amount", "due_date", "e_status", "factored", "id", "issue_date", "kind", "number", "outstanding",
        "payment_method", "payment_plan_broken", "payment_plan_kept", "promise_active", "promise_broken", "stage",
        "status", "step",
    )  # fmt: skip

    id: str
    number: str
    kind: str
    status: str
    currency: str
    payment_method: str | None
    e_status: str | None
    amount: int
    outstanding: int
    issue_date: date
    due_date: date
    days_late: int
    days_to_due: int
    age: int
    disputed: bool
    disputed_amount: int
    promise_active: bool
    promise_broken: bool
    factored: bool
    payment_plan_kept: bool
    payment_plan_broken: bool
    step: str | None
    stage: str | None
    days_since_step: int | None
    attributes: Mapping[str, AttributeValue]


class OrderFacts:
    """Facts of an order that waits for credit: `amount` in minor units of the policy's currency."""

    __slots__ = ("amount", "currency", "date", "id", "kind")

    id: str
    amount: int
    currency: str
    date: date
    kind: str | None


Subject: TypeAlias = InvoiceFacts | OrderFacts
"""What an expression is about beside the customer."""
for _amount in ("amount", "outstanding", "disputed_amount"):  # a slot under a second name costs nothing to read
    setattr(InvoiceFacts, f"{_amount}_converted", getattr(InvoiceFacts, _amount))
