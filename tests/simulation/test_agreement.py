"""`simulate` agrees, day by day, with `plan` run by hand on the snapshots that it writes.

The default run looks at every tenth day of the sample and at every day of the small portfolio; `make simulate-check`
looks at all 180 days of the sample.
"""

import os
import shutil
from dataclasses import replace

import pytest

import policy_engine as pe
from policy_engine.language.load import load_policy
from policy_engine.simulation.assumptions import with_last_known_rates
from policy_engine.simulation.loop import Terms, run
from policy_engine.simulation.scenario_behaviour import scenario_behaviour
from policy_engine.simulation.study import segments_of
from policy_engine.snapshot.model import Instalment
from policy_engine.snapshot.read import read_snapshot, snapshot_date
from policy_engine.snapshot.tables_of import tables_of
from policy_engine.snapshot.write import write_snapshot
from policy_engine.values.days import add_days
from tests.simulation.support import ROOT, scenario_of

EVERY = 1 if os.environ.get("SIMULATE_CHECK") else 10
SCENARIOS = sorted((ROOT / "examples/scenarios").glob("*.yaml"))


def check(policy, start, scenario, folder, *, every, days, must_plan=True):
    """Run, write the snapshots of some days, plan each of them from the files alone, and compare."""
    if scenario.rates == "last_known":
        policy = with_last_known_rates(policy, add_days(start.as_of, days))
    written = []

    def keep(snapshot):
        number = (snapshot.as_of - start.as_of).days
        if number % every == 0 or number == days - 1:
            place = folder / snapshot.as_of.isoformat()
            write_snapshot(place, tables_of(snapshot, policy.attributes, policy.currency), snapshot.manifest)
            written.append(place)

    behaviour = scenario_behaviour(scenario, policy, start, segments_of(policy, start))
    done = run(policy, start, behaviour, Terms(days, scenario.approvals, ("all",), keep))
    assert len(done.days) == days
    assert written
    by_day = {day.day: day for day in done.days}
    planned = 0
    for place in written:
        plan = pe.evaluate(policy, pe.read_snapshot(place, policy=policy))
        assert any(row.holds for row in plan.problems) == any(row.holds for row in start.problems)
        day = by_day[plan.as_of]
        assert day.planned == plan.actions
        assert day.stopped == plan.stopped
        assert list(day.morning.aged) == [bucket.amount for bucket in plan.summary.aged]
        others = tuple((row.currency, row.balance) for row in plan.summary.other_currencies if row.balance)
        assert tuple((code, balance) for code, balance, _ in day.morning.others if balance) == others
        assert day.morning.balance == plan.summary.balance
        assert day.morning.customers_overdue == plan.summary.customers_overdue
        assert day.missing_rate == plan.summary.missing_rate
        planned += len(plan.actions)
    assert planned or not must_plan
    return done


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.stem)
def test_the_sample_over_180_days(scenario, tmp_path):
    if EVERY > 1 and scenario != SCENARIOS[0]:
        pytest.skip("one scenario by default, all of them by `make simulate-check`")
    policy = pe.load_policy(ROOT / "policies/fr-b2b.yaml")
    start = pe.read_snapshot(ROOT / "examples/portfolio", policy=policy)
    check(policy, start, scenario_of(scenario, [policy], start, days=180), tmp_path, every=EVERY, days=180)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.stem)
def test_the_twelve_every_day(scenario, tmp_path):
    policy = pe.load_policy(ROOT / "policies/fr-b2b.yaml")
    start = pe.read_snapshot(ROOT / "examples/twelve", policy=policy)
    text = scenario.read_text(encoding="utf-8").partition("\npayments:")[0]  # dated events name the sample's customers
    path = tmp_path / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    check(policy, start, scenario_of(path, [policy], start, days=75), tmp_path / "kept", every=1, days=75)


SCOPED = """
dunning: 1
policy: scoped
extends: pack:fr-b2b
ladders:
  standard:
    scope: SCOPE
    steps: [{name: pre_due_notice, days: 1}]        # with scope customer nothing climbs before it is overdue
"""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("scope", ["customer", "instalment"])
def test_whoever_climbs(scope, tmp_path):
    """Accounts and instalments: rows of history carry the part and the carrier that the next plan needs."""
    path = tmp_path / "policy.yaml"
    path.write_text(SCOPED.replace("SCOPE", scope), encoding="utf-8")
    policy = pe.load_policy(path)
    start = pe.read_snapshot(ROOT / "examples/portfolio", policy=policy)
    done = check(
        policy, in_parts(start), scenario_of(SCENARIOS[0], [policy], start, days=60), tmp_path, every=EVERY, days=60
    )
    history = [row for account in done.snapshot.accounts for row in account.history if row.id.startswith("SIM")]
    if scope == "customer":
        assert any(row.carrier for row in history)
    else:
        assert any(row.instalment for row in history)


def in_parts(snapshot):
    """The snapshot with every tenth open invoice in two parts, the second due a month later."""
    accounts = []
    for account in snapshot.accounts:
        parts = []
        for invoice in account.invoices[::10]:
            if invoice.kind == "invoice" and invoice.amount > 1000:
                half = invoice.amount // 2
                later = add_days(invoice.due_date, 30)
                parts.append(Instalment(f"{invoice.id}-1", invoice.customer, invoice.id, half, invoice.due_date))
                parts.append(Instalment(f"{invoice.id}-2", invoice.customer, invoice.id, invoice.amount - half, later))
        accounts.append(replace(account, instalments=tuple(parts)))
    return replace(snapshot, accounts=tuple(accounts))


CASES = sorted(path for path in (ROOT / "tests/cases").iterdir() if (path / "snapshot.yaml").exists())


@pytest.mark.timeout(300)
@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_every_case_of_the_language(case, tmp_path):
    """Whatever the cases hold: scopes, currencies, families, blocks, broken rows; over two weeks and a day."""
    path = case / "snapshot.yaml"
    day = snapshot_date([path])
    shutil.copytree(ROOT / "tests/cases/_base", tmp_path / "_base")
    shutil.copy(case / "policy.yaml", tmp_path / "policy.yaml")
    policy = load_policy(tmp_path / "policy.yaml", as_of=day).policy
    if policy is None:
        pytest.skip("the case is about a policy that can't be loaded")
    read = read_snapshot(
        [path], as_of=day, policy_currency=policy.currency, attributes=policy.attributes, accept_unattributed=9
    )
    if read.snapshot is None:
        assert read.diagnostics
        return
    scenario = scenario_of("days: 15\napprovals: {after: 1}\n", [policy], read.snapshot)
    check(policy, read.snapshot, scenario, tmp_path / "kept", every=7, days=15, must_plan=False)
