"""The sample portfolio: the same bytes on every machine, clean rows, and a believable day's work."""

import csv
import os
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

import policy_engine as pe
from policy_engine.plan.model import Plan

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "examples" / "portfolio"


@pytest.fixture(scope="module")
def plan() -> Plan:
    policy = pe.load_policy(ROOT / "policies" / "fr-b2b.yaml")
    return pe.evaluate(policy, pe.read_snapshot(FOLDER, policy=policy))


@pytest.mark.parametrize("seed", ["0", "4711"])
def test_script_makes_the_committed_files(tmp_path: Path, seed: str) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONUTF8": "0"}
    command = [sys.executable, str(ROOT / "examples" / "make_portfolio.py"), str(tmp_path)]
    subprocess.run(command, check=True, env=environment, cwd=tmp_path)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    kept = {path.name: path.read_bytes() for path in FOLDER.iterdir()}
    assert made.keys() == kept.keys()
    assert [name for name in made if made[name] != kept[name]] == [], "run examples/make_portfolio.py and commit"


def test_rows_are_clean_and_no_safeguard_stops(plan: Plan) -> None:
    assert plan.problems == ()
    assert plan.stopped == ()
    assert plan.vouched
    assert {alert.code for alert in plan.alerts} == {"kind_not_covered", "contract_rate_below_floor"}


def test_size() -> None:
    snapshot = pe.read_snapshot(FOLDER)
    days = [payment.day for account in snapshot.accounts for payment in account.payments]
    assert len(snapshot.accounts) >= 200
    assert sum(len(account.invoices) for account in snapshot.accounts) >= 1500
    assert len({(day.year, day.month) for day in days}) >= 18


def test_the_day_is_believable(plan: Plan) -> None:
    """Most invoices are settled or not due; reminders by the dozen, few calls and notices, hardly any placement."""
    outcomes = Counter(row.outcome for row in plan.outcomes)
    assert outcomes["settled"] + outcomes["not_due"] > 0.9 * len(plan.outcomes)
    stages = Counter(action.stage for action in plan.actions)
    assert 20 <= stages["reminder"] <= 60
    assert 3 <= stages["call"] <= 20
    assert 2 <= stages["formal_notice"] <= 10
    assert 1 <= stages["agency"] <= 3


def _rows(table: str) -> list[dict[str, str]]:
    with (FOLDER / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _cents(text: str) -> int:
    return int(Decimal(text).scaleb(2))


def test_balance_ties_to_the_files_to_the_cent(plan: Plan) -> None:
    """Invoices and credit notes less payments, added up here without the engine."""
    gross = sum(_cents(row["amount"]) for row in _rows("invoices"))
    paid = sum(_cents(row["amount"]) for row in _rows("payments"))
    assert plan.summary.balance == gross - paid
    assert sum(bucket.amount for bucket in plan.summary.aged) == gross - paid
    assert sum(count for _, _, count, _, _ in plan.summary.outcomes) == len(_rows("invoices")) == len(plan.outcomes)


def test_numbers_of_invoices_are_an_unbroken_series_in_the_order_of_the_dates() -> None:
    rows = [row for row in _rows("invoices") if row["number"].startswith("FA-2026-")]
    rows.sort(key=lambda row: row["number"])
    assert [row["number"] for row in rows] == [f"FA-2026-{place:04d}" for place in range(1, len(rows) + 1)]
    days = [row["issue_date"] for row in rows]
    assert days == sorted(days)


RATES = {(2025, 1): 1315, (2025, 2): 1215, (2026, 1): 1215, (2026, 2): 1240}  # ECB + 10 points, hundredths of a percent


def test_interest_asked_is_what_a_pocket_calculator_says(plan: Plan) -> None:
    """Day by day, where nothing was paid or credited and no rate was agreed."""
    touched = {row["invoice"] for row in _rows("payments")} | {row["allocated_to"] for row in _rows("invoices")}
    touched |= {part.split("=")[0].strip() for row in _rows("payments") for part in row["allocations"].split(";")}
    agreed = {row["id"] for row in _rows("customers") if row["contract_rate"]}
    compared = 0
    for action in plan.actions:
        for line in action.demanded:
            charges = {amounts.kind: amounts for amounts in line.charges}
            if "interest" not in charges or line.invoice in touched or action.customer in agreed:
                continue
            days = [line.due_date + timedelta(days=n + 1) for n in range(line.days_late)]
            exact = sum(Fraction(line.principal * RATES[day.year, 1 + (day.month > 6)], 365 * 10_000) for day in days)
            assert charges["interest"].accrued == int(exact + Fraction(1, 2))
            assert charges["flat"].accrued == 4_000
            compared += 1
    assert compared >= 5


def test_only_businesses_are_chased(plan: Plan) -> None:
    policy = pe.load_policy(ROOT / "policies" / "fr-b2b.yaml")
    kinds = {a.customer.id: a.customer.kind for a in pe.read_snapshot(FOLDER, policy=policy).accounts}
    others = [row for row in plan.outcomes if kinds[row.customer] != "business"]
    assert {kinds[row.customer] for row in others} == {"consumer", "public"}
    assert {(row.outcome, row.reason) for row in others} == {("out_of_scope", "no_ladder")}


def test_many_situations_occur(plan: Plan) -> None:
    reasons = {(row.outcome, row.reason) for row in plan.outcomes}
    assert {
        ("out_of_scope", "no_ladder"),
        ("settled", "paid"),
        ("settled", "charges_due"),
        ("held", "block"),
        ("held", "insolvency"),
        ("held", "disputed"),
        ("held", "payment_plan"),
        ("held", "factored"),
        ("acted", "demanded"),
        ("waiting", "pending"),
        ("waiting", "rejected"),
        ("waiting", "step_to_come"),
        ("not_due", "not_due"),
    } <= reasons
