"""Facts, scopes and trees for the tests of expressions."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from policy_engine.engine.reference.facts import CustomerFacts, InvoiceFacts, OrderFacts
from policy_engine.language.expressions.check import Scope, parse_expression
from policy_engine.policy.resolved import Attribute, Expression, PolicyFact
from policy_engine.policy.traverse import names, nullable
from policy_engine.values.position import Position

AT = Position("policy.yaml", 12, 13)
ATTRIBUTES = (
    Attribute("customer", "region", "text"),
    Attribute("customer", "vip", "flag"),
    Attribute("customer", "rating", "number"),
    Attribute("customer", "bonus", "amount"),
    Attribute("customer", "audited", "date"),
    Attribute("customer", "labels", "set"),
    Attribute("customer", "discount", "percent"),
    Attribute("customer", "slack", "days"),
    Attribute("invoice", "cost_centre", "text"),
    Attribute("invoice", "copies", "count"),
)
CUSTOMER: dict[str, Any] = {
    "as_of": date(2026, 11, 30), "average_days_late": (61, 4), "broken_promises": 1, "category": None, "contacts_30": 2,
    "contract_rate": 124_000, "country": "FR", "credit_limit": None, "days_since_contact": 9, "exposure": 250_000,
    "external_score": 425_000, "id": "C1", "insolvent": False, "insolvent_since": None, "insured_limit": 1_000_000,
    "kept_promises": 0, "kind": "business", "language": "fr", "last_contact": date(2026, 11, 21),
    "oldest_days_late": 31, "oldest_due_date": date(2026, 10, 30), "oldest_issue_date": date(2026, 9, 30),
    "open_invoices": 3, "outstanding": 250_000, "overdue": 120_050, "overdue_invoices": 2, "paid_invoices": 12,
    "promises": 1, "score_date": date(2026, 10, 1), "since": date(2020, 1, 1), "status": "active",
    "tags": frozenset({"vip", "export"}),
}  # fmt: skip
INVOICE: dict[str, Any] = {
    "age": 61, "amount": 100_000, "currency": "EUR", "days_late": 31, "days_since_step": None, "days_to_due": 0,
    "disputed": False, "disputed_amount": 0, "due_date": date(2026, 10, 30), "e_status": None, "factored": False,
    "id": "F1", "issue_date": date(2026, 9, 30), "kind": "invoice", "number": "2026-1", "outstanding": 80_050,
    "payment_method": "transfer", "payment_plan_broken": False, "payment_plan_kept": False, "promise_active": False,
    "promise_broken": True, "stage": None, "status": "open", "step": None,
}  # fmt: skip


def customer(attributes: Mapping[str, Any] | None = None, **changes: Any) -> CustomerFacts:
    """A customer's facts: the sample with changes."""
    facts = CustomerFacts()
    for name, value in {**CUSTOMER, **changes}.items():
        setattr(facts, name, value)
    declared = {part.name: None for part in ATTRIBUTES if part.level == "customer"}
    facts.attributes = {**declared, **(attributes or {})}
    return facts


def invoice(attributes: Mapping[str, Any] | None = None, **changes: Any) -> InvoiceFacts:
    """An invoice's facts: the sample with changes."""
    facts = InvoiceFacts()
    for name, value in {**INVOICE, **changes}.items():
        setattr(facts, name, value)
    facts.attributes = {**{part.name: None for part in ATTRIBUTES if part.level == "invoice"}, **(attributes or {})}
    return facts


def order(**changes: Any) -> OrderFacts:
    """An order's facts: the sample with changes."""
    facts = OrderFacts()
    sample = {"amount": 60_000, "currency": "EUR", "date": date(2026, 11, 28), "id": "O1", "kind": None}
    for name, value in {**sample, **changes}.items():
        setattr(facts, name, value)
    return facts


def policy_facts(texts: Mapping[str, str], currency: str = "EUR") -> tuple[PolicyFact, ...]:
    """Policy facts in the order given, each naming only earlier ones."""
    made: list[PolicyFact] = []
    for name, text in texts.items():
        scope = Scope("invoice", currency, ATTRIBUTES, {fact.name: fact for fact in made})
        expression, found = parse_expression(text, AT, scope)
        assert expression is not None, [finding.render() for finding in found]
        known = {fact.name: fact.level for fact in made}
        of_invoice = any(
            part.name.startswith("invoice.") or known.get(part.name) == "invoice" for part in names(expression.tree)
        )
        made.append(
            PolicyFact(name, "invoice" if of_invoice else "customer", expression, nullable(expression.tree), AT)
        )
    return tuple(made)


def scope(facts: Sequence[PolicyFact] = (), **changes: Any) -> Scope:
    """An invoice's scope in EUR with the sample's attributes."""
    values = {"level": "invoice", "currency": "EUR", "attributes": ATTRIBUTES, "facts": {f.name: f for f in facts}}
    return Scope(**{**values, **changes})


def parsed(text: str, facts: Sequence[PolicyFact] = (), **changes: Any) -> Expression:
    """The expression, which must be free of errors."""
    expression, found = parse_expression(text, AT, scope(facts, **changes))
    assert expression is not None, "\n".join(finding.render() for finding in found)
    return expression
