"""The golden cases as explanations: rows completed with defaults, read and decided like any snapshot."""

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from policy_engine.explanation.build import explain
from policy_engine.explanation.model import Explanation
from policy_engine.language.load import load_policy
from policy_engine.policy.resolved import Policy
from policy_engine.snapshot.model import Snapshot
from policy_engine.snapshot.read import read_snapshot

GOLDEN = Path(__file__).parent / "golden"
CASES: dict[str, dict[str, Any]] = yaml.safe_load((GOLDEN / "cases.yaml").read_text(encoding="utf-8"))
DEFAULTS: dict[str, dict[str, Any]] = {
    "customers": {"name": "Ateliers du Nord", "kind": "business", "country": "FR"},
    "invoices": {
        "customer": "C1",
        "kind": "invoice",
        "status": "open",
        "currency": "EUR",
        "amount": "1200.00",
        "issue_date": date(2026, 9, 15),
        "due_date": date(2026, 10, 15),
    },
    "payments": {"customer": "C1", "currency": "EUR"},
    "promises": {"customer": "C1"},
    "payment_plans": {"customer": "C1"},
    "blocks": {"customer": "C1"},
}


def snapshot_of(case: dict[str, Any]) -> dict[str, Any]:
    tables: dict[str, Any] = {
        "manifest": {"as_of": case.get("as_of", date(2026, 11, 20)), "source": "golden"},
        "customers": [{"id": "C1"}],
        "contact_persons": [
            {"id": "K1", "customer": "C1", "email": "a@example.org", "phone": "+33 1 00 00 00 00", "address": "1 rue A"}
        ],
    }
    tables |= {key: value for key, value in case.items() if key not in ("policy", "as_of", "ask")}
    for name, default in DEFAULTS.items():
        if name in tables:
            tables[name] = [{**default, **row} for row in tables[name]]
    for row in tables["invoices"]:
        if row["issue_date"] > row["due_date"]:
            row["issue_date"] = row["due_date"]
    return tables


def inputs_of(name: str, folder: Path) -> tuple[Policy, Snapshot]:
    """A case's policy and snapshot; `folder` is for the snapshot. Paths in them are relative to the golden folder."""
    case = CASES[name]
    path = folder / "snapshot.json"
    path.write_text(json.dumps(snapshot_of(case), default=str, indent=1), encoding="utf-8")
    before = Path.cwd()
    os.chdir(GOLDEN)
    try:
        loaded = load_policy(Path(case.get("policy", "policy.yaml")))
    finally:
        os.chdir(before)
    assert loaded.policy is not None, "\n".join(d.render() for d in loaded.diagnostics)
    policy = loaded.policy
    read = read_snapshot([path], policy_currency=policy.currency, attributes=policy.attributes)
    assert read.snapshot is not None, "\n".join(d.render() for d in read.diagnostics)
    return policy, read.snapshot


def explanation_of(name: str, folder: Path) -> Explanation:
    """The explanation that a case asks for."""
    return explain(*inputs_of(name, folder), CASES[name].get("ask", "F1"))
