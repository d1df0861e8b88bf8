"""From a FEC to a plan: each imported invoice gets an outcome of the French pack, and the amounts are the ledger's."""

import tempfile
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given

from policy_engine import evaluate
from policy_engine.language.load import load_policy
from policy_engine.snapshot.read import read_snapshot
from policy_engine.snapshot.write import write_snapshot
from tests.imports.fec.support import done, entry, fec, run
from tests.imports.fec.test_properties import AS_OF, LEDGERS, imported

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT.parent / "shared" / "data" / "fec" / "0000000001FEC20220831.txt"
LEDGER = [
    *entry("AN", 1, "20260101", "C01", 900_00),
    *entry("VE", 2, "20260105", "C01", 1_200_00),
    *entry("BQ", 3, "20260120", "C01", -1_000_00),
    *entry("VE", 4, "20260201", "C02", 800_00, "AA"),
    *entry("BQ", 5, "20260310", "C02", -500_00, "AA"),
    *entry("VE", 6, "20260625", "C02", 300_00),
    *entry("BQ", 7, "20260601", "C03", -70_00),
]


@cache
def pack():
    policy = load_policy(ROOT / "policies" / "fr-b2b.yaml", as_of=date(2026, 6, 30)).policy
    assert policy is not None
    return policy


def planned(tmp_path, result):
    folder = tmp_path / "snapshot"
    write_snapshot(folder, result.tables, result.manifest)
    policy = pack()
    read = read_snapshot([folder], policy_currency=policy.currency, attributes=policy.attributes)
    return evaluate(policy, read.snapshot)


def test_each_invoice_has_an_outcome(tmp_path):
    result = run(tmp_path / "fec.txt", fec(LEDGER), as_of="2026-06-30")
    done(result)
    plan = planned(tmp_path, result)
    outcomes = {row.invoice: row.outcome for row in plan.outcomes}
    assert outcomes.keys() == {row["id"] for row in result.tables["invoices"]}
    assert outcomes["VE-20260625-6-1"] == "not_due"
    assert outcomes["VE-20260105-2-1"] in ("acted", "waiting")
    asked = {row.invoice: row.outstanding for row in plan.outcomes}
    assert asked == {"VE-20260105-2-1": 1_100_00, "VE-20260201-4-1": 300_00, "VE-20260625-6-1": 300_00}


def test_of_unknown_kind_nobody_is_dunned(tmp_path):
    result = run(tmp_path / "fec.txt", fec(LEDGER), as_of="2026-06-30", kind=None)
    plan = planned(tmp_path, result)
    assert plan.actions == ()
    assert {(row.outcome, row.reason) for row in plan.outcomes} == {("out_of_scope", "no_ladder")}


@pytest.mark.skipif(not SAMPLE.is_file(), reason="the sample files are not beside the repository")
@pytest.mark.parametrize("day", [date(2022, 3, 15), date(2022, 8, 31)])
def test_the_first_sample_is_planned(day, tmp_path):
    result = run(tmp_path / "fec.txt", SAMPLE.read_bytes(), as_of=day.isoformat())
    plan = planned(tmp_path, result)
    assert {row.invoice for row in plan.outcomes} == {row["id"] for row in result.tables["invoices"]}
    assert plan.problems == ()
    assert {row.outcome for row in plan.outcomes} & {"acted", "waiting"}


@pytest.mark.property
@given(LEDGERS, AS_OF)
def test_any_ledger_is_planned_and_adds_up(lines, as_of):
    """One outcome an invoice; the plan's aged balance is the ledger's."""
    result = imported(fec(lines), as_of, kind="business")
    if result.report is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        plan = planned(Path(folder), result)
    assert sorted(row.invoice for row in plan.outcomes) == sorted(row["id"] for row in result.tables["invoices"])
    assert plan.problems == ()
    assert plan.summary.balance == result.report.balance
