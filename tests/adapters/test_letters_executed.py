"""Letters through `dunning execute`: approved, batched, recorded, reported; a trial with the folder shows them."""

import csv
import json

import pytest

from policy_engine.cli.main import run
from tests.execution.support import House

OPERATOR = """\
operator: 1
sender: {{name: Acme SAS, address: [12 rue du Port, 69002 Lyon]}}
live: {live}
adapters:
  - {{name: post, uses: letters, channels: [letter, registered_letter], settings: {{path: post, enclose: statement}}}}
"""


@pytest.fixture
def house(tmp_path, monkeypatch):
    """Two customers whose reminder goes by letter; one of them has no whole address."""
    made = House(tmp_path, customers=2)
    text = made.policy_file.read_text(encoding="utf-8").replace("channel: email", "channel: letter")
    made.policy_file.write_text(text, encoding="utf-8")
    rows = (tmp_path / "snapshot.yaml").read_text(encoding="utf-8")
    rows = rows.replace("address: 1 Street}", "address: '1 Street, London'}", 1)
    (tmp_path / "snapshot.yaml").write_text(rows, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ops").mkdir()
    return made


def executed(house, capsys, *more, live):
    (house.folder / "ops" / "operator.yaml").write_text(OPERATOR.format(live=live), encoding="utf-8")
    assert run(["plan", "-p", "policies/small.yaml", "-s", "snapshot.yaml", "-o", "plan.json"]) == 0
    capsys.readouterr()
    command = ["execute", "plan.json", "--ledger", "l.db", "-s", "snapshot.yaml", "-p", "policies/small.yaml"]
    return run([*command, "--operator", "ops/operator.yaml", *([] if live == "true" else ["--on", "2026-06-01"]),
                "--format", "json", *more]), capsys.readouterr()  # fmt: skip


def test_without_live_the_folder_shows_the_letters(house, capsys):
    code, said = executed(house, capsys, live="false")
    assert code == 0, said.err
    report = json.loads(said.out)
    assert report["delivered"] == {"letter": 2}
    assert report["notes"] == [
        "folder: letters without a PDF: 1 (the customer has no postal address of at least two lines)"
    ]
    (letter,) = house.out.rglob("*.pdf")
    assert letter.name.startswith("C-1_reminder_")
    assert not (house.folder / "ops" / "post").exists()


def test_live_a_batch_is_handed_over_and_what_is_unfit_has_failed(house, capsys, monkeypatch):
    monkeypatch.setattr("policy_engine.cli.ledger_inputs.today", lambda: house.day)
    code, said = executed(house, capsys, live="true")
    report = json.loads(said.out)
    assert code == 1
    assert [row["why"] for row in report["failed"]] == ["the customer has no postal address of at least two lines"]
    batch = house.folder / "ops" / "post" / "2026-06-01" / "letter-1"
    assert report["notes"] == [f"post: handed over {batch.as_posix()}: 1 letter"]
    with (batch / "index.csv").open(encoding="utf-8-sig", newline="") as stream:
        (row,) = csv.DictReader(stream, delimiter=";")
    assert (row["customer"], row["line3"], row["line4"]) == ("C-1", "1 Street", "London")
    assert row["enclosed"] == f"{row['file'].removesuffix('.pdf')}_statement.pdf"
    assert sorted(path.name for path in batch.glob("*.pdf")) == sorted([row["file"], row["enclosed"]])


def test_the_dry_run_says_whose_address_is_missing(house, capsys, monkeypatch):
    monkeypatch.setattr("policy_engine.cli.ledger_inputs.today", lambda: house.day)
    code, said = executed(house, capsys, "--dry-run", live="true")
    assert code == 0
    first, second = json.loads(said.out)["actions"]
    assert (first["customer"], first["would_leave"], first["adapter"]) == ("C-1", True, "post")
    assert (second["would_leave"], second["why_not"]) == (
        False, "the customer has no postal address of at least two lines"
    )  # fmt: skip
    assert not (house.folder / "ops" / "post").exists()
