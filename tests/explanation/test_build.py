"""What an explanation finds: by which name, which facts, which days to come."""

import dataclasses
from datetime import date
from fractions import Fraction

import pytest

from policy_engine.engine.reference.decide import decide_customer
from policy_engine.engine.reference.evaluate import evaluate
from policy_engine.engine.reference.program import program_for
from policy_engine.explanation.build import UnknownIdentError, explain
from policy_engine.explanation.text import explanation_text
from policy_engine.values.money import round_fraction
from tests.explanation.golden_cases import CASES, explanation_of, inputs_of


def test_a_customer_is_explained_with_all_its_open_invoices(tmp_path):
    policy, snapshot = inputs_of("waiting-contact_cap", tmp_path)
    found = explain(policy, snapshot, "C1")
    assert found.about == "customer"
    assert [row.outcome.invoice for row in found.invoices] == ["F1", "F2"]
    assert [row.outcome.invoice for row in explain(policy, snapshot, "F2").invoices] == ["F2"]


def test_the_printed_number_finds_the_invoice(tmp_path):
    policy, snapshot = inputs_of("waiting-step_to_come", tmp_path)
    account = snapshot.accounts[0]
    numbered = dataclasses.replace(account.invoices[0], number="2026-0042")
    snapshot = dataclasses.replace(snapshot, accounts=(dataclasses.replace(account, invoices=(numbered,)),))
    assert explain(policy, snapshot, "2026-0042").invoices[0].outcome.invoice == "F1"


def test_an_unknown_name_offers_the_nearest(tmp_path):
    policy, snapshot = inputs_of("waiting-step_to_come", tmp_path)
    with pytest.raises(UnknownIdentError, match=r"no customer and no invoice is called `F11`; did you mean `F1`\?"):
        explain(policy, snapshot, "F11")


def test_a_hostile_name_is_inert_in_the_error(tmp_path):
    policy, snapshot = inputs_of("waiting-step_to_come", tmp_path)
    with pytest.raises(UnknownIdentError) as caught:
        explain(policy, snapshot, "\x1b[2J\n::error::")
    assert "\x1b" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_number_that_two_customers_share_asks_for_the_id(tmp_path):
    policy, snapshot = inputs_of("waiting-capacity", tmp_path)
    same = tuple(
        dataclasses.replace(a, invoices=tuple(dataclasses.replace(i, number="SAME") for i in a.invoices))
        for a in snapshot.accounts
    )
    with pytest.raises(UnknownIdentError, match=r"several customers .*`F1`, `F2`"):
        explain(policy, dataclasses.replace(snapshot, accounts=same), "SAME")


@pytest.mark.parametrize("name", CASES)
def test_outcomes_and_actions_are_those_of_the_plan(name, tmp_path):
    policy, snapshot = inputs_of(name, tmp_path)
    plan = evaluate(policy, snapshot)
    found = explain(policy, snapshot, "C1")
    rows = {row.invoice: row for row in plan.outcomes}
    for outcome in (*(row.outcome for row in found.invoices), *found.others):
        assert rows[outcome.invoice] == outcome
    assert found.actions == tuple(action for action in plan.actions if action.customer == "C1")


@pytest.mark.parametrize("name", CASES)
def test_interest_by_period_adds_up_to_what_accrued(name, tmp_path):
    for charge in explanation_of(name, tmp_path).invoices[0].charges:
        if charge.periods and charge.amounts is not None:
            assert round_fraction(charge.exact) == charge.amounts.accrued
            assert all((p.last - p.first).days + 1 == p.days for p in charge.periods)


def test_balance_after_a_part_payment_is_exact(tmp_path):
    """500 paid on 20 July settle the interest so far first (C. civ. art. 1343-1), the rest lowers the principal."""
    charge = explanation_of("acted-demanded", tmp_path).invoices[0].charges[0]
    before = Fraction(110_000) * (121_500 * 20 + 124_000 * 20) / 365_000_000
    last = charge.periods[-1]
    assert Fraction(last.balance_numerator, last.balance_denominator) == 110_000 - (50_000 - before)


def test_the_days_to_come_are_what_the_engine_decides_on_them(tmp_path):
    """The first coming step: nothing on the eve, an action of that step on the day."""
    policy, snapshot = inputs_of("waiting-step_to_come", tmp_path)
    step = explain(policy, snapshot, "F1").invoices[0].ahead[0]
    assert (step.on, step.step, step.note) == (date(2026, 12, 4), "formal_notice", "approval")
    program = program_for(policy)
    account = snapshot.accounts[0]
    assert decide_customer(program, account, date(2026, 12, 3)).actions == ()
    assert [a.step for a in decide_customer(program, account, step.on).actions] == ["formal_notice"]


def test_a_hold_that_ends_says_when(tmp_path):
    holds = {hold.name: hold for hold in explanation_of("held-promise_to_pay", tmp_path).invoices[0].holds}
    promise = holds["promise_to_pay"]
    assert promise.verdict == "applies"
    assert promise.condition.turns == date(2026, 11, 30)  # promised for the 27th, two days of grace
    assert holds["disputed"].condition.turns is None


def test_the_part_of_a_condition_that_decided_is_named(tmp_path):
    charges = {c.penalty: c for c in explanation_of("held-insolvency", tmp_path).invoices[0].charges}
    decided = charges["recovery_indemnity"].condition.deciders
    assert [(part.text, part.holds) for part in decided] == [
        ('customer.kind == "business"', True),
        ("invoice.due_date >= customer.insolvent_since", False),
    ]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_text_is_inert_whatever_the_customer_is_called(language, tmp_path):
    policy, snapshot = inputs_of("acted-demanded", tmp_path)
    account = snapshot.accounts[0]
    name = "\x1b[31m[red]=cmd|x\n::error::\u202egnp"
    hostile = dataclasses.replace(account, customer=dataclasses.replace(account.customer, name=name))
    text = explanation_text(explain(policy, dataclasses.replace(snapshot, accounts=(hostile,)), "C1"), language)
    assert r"\x1b[31m[red]=cmd|x\n:\x3aerror::\u202egnp" in text.splitlines()[0]
    assert "\x1b" not in text
    assert "\u202e" not in text
