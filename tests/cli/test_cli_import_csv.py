"""`dunning import csv`: from a file to a snapshot, a guess, and exit codes for what can't be used."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from policy_engine.cli.main import app, run
from policy_engine.snapshot.read import read_snapshot

MAPPINGS = Path(__file__).parents[2] / "examples/mappings"
SAMPLE = str(MAPPINGS / "samples/erpnext-accounts-receivable.csv")
MAPPING = str(MAPPINGS / "erpnext-accounts-receivable.yaml")


@pytest.fixture
def out(tmp_path):
    return str(tmp_path / "snapshot")


def given(out, *more, mapping=MAPPING, sample=SAMPLE):
    return ["import", "csv", "--mapping", mapping, "--as-of", "2026-11-20", "-o", out, *more, sample]


def test_import_says_what_came_in_and_out(out, capsys):
    assert run(given(out, "--exported-at", "2026-11-20T22:00")) == 0
    text = capsys.readouterr().out
    assert "7 rows below the header in line 1" in text
    assert "open on 2026-11-20: 8010.75 EUR" in text
    snapshot = read_snapshot([Path(out)]).snapshot
    assert snapshot.manifest.source.startswith("ERPNext, Accounts Receivable: erpnext-accounts-receivable.csv (sha256 ")
    assert snapshot.manifest.exported_at == "2026-11-20T22:00"
    assert str(snapshot.manifest.payments_complete_through) == "2026-11-20"
    assert dict(snapshot.rows) == {"customers": 3, "invoices": 5, "payments": 2}


def test_json(out, capsys):
    assert run(given(out, "--format", "json", "--payments-through", "2026-11-19")) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["open"] == {"EUR": "8010.75"}
    assert data["findings"] == []
    assert data["payments_complete_through"] == "2026-11-19"
    assert data["tables"]["invoices"] == {"rows": 5, "amounts": {"EUR": "9260.75"}}


def test_a_snapshot_is_replaced_only_when_asked(out, capsys):
    assert run(given(out)) == 0
    assert run(given(out)) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert run(given(out, "--overwrite")) == 0


def test_with_an_error_nothing_is_written(tmp_path, out, capsys):
    bad = tmp_path / "bad.csv"
    bad.write_text(Path(SAMPLE).read_text(encoding="utf-8").replace("1840.00", "1,840", 1), encoding="utf-8")
    assert run(given(out, sample=str(bad))) == 2
    assert "DUN608" in capsys.readouterr().err
    assert not Path(out).exists()
    assert run(given(out, "--format", "json", sample=str(bad))) == 2
    assert json.loads(capsys.readouterr().out)["findings"][0]["line"] == 2


def test_strict_makes_a_warning_a_finding(tmp_path, out, capsys):
    open_end = tmp_path / "e.csv"
    open_end.write_text(Path(SAMPLE).read_text(encoding="utf-8").rstrip("\n"), encoding="utf-8")
    assert run(given(out, "--strict", sample=str(open_end))) == 1
    assert "DUN641 warning" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["import", "csv", SAMPLE], "--mapping, --as-of, -o must be given"),
        (["import", "csv", "-m", "missing.yaml", "--as-of", "2026-11-20", "-o", "x", SAMPLE], "DUN001"),
        (["import", "csv", "-m", MAPPING, "--as-of", "2026-11-20", "-o", "x", "missing.csv"], "DUN600"),
        (["import", "csv", "-m", MAPPING, "--as-of", "20/11/2026", "-o", "x", SAMPLE], "not a date"),
        (["import", "csv", "--guess", "missing.csv"], "DUN600"),
        (["import", "csv", "--guess", SAMPLE, SAMPLE], "one file"),
        (["import", "cvs"], "did you mean `csv`"),
    ],
)
def test_wrong_usage_is_2(arguments, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(arguments) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_guess(tmp_path, capsys):
    assert run(["import", "csv", "--guess", SAMPLE]) == 0
    assert "mapping: 1" in capsys.readouterr().out
    file = tmp_path / "mapping.yaml"
    assert run(["import", "csv", "--guess", SAMPLE, "-o", str(file)]) == 0
    assert file.read_text(encoding="utf-8").startswith("# Guessed from erpnext")
    assert run(["import", "csv", "--guess", SAMPLE, "-o", str(file)]) == 2


def test_help_names_both_imports():
    text = CliRunner().invoke(app, ["import", "--help"]).output
    assert "csv" in text
    assert "fec" in text
