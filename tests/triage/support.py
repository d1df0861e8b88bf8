"""What the tests of the triage share: the example backlog, and policies on top of it."""

from datetime import date
from pathlib import Path

from policy_engine.language.load import load_policy
from policy_engine.snapshot.read import read_snapshot
from policy_engine.triage.find import find_triage
from policy_engine.triage.limitation import limitation_of

ROOT = Path(__file__).resolve().parents[2]
BACKLOG = ROOT / "examples" / "backlog"

POLICY = """\
dunning: 1
policy: small
currency: EUR
minimum: {item: 10}
holds:
  - {name: disputed, when: invoice.disputed}
segments:
  - {name: group, when: customer.category == "group", ladder: none}
  - {name: everybody, ladder: standard}
ladders:
  standard:
    steps:
      - {name: notice, stage: notice, days: -5, channel: email}
      - {name: first, stage: reminder, days: 3, channel: email}
      - {name: call, stage: call, days: 20, channel: call, when: invoice.outstanding >= 500}
      - {name: formal, stage: formal_notice, days: 30, channel: registered_letter}
      - {name: agency, stage: agency, days: 60, channel: placement}
"""
HOLD = "onboarding: {date: 2026-11-01, entry: hold}\n"
BY_AGE = "onboarding: {date: 2026-11-01, entry: {30: formal_notice}}\n"


def invoice(key, due, amount="1000.00", customer="C-1", **more):
    """A row of `invoices`, issued on 1 January of the year it is due in."""
    issued = f"{due[:4]}-01-01"
    return {
        "id": key, "customer": customer, "kind": "invoice", "currency": "EUR", "amount": amount, "issue_date": issued,
        "due_date": due, **more,
    }  # fmt: skip


def triage_of(tmp_path, tables, policy=POLICY + HOLD, *, as_of="2026-11-20", years=None):
    """The triage of tables given as rows."""
    import json

    (tmp_path / "policy.yaml").write_text(policy, encoding="utf-8")
    tables = {"manifest": {"as_of": as_of}, "customers": [{"id": "C-1", "name": "One", "kind": "business"}], **tables}
    (tmp_path / "snapshot.json").write_text(json.dumps(tables), encoding="utf-8")
    loaded = load_policy(tmp_path / "policy.yaml")
    assert loaded.policy is not None, [item.render() for item in loaded.diagnostics]
    read = read_snapshot([tmp_path / "snapshot.json"], as_of=None, policy_currency="EUR")
    assert read.snapshot is not None, [item.render() for item in read.diagnostics]
    assert read.snapshot.as_of == date.fromisoformat(as_of)
    return find_triage(loaded.policy, read.snapshot, limitation_of(loaded.policy, years))


def by_id(triage):
    """Its items by invoice id."""
    return {item.invoice: item for item in triage.items}
