"""Portfolios in several currencies: the promises hold in each currency by itself."""

import copy
from collections import defaultdict
from datetime import timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from policy_engine.engine.reference.evaluate import evaluate
from policy_engine.engine.reference.ledger import live_payments
from policy_engine.policy.resolved import Policy
from policy_engine.snapshot.model import Snapshot
from policy_engine.values.money import minor_text
from tests.engine.portfolios import AS_OF, Document, documents, policies, read_right

CODES = ("USD", "JPY", "TND")


@st.composite
def mixed(draw: st.DrawFn) -> Document:
    """A document with invoices, payments and rates in further currencies; one of the rates may be missing."""
    document = copy.deepcopy(draw(documents()))
    customers = [row["id"] for row in document["customers"]]
    for number in range(draw(st.integers(1, 4))):
        customer, code = draw(st.sampled_from(customers)), draw(st.sampled_from(CODES))
        due = AS_OF - timedelta(days=draw(st.integers(-12, 120)))
        amount = draw(st.integers(100, 200_000))
        document["invoices"].append(
            {"id": f"{customer}-X{number}", "customer": customer, "kind": "invoice", "currency": code,
             "amount": minor_text(amount, code), "issue_date": (due - timedelta(days=30)).isoformat(),
             "due_date": due.isoformat(), "status": "open"}
        )  # fmt: skip
        if draw(st.booleans()):
            document["payments"].append(
                {"id": f"{customer}-Y{number}", "customer": customer, "currency": draw(st.sampled_from((*CODES, code))),
                 "amount": str(draw(st.integers(1, 2_000))),
                 "date": (AS_OF - timedelta(days=draw(st.integers(0, 100)))).isoformat()}
            )  # fmt: skip
    known = draw(st.sets(st.sampled_from(CODES), min_size=2))
    document["exchange_rates"] = [
        {"base": code, "quote": "EUR", "date": AS_OF.isoformat(), "rate": draw(st.sampled_from(["0.0061", "0.9", "3"]))}
        for code in sorted(known)
    ]
    return document


def _ledger(snapshot: Snapshot) -> dict[str, int]:
    """Open documents less payments by currency, but for what was paid on documents written off."""
    balance: dict[str, int] = defaultdict(int)
    for account in snapshot.accounts:
        lost = {invoice.id for invoice in account.invoices if invoice.status == "written_off"}
        for invoice in account.invoices:
            if invoice.status == "open":
                balance[invoice.currency] += invoice.amount
                if invoice.kind == "credit_note":
                    balance[invoice.currency] -= sum(p.amount for p in invoice.allocations if p.invoice in lost)
        for payment in live_payments(account.payments, snapshot.as_of):
            spent = sum(part.amount for part in payment.allocations if part.invoice in lost)
            balance[payment.currency] -= payment.amount - spent
    return balance


@given(policies, mixed())
@settings(deadline=None)
def test_each_currency_adds_up_by_itself(policy: Policy, document: Document) -> None:
    snapshot = read_right(document, policy)
    plan = evaluate(policy, snapshot)
    ledger = _ledger(snapshot)
    found = {policy.currency: plan.summary.balance}
    found |= {other.currency: other.balance for other in plan.summary.other_currencies}
    assert {code: amount for code, amount in found.items() if amount} == {c: a for c, a in ledger.items() if a}
    currency_of = {row.invoice: row.currency for row in plan.outcomes}
    for action in plan.actions:
        if action.intervention is None:
            lines = [line.invoice for line in action.demanded + action.mentioned]
            assert {currency_of[invoice] for invoice in lines} == {action.currency}
            assert {row.currency for row in action.listed} <= {action.currency}
    for other in plan.summary.other_currencies:
        assert sum(bucket.amount for bucket in other.aged) == other.balance
        rows = [row for row in plan.outcomes if row.currency == other.currency]
        assert sum(count for _, _, count, _, _ in other.outcomes) == len(rows)
        assert sum(gross for _, _, _, gross, _ in other.outcomes) == sum(row.amount or 0 for row in rows)


@given(policies, mixed(), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_rows_decides_nothing(policy: Policy, document: Document, random: st.DataObject) -> None:
    plan = evaluate(policy, read_right(document, policy))
    shuffled = copy.deepcopy(document)
    for rows in shuffled.values():
        if isinstance(rows, list):
            random.shuffle(rows)  # type: ignore[attr-defined]
    other = evaluate(policy, read_right(shuffled, policy))
    assert (other.actions, other.outcomes, other.summary) == (plan.actions, plan.outcomes, plan.summary)


@pytest.mark.parametrize("status", ["delivered", "planned", "in_doubt"])
@given(policies, mixed())
@settings(max_examples=25, deadline=None)
def test_what_was_done_or_is_under_way_is_not_planned_again(status: str, policy: Policy, document: Document) -> None:
    plan = evaluate(policy, read_right(document, policy))
    assume(plan.actions)
    again = copy.deepcopy(document)
    for action in plan.actions:
        for line, role in [(li, "demanded") for li in action.demanded] + [(li, "mentioned") for li in action.mentioned]:
            stage = next(s.stage for ladder in policy.ladders for s in ladder.steps if s.name == line.step)
            again["history"].append(
                {"id": f"X-{len(again['history'])}", "customer": action.customer, "invoice": line.invoice,
                 "step": line.step, "stage": stage, "channel": action.channel, "status": status,
                 "date": AS_OF.isoformat(), "sequence": "1000", "role": role, "action": action.id,
                 "carrier": "yes" if line.carrier else "no", "instalment": line.instalment or ""}
            )  # fmt: skip
        if action.intervention is not None:
            again["history"].append(
                {"id": f"X-{len(again['history'])}", "customer": action.customer, "channel": action.channel,
                 "status": status, "date": AS_OF.isoformat(), "sequence": "1000",
                 "intervention": action.intervention, "action": action.id}
            )  # fmt: skip
    assert evaluate(policy, read_right(again, policy)).actions == ()


@given(policies, mixed())
@settings(max_examples=40, deadline=None)
def test_money_of_another_currency_settles_nothing(policy: Policy, document: Document) -> None:
    """A payment in francs, which nobody owes, changes no outstanding."""
    customer = document["customers"][0]["id"]
    more = copy.deepcopy(document)
    more["payments"].append(
        {"id": "francs", "customer": customer, "currency": "CHF", "amount": "900.00", "date": AS_OF.isoformat()}
    )
    before, after = evaluate(policy, read_right(document, policy)), evaluate(policy, read_right(more, policy))
    assert [(row.invoice, row.outcome, row.outstanding) for row in after.outcomes] == [
        (row.invoice, row.outcome, row.outstanding) for row in before.outcomes
    ]
