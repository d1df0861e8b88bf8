"""On generated policies and portfolios: explanations agree with the plan, add up, and can always be said."""

import json
import re

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from policy_engine.engine.reference.evaluate import evaluate
from policy_engine.explanation.build import explain
from policy_engine.explanation.data import explanation_data
from policy_engine.explanation.text import explanation_text
from policy_engine.plan.canonical import with_identity
from policy_engine.plan.read import read_plan
from policy_engine.plan.schema import plan_schema
from policy_engine.policy.resolved import Policy
from policy_engine.reports.terminal import plan_text
from policy_engine.values.money import round_fraction
from tests.engine.portfolios import Document, documents, policies, read
from tests.plan.test_plan_canonical import written

pytestmark = pytest.mark.property

VALIDATOR = Draft202012Validator(plan_schema())  # built once: checking the schema itself takes a second


@settings(max_examples=40)
@given(policies, documents(customers=2))
def test_every_customer_can_be_explained_as_the_plan_decides(policy: Policy, document: Document) -> None:
    snapshot = read(document, policy)
    if snapshot is None:
        return
    plan = evaluate(policy, snapshot)
    for account in snapshot.accounts:
        customer = account.customer.id
        found = explain(policy, snapshot, customer)
        rows = {row.invoice: row for row in (*(i.outcome for i in found.invoices), *found.others)}
        assert rows == {row.invoice: row for row in plan.outcomes if row.customer == customer}
        assert found.actions == tuple(action for action in plan.actions if action.customer == customer)
        for invoice in found.invoices:
            days = [step.on for step in invoice.ahead]
            assert days == sorted(days)
            for charge in invoice.charges:
                if charge.periods and charge.amounts is not None:
                    # where each part climbs alone, each part's interest is rounded
                    parts = len(invoice.climbing.parts) if invoice.climbing is not None else 3
                    apart = policy.ladders[0].scope == "instalment"
                    assert abs(round_fraction(charge.exact) - charge.amounts.accrued) <= (parts if apart else 0)
        for language in ("en", "fr"):
            assert "{" not in explanation_text(found, language)
            json.dumps(explanation_data(found, language), allow_nan=False)


@settings(max_examples=40)
@given(policies, documents())
def test_every_plan_can_be_written_read_checked_and_shown(policy: Policy, document: Document) -> None:
    snapshot = read(document, policy)
    if snapshot is None:
        return
    plan = with_identity(evaluate(policy, snapshot))
    text = written(plan)
    VALIDATOR.validate(json.loads(text))
    assert read_plan(text) == plan
    for language in ("en", "fr"):
        last = plan_text(plan, language=language, width=80).splitlines()[-1]
        assert [int(figure) for figure in re.findall(r"[0-9]+", last)][:2] == [len(plan.actions), len(plan.outcomes)]
