"""The invariants of the design, on generated policies and portfolios (issue 2, "Hypothesis shows")."""

import copy
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from policy_engine.engine.reference.decide import decide_customer
from policy_engine.engine.reference.evaluate import evaluate
from policy_engine.engine.reference.ledger import live_payments, new_item
from policy_engine.engine.reference.program import program_for
from policy_engine.engine.reference.s12_charges import accrued_interest, interest_periods
from policy_engine.plan.canonical import plan_lines
from policy_engine.plan.model import Line, Plan
from policy_engine.policy.resolved import InterestPenalty, Policy
from policy_engine.snapshot.model import Invoice, Snapshot
from policy_engine.values.days import half_year_start
from policy_engine.values.money import round_fraction
from tests.engine.portfolios import (
    AS_OF,
    Document,
    cents,
    documents,
    money,
    policies,
    policy_of,
    read,
    read_right,
    settings_,
)

pytestmark = pytest.mark.property


def acted(plan: Plan) -> dict[tuple[str, str], Line]:
    """The lines by invoice and instalment."""
    lines = [line for action in plan.actions for line in action.demanded + action.mentioned]
    return {(line.invoice, line.instalment or ""): line for line in lines}


@given(policies, documents(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(policy: Policy, document: Document, random) -> None:
    shuffled = copy.deepcopy(document)
    for rows in shuffled.values():
        if isinstance(rows, list):
            random.shuffle(rows)
    first = evaluate(policy, read_right(document, policy))
    second = evaluate(policy, read_right(shuffled, policy))
    assert list(plan_lines(first)) == list(plan_lines(second))


@given(policies, documents())
def test_every_invoice_has_one_outcome_and_amounts_add_up(policy: Policy, document: Document) -> None:
    snapshot = read_right(document, policy)
    plan = evaluate(policy, snapshot)
    assert sorted(row.invoice for row in plan.outcomes) == sorted(row["id"] for row in document["invoices"])
    gross = sum(Fraction(row["amount"]) for row in document["invoices"]) * 100
    assert dict(plan.summary.amount) == {"EUR": gross}
    assert sum(count for _, _, count, _, _ in plan.summary.outcomes) == len(document["invoices"])
    assert sum(amount for _, _, _, amount, _ in plan.summary.outcomes) == gross
    assert plan.summary.balance == _ledger_balance(snapshot)
    assert sum(bucket.amount for bucket in plan.summary.aged) == plan.summary.balance
    for row in plan.outcomes:
        assert (row.action is not None) == (row.outcome == "acted")


def _ledger_balance(snapshot: Snapshot) -> int:
    """Open documents less payments, but for what was paid on documents written off."""
    balance = 0
    for account in snapshot.accounts:
        lost = {invoice.id for invoice in account.invoices if invoice.status == "written_off"}
        for invoice in account.invoices:
            if invoice.status == "open":
                balance += invoice.amount
                continue
        for invoice in account.invoices:
            if invoice.kind == "credit_note" and invoice.status == "open":
                balance -= sum(part.amount for part in invoice.allocations if part.invoice in lost)
        for payment in live_payments(account.payments, snapshot.as_of):
            balance -= payment.amount - sum(part.amount for part in payment.allocations if part.invoice in lost)
    return balance


@given(policies, documents())
def test_codes_are_those_of_the_outcomes(policy: Policy, document: Document) -> None:
    snapshot = read_right(document, policy)
    for account in snapshot.accounts:
        codes = decide_customer(program_for(policy), account, snapshot.as_of).codes
        decision = decide_customer(program_for(policy), account, snapshot.as_of)
        assert codes == tuple((row.invoice, row.outcome, row.reason) for row in decision.outcomes)
        assert decision.codes == codes
        assert {row.action for row in decision.outcomes} - {None} <= {action.id for action in decision.actions}


@pytest.mark.parametrize("status", ["delivered", "planned", "awaiting_approval", "sending", "in_doubt"])
@given(policies, documents())
@settings(max_examples=25)
def test_planning_again_with_everything_done_or_under_way_plans_nothing(
    status: str, policy: Policy, document: Document
) -> None:
    plan = evaluate(policy, read_right(document, policy))
    assume(plan.actions)
    again = copy.deepcopy(document)
    for action in plan.actions:
        rows = [(line, "demanded") for line in action.demanded] + [(line, "mentioned") for line in action.mentioned]
        for line, role in rows:
            again["history"].append(
                {"id": f"X-{len(again['history'])}", "customer": action.customer, "invoice": line.invoice,
                 "step": line.step, "stage": policy_stage(policy, line.step), "channel": action.channel,
                 "status": status, "date": AS_OF.isoformat(), "sequence": "1000", "role": role, "action": action.id,
                 "carrier": "yes" if line.carrier else "no", "instalment": line.instalment or ""}
            )  # fmt: skip
        if action.intervention is not None:
            again["history"].append(
                {"id": f"X-{len(again['history'])}", "customer": action.customer, "channel": action.channel,
                 "status": status, "date": AS_OF.isoformat(), "sequence": "1000",
                 "intervention": action.intervention, "action": action.id}
            )  # fmt: skip
    second = evaluate(policy, read_right(again, policy))
    assert second.actions == ()


def policy_stage(policy: Policy, step: str) -> str:
    return next(s.stage for ladder in policy.ladders for s in ladder.steps if s.name == step)


@given(policies, documents(), st.data())
def test_more_paid_never_raises_what_is_asked(policy: Policy, document: Document, data: st.DataObject) -> None:
    assume(not any(row["status"] == "waived" for row in document["charges"]))  # rounded twice, see decisions
    before = evaluate(policy, read_right(document, policy))
    lines = acted(before)
    assume(lines)
    invoice, _ = data.draw(st.sampled_from(sorted(lines)))
    customer = invoice.partition("-")[0]
    paid = copy.deepcopy(document)
    day = AS_OF - timedelta(days=data.draw(st.integers(0, 250)))
    paid["payments"].append(
        {"id": "more", "customer": customer, "date": day.isoformat(), "amount": money(data.draw(cents)),
         "currency": "EUR", "invoice": invoice}
    )  # fmt: skip
    after = acted(evaluate(policy, read_right(paid, policy)))
    for ident, line in lines.items():
        new = after.get(ident)
        if new is not None and new.step == line.step and (new.due_date == line.due_date or line.days_late):
            assert new.principal <= line.principal
            assert new.interest <= line.interest


BREAKS = {
    "payments": [("date", "2026-13-45"), ("amount", "12,5x"), ("currency", "XXY"), ("invoice", "nobody"), ("id", "")],
    "disputes": [("opened", "soon"), ("amount", "-1"), ("invoice", "nobody")],
    "promises": [("made", "2026-02-30"), ("date", "x"), ("amount", "NaN"), ("invoices", "nobody")],
    "payment_plans": [("schedule", "2026-10-01:20"), ("made", "")],
    "blocks": [("from", "yesterday"), ("until", "1e3"), ("invoice", "nobody")],
    "history": [
        ("date", "2026-99-01"),
        ("status", "sent?"),
        ("invoice", "nobody"),
        ("sequence", "x"),
        ("instalment", "nobody"),
    ],
    "instalments": [("amount", "12,5x"), ("amount", "0.01"), ("due_date", "soon"), ("invoice", "nobody"), ("id", "")],
    "invoices": [("amount", "1e400"), ("issue_date", ""), ("kind", "creditnote"), ("allocated_to", "nobody")],
}


@given(policies, documents(), st.data())
@settings(max_examples=150)
def test_no_broken_row_makes_an_invoice_be_dunned(policy: Policy, document: Document, data: st.DataObject) -> None:
    """Before the portfolio stages: these policies have neither capacity nor safeguards."""
    rows = [
        (table, index)
        for table in BREAKS
        for index, row in enumerate(document[table])
        if table != "invoices" or row["kind"] == "credit_note"
    ]
    assume(rows)
    table, index = data.draw(st.sampled_from(rows))
    field, value = data.draw(st.sampled_from(BREAKS[table]))
    broken = copy.deepcopy(document)
    broken[table][index][field] = value
    snapshot = read(broken, policy)
    if snapshot is None:
        return  # the customer can't be told: the run stops, nothing is written
    right = acted(evaluate(policy, read_right(document, policy)))
    wrong = acted(evaluate(policy, snapshot))
    assert set(wrong) <= set(right)


def _naive(invoice: Invoice, payments: list[tuple[date, int]], policy: Policy, end: date) -> tuple[Fraction, int]:
    """Interest day by day with fractions: the definition, statutory rate, interest first."""
    tables = {table.name: table for table in policy.rates}
    principal, unpaid, total = Fraction(invoice.amount), Fraction(0), Fraction(0)
    day = min([invoice.due_date, *(when for when, _ in payments)])
    while day <= end:
        if day > invoice.due_date and principal > 0:
            rate = tables["ecb_mro"].on(half_year_start(day))
            assert rate is not None
            interest = principal * (rate + 100_000) / (365 * 1_000_000)
            unpaid += interest
            total += interest
        for when, amount in payments:
            if when == day:
                settled = min(unpaid, Fraction(amount))
                unpaid -= settled
                principal -= amount - settled
        day += timedelta(days=1)
    return total, round_fraction(total)


@given(
    st.integers(1, 10**9),
    st.integers(1, 900),
    st.lists(st.tuples(st.integers(-20, 900), st.integers(1, 10**8)), max_size=4),
)
def test_interest_is_exact_and_rounded_once(amount: int, late: int, parts: list[tuple[int, int]]) -> None:
    policy = policy_of(
        netting="none", customer_minimum="0", grace=0, onboarding="", progression="jump", consolidate="item", cap=1,
        allocation="interest_first",
    )  # fmt: skip
    due = AS_OF - timedelta(days=late)
    invoice = Invoice("F", "F", "C", "invoice", "open", "EUR", amount, due - timedelta(days=30), due)
    days: dict[date, int] = {}
    for offset, part in parts:
        days[min(AS_OF, due + timedelta(days=offset))] = part
    item = new_item(invoice, "EUR", AS_OF)
    item.payments = list(days.items())
    item.outstanding, item.disputed_amount = amount - sum(days.values()), 0
    program = next(p for p in program_for(policy).penalties if isinstance(p.penalty, InterestPenalty))
    assert program.lines is not None
    line = program.lines.line(None)
    exact, rounded = _naive(invoice, sorted(days.items()), policy, AS_OF)
    assert accrued_interest(item, line, AS_OF, interest_first=True) == rounded
    periods = interest_periods(item, line, AS_OF, interest_first=True)
    total = sum(
        (Fraction(p.balance_numerator, p.balance_denominator) * p.rate * p.days / (365 * 1_000_000) for p in periods),
        Fraction(0),
    )
    assert total == exact


@given(policies, documents())
def test_parts_add_up_to_their_invoices(policy: Policy, document: Document) -> None:
    """3.10: what is asked, later and disputed of an invoice is what is outstanding, over its parts as over itself."""
    plan = evaluate(policy, read_right(document, policy))
    left = {row.invoice: row.outstanding for row in plan.outcomes}
    asked: dict[str, int] = {}
    for (invoice, _), line in acted(plan).items():
        assert line.principal == line.outstanding - line.disputed - line.later
        asked[invoice] = asked.get(invoice, 0) + line.outstanding
    for invoice, amount in asked.items():
        assert amount <= (left[invoice] or 0)
    for action in plan.actions:
        for line in action.demanded + action.mentioned:
            assert (line.instalment is None) or policy.ladders[0].scope == "instalment"
        if policy.ladders[0].scope == "customer" and action.intervention is None:
            assert sum(line.carrier for line in action.demanded) == 1
            assert not any(line.charges for line in action.mentioned)
            others = [a for a in plan.actions if a.customer == action.customer and a.intervention is None]
            assert others == [action], "one position and one message for an account"


@given(policies, documents())
@settings(max_examples=60)
def test_lump_sums_are_asked_once_an_invoice(policy: Policy, document: Document) -> None:
    """3.12: however many parts are late."""
    plan = evaluate(policy, read_right(document, policy))
    sums: dict[str, int] = {}
    for (invoice, _), line in acted(plan).items():
        sums[invoice] = sums.get(invoice, 0) + line.lump_sums
    assert all(amount in (0, 40_00) for amount in sums.values())


def _single(document: Document, *, parts: bool) -> Document:
    """The document without instalments, or with one of the whole amount and due date for each invoice."""
    found = copy.deepcopy(document)
    found["instalments"] = [
        {"id": f"{row['id']}-I", "invoice": row["id"], "amount": row["amount"], "due_date": row["due_date"]}
        for row in found["invoices"]
        if parts and row["kind"] == "invoice"
    ]
    for row in found["history"]:
        row.pop("instalment", None)
    return found


@given(settings_, documents())
def test_an_invoice_of_one_part_is_decided_like_one_without(chosen: dict[str, Any], document: Document) -> None:
    """3.10: the same codes, sums, steps and days, whoever climbs; history of the whole invoice counts for its part."""
    policy = policy_of(**chosen)
    plain = evaluate(policy, read_right(_single(document, parts=False), policy))
    whole = evaluate(policy, read_right(_single(document, parts=True), policy))

    def lines(plan: Plan) -> list[tuple[object, ...]]:
        return sorted(
            (line.invoice, action.step, line.step, line.principal, line.interest, line.lump_sums, line.trigger_on)
            for action in plan.actions
            for line in action.demanded + action.mentioned
        )

    assert lines(plain) == lines(whole)
    assert [(row.invoice, row.outcome, row.reason, row.next, row.charges) for row in plain.outcomes] == [
        (row.invoice, row.outcome, row.reason, row.next, row.charges) for row in whole.outcomes
    ]
    assert plain.summary.aged == whole.summary.aged


@given(settings_, documents())
def test_without_instalments_each_part_is_each_invoice(chosen: dict[str, Any], document: Document) -> None:
    """3.10: `scope: instalment` means nothing for invoices that have no parts."""
    bare = _single(document, parts=False)
    alone, parts = (policy_of(**{**chosen, "scope": scope}) for scope in ("invoice", "instalment"))
    one, other = evaluate(alone, read_right(bare, alone)), evaluate(parts, read_right(bare, parts))
    assert list(plan_lines(replace(one, header=other.header))) == list(plan_lines(other))
