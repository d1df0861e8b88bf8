"""The folder adapter: files that are whole, the same again when repeated, and harmless in a spreadsheet."""

import csv
import json
import os
import time

import pytest

from policy_engine.adapters.disk import neutral
from policy_engine.adapters.folder import FolderAdapter, FolderSettings
from policy_engine.execution.adapters import Adapters, build
from policy_engine.execution.job import Adapter, Job, Receipt, Refused
from policy_engine.execution.kinds import Kind, SettingsError, kind, secret
from policy_engine.execution.operator_file import AdapterEntry, Operator
from policy_engine.execution.workers import worker_id
from tests.execution.support import House


def job(house, **more):
    action = house.plan.actions[0]
    ledger = house.ledger()
    house.take_in(ledger)
    with ledger.reading() as connection:
        facts = ledger.facts(connection, [1])[1]
    known = {"key": f"{action.id}-1", "action": action.id, "attempt": 1, "channel": "email", "also": ()}
    return Job(**{**known, "customer": action.customer, "facts": facts, **more})


def test_it_is_an_adapter(tmp_path):
    assert isinstance(FolderAdapter("folder", tmp_path), Adapter)


def test_a_file_holds_what_a_message_is_made_of(tmp_path):
    house = House(tmp_path, customers=1)
    adapter = FolderAdapter("folder", house.out)
    receipt = adapter.deliver(job(house, redirect_to="trial@acme.example"))
    adapter.settle()
    place = f"2026-06-01/email/C-1_reminder_{house.plan.actions[0].id[:12]}-1.json"
    assert receipt == Receipt({"file": place})
    data = json.loads((house.out / place).read_text(encoding="utf-8"))
    assert data["action"]["total"] == "100.00"
    assert data["redirected_to"] == "trial@acme.example"
    assert data["contacts"][0]["email"] == "c1@x.example"
    assert data["plan"] == house.plan.identity


def test_nothing_stands_there_before_it_is_settled_and_repeating_changes_nothing(tmp_path):
    house = House(tmp_path, customers=1)
    adapter = FolderAdapter("folder", house.out)
    work = job(house)
    adapter.deliver(work)
    assert house.files() == []
    adapter.settle()
    adapter.close()
    before = {path: path.read_bytes() for path in house.out.rglob("*") if path.is_file()}
    other = FolderAdapter("folder", house.out)
    other.deliver(work)
    other.settle()
    other.close()
    assert {path: path.read_bytes() for path in house.out.rglob("*") if path.is_file()} == before


def test_a_mark_of_a_dead_worker_has_its_lists_made(tmp_path):
    house = House(tmp_path, customers=1)
    adapter = FolderAdapter("folder", house.out)
    adapter.deliver(job(house))
    adapter.settle()
    (mark,) = (house.out / "2026-06-01").glob(".unlisted-*")
    living = mark.read_text(encoding="utf-8")
    other = FolderAdapter("folder", house.out)
    other._files._worker = "another worker"
    other.close()
    assert not (house.out / "2026-06-01" / "index.csv").exists()  # this process lives: it makes the lists itself
    mark.write_text(f"{living.rpartition('/')[0]}/1", encoding="utf-8")  # the same number, begun at another time
    other.close()
    assert (house.out / "2026-06-01" / "index.csv").exists()
    assert not mark.exists()


def test_the_call_list(tmp_path):
    house = House(tmp_path, customers=1)
    work = job(house, channel="call")
    work.facts["customer"]["name"] = "=HYPERLINK(1)"
    adapter = FolderAdapter("folder", house.out)
    adapter.deliver(work)
    adapter.settle()
    adapter.close()
    index = (house.out / "2026-06-01" / "index.csv").read_bytes()
    assert index.startswith(b"\xef\xbb\xbfsend_on,")  # spreadsheets take it for Latin text without the mark
    assert "'=HYPERLINK(1)" in index.decode("utf-8-sig")
    with (house.out / "2026-06-01" / "calls.csv").open(encoding="utf-8", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["name"], row["phone"], row["total"], row["invoices"]) == ("'=HYPERLINK(1)", "01", "100.00", "N-1")


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+33 1 23", "'+33 1 23"),
        ("-5.00", "'-5.00"),
        ("@x", "'@x"),
        ("\t=1", "'=1"),
        ("a\r\n=1", "a =1"),
        ("Acme", "Acme"),
        ("", ""),
    ],
)
def test_cells_are_no_formulas(cell, shown):
    assert neutral(cell) == shown


def test_names_of_customers_reach_no_other_folder(tmp_path):
    house = House(tmp_path, customers=1)
    adapter = FolderAdapter("folder", house.out)
    adapter.deliver(job(house, customer="../../etc/passwd\x00"))
    adapter.settle()
    assert len(house.files()) == 1
    assert house.files()[0].startswith("etc-passwd_reminder_")


def test_purged_facts_are_refused(tmp_path):
    house = House(tmp_path, customers=1)
    with pytest.raises(Refused):
        FolderAdapter("folder", house.out).deliver(job(house, facts={}))


def entry(**more):
    settings = FolderSettings.model_construct(path="x")
    return AdapterEntry(**{"name": "box", "uses": "folder", "channels": (), "settings": settings, **more})


def test_relative_paths_start_beside_the_operators_file(tmp_path):
    assert build(entry(), Operator(folder=tmp_path)).path == tmp_path / "x"


def test_all_mistakes_of_all_adapters_at_once(tmp_path):
    with pytest.raises(SettingsError) as error:
        Adapters(Operator(adapters=(entry(uses="fax"), entry(name="other", uses="foldre"))), tmp_path)
    assert len(str(error.value).splitlines()) == 2
    assert "no adapter is called `foldre`; did you mean `folder`?" in str(error.value)


def test_a_secret_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("DUNNING_BOX", "opensesame")
    assert secret("env:DUNNING_BOX") == "opensesame"
    monkeypatch.delenv("DUNNING_BOX")
    with pytest.raises(SettingsError, match="the environment variable `DUNNING_BOX` isn't set"):
        secret("env:DUNNING_BOX")


class Real(FolderAdapter):
    real = True


def test_nothing_real_leaves_unless_live(tmp_path, monkeypatch):
    real = Kind(FolderSettings, lambda name, settings, around: Real(name, tmp_path))
    kinds = {"folder": kind("folder"), "smtp": real}
    monkeypatch.setattr("policy_engine.execution.adapters.kind", kinds.get)
    entries = (entry(name="mail", uses="smtp", channels=("email",)),)
    trial = Adapters(Operator(adapters=entries), tmp_path)
    assert (trial.serving("email", None).name, trial.serving("email", "mail").name) == ("folder", "folder")
    live = Adapters(Operator(live=True, adapters=entries), tmp_path)
    assert (live.serving("email", None).name, live.serving("letter", None).name) == ("mail", "folder")
    assert live.serving("letter", "mail").name == "mail"


def test_what_a_dead_worker_left_half_written_is_removed_by_the_next_run(tmp_path, monkeypatch):
    house = House(tmp_path, customers=1)
    tokens = []
    for worker in ("dead", "living"):
        monkeypatch.setattr("policy_engine.adapters.days.worker_id", lambda worker=worker: worker)
        adapter = FolderAdapter("folder", house.out)
        adapter.deliver(job(house))
        tokens.append(adapter._files.token)
    monkeypatch.undo()
    dead, living = tokens
    day = house.out / "2026-06-01"
    own = worker_id()
    (day / f".unlisted-{dead}").write_text(f"{own.rpartition('/')[0]}/1", encoding="utf-8")
    (day / f".unlisted-{living}").write_text("elsewhere/x/1/1", encoding="utf-8")  # nobody knows: it may live
    assert len(list(day.glob(".*/*.part"))) == 2
    FolderAdapter("folder", house.out).close()
    (left,) = day.glob(".*/*.part")
    assert living in left.parent.name
    week = time.time() - 8 * 24 * 3600
    os.utime(day / f".unlisted-{living}", (week, week))  # no run takes a week
    FolderAdapter("folder", house.out).close()
    assert list(day.glob(".*/*.part")) == []
    assert list(day.glob(".unlisted-*")) == []
