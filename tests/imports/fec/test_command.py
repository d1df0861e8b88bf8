"""`dunning import fec`: exit codes, what is printed, what is written."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from policy_engine.cli.main import DONE, FINDINGS, USAGE, run
from policy_engine.snapshot.read import read_snapshot
from tests.imports.fec.support import entry, fec

LEDGER = [
    *entry("AN", 1, "20260101", "C01", 30_00),
    *entry("VE", 2, "20260201", "C01", 100_00),
    *entry("VE", 3, "20260210", "", 500_00, EcritureLib="Ventes comptoir février"),
    *entry("BQ", 4, "20260220", "C02", -40_00),
    *entry("VE", 5, "20260221", "C02", -10_00),
    *entry("BQ", 6, "20260222", "C03", 25_00),
]
ARGS = ["--as-of", "2026-02-28", "--terms", "net_30"]


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    (tmp_path / "fec.txt").write_bytes(fec(LEDGER))
    return "fec.txt"


def test_help_shows_an_example(capsys):
    assert run(["import", "fec", "--help"]) == DONE
    assert "Example: dunning import fec" in capsys.readouterr().out


def test_the_table_ties_and_says_what_was_left_out(file, tmp_path, capsys):
    assert run(["import", "fec", file, *ARGS, "--kind", "business", "-o", "snapshot"]) == DONE
    out, err = capsys.readouterr()
    assert out == (
        "fec.txt as of 2026-02-28: 12 lines, 6 on 411\n"
        "entries from 2026-01-01 to 2026-02-22; UTF-8, separator TAB\n"
        "\n"
        "customer  name                    kind      invoices    open  unallocated  balance  account 411\n"
        "C01       Société C01             business         2  130.00         0.00   130.00       130.00\n"
        "C02       Société C02             business         0    0.00        50.00   -50.00       -50.00\n"
        "C03       Société C03             business         1   25.00         0.00    25.00        25.00\n"
        "411000    no auxiliary: left out                                              0.00       500.00\n"
        "total                                              3  155.00        50.00   105.00       605.00\n"
        "\n"
        "account 411 stands at 605.00 EUR: tied to the cent, 105.00 in the snapshot and 500.00 left out\n"
        "- lines on 411 without an auxiliary (CompAuxNum) name no customer and are left out, such as retail totals: "
        "411000: 1 line, 500.00 debit, 0.00 credit, 500.00 left\n"
        "- 1 opening balance still open (30.00 EUR): the invoices behind it are in the year before, and the due date "
        "is only as good as the date on the line\n"
        "- 1 open debit from no sale but from a bank or another entry (25.00 EUR): returned payments, corrections; "
        "look before dunning them\n"
        "- 1 unallocated credit from sales (10.00 EUR), most likely credit notes: in `payments`, as money is\n"
    )
    assert err == "snapshot written to snapshot\n"
    assert (tmp_path / "snapshot" / "manifest.yaml").read_text(encoding="utf-8") == (
        "as_of: 2026-02-28\n"
        f'source: "FEC fec.txt (sha256 {sha256(Path(file).read_bytes()).hexdigest()})"\n'
        "payments_complete_through: 2026-02-22\n"
        "tables:\n"
        "  customers: {rows: 3}\n"
        '  invoices: {rows: 3, amount: {EUR: "155.00"}}\n'
        '  payments: {rows: 2, amount: {EUR: "50.00"}}\n'
    )


def test_without_a_kind_it_says_plainly_that_nothing_will_be_dunned(file, capsys):
    assert run(["import", "fec", file, *ARGS]) == DONE
    out, err = capsys.readouterr()
    assert "the kind of 3 customers is unknown, and nothing of their 155.00 EUR will be dunned until it is known" in out
    assert err == ""


def test_json_holds_the_same(file, capsys):
    assert run(["import", "fec", file, *ARGS, "--format", "json", "-o", "snapshot"]) == DONE
    data = json.loads(capsys.readouterr().out)
    report = data["report"]
    assert data["written"] == "snapshot"
    assert report["tied"] is True
    assert (report["account_411"], report["snapshot_balance"], report["left_out_balance"]) == (
        "605.00", "105.00", "500.00",
    )  # fmt: skip
    assert [(row["id"], row["balance"], row["account_411"], row["kind"]) for row in report["customers"]] == [
        ("C01", "130.00", "130.00", "unknown"),
        ("C02", "-50.00", "-50.00", "unknown"),
        ("C03", "25.00", "25.00", "unknown"),
    ]
    assert report["left_out"][0]["account"] == "411000"
    assert {note["key"] for note in report["notes"]} == {
        "kind_unknown", "unnamed", "opening_open", "no_sale", "credit_notes",
    }  # fmt: skip


def test_lists_give_terms_and_kinds_by_customer(file, tmp_path, capsys):
    (tmp_path / "list.csv").write_text(
        "customer;kind;terms\nC01;public;end_of_month_then_45_days\n*;;net_10\nC9;;net_5\n"
    )
    lists = ["--terms", "list.csv", "--kinds", "list.csv", "--kind", "business"]
    assert run(["import", "fec", file, "--as-of", "2026-02-28", *lists, "-o", "out"]) == DONE
    assert "list.csv names 1 customer without a line on 411: C9" in capsys.readouterr().out
    customers = (tmp_path / "out" / "customers.csv").read_text(encoding="utf-8").splitlines()
    assert customers[1:] == [
        "C01,Société C01,public,end_of_month_then_45_days", "C02,Société C02,business,net_10",
        "C03,Société C03,business,net_10",
    ]  # fmt: skip
    invoices = (tmp_path / "out" / "invoices.csv").read_text(encoding="utf-8")
    assert "VE-20260201-2-1,P2,C01,invoice,EUR,100.00,2026-02-01,2026-04-14" in invoices
    assert "BQ-20260222-6-1,P6,C03,invoice,EUR,25.00,2026-02-22,2026-03-04" in invoices


def test_strict_wants_everything_known(file, tmp_path):
    assert run(["import", "fec", file, *ARGS, "--kind", "business", "--strict"]) == FINDINGS
    (tmp_path / "plain.txt").write_bytes(fec(entry("VE", 2, "20260201", "C01", 100_00)))
    assert run(["import", "fec", "plain.txt", *ARGS, "--kind", "business", "--strict"]) == DONE
    assert run(["import", "fec", "plain.txt", *ARGS, "--strict"]) == FINDINGS


@pytest.mark.parametrize(
    "args",
    [
        ["absent.txt", *ARGS],
        ["fec.txt", "--as-of", "2026-02-28"],
        ["fec.txt", "--terms", "net_30"],
        ["fec.txt", "--as-of", "28/02/2026", "--terms", "net_30"],
        ["fec.txt", "--as-of", "2025-12-31", "--terms", "net_30"],
        ["fec.txt", "--as-of", "2026-02-28", "--terms", "thirty"],
        ["fec.txt", *ARGS, "--kind", "company"],
        ["fec.txt", *ARGS, "--kinds", "absent.csv"],
        ["fec.txt", *ARGS, "--encoding", "cp1252", "-o", "fec.txt"],
        ["fec\0.txt", *ARGS],
        [".", *ARGS],
    ],
)
def test_what_can_t_be_used_is_exit_2_and_writes_nothing(args, file, tmp_path, capsys):
    before = sorted(path.name for path in tmp_path.iterdir())
    assert run(["import", "fec", *args]) == USAGE
    out, err = capsys.readouterr()
    assert err
    assert "Traceback" not in err
    assert out == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_findings_stand_in_json_too(file, tmp_path, capsys):
    (tmp_path / "bad.txt").write_bytes(b"nothing\n")
    assert run(["import", "fec", "bad.txt", *ARGS, "--format", "json"]) == USAGE
    data = json.loads(capsys.readouterr().out)
    assert data["report"] is None
    assert [finding["code"] for finding in data["findings"]] == ["DUN652"]


def test_the_manifest_says_when_it_was_made_and_how_far_payments_go(file, tmp_path):
    said = ["--exported-at", "2026-03-02T18:00:00Z", "--payments-through", "2026-02-20"]
    assert run(["import", "fec", file, *ARGS, *said, "-o", "snapshot"]) == DONE
    text = (tmp_path / "snapshot/manifest.yaml").read_text(encoding="utf-8")
    assert 'exported_at: "2026-03-02T18:00:00Z"\npayments_complete_through: 2026-02-20\n' in text
    # what was said is what a plan reads
    snapshot = read_snapshot([tmp_path / "snapshot"]).snapshot
    assert snapshot is not None
    manifest = snapshot.manifest
    assert (manifest.exported_at, str(manifest.payments_complete_through)) == ("2026-03-02T18:00:00Z", "2026-02-20")


def test_a_folder_that_holds_something_is_kept(file, tmp_path, capsys):
    (tmp_path / "snapshot").mkdir()
    (tmp_path / "snapshot" / "mine.txt").write_text("mine")
    for options in ([], ["--overwrite"]):
        assert run(["import", "fec", file, *ARGS, "-o", "snapshot", *options]) == USAGE
        assert "snapshot" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "snapshot").iterdir()] == ["mine.txt"]


def test_a_snapshot_is_replaced_only_when_asked(file, tmp_path):
    assert run(["import", "fec", file, *ARGS, "-o", "snapshot"]) == DONE
    first = {path.name: path.read_bytes() for path in (tmp_path / "snapshot").iterdir()}
    assert run(["import", "fec", file, *ARGS, "-o", "snapshot"]) == USAGE
    assert run(["import", "fec", file, *ARGS, "-o", "snapshot", "--overwrite"]) == DONE
    assert {path.name: path.read_bytes() for path in (tmp_path / "snapshot").iterdir()} == first
