"""What came back isn't sent to the same address again, plan after plan, until it changes or somebody says so."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

import policy_engine as pe
from policy_engine.cli.main import run
from policy_engine.execution.bounced import Bounced, waiting
from policy_engine.execution.history import read_history, with_history
from policy_engine.execution.people import returned, void
from policy_engine.execution.purge import purge
from policy_engine.plan.canonical import write_plan
from tests.execution.support import POLICY, TEAM, House, snapshot_text

pytestmark = pytest.mark.usefixtures("database")
CLERKS = replace(TEAM, rights={**TEAM.rights, "returned": frozenset({"credit_manager"})})


@pytest.fixture
def house(tmp_path):
    """Two were sent; the first came back."""
    house = House(tmp_path, customers=2)
    house.take_in()
    house.run()
    back = next(action.id for action in house.plan.actions if action.customer == "C-1")
    (said,) = returned(house.ledger(), CLERKS, [back], "550 no such user")
    assert said.state == "returned"
    return house


def next_day(house, *, change=("", ""), policy=None):
    """The next day's snapshot and the plan that the ledger's history asks for."""
    house.day, house.now = house.day + timedelta(days=1), house.now + timedelta(days=1)
    text = snapshot_text(2).replace("as_of: 2026-06-01", f"as_of: {house.day}").replace(*change)
    snapshot = house.read(text, f"{house.day}.yaml")
    seen = with_history(snapshot, read_history(house.ledger(), {}))
    return snapshot, pe.evaluate(policy or house.policy, seen)


def test_it_waits_every_day_and_nothing_else_does(house):
    for _ in range(3):
        snapshot, plan = next_day(house)
        assert [action.customer for action in plan.actions] == ["C-1"]
        taken = house.take_in(plan=plan, snapshot=snapshot)
        (waits,) = taken.waiting
        assert (taken.new, waits.customer, waits.channel) == (0, "C-1", "email")
        assert waits.why == "waits for another address: came back on 2026-06-01: 550 no such user"
        assert house.run(snapshot=snapshot).tried == 0
    assert house.states() == {"delivered": 1, "returned": 1}
    assert house.broken() == []


def test_another_address_passes(house):
    snapshot, plan = next_day(house, change=("c1@x.example", "right@x.example"))
    assert house.take_in(plan=plan, snapshot=snapshot).new == 1
    assert house.run(snapshot=snapshot).delivered == {"email": 1}


def test_another_channel_passes(house):
    house.policy_file.write_text(POLICY.replace("channel: email", "channel: letter"), encoding="utf-8")
    policy = pe.load_policy(house.policy_file, as_of=house.day)
    snapshot, plan = next_day(house, policy=policy)
    assert {action.channel for action in plan.actions} == {"letter"}
    assert house.take_in(plan=plan, snapshot=snapshot).new == 1


def test_who_voids_what_came_back_has_it_sent_there_again(house):
    snapshot, plan = next_day(house)
    assert void(house.ledger(), TEAM, [plan.actions[0].id], "the mailbox was full")[0].state == "voided"
    assert house.take_in(plan=plan, snapshot=snapshot).new == 1


def test_what_was_purged_is_sent_once_more(house):
    """Nobody knows any more where it went."""
    purge(house.ledger(), date(2026, 12, 1))
    snapshot, plan = next_day(house)
    assert house.take_in(plan=plan, snapshot=snapshot).new == 1


@pytest.mark.parametrize(("channel", "change", "waits"), [
    ("email", {"phone": "2"}, True), ("email", {"person": "Bea"}, True), ("email", {"email": "b@x.example"}, False),
    ("letter", {"email": "b@x.example"}, True), ("letter", {"address": ["2 Street"]}, False),
    ("letter", {"person": "Bea"}, False),
])  # fmt: skip
def test_what_counts_is_what_the_message_goes_to(house, channel, change, waits):
    """Whatever else changed about the customer, as long as both messages are known."""
    to = {"company": "X", "person": "Anna", "email": "a@x.example", "phone": "1", "address": ["1 Street"]}
    facts = {"messages": {channel: {"to": to}}}
    action = house.plan.actions[0]._replace(channel=channel)
    row = {"channel": channel, "rests_on": json.dumps({"hashes": {"address": "old"}})}
    known = {action.items[0]: Bounced(row, "came back", facts)}
    new = {"messages": {channel: {"to": {**to, **change}}}}
    found = waiting(action, known, json.dumps({"hashes": {"address": "new"}}), new)
    assert (found is not None) is waits


def test_the_commands_say_it(house, capsys, monkeypatch):
    monkeypatch.chdir(house.folder)
    house.log_in(monkeypatch, "alice")
    snapshot, plan = next_day(house)
    with (house.folder / "again.json").open("w", encoding="utf-8", newline="\n") as stream:
        write_plan(plan, stream)
    command = ["execute", "again.json", "--ledger", house.address, "-s", f"{house.day}.yaml", "--on", f"{house.day}"]
    assert run([*command, "--dry-run"]) == 0
    assert "1 waits for another address: came back on 2026-06-01: 550 no such user" in capsys.readouterr().out
    assert run(command) == 1
    assert "1 not sent again where they came back from" in capsys.readouterr().out
    assert run([*command, "--format", "json"]) == 1
    (one,) = json.loads(capsys.readouterr().out)["waiting_for_address"]
    assert (one["customer"], one["channel"]) == ("C-1", "email")
    assert snapshot.as_of == house.day
