"""The log of an execution: what happened, in lines of JSON; nothing personal, whoever wrote the data."""

import json
import logging
from pathlib import Path

import pytest

from policy_engine.cli.main import run
from policy_engine.execution.log import FIELDS, LOGGER, JsonLines, tell
from policy_engine.plan.canonical import write_plan
from tests.execution.support import House
from tests.hostile.corpus import CORPUS, unseen

OPERATOR = """\
operator: 1
payee: {name: Acme Holding, iban: FR14 2004 1010 0505 0001 3M02 606}
sender: {name: Acme Lavoisier SAS, email: compta@acme.example}
redirect_to: trial@acme.example
roles: {credit_manager: [alice, bob]}
rights: {payee: credit_manager, void: credit_manager, reject: credit_manager, resolve: credit_manager}
"""
DAY = ("--on", "2026-06-01")


@pytest.fixture
def house(tmp_path, monkeypatch):
    house = House(tmp_path, customers=3, grave=1)
    with (tmp_path / "plan.json").open("w", encoding="utf-8", newline="\n") as stream:
        write_plan(house.plan, stream)
    (tmp_path / "ops").mkdir()
    (tmp_path / "ops/operator.yaml").write_text(OPERATOR, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("policy_engine.cli.actor.actor", lambda: "alice")
    monkeypatch.setattr("policy_engine.cli.ledger_inputs.today", lambda: house.day)
    return house


def call(verb, *words, log="events.jsonl"):
    more = ("--log", log) if log else ()
    return run([*verb.split(), *words, "--ledger", "ledger.db", "--operator", "ops/operator.yaml", *more])


def events():
    return [json.loads(line) for line in Path("events.jsonl").read_text(encoding="utf-8").splitlines()]


def everything(house):
    """Run the plan, decide on actions, confirm the payee; with texts that are personal."""
    execute = ("plan.json", "-s", "snapshot.yaml", "-p", "policies/small.yaml", *DAY)
    ids = {action.customer: action.id for action in house.plan.actions}
    assert call("execute", *execute) == 0
    assert call("approve", ids["C-1"], "--by", "Anna has seen it") == 0
    assert call("reject", ids["C-1"], "--by", "a secret reason") == 0
    assert call("void", ids["C-2"], "--reason", "told Anna 2") == 0
    assert call("payee confirm", "2606", "--by", "Anna's bank") == 0


def test_every_event_stands_in_a_line_of_its_own(house):
    everything(house)
    seen = events()
    assert [one["event"] for one in seen] == [
        "run_started", "taken_in", "taken_in", "taken_in", "trial", "claimed", "claimed", "delivered", "delivered",
        "run_ended", "agreed", "rejected", "voided", "payee_named",
    ]  # fmt: skip
    assert seen[0]["plan"] == house.plan.identity
    assert (seen[0]["transitions"], seen[0]["head"]) == (0, "0" * 64)
    claimed = seen[5]
    assert (claimed["channel"], claimed["adapter"], claimed["attempt"], claimed["tries"]) == ("email", "folder", 1, 1)
    assert claimed["action"] in {action.id for action in house.plan.actions}
    ended = seen[9]
    assert ended["counts"] == {"delivered": {"email": 2}, "tried": 2, "expired": 0, "failed": 0, "in_doubt": 0,
                               "retried": 0}  # fmt: skip
    assert ended["transitions"] == 8
    assert ended["seconds"] >= 0


def test_nothing_personal_is_told(house):
    everything(house)
    text = Path("events.jsonl").read_text(encoding="utf-8")
    names = ["Customer", "Anna", "x.example", "acme", "Acme", "Street", "N-1", "C-1", "F-1", "alice", "2606", "FR14",
             "secret", "bank", "100.00", "trial@"]  # fmt: skip
    assert [name for name in names if name in text] == []
    for one in events():
        assert set(one) <= {"at", "level", "event", *FIELDS}


def test_the_hostile_corpus_tells_nothing(tmp_path, monkeypatch):
    import io

    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    monkeypatch.setattr(LOGGER, "level", logging.INFO)
    monkeypatch.setattr(LOGGER, "propagate", False)  # what pytest captures must be writable as UTF-8
    LOGGER.addHandler(handler)
    try:
        for entry in CORPUS:
            LOGGER.info(entry.text)
            LOGGER.error("%s failed", entry.text, extra={"other": entry.text})
            tell("delivered", adapter=entry.text, channel=entry.text)
            with pytest.raises(ValueError, match="events have no"):
                tell("delivered", customer=entry.text)
    finally:
        LOGGER.removeHandler(handler)
    lines = stream.getvalue().split("\n")
    assert len(lines) == 3 * len(CORPUS) + 1
    for line in lines[:-1]:
        assert unseen(line) == set()
        data = json.loads(line)
        if data["event"] == "other":
            assert set(data) == {"at", "level", "event", "logger"}


def test_it_is_off_by_default_and_leaves_no_handler(house, capsys):
    before = list(LOGGER.handlers), LOGGER.level, LOGGER.propagate
    call("execute", "plan.json", "-s", "snapshot.yaml", *DAY, log=None)
    assert not Path("events.jsonl").exists()
    assert "run_started" not in capsys.readouterr().err
    assert call("execute", "plan.json", "-s", "snapshot.yaml", *DAY, log="-") == 0
    assert '"event": "run_ended"' in capsys.readouterr().err
    assert (list(LOGGER.handlers), LOGGER.level, LOGGER.propagate) == before


def test_a_log_that_cannot_be_written_is_said(house, capsys):
    assert call("execute", "plan.json", "-s", "snapshot.yaml", *DAY, log="none/events.jsonl") == 2
    assert "can't write none/events.jsonl: No such file" in capsys.readouterr().err
    assert not Path("ledger.db").exists()


def test_what_is_rolled_back_is_not_told(house):
    ledger = house.ledger()
    records = []
    handler = logging.Handler()
    handler.emit = lambda record: records.append(record.dunning["event"])
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    try:
        with pytest.raises(RuntimeError):
            house.take_in(ledger, reached=lambda point: (_ for _ in ()).throw(RuntimeError(point)))
        assert records == []
        house.take_in(ledger)
        assert records == ["taken_in"] * 3
    finally:
        LOGGER.removeHandler(handler)
        LOGGER.setLevel(logging.NOTSET)


def test_what_waits_for_a_limit_is_told(house):
    path = Path("ops/operator.yaml")
    path.write_text(path.read_text(encoding="utf-8") + "rate_limits: {email: {per_day: 1}}\n", encoding="utf-8")
    assert call("execute", "plan.json", "-s", "snapshot.yaml", *DAY) == 0
    (limited,) = [one for one in events() if one["event"] == "rate_limited"]
    assert (limited["channel"], limited["actions"]) == ("email", 1)
