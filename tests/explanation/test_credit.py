"""The credit section of an explanation, and of a plan on the terminal. `UPDATE_GOLDEN=1` writes; read the diff."""

import json
import os
from pathlib import Path

import pytest

import policy_engine as pe
from policy_engine.engine.reference import evaluate as engine
from policy_engine.explanation.build import explain
from policy_engine.explanation.data import explanation_data
from policy_engine.explanation.text import explanation_text
from policy_engine.language.load import load_policy
from policy_engine.reports.terminal import plan_text
from policy_engine.snapshot.read import read_snapshot

FOLDER = Path(__file__).parent / "credit"


@pytest.fixture(scope="module", name="inputs")
def _inputs():
    before = Path.cwd()
    os.chdir(FOLDER)
    try:
        policy = load_policy(Path("policy.yaml")).policy
        snapshot = read_snapshot([Path("snapshot.yaml")], policy_currency="EUR").snapshot
    finally:
        os.chdir(before)
    assert policy is not None
    assert snapshot is not None
    return policy, snapshot


def golden(name, text):
    file = FOLDER / name
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def section(text):
    """The credit section: from its title to the blank line."""
    lines = text.split("\n")
    start = next(i for i, line in enumerate(lines) if line in ("Credit", "Crédit"))
    return "\n".join(lines[start : lines.index("", start)]) + "\n"


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("customer", ["C-1", "C-3", "C-4", "C-5", "C-6"])
def test_the_section_is_golden(inputs, customer, language):
    golden(f"{customer}.{language}.txt", section(explanation_text(explain(*inputs, customer), language)))


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("width", [72, 100])
def test_the_terminal_is_golden(inputs, language, width):
    golden(f"plan-{width}.{language}.txt", plan_text(engine.evaluate(*inputs), language=language, width=width))


def test_the_explanation_agrees_with_the_plan(inputs):
    plan = engine.evaluate(*inputs)
    explained = [
        order.decision
        for account in inputs[1].accounts
        for order in explain(*inputs, account.customer.id).credit.orders
    ]
    assert tuple(explained) == plan.decisions
    assert {row.order: row.decision for row in plan.decisions} == {
        "O-2": "refer", "O-3": "approve", "O-4": "approve", "O-5": "refer", "O-6": "refuse",
    }  # fmt: skip


def test_what_adds_up_adds_up(inputs):
    for account in inputs[1].accounts:
        credit = explain(*inputs, account.customer.id).credit
        assert sum(share.total for share in credit.shares) + credit.more_total == credit.exposure


def test_json_says_the_same(inputs):
    data = explanation_data(explain(*inputs, "C-3"))
    assert json.loads(json.dumps(data)) == data
    credit = data["credit"]
    assert (credit["exposure"], credit["limit"], credit["limit_of"], credit["limit_from"]) == (
        "8000.00", "10000.00", "C-1", "segment",
    )  # fmt: skip
    assert [share["total"] for share in credit["shares"]] == ["4600.00", "2000.00", "1000.00", "400.00"]
    assert [(row["order"], row["decision"], row["exposure"]) for row in credit["orders"]] == [
        ("O-2", "refer", "8050.00"),
        ("O-3", "approve", "8050.00"),
    ]
    assert [rule["verdict"] for rule in credit["orders"][0]["rules"]] == ["no", "chosen", "passed"]


def test_an_invoice_and_a_policy_without_credit_have_no_section(inputs):
    assert explain(*inputs, "F-3").credit is None
    pack = pe.load_policy("pack:fr-b2b")
    assert explain(pack, inputs[1], "C-3").credit is None


def test_one_customer_alone_is_never_approved_on_a_limit_it_cannot_know(inputs):
    """`decide` without the family: a child's limit is its parent's, so that a person decides (3.19)."""
    policy, snapshot = inputs
    by_id = {account.customer.id: account for account in snapshot.accounts}
    alone = pe.decide(policy, by_id["C-3"], snapshot.as_of)
    assert [(row.order, row.decision, row.reason) for row in alone.decisions] == [
        ("O-2", "refer", "data_problem"),
        ("O-3", "refer", "data_problem"),
    ]
    families = pe.families(policy, snapshot)
    known = pe.decide(policy, by_id["C-3"], snapshot.as_of, family=families.get("C-3"))
    # without what C-4 is given the same day: 8000 + 2000 fills the limit, and one euro more doesn't fit
    assert [(row.order, row.decision, row.exposure) for row in known.decisions] == [
        ("O-2", "approve", 800_000),
        ("O-3", "refer", 1_000_000),
    ]
    assert families.get("C-6") is None
    assert known.credit_alerts == ()
    assert [alert.alert for alert in pe.decide(policy, by_id["C-5"], snapshot.as_of).credit_alerts] == ["utilisation"]
