"""From one's own export to a plan that is explained, on the command line, tied to the ledger to the cent."""

import json
import re

import pytest

from tests.desk.support import ROOT, commands

TABLE = (ROOT / "tests" / "imports" / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def dunning(monkeypatch, capsysbinary):
    """Runs `dunning` in the repository."""
    monkeypatch.chdir(ROOT)
    return commands(monkeypatch, capsysbinary)


TOURS = {
    "fec": "import fec examples/fec/123456789FEC20261231.txt --as-of 2026-09-30 --terms examples/fec/customers.csv "
    "--kinds examples/fec/customers.csv",
    "csv": "import csv --mapping examples/mappings/sage-100-echeancier.yaml --as-of 2026-11-20 "
    "examples/mappings/samples/sage-100-echeancier.csv",
}


SHARED = ROOT.parent / "shared/data"
SAMPLES = {
    "accounts_receivable.csv": (
        "import csv --mapping examples/mappings/accounts-receivable.yaml --as-of 2012-12-31",
        "5725.06",  # of 1,277 invoices issued by then, 99 were settled later: summed with another program
    ),
    "fec/0000000001FEC20220831.txt": ("import fec --as-of 2022-08-31 --terms net_30 --kind business", "52517.24"),
    "fec/123456789FEC20500930.txt": ("import fec --as-of 2023-04-30 --terms net_30 --kind business", "0.00"),
}
"""Real files: how each is imported, and what its customers owe then."""


@pytest.mark.parametrize("name", SAMPLES)
def test_each_real_sample_is_imported_planned_and_explained(dunning, name, tmp_path):
    if not (SHARED / name).exists():
        pytest.skip("the real samples are not beside the repository")
    command, owed = SAMPLES[name]
    out = tmp_path / "snapshot"
    done = dunning(f"{command} {SHARED / name} -o {out} --format json")
    assert done.code == 0, done.err
    for policy in ("policies/fr-b2b.yaml", "policies/minimal.yaml"):
        done = dunning(f"plan -p {policy} -s {out} --format json")
        assert done.code == 0, done.err
        plan = json.loads(done.out)
        assert not plan["problems"]
        others = {other["currency"]: other["balance"] for other in plan["summary"].get("other_currencies", [])}
        if name.endswith(".csv"):
            assert (plan["summary"]["balance"], others) == ("0.00", {"USD": owed})
        else:
            assert (plan["summary"]["balance"], others) == (owed, {})
        assert plan["summary"]["invoices"] == len(plan["outcomes"])
        for outcome in plan["outcomes"][:1]:
            done = dunning(f"why {outcome['invoice']} -p {policy} -s {out}")
            assert (done.code, outcome["invoice"] in done.out) == (0, True), done.err
        assert dunning(f"triage -p {policy} -s {out}").code == 0


@pytest.mark.parametrize("kind", TOURS)
def test_from_an_export_to_why(dunning, kind, tmp_path):
    out = tmp_path / "snapshot"
    done = dunning(f"{TOURS[kind]} -o {out} --format json")
    assert done.code == 0, done.err
    said = json.loads(done.out)
    assert (out / "manifest.yaml").exists()
    done = dunning(f"plan -p policies/fr-b2b.yaml -s {out} --format json")
    assert done.code == 0, done.err
    plan = json.loads(done.out)
    assert plan["summary"]["invoices"] == len(plan["outcomes"]) > 0
    assert not plan["problems"]
    assert plan["actions"]
    if kind == "csv":
        assert plan["summary"]["balance"] == said["open"]["EUR"] == "8260.75"
    else:
        assert plan["summary"]["balance"] == said["report"]["snapshot_balance"]
    first = plan["actions"][0]["customer"]
    done = dunning(f"why {first} -p policies/fr-b2b.yaml -s {out}")
    assert (done.code, first in done.out) == (0, True)
    done = dunning(f"triage -p policies/fr-b2b.yaml -s {out}")
    assert done.code == 0
    assert "entry: hold" in done.out


def shown():
    return [name for name in re.findall(r"`(tests/[^`]+)`", TABLE) if "test_tour.py" not in name or "::" in name]


@pytest.mark.parametrize("name", shown())
def test_what_the_table_names_is_there(name):
    path, _, test = name.partition("::")
    found = ROOT / path
    if test:
        assert f"def {test}(" in found.read_text(encoding="utf-8")
    else:
        assert "DUN" in (found / "expected.txt").read_text(encoding="utf-8")
