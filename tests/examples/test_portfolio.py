"""The sample portfolio: the same bytes on every machine, clean rows, and a believable day's work."""

import os
import subprocess
import sys
from collections import Counter
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
    subprocess.run(command, check=True, env=environment, cwd=tmp_path)  # noqa: S603  # our own script
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    kept = {path.name: path.read_bytes() for path in FOLDER.iterdir()}
    assert made.keys() == kept.keys()
    assert [name for name in made if made[name] != kept[name]] == [], "run examples/make_portfolio.py and commit"


def test_rows_are_clean_and_no_safeguard_stops(plan: Plan) -> None:
    assert plan.problems == ()
    assert plan.stopped == ()
    assert plan.vouched
    assert {alert.code for alert in plan.alerts} == {"kind_not_covered"}


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
