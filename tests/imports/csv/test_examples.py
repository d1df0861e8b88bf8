"""The mappings that ship: each sample becomes a plan, tied to the total that its export states."""

import csv
from datetime import date
from decimal import Decimal

import pytest

from policy_engine.api import evaluate
from policy_engine.imports.csv_import import import_csv
from policy_engine.imports.csv_tally import summary_data, summary_text
from policy_engine.imports.mapping_load import parse_mapping
from policy_engine.language.load import load_policy
from policy_engine.snapshot.read import read_snapshot
from policy_engine.snapshot.write import write_snapshot
from tests.imports.csv.support import AS_OF, MAPPINGS, ROOT, run

OPEN_DATA = ROOT.parent / "shared/data/accounts_receivable.csv"
SAMPLES = {
    "odoo-open-items": ("EUR", "8260.75"),
    "odoo-aged-receivable": ("EUR", "8260.75"),
    "erpnext-accounts-receivable": ("EUR", "8010.75"),
    "quickbooks-ageing-summary": ("USD", "8300.75"),
    "xero-aged-receivables": ("EUR", "8260.75"),
    "sage-100-echeancier": ("EUR", "8260.75"),
    "odoo-journal-items-follow-up": ("EUR", "8260.75"),
    "erpnext-receivable-with-dunning": ("EUR", "8260.75"),
    "sage-100-echeancier-relances": ("EUR", "8260.75"),
}


def policy_in(currency, tmp_path):
    text = (
        (ROOT / "policies/minimal.yaml").read_text(encoding="utf-8").replace("currency: EUR", f"currency: {currency}")
    )
    path = tmp_path / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    loaded = load_policy(path)
    assert loaded.policy is not None, loaded.diagnostics
    return loaded.policy


def planned(result, currency, tmp_path):
    folder = tmp_path / "snapshot"
    write_snapshot(folder, result.tables, result.manifest, overwrite=True)
    read = read_snapshot([folder], policy_currency=currency)
    assert read.diagnostics == ()
    assert read.snapshot.problems == ()
    return evaluate(policy_in(currency, tmp_path), read.snapshot), read.snapshot


def test_every_mapping_has_a_test():
    names = {path.stem for path in MAPPINGS.glob("*.yaml")}
    assert names == {*SAMPLES, "accounts-receivable"}
    assert {path.stem for path in (MAPPINGS / "samples").iterdir()} == set(SAMPLES)


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_to_plan(name, tmp_path):
    currency, total = SAMPLES[name]
    loaded, result = run(MAPPINGS / f"{name}.yaml", MAPPINGS / "samples" / f"{name}.csv")
    assert loaded.diagnostics == ()
    assert result.diagnostics == ()
    data = summary_data(result.summary)
    assert data["open"] == {currency: total}
    assert data["in"] == sums(data["rows"])
    assert data["customers"]["unknown_kind"] == 0
    plan, snapshot = planned(result, currency, tmp_path)
    kept = sum(row.amount for account in snapshot.accounts for row in account.invoices)
    paid = sum(row.amount for account in snapshot.accounts for row in account.payments)
    assert Decimal(kept - paid) / 100 == Decimal(total)
    assert len(plan.actions) >= 1
    assert not plan.problems


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("odoo-journal-items-follow-up", "INV/2026/"),
        ("erpnext-receivable-with-dunning", "ACC-SINV-2026-"),
        ("sage-100-echeancier-relances", "FA"),
    ],
)
def test_levels_of_reminders_become_positions(name, prefix, tmp_path):
    """From the old system's levels to a plan of the French pack: nobody gets a friendly reminder twice."""
    _, result = run(MAPPINGS / f"{name}.yaml", MAPPINGS / "samples" / f"{name}.csv")
    assert {row["status"] for row in result.tables["history"]} == {"set"}
    folder = tmp_path / "snapshot"
    write_snapshot(folder, result.tables, result.manifest)
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "dunning: 1\npolicy: p\nextends: pack:fr-b2b\nonboarding: {date: 2026-11-20, entry: hold}\n", encoding="utf-8"
    )
    read = read_snapshot([folder], policy_currency="EUR")
    plan = evaluate(load_policy(policy).policy, read.snapshot)
    found = {row.invoice: row for row in plan.outcomes}
    assert {key.removeprefix(prefix): row.step for key, row in found.items() if key.startswith(prefix)} == {
        "00107": "formal_notice",
        "00121": "second_reminder",
        "00140": "courtesy_reminder",
        "00158": None,
    }
    # 98 days late, the notice 18 days ago: the agency, which waits 15 days and asks a person first.
    (agency,) = [action for action in plan.actions if action.channel == "placement"]
    assert ([line.invoice for line in agency.demanded], agency.approval.role) == ([prefix + "00107"], "credit_manager")
    assert not any(row.reason == "needs_triage" for row in plan.outcomes)
    assert "backlog_without_history" not in {alert.code for alert in plan.alerts}


def sums(entries):
    rows = sum(entry["rows"] for entry in entries)
    amounts = {}
    for entry in entries:
        for code, text in entry["amounts"].items():
            amounts[code] = str(Decimal(amounts.get(code, "0.00")) + Decimal(text))
    return {"rows": rows, "amounts": amounts}


@pytest.mark.skipif(not OPEN_DATA.exists(), reason="the open data set is not beside the repository")
@pytest.mark.parametrize("day", ["2012-01-01", "2012-06-30", "2013-01-01", "2013-07-01", "2014-01-01"])
def test_open_data_at_any_date(day, tmp_path):
    as_of = date.fromisoformat(day)
    _, result = run(MAPPINGS / "accounts-receivable.yaml", OPEN_DATA, as_of=as_of)
    assert result.diagnostics == ()
    issued, unpaid, total = {}, Decimal(0), Decimal(0)
    with OPEN_DATA.open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            amount = Decimal(row["InvoiceAmount"])
            total += amount
            if day_of(row["InvoiceDate"]) <= as_of:
                issued[row["invoiceNumber"]] = amount
                if day_of(row["SettledDate"]) > as_of:
                    unpaid += amount
    data = summary_data(result.summary)
    assert data["in"] == {"rows": 2466, "amounts": {"USD": str(total)}} == sums(data["rows"])
    assert {row["id"]: Decimal(row["amount"]) for row in result.tables["invoices"]} == issued
    assert Decimal(data["open"].get("USD", "0")) == unpaid
    plan, snapshot = planned(result, "USD", tmp_path)
    assert len(plan.outcomes) == len(issued)
    assert all(len(row.id) == 10 for account in snapshot.accounts for row in account.invoices), "leading zeros"


def day_of(text):
    month, day, year = map(int, text.split("/"))
    return date(year, month, day)


def test_unknown_kind_is_said():
    mapping = (MAPPINGS / "xero-aged-receivables.yaml").read_text(encoding="utf-8")
    assert "kind: {constant: business}" in mapping
    loaded = parse_mapping(mapping.replace("kind: {constant: business}", "category: Contact").encode(), "m.yaml")
    sample = MAPPINGS / "samples/xero-aged-receivables.csv"
    result = import_csv([sample], loaded.mapping, AS_OF)
    assert "3 of 3 customers are of unknown kind: nothing will be dunned" in summary_text(result.summary)
    result = import_csv([sample], loaded.mapping, AS_OF, kind="business")
    assert {row["kind"] for row in result.tables["customers"]} == {"business"}
