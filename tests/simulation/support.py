"""Scenarios, policies and snapshots as text, run."""

from pathlib import Path

from policy_engine.language.load import load_policy
from policy_engine.simulation.scenario_check import check_scenario
from policy_engine.simulation.scenario_load import load_scenario, parse_scenario
from policy_engine.simulation.study import study
from policy_engine.snapshot.read import read_snapshot

ROOT = Path(__file__).resolve().parents[2]

LADDER = """
dunning: 1
policy: {name}
version: 1
currency: EUR
calendar: {{country: FR, weekend: [sat, sun], adjust: next_business_day}}
stages: [reminder, formal_notice, agency]
netting: oldest_first
minimum: {{item: 0, customer: 0}}
grace: 0
valid_for: {valid_for}
segments:
  - name: large
    when: customer.category == "large"
    ladder: plain
  - name: standard
    ladder: plain
ladders:
  plain:
    consolidate: {consolidate}
    steps:
      - {{name: reminder, stage: reminder, days: 3, channel: email}}
      - name: formal_notice
        stage: formal_notice
        days: 10
        channel: registered_letter
        charge: [lump_sum]
        approval: {{role: credit_manager}}
penalties:
  lump_sum: {{kind: flat, amount: 40}}
"""

SNAPSHOT = """
manifest: {as_of: 2026-06-01, source: test, payments_complete_through: 2026-05-29}
customers:
  - {id: C-1, name: One, kind: business, terms: net_30}
  - {id: C-2, name: Two, kind: business, category: large, terms: net_30}
invoices:
  - {id: F-1, customer: C-1,
     kind: invoice, currency: EUR, amount: "1000.00", issue_date: 2026-05-01, due_date: 2026-05-31}
  - {id: F-2, customer: C-2,
     kind: invoice, currency: EUR, amount: "500.00", issue_date: 2026-05-01, due_date: 2026-06-02}
"""


def policy_of(folder, *, name="plain", valid_for=2, consolidate="customer", change=None):
    text = LADDER.format(name=name, valid_for=valid_for, consolidate=consolidate)
    for old, new in change or ():
        assert old in text, old
        text = text.replace(old, new)
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    loaded = load_policy(path)
    assert loaded.policy is not None, [d.render() for d in loaded.diagnostics]
    return loaded.policy


def snapshot_of(folder, text=SNAPSHOT, policy=None):
    path = folder / "snapshot.yaml"
    path.write_text(text, encoding="utf-8")
    read = read_snapshot(
        [path],
        policy_currency="EUR" if policy is None else policy.currency,
        attributes=() if policy is None else policy.attributes,
    )
    assert read.snapshot is not None, [d.render() for d in read.diagnostics]
    return read.snapshot


def scenario_of(text, policies, snapshot, *, days=None):
    if isinstance(text, Path):
        file = load_scenario(text)
    else:
        file = parse_scenario(f"scenario: 1\nname: test\n{text}".encode(), "scenario.yaml")
    found = check_scenario(file, policies, snapshot, days=days)
    assert found is not None, [d.render() for d in file.diagnostics]
    return found


def run_text(folder, scenario, *, snapshot=SNAPSHOT, policies=None, days=None, **options):
    policies = policies or [policy_of(folder)]
    start = snapshot_of(folder, snapshot)
    found = scenario_of(scenario, policies, start, days=days)
    return study(policies, [start] * len(policies), found, **options)


def delivered(run):
    """(day, customer, step, invoices) of everything that reached customers."""
    return [
        (day.day.isoformat(), action.customer, action.step, [line.invoice for line in action.demanded])
        for day in run.days
        for action in day.delivered
    ]
