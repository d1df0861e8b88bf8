"""3.19 on generated families: against a naive reading of the sentence, whatever the order of rows and the hash seed."""

import hashlib
import json
import os
import random
import subprocess
import sys
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy_engine.api import decide
from policy_engine.engine.reference.evaluate import evaluate
from policy_engine.engine.reference.families import credit_families
from policy_engine.engine.reference.program import program_for
from policy_engine.language.load import load_policy
from policy_engine.plan.model import Plan
from policy_engine.policy.resolved import Policy
from policy_engine.snapshot.model import Snapshot
from policy_engine.snapshot.read import read_snapshot

AS_OF = date(2026, 6, 3)
ROOT = Path(__file__).parents[2]
POLICY = """
dunning: 1
policy: families
currency: EUR
netting: {netting}
segments:
  - {{name: large, when: 'customer.category == "large"', ladder: none, credit_limit: 9}}
  - {{name: everybody, ladder: none}}
ladders:
  standard:
    steps:
      - {{name: first, stage: reminder, days: 3, channel: email}}
credit:
  exposure: [{exposure}]
  roll_up: {roll_up}
  decisions:
    - name: over_limit
      when: customer.exposure + order.amount > customer.credit_limit
      decision: refer
    - name: fine
      decision: approve
  alerts:
    - name: high
      when: customer.exposure / customer.credit_limit > 0.8
    - name: owing
      when: customer.outstanding > 3
"""


@cache
def policy_of(folder: str, exposure: str, roll_up: str, netting: str) -> Policy:
    path = Path(folder) / f"{hashlib.sha256(f'{exposure}{roll_up}{netting}'.encode()).hexdigest()}.yaml"
    path.write_text(POLICY.format(exposure=exposure, roll_up=roll_up, netting=netting), encoding="utf-8")
    loaded = load_policy(path)
    assert loaded.policy is not None, [item.render() for item in loaded.diagnostics]
    return loaded.policy


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("families")


def day(back: int) -> str:
    return (AS_OF - timedelta(days=back)).isoformat()


_order = st.fixed_dictionaries(
    {
        "amount": st.integers(0, 6).map("{}.00".format),
        "billed": st.integers(0, 3).map("{}.00".format),
        "date": st.integers(-1, 3).map(day),
        "status": st.sampled_from(["open", "open", "confirmed", "billed", "cancelled"]),
    }
)


@st.composite
def documents(draw: st.DrawFn, *, circles: bool = False) -> dict[str, Any]:
    """Up to eight customers in trees, with small amounts so that limits are met exactly now and then."""
    count = draw(st.integers(1, 8))
    customers, invoices, payments, orders = [], [], [], []
    for number in range(count):
        row: dict[str, Any] = {"id": f"C{number}", "name": f"Customer {number}", "kind": "business"}
        highest = count - 1 if circles else number - 1
        parent = draw(st.none() | st.integers(0, highest)) if highest >= 0 else None
        if parent is not None:
            row["parent"] = f"C{parent}"
        limit = draw(st.sampled_from([None, None, "0.00", "5.00", "12.00"]))
        if limit is not None:
            row["credit_limit"] = limit
        if draw(st.booleans()):
            row["category"] = "large"
        customers.append(row)
        base = {"customer": row["id"], "currency": "EUR"}
        for place in range(draw(st.integers(0, 2))):
            amount = draw(st.integers(1, 6))
            invoices.append({"id": f"F{number}-{place}", **base, "kind": "invoice", "amount": f"{amount}.00",
                             "issue_date": day(40), "due_date": day(draw(st.integers(-5, 30)))})  # fmt: skip
        if draw(st.booleans()):
            payments.append({"id": f"P{number}", **base, "date": day(2), "amount": f"{draw(st.integers(1, 4))}.00"})
        orders += [{"id": f"O{place}-{number}", **base, **draw(_order)} for place in range(draw(st.integers(0, 2)))]
    manifest = {"as_of": AS_OF.isoformat(), "payments_complete_through": AS_OF.isoformat()}
    tables = {"customers": customers, "invoices": invoices, "payments": payments, "orders": orders}
    return {"manifest": manifest, **tables}


def snapshot_of(document: dict[str, Any], folder: Path) -> Snapshot:
    path = folder / "snapshot.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    read = read_snapshot([path], policy_currency="EUR")
    assert read.snapshot is not None, [item.render() for item in read.diagnostics]
    return read.snapshot


def cents(text: str) -> int:
    whole, _, rest = text.partition(".")
    return int(whole) * 100 + int(rest)


class Naive:
    """The sentence of 3.19, read off the rows: no pass before, no sharing, everything asked anew."""

    def __init__(self, document: dict[str, Any], *, orders: bool, roll_up: bool, netting: str) -> None:
        self.document, self.orders, self.roll_up, self.netting = document, orders, roll_up, netting
        self.rows = {row["id"]: row for row in document["customers"]}

    def of(self, table: str, customer: str) -> list[dict[str, Any]]:
        return [row for row in self.document[table] if row["customer"] == customer]

    def parent(self, key: str) -> str | None:
        return self.rows[key].get("parent") if self.roll_up else None

    def own(self, key: str) -> int:
        outstanding = sum(cents(row["amount"]) for row in self.of("invoices", key))
        if self.netting == "oldest_first":  # what is due by as_of takes unallocated payments
            due = [row for row in self.of("invoices", key) if row["due_date"] <= AS_OF.isoformat()]
            paid = sum(cents(row["amount"]) for row in self.of("payments", key))
            outstanding -= min(paid, sum(cents(row["amount"]) for row in due))
        for row in self.of("orders", key) if self.orders else ():
            if row["status"] == "confirmed" and row["date"] <= AS_OF.isoformat():
                outstanding += self.unbilled(row)
        return outstanding

    @staticmethod
    def unbilled(row: dict[str, Any]) -> int:
        return max(0, cents(row["amount"]) - cents(row["billed"]))

    def holder(self, key: str) -> str:
        parent = self.parent(key)
        return key if "credit_limit" in self.rows[key] or parent is None else self.holder(parent)

    def under(self, key: str) -> set[str]:
        """The customer and everybody below it."""
        return {key}.union(*(self.under(child) for child in self.rows if self.parent(child) == key))

    def exposure(self, key: str) -> int:
        return sum(self.own(member) for member in self.under(self.holder(key)))

    def limit(self, key: str) -> int | None:
        row = self.rows[self.holder(key)]
        if "credit_limit" in row:
            return cents(row["credit_limit"])
        return 900 if row.get("category") == "large" else None

    def decisions(self) -> dict[str, tuple[str, int, int | None, str]]:
        waiting = [row for row in self.document["orders"] if row["status"] == "open" and row["date"] <= str(AS_OF)]
        approved: dict[str, int] = {}
        found = {}
        for row in sorted(waiting, key=lambda row: (row["date"], row["id"])):
            key = row["customer"]
            taken = sum(approved.get(member, 0) for member in self.under(self.holder(key)))
            exposure, limit = self.exposure(key) + taken, self.limit(key)
            over = limit is not None and exposure + self.unbilled(row) > limit
            if not over and self.orders:
                approved[key] = approved.get(key, 0) + self.unbilled(row)
            found[row["id"]] = ("refer" if over else "approve", exposure, limit, self.holder(key))
        return found


def made(plan: Plan) -> dict[str, tuple[str, int, int | None, str]]:
    return {row.order: (row.decision, row.exposure, row.limit, row.limit_of) for row in plan.decisions}


ways = st.tuples(
    st.sampled_from(["outstanding", "outstanding, unbilled_orders", "unbilled_orders, outstanding"]),
    st.sampled_from(["parent", "parent", "none"]),
    st.sampled_from(["oldest_first", "none"]),
)


@given(documents(), ways)
def test_every_order_is_decided_as_the_sentence_says(
    folder: Path, document: dict[str, Any], way: tuple[str, str, str]
) -> None:
    exposure, roll_up, netting = way
    policy = policy_of(str(folder), *way)
    plan = evaluate(policy, snapshot_of(document, folder))
    naive = Naive(document, orders="orders" in exposure, roll_up=roll_up == "parent", netting=netting)
    assert made(plan) == naive.decisions()
    assert all(row.reason != "data_problem" for row in plan.decisions)
    told = {(alert.alert, alert.customer): (alert.exposure, alert.limit) for alert in plan.credit_alerts}
    for key in naive.rows:
        debt, limit = naive.exposure(key), naive.limit(key)
        high = limit is not None and limit > 0 and debt * 10 > limit * 8
        assert (("high", key) in told) == (high and naive.holder(key) == key)
        if ("high", key) in told:
            assert told["high", key] == (debt, limit)


@given(documents())
def test_exposure_adds_up_over_a_family(folder: Path, document: dict[str, Any]) -> None:
    policy = policy_of(str(folder), "outstanding, unbilled_orders", "parent", "oldest_first")
    families = credit_families(program_for(policy), snapshot_of(document, folder))
    naive = Naive(document, orders=True, roll_up=True, netting="oldest_first")
    for key, family in families.items():
        shared = sum(share.total for share in family.shares.values()) + sum(total for _, total in family.below)
        assert family.total == shared == naive.exposure(key)
        assert family.others(key) == family.total - naive.own(key)
        assert family.holder == naive.holder(key)
        assert key in family.shares
        for holder, total in family.below:
            assert families[holder].total == total
            assert families[holder].above == family.holder
    alone = naive.rows.keys() - families.keys()
    assert all(naive.under(key) == {key} and naive.parent(key) is None for key in alone)


@settings(max_examples=30)
@given(documents(circles=True), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(folder: Path, document: dict[str, Any], shuffler: random.Random) -> None:
    policy = policy_of(str(folder), "outstanding, unbilled_orders", "parent", "oldest_first")
    usual = evaluate(policy, snapshot_of(document, folder))
    mixed = {name: list(rows) if isinstance(rows, list) else rows for name, rows in document.items()}
    for rows in mixed.values():
        if isinstance(rows, list):
            shuffler.shuffle(rows)
    assert evaluate(policy, snapshot_of(mixed, folder)) == usual


@settings(max_examples=30)
@given(documents(circles=True))
def test_whoever_is_in_a_circle_gets_nothing_approved_and_loses_nothing_else(
    folder: Path, document: dict[str, Any]
) -> None:
    policy = policy_of(str(folder), "outstanding, unbilled_orders", "parent", "oldest_first")
    snapshot = snapshot_of(document, folder)
    plan = evaluate(policy, snapshot)
    parents = {row["id"]: row.get("parent") for row in document["customers"] if row.get("parent") != row["id"]}
    for row in plan.decisions:
        seen, key = [row.customer], parents.get(row.customer)
        while key is not None and key not in seen:
            seen, key = [*seen, key], parents.get(key)
        if key == row.customer:
            assert row.decision != "approve"
            assert row.limit_of == row.customer
    without = {
        **document,
        "customers": [{k: v for k, v in row.items() if k != "parent"} for row in document["customers"]],
    }
    assert evaluate(policy, snapshot_of(without, folder)).outcomes == plan.outcomes  # nobody's invoices are touched


@given(documents())
def test_one_customer_with_its_family_is_decided_as_in_the_plan(folder: Path, document: dict[str, Any]) -> None:
    """Without unbilled orders nothing but the family's debts passes between customers."""
    policy = policy_of(str(folder), "outstanding", "parent", "oldest_first")
    snapshot = snapshot_of(document, folder)
    families = credit_families(program_for(policy), snapshot)
    alone = [
        row
        for account in snapshot.accounts
        for row in decide(policy, account, AS_OF, family=families.get(account.customer.id)).decisions
    ]
    assert tuple(alone) == evaluate(policy, snapshot).decisions


def test_long_chains_and_wide_families_are_no_trouble(folder: Path) -> None:
    """5,000 levels, each with its own limit, and as many sisters: no recursion, no square of the family."""
    count = 5_000
    customers = [{"id": "A0", "name": "top", "kind": "business"}, {"id": "B0", "name": "top", "kind": "business"}]
    for number in range(1, count):
        customers.append({"id": f"A{number}", "name": "x", "kind": "business", "parent": f"A{number - 1}",
                          "credit_limit": "10.00"})  # fmt: skip
        customers.append({"id": f"B{number}", "name": "x", "kind": "business", "parent": "B0"})
    last = f"A{count - 1}"
    invoices = [{"id": f"F-{key}", "customer": key, "kind": "invoice", "currency": "EUR", "amount": "7.00",
                 "issue_date": day(10), "due_date": day(1)} for key in (last, "B0", "B7")]  # fmt: skip
    orders = [{"id": f"O-{key}", "customer": key, "currency": "EUR", "amount": "3.00", "date": day(back)}
              for key, back in ((last, 1), ("A1", 0), ("B9", 0))]  # fmt: skip
    document = {"manifest": {"as_of": str(AS_OF)}, "customers": customers, "invoices": invoices, "orders": orders}
    policy = policy_of(str(folder), "outstanding, unbilled_orders", "parent", "none")
    plan = evaluate(policy, snapshot_of(document, folder))
    assert made(plan) == {
        f"O-{last}": ("approve", 700, 1000, last),  # takes room from each of the limits above it
        "O-A1": ("refer", 1000, 1000, "A1"),
        "O-B9": ("approve", 1400, None, "B0"),
    }


@pytest.mark.parametrize("seed", ["1", "77"])
def test_families_give_the_same_bytes_under_every_hash_seed(seed: str) -> None:
    inputs = ROOT / "tests" / "explanation" / "credit"
    command = [sys.executable, str(ROOT / "cli.py"), "plan", "-p", str(inputs / "policy.yaml"),
               "-s", str(inputs / "snapshot.yaml"), "--format", "json"]  # fmt: skip
    found = [
        subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": one}, capture_output=True, check=True, timeout=50)
        for one in ("0", seed)
    ]
    assert found[0].stdout == found[1].stdout
    assert b'"decision":"refer"' in found[0].stdout
