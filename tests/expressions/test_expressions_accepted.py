"""Every accepted expression: its type, its value by generated code and by the walker."""

from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from policy_engine.engine.expressions import compile_first, compile_flag, compile_value
from policy_engine.engine.reference.facts import CustomerFacts, InvoiceFacts, OrderFacts
from policy_engine.engine.walker import evaluate
from policy_engine.facts.table import TABLE
from tests.expressions.expression_samples import ATTRIBUTES, customer, invoice, order, parsed, policy_facts

CASES = yaml.safe_load(Path(__file__).with_name("accepted.yaml").read_text(encoding="utf-8"))
FACTS = policy_facts(
    {
        "slow_payer": "customer.average_days_late > 15 and customer.paid_invoices >= 3",
        "trusted": 'has(customer.tags, "trusted")',
        "late_sum": "customer.overdue - invoice.disputed_amount",
        "reserve": "customer.credit_limit * 0.5",
        "deadline": "invoice.due_date + 15",
        "half": "customer.external_score * 0.5",
        "large": " or ".join(f"customer.overdue == {n}" for n in range(8)) + " or slow_payer",
    }
)


def _changed(case: dict[str, Any]) -> tuple[CustomerFacts, InvoiceFacts]:
    changes = case.get("with", {})
    return (
        customer(changes.get("attributes"), **changes.get("customer", {})),
        invoice(changes.get("invoice_attributes"), **changes.get("invoice", {})),
    )


def _expected(value: Any) -> Any:
    """A fraction is written `p/q`, everything else is itself."""
    return Fraction(value) if isinstance(value, str) and "/" in value else value


@pytest.mark.parametrize("case", CASES, ids=[str(case["text"])[:60] for case in CASES])
def test_accepted(case: dict[str, Any]) -> None:
    wanted = case.get("wanted")
    expression = parsed(case["text"], FACTS, wanted=tuple(wanted) if isinstance(wanted, list) else wanted)
    assert expression.type == case["type"]
    c, i = _changed(case)
    expected = _expected(case["value"])
    value = compile_value(expression.tree, FACTS)(c, i)
    assert value == expected
    assert isinstance(value, int | Fraction) is isinstance(expected, int | Fraction)
    walked = evaluate(expression.tree, FACTS, c, i)
    assert walked == expected
    if case["type"] == "flag":
        holds = case.get("holds", expected)
        assert compile_flag(expression.tree, FACTS)(c, i) is holds
        assert compile_first([expression.tree], FACTS)(c, i) == (0 if holds else -1)


def test_first_of_several() -> None:
    never, always = parsed("customer.insolvent").tree, parsed("customer.overdue > 0").tree
    first = compile_first([never, always, None], ())
    assert first(customer(), None) == 1
    assert first(customer(overdue=0), None) == 2
    assert compile_first([never], ())(customer(), None) == -1
    assert compile_first([], ())(customer(), None) == -1


def test_every_fact_has_its_slot() -> None:
    holders = {"run": CustomerFacts, "customer": CustomerFacts, "invoice": InvoiceFacts, "order": OrderFacts}
    for fact in TABLE:
        holder = holders[fact.level]
        assert hasattr(holder, fact.attribute), fact.name
        assert fact.attribute.removesuffix("_converted") in holder.__slots__, fact.name


def test_every_fact_reads_its_slot() -> None:
    c, i, o = customer(), invoice(), order()
    for fact in TABLE:
        about = o if fact.level == "order" else i
        stored = getattr(c if fact.level in ("run", "customer") else about, fact.attribute)
        if fact.type == "ratio":
            continue
        tree = parsed(fact.name, level="order" if fact.level == "order" else "invoice").tree
        value = compile_value(tree, ())(c, about)
        assert evaluate(tree, (), c, about) == value, fact.name
        assert value == (Fraction(stored, 10_000) if fact.type == "number" else stored), fact.name


def test_generated_code_reaches_nothing_but_facts() -> None:
    expression = parsed('has(customer.tags, "__import__") and customer.region == "c.attributes"')
    flag = compile_flag(expression.tree, ())
    assert flag.__globals__["__builtins__"] == {}
    assert flag(customer({"region": "c.attributes"}, tags=frozenset({"__import__"})), None) is True


def test_policy_facts_that_name_each_other_twice_stay_small() -> None:
    texts = {"f0": "customer.overdue + customer.exposure"}
    texts |= {f"f{n}": f"f{n - 1} + f{n - 1}" for n in range(1, 12)}
    facts = policy_facts(texts)
    value = compile_value(parsed("f11", facts).tree, facts)(customer(), invoice())
    assert value == (120_050 + 250_000) * 2**11


def test_attributes_that_an_account_lacks_are_missing() -> None:
    bare = customer()
    bare.attributes = {}
    for part in ATTRIBUTES:
        if part.level == "customer":
            assert compile_value(parsed(f"customer.{part.name}").tree, ())(bare, None) is None


def test_dates_are_dates() -> None:
    value = compile_value(parsed("invoice.due_date").tree, ())(customer(), invoice())
    assert isinstance(value, date)
