"""The walker records what decided, and tells when a condition will hold."""

from datetime import date

from policy_engine.engine.walker import TIME_DRIVEN, advanced, evaluate_recorded, when_true
from policy_engine.facts.table import BY_NAME
from tests.expressions.expression_samples import customer, invoice, parsed, policy_facts

FACTS = policy_facts({"slow_payer": "customer.average_days_late > 15 and customer.paid_invoices >= 3"})


def test_what_was_read_comes_in_order_and_once() -> None:
    tree = parsed("customer.overdue > 5 and customer.overdue > 6 and customer.kind == 'business'").tree
    value, reads = evaluate_recorded(tree, (), customer(), None)
    assert value is True
    assert [(name.name, stored) for name, stored in reads] == [
        ("customer.overdue", 120_050),
        ("customer.kind", "business"),
    ]


def test_reading_stops_once_it_is_decided() -> None:
    tree = parsed("customer.insolvent and customer.overdue > 5").tree
    assert [name.name for name, _ in evaluate_recorded(tree, (), customer(), None)[1]] == ["customer.insolvent"]
    tree = parsed("customer.overdue > 5 or customer.insolvent").tree
    assert [name.name for name, _ in evaluate_recorded(tree, (), customer(), None)[1]] == ["customer.overdue"]


def test_policy_facts_come_before_what_they_read() -> None:
    tree = parsed("customer.overdue > 5 and slow_payer", FACTS).tree
    reads = evaluate_recorded(tree, FACTS, customer(), invoice())[1]
    assert [(name.name, stored) for name, stored in reads] == [
        ("customer.overdue", 120_050),
        ("slow_payer", True),
        ("customer.average_days_late", (61, 4)),
        ("customer.paid_invoices", 12),
    ]


def test_when_a_condition_will_hold() -> None:
    c, i = customer(), invoice()
    assert when_true(parsed("invoice.days_late >= 30").tree, (), c, i) == date(2026, 11, 30)
    assert when_true(parsed("invoice.days_late >= 35").tree, (), c, i) == date(2026, 12, 4)
    assert when_true(parsed("as_of >= date('2027-01-01')").tree, (), c, i) == date(2027, 1, 1)
    assert when_true(parsed("customer.days_since_contact > 10").tree, (), c, i) == date(2026, 12, 2)
    assert when_true(parsed("invoice.age > 1000").tree, (), c, i) is None
    assert when_true(parsed("customer.overdue > 100000").tree, (), c, i) is None
    assert when_true(parsed("invoice.days_since_step > 3").tree, (), c, i) is None
    assert when_true(parsed("customer.oldest_days_late < 33").tree, (), c, i, wanted=False) == date(2026, 12, 2)
    assert c.as_of == date(2026, 11, 30)


def test_when_looks_through_policy_facts() -> None:
    facts = policy_facts({"old": "invoice.age >= 62"})
    assert when_true(parsed("old", facts).tree, facts, customer(), invoice()) == date(2026, 12, 1)


def test_time_driven_facts_exist_and_move() -> None:
    assert set(BY_NAME) >= TIME_DRIVEN
    later_c, later_i = advanced(customer(), invoice(days_to_due=3, days_late=0, due_date=date(2026, 12, 3)), 2)
    assert later_i is not None
    assert (later_c.as_of, later_i.days_to_due, later_i.days_late, later_i.age) == (date(2026, 12, 2), 1, 0, 63)
