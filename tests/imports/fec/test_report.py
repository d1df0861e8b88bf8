"""The tie to account 411: a mismatch is an error, and nothing is written."""

from dataclasses import replace
from pathlib import Path

from policy_engine.imports import fec as module
from policy_engine.imports.fec_netting import position
from tests.imports.fec.support import entry, fec, opened, run

LEDGER = [*entry("VE", 1, "20260201", "C01", 100_00), *entry("VE", 2, "20260202", "C02", 40_00)]


def test_a_customer_that_doesn_t_tie_is_an_error(tmp_path, monkeypatch):
    def losing(auxiliary, lines, as_of):
        found = position(auxiliary, lines, as_of)
        return replace(found, open=()) if auxiliary == "C02" else found

    monkeypatch.setattr(module, "position", losing)
    result = run(tmp_path / "fec.txt", fec(LEDGER))
    assert (result.report, result.manifest, dict(result.tables)) == (None, None, {})
    text = "\n".join(found.render() for found in result.diagnostics if found.severity == "error") + "\n"
    golden = Path(__file__).with_name("program_error.expected")
    assert text.replace(tmp_path.as_posix() + "/", "") == golden.read_text(encoding="utf-8")


def test_a_customer_that_is_lost_is_an_error(tmp_path, monkeypatch):
    def lost(lines, as_of):
        return [position("C01", [line for line in lines if line.auxiliary == "C01"], as_of)]

    monkeypatch.setattr(module, "_positions", lost)
    result = run(tmp_path / "fec.txt", fec(LEDGER))
    assert result.report is None
    assert "DUN659" in {found.code for found in result.diagnostics}


def test_other_accounts_of_customers_are_said(tmp_path):
    lines = [
        *LEDGER,
        *entry("VE", 3, "20260203", "C03", 60_00, account="416000"),
        *entry("BQ", 4, "20260204", "C01", -15_00, account="419100"),
    ]
    report = run(tmp_path / "fec.txt", fec(lines)).report
    assert report.total == 140_00
    assert dict(report.notes)["not_imported"] == (
        "other accounts of customers are not imported: 416 doubtful customers 60.00, "
        "419 advances and credits of customers -15.00"
    )


def test_collective_accounts_stay_unknown(tmp_path):
    names = {
        "CDIV": "Clients divers",
        "C2": "DIVERSEY FRANCE",
        "COMPTOIR": "Ventes au comptoir",
        "C4": "Comptoir du Bois",
        "CCB": "RECETTE CB",
        "C6": "Trésorerie Recettes SARL",
    }
    lines = [
        row
        for number, (auxiliary, name) in enumerate(names.items(), start=1)
        for row in entry("VE", number, "20260201", auxiliary, 10_00, CompAuxLib=name)
    ]
    result = run(tmp_path / "fec.txt", fec(lines))
    assert {row["id"]: row["kind"] for row in result.tables["customers"]} == {
        "CDIV": "unknown", "COMPTOIR": "unknown", "CCB": "unknown", "C2": "business", "C4": "business",
        "C6": "business",
    }  # fmt: skip
    assert "CCB, CDIV, COMPTOIR (30.00 EUR open)" in dict(result.report.notes)["collective"]


def test_opening_balances_in_detail_keep_their_dates(tmp_path):
    """Some software brings each open line forward with its own date, in a journal `A nouveaux détaillés`."""
    detail = {"JournalLib": "A Nouveaux Détaillés"}
    lines = [
        *entry("AD", 1, "20251104", "C01", 300_00, **detail),
        *entry("AD", 1, "20251210", "C01", 200_00, **detail),
        *entry("VE", 2, "20260105", "C01", 50_00),
        *entry("BQ", 3, "20260120", "C01", -320_00, "AA"),
    ]
    result = run(tmp_path / "fec.txt", fec(lines), as_of="2026-01-31")
    assert result.diagnostics == ()
    assert [(row["issue_date"], row["amount"]) for row in result.tables["invoices"]] == [
        ("2025-12-10", "200.00"), ("2026-01-05", "50.00"),
    ]  # fmt: skip
    assert result.tables["payments"][0]["allocations"] == "AD-20251210-1-1=20.00"
    assert "opening_open" in dict(result.report.notes)
    early = run(tmp_path / "fec.txt", fec(lines), as_of="2025-11-30")
    assert [found.code for found in early.diagnostics] == ["DUN657"]
    assert early.diagnostics[0].severity == "warning"


def test_an_account_for_each_customer_counts_only_when_said(tmp_path):
    own = [
        *entry("VE", 1, "20260201", "", 100_00, account="411DUPONT", CompteLib="Dupont SARL"),
        *entry("BQ", 2, "20260210", "", -30_00, account="411DUPONT", CompteLib="Dupont SARL"),
        *entry("VE", 3, "20260211", "", 900_00, account="41110000", CompteLib="Clients"),
        *entry("VE", 4, "20260212", "C01", 40_00, account="411000"),
    ]
    left = run(tmp_path / "fec.txt", fec(own))
    assert [row["id"] for row in left.tables["customers"]] == ["C01"]
    note = dict(left.report.notes)["unnamed"]
    assert note.endswith("If 411DUPONT is a customer, give --by-account")
    said = run(tmp_path / "fec.txt", fec(own), by_account=True)
    assert [(row["id"], row["name"]) for row in said.tables["customers"]] == [
        ("411DUPONT", "Dupont SARL"), ("C01", "Société C01"),
    ]  # fmt: skip
    assert (said.report.balance, said.report.left, said.report.total) == (110_00, 900_00, 1_010_00)
    assert opened(said) == ({"411DUPONT": {"P1": "70.00"}, "C01": {"P4": "40.00"}}, {})


def test_an_entry_over_two_days_balances_by_its_number(tmp_path):
    one, other = entry("VE", 1, "20260201", "C01", 100_00)
    split = [one, other | {"EcritureDate": "20260202"}]
    assert run(tmp_path / "fec.txt", fec(split), as_of="2026-02-28").diagnostics == ()
