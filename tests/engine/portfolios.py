"""Strategies for policies and portfolios, as an author and an ERP would write them: text, not objects."""

import json
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import strategies as st

from policy_engine.language.load import load_policy
from policy_engine.policy.resolved import Policy
from policy_engine.snapshot.model import Snapshot
from policy_engine.snapshot.read import read_snapshot

AS_OF = date(2026, 10, 30)  # a Friday, no holiday: what is executed today fills today
STEPS = ("notice_before", "courtesy", "second", "call", "formal", "agency")
Document = dict[str, Any]

POLICY = """
dunning: 1
policy: property
version: 1
currency: EUR
locale: fr-FR
calendar: {{country: FR}}
stages: [notice, reminder, call, formal_notice, agency, legal]
netting: {netting}
minimum: {{item: 5, customer: {customer_minimum}}}
grace: {grace}
{onboarding}
segments:
  - name: not_covered
    when: customer.kind == "consumer"
    ladder: none
  - name: standard
    ladder: standard
ladders:
  standard:
    scope: {scope}
    progression: {progression}
    consolidate: {consolidate}
    steps:
      - {{name: notice_before, stage: notice, days: {notice}, channel: email}}
      - {{name: courtesy, stage: reminder, days: 3, channel: email, otherwise: letter}}
      - {{name: second, stage: reminder, days: 12, channel: email}}
      - {{name: call, stage: call, days: 20, after_previous: 5, channel: call}}
      - name: formal
        stage: formal_notice
        days: 30
        channel: registered_letter
        charge: [late_interest, recovery_indemnity]
        exempt: true
        repeat: {{every: 20, times: 2}}
      - {{name: agency, stage: agency, days: 75, after_previous: 15, channel: placement}}
holds:
  - name: insolvency
    when: customer.insolvent
    instead: declare_claim
    stops: {{late_interest: customer.insolvent_since}}
  - name: disputed
    when: invoice.disputed
  - name: promised
    when: invoice.promise_active
  - name: planned
    when: invoice.payment_plan_kept
promises: {{grace: 2}}
interventions:
  - name: declare_claim
    channel: task
    once: customer
    deadline: {{from: customer.insolvent_since, months: 2}}
contact: {{max: {cap}, per_days: 7, channels: [email, letter, registered_letter, call]}}
penalties:
  late_interest:
    kind: interest
    rate:
      contract: customer.contract_rate
      floor: {{reference: fr_legal_interest, times: 3}}
      otherwise: {{reference: ecb_mro, plus: 10}}
    fixing: half_year
    read: anchor
    day_count: actual/365
    boundary: day_after_due
    allocation: {allocation}
    compound: none
    rounding: {{mode: half_up, per: invoice}}
  recovery_indemnity:
    kind: flat
    amount: 40
    per: invoice
"""


SCOPES = (
    "invoice",
    "instalment",
    *(
        f"customer\n    carrier: {carrier}\n    on_carrier_paid: {paid}"
        for carrier in ("oldest", "highest")
        for paid in ("keep", "restart", "recompute")
    ),
)


@cache
def policy_of(scope: str = "invoice", **settings: Any) -> Policy:
    """The policy with these settings. An account has no age before something is overdue, and one message."""
    account = scope.startswith("customer")
    settings |= {"scope": scope, "notice": 1 if account else -5}
    if account and settings["consolidate"] == "item":
        settings["consolidate"] = "customer"
    with TemporaryDirectory() as folder:
        path = Path(folder) / "policy.yaml"
        path.write_text(POLICY.format(**settings), encoding="utf-8")
        found = load_policy(path)
    assert found.policy is not None, [d.render() for d in found.diagnostics]
    return found.policy


settings_ = st.fixed_dictionaries(
    {
        "netting": st.sampled_from(["oldest_first", "account", "none"]),
        "customer_minimum": st.sampled_from(["0", "50"]),
        "grace": st.sampled_from([0, 4]),
        "onboarding": st.sampled_from(
            [
                "",
                "onboarding: {date: 2026-08-01, entry: hold}",
                "onboarding: {date: 2026-08-01, entry: {30: call, 60: formal_notice}}",
            ]
        ),
        "progression": st.sampled_from(["stepwise", "jump"]),
        "scope": st.sampled_from(SCOPES),
        "consolidate": st.sampled_from(["customer", "step", "item"]),
        "cap": st.sampled_from([1, 2]),
        "allocation": st.sampled_from(["interest_first", "principal_first"]),
    }
)
policies = settings_.map(lambda settings: policy_of(**settings))

days_ago = st.integers(0, 250).map(lambda days: AS_OF - timedelta(days=days))
cents = st.one_of(st.integers(50_00, 2_000_00), st.sampled_from([400, 500, 4_999, 5_000, 1_000_00]))
STATUSES = ["delivered", "delivered", "delivered", "planned", "approved", "sending", "in_doubt", "failed", "returned",
            "rejected", "set", "voided"]  # fmt: skip


def money(minor: int) -> str:
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}"


@st.composite
def documents(draw: st.DrawFn, customers: int = 3) -> Document:
    """A snapshot document without broken rows: up to `customers` customers and everything about them."""
    document: Document = {
        "manifest": {"as_of": AS_OF.isoformat(), "payments_complete_through": AS_OF.isoformat()},
        **{
            table: []
            for table in (
                "customers", "invoices", "payments", "disputes", "promises", "payment_plans", "blocks", "history",
                "charges", "contact_persons", "instalments",
            )
        },
    }  # fmt: skip
    for number in range(draw(st.integers(1, customers))):
        _customer(draw, document, f"C{number}")
    return document


def _customer(draw: st.DrawFn, document: Document, customer: str) -> None:
    row: dict[str, str] = {"id": customer, "name": f"Client {customer}"}
    row["kind"] = draw(st.sampled_from(["business"] * 9 + ["consumer"]))
    if draw(st.integers(0, 19)) == 7:
        row["insolvent"] = "true"
        row["insolvent_since"] = draw(days_ago).isoformat()
    if draw(st.booleans()):
        row["contract_rate"] = draw(st.sampled_from(["3.00", "9.5", "15"]))
    document["customers"].append(row)
    if draw(st.integers(0, 5)):
        document["contact_persons"].append(
            {"id": f"P{customer}", "customer": customer, "email": "a@example.com", "phone": "0102030405",
             "address": "1 rue de la Paix, 75002 Paris"}
        )  # fmt: skip
    invoices: list[tuple[str, int]] = []
    for number in range(draw(st.sampled_from([1, 2, 3, 4, 5]))):
        ident = f"{customer}-F{number}"
        due = draw(st.one_of(st.integers(-12, 200), st.integers(-5, 40)).map(lambda days: AS_OF - timedelta(days=days)))
        amount = draw(cents)
        invoices.append((ident, amount))
        document["invoices"].append(
            {"id": ident, "customer": customer, "kind": "invoice", "currency": "EUR", "amount": money(amount),
             "issue_date": (due - timedelta(days=30)).isoformat(), "due_date": due.isoformat(),
             "status": draw(st.sampled_from(["open"] * 30 + ["draft", "cancelled", "written_off"]))}
        )  # fmt: skip
        if draw(st.integers(0, 3)) == 2:
            _instalments(draw, document, ident, amount, due)
    _settlements(draw, document, customer, invoices)
    _events(draw, document, customer, [ident for ident, _ in invoices])


def _instalments(draw: st.DrawFn, document: Document, invoice: str, amount: int, due: date) -> None:
    """Two or three parts that add up, due some days or weeks apart."""
    count = draw(st.sampled_from([2, 3]))
    step = draw(st.sampled_from([0, 3, 30]))
    shares = [amount // count] * (count - 1)
    shares.append(amount - sum(shares))
    for number, share in enumerate(shares):
        document["instalments"].append(
            {"id": f"{invoice}-I{number}", "invoice": invoice, "amount": money(share),
             "due_date": (due + timedelta(days=number * step)).isoformat()}
        )  # fmt: skip


def _settlements(draw: st.DrawFn, document: Document, customer: str, invoices: list[tuple[str, int]]) -> None:
    for number in range(draw(st.sampled_from([0, 1, 2]))):
        amount = draw(cents)
        row = {"id": f"{customer}-Z{number}", "customer": customer, "date": draw(days_ago).isoformat(),
               "amount": money(amount), "currency": "EUR"}  # fmt: skip
        if draw(st.booleans()):
            row["invoice"] = draw(st.sampled_from(invoices))[0]
        document["payments"].append(row)
        if draw(st.integers(0, 9)) == 5:
            document["payments"].append(
                {"id": f"{customer}-R{number}", "customer": customer, "date": AS_OF.isoformat(),
                 "amount": money(-amount), "currency": "EUR", "reverses": row["id"]}
            )  # fmt: skip
    if draw(st.integers(0, 5)) == 3:
        day = draw(days_ago).isoformat()
        note = {"id": f"{customer}-A0", "customer": customer, "kind": "credit_note", "currency": "EUR",
                "amount": money(-draw(cents)), "issue_date": day, "due_date": day}  # fmt: skip
        if draw(st.booleans()):
            note["allocated_to"] = draw(st.sampled_from(invoices))[0]
        document["invoices"].append(note)


def _events(draw: st.DrawFn, document: Document, customer: str, invoices: list[str]) -> None:
    one = st.sampled_from(invoices)
    rare = st.integers(0, 9).map(lambda number: 0 if number in {4, 7} else 1)
    if draw(rare) == 0:
        row = {"id": f"{customer}-D0", "invoice": draw(one), "opened": draw(days_ago).isoformat()}
        if draw(st.booleans()):
            row["amount"] = money(draw(cents))
        document["disputes"].append(row)
    if draw(rare) == 0:
        made = draw(st.integers(0, 30).map(lambda days: AS_OF - timedelta(days=days)))
        row = {"id": f"{customer}-Q0", "customer": customer, "made": made.isoformat(),
               "date": (made + timedelta(days=draw(st.integers(0, 20)))).isoformat()}  # fmt: skip
        if draw(st.booleans()):
            row["invoices"] = draw(one)
        if draw(st.booleans()):
            row["amount"] = money(draw(cents))
        document["promises"].append(row)
    if draw(rare) == 0:
        made = AS_OF - timedelta(days=draw(st.integers(0, 60)))
        first = made + timedelta(days=10)
        document["payment_plans"].append(
            {"id": f"{customer}-S0", "customer": customer, "invoices": draw(one), "made": made.isoformat(),
             "schedule": f"{first}=20.00; {first + timedelta(days=30)}=20.00"}
        )  # fmt: skip
    if draw(rare) == 0 and draw(rare) == 0:
        row = {"id": f"{customer}-B0", "customer": customer, "from": draw(days_ago).isoformat()}
        if draw(st.booleans()):
            row["invoice"] = draw(one)
        document["blocks"].append(row)
    stages = dict(zip(STEPS, ("notice", "reminder", "reminder", "call", "formal_notice", "agency"), strict=True))
    for number in range(draw(st.integers(0, 4))):
        step = draw(st.sampled_from(STEPS))
        document["history"].append(
            {"id": f"{customer}-H{number}", "customer": customer, "invoice": draw(one), "step": step,
             "stage": stages[step], "channel": "email", "status": draw(st.sampled_from(STATUSES)),
             "date": draw(st.integers(0, 45).map(lambda days: AS_OF - timedelta(days=days))).isoformat(),
             "sequence": str(number), "role": draw(st.sampled_from(["demanded", "mentioned"])),
             "carrier": draw(st.sampled_from(["yes", "no"]))}
        )  # fmt: skip
        row = document["history"][-1]
        parts = [part["id"] for part in document["instalments"] if part["invoice"] == row["invoice"]]
        if parts and draw(st.booleans()):
            row["instalment"] = draw(st.sampled_from(parts))
    if draw(rare) == 0:
        status = draw(st.sampled_from(["claimed", "invoiced", "waived", "paid"]))
        row = {"id": f"{customer}-K0", "invoice": draw(one), "status": status, "date": draw(days_ago).isoformat(),
               "penalty": draw(st.sampled_from(["late_interest", "recovery_indemnity"]))}  # fmt: skip
        if status != "waived":
            row["amount"] = money(draw(cents))
        document["charges"].append(row)


def read(document: Document, policy: Policy) -> Snapshot | None:
    """The document through the reader, as JSON; None when it can't be used."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "snapshot.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        return read_snapshot([path], policy_currency=policy.currency).snapshot


def read_right(document: Document, policy: Policy) -> Snapshot:
    """The same for a document that must be usable."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "snapshot.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        found = read_snapshot([path], policy_currency=policy.currency)
    assert found.snapshot is not None, [d.render() for d in found.diagnostics]
    return found.snapshot
