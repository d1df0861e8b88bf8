"""The cool-off of grave steps, and whose approvals count: by the operator's file that the run is given."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy_engine.cli.main import run
from policy_engine.execution.people import approve, reject, void
from tests.execution.support import TEAM, House, close_ledgers


def cooling(tmp_path):
    """An action that alice and bob approved an hour apart; it cools off for a day by the approvers' file."""
    house = House(tmp_path, customers=1, grave=1)
    operator = replace(TEAM, cool_off=24, digest="d")
    house.take_in()
    named = [house.plan.actions[0].id]
    approve(house.ledger("alice"), operator, named)
    house.now += timedelta(hours=1)
    approve(house.ledger("bob"), operator, named)
    return house, operator, named


def test_it_cools_off_from_the_last_of_two_approvals(tmp_path):
    house, operator, named = cooling(tmp_path)
    house.now += timedelta(hours=23, minutes=59)  # a day after alice's
    house.day = date(2026, 6, 2)
    assert house.run(operator=operator).tried == 0
    with house.ledger().reading() as connection:
        row = connection.exec_driver_sql("SELECT state, not_before FROM actions").one()
    assert tuple(row) == ("approved", "2026-06-02T09:00:00.000000Z")
    house.now += timedelta(minutes=1)
    assert house.run(operator=operator).delivered == {"registered_letter": 1}
    del named


@pytest.mark.parametrize("how", ["reject", "void"])
def test_it_can_still_be_stopped_while_it_cools_off(tmp_path, how):
    house, operator, named = cooling(tmp_path)
    if how == "reject":
        assert reject(house.ledger("alice"), operator, named, None)[0].state == "rejected"
    else:
        assert void(house.ledger("alice"), operator, named, "wrong")[0].state == "cancelled"
    house.now += timedelta(days=1)
    house.day = date(2026, 6, 2)
    assert house.run(operator=operator).tried == 0
    assert house.broken() == []


def test_the_runs_own_file_decides_on_the_cool_off(tmp_path):
    """Who approves with a file without a cool-off gains nothing."""
    house = House(tmp_path, customers=1, grave=1)
    house.take_in()
    named = [house.plan.actions[0].id]
    for who in ("alice", "bob"):
        approve(house.ledger(who), TEAM, named)
    house.now += timedelta(hours=23)
    strict = replace(TEAM, cool_off=24, digest="d")
    tally = house.run(operator=strict)
    assert (tally.tried, [one.why for one in tally.held]) == (0, ["cools off for 24 hours after its last approval"])
    house.now += timedelta(hours=1)
    assert house.run(operator=strict).delivered == {"registered_letter": 1}


def test_the_runs_own_file_decides_whose_approvals_count(tmp_path):
    house = House(tmp_path, customers=1, grave=1)
    own = replace(TEAM, roles={"credit_manager": frozenset({"alice", "mallory"})}, digest="own")
    house.take_in()
    named = [house.plan.actions[0].id]
    for who in ("alice", "mallory"):
        assert approve(house.ledger(who), own, named)[0].state
    assert house.states() == {"approved": 1}
    tally = house.run(operator=replace(TEAM, digest="d"))
    why = "1 of 2 approvals count: `mallory` isn't a credit_manager in this operator's file"
    assert (tally.tried, [one.why for one in tally.held]) == (0, [why])
    assert house.run(operator=own).delivered == {"registered_letter": 1}


@settings(max_examples=20, deadline=None)
@given(cool=st.integers(0, 48), first=st.integers(0, 60), second=st.integers(0, 60), looked=st.integers(0, 120))
def test_a_grave_step_never_leaves_before_its_time(tmp_path_factory, cool, first, second, looked):
    """Hours: it leaves exactly when two people have agreed and the cool-off since the later of them is over."""
    house = House(tmp_path_factory.mktemp("cool"), customers=1, grave=1)
    operator = replace(TEAM, cool_off=cool, digest="d")
    house.take_in()
    start, named = house.now, [house.plan.actions[0].id]
    for hour, who in sorted([(first, "alice"), (second, "bob")]):
        house.now = start + timedelta(hours=hour)
        approve(house.ledger(who), operator, named)
    house.now = start + timedelta(hours=max(first, second) + looked)
    assert (house.run(operator=operator).tried == 1) == (looked >= cool)
    close_ledgers()


def test_the_list_shows_until_when_it_waits(tmp_path, capsys, monkeypatch):
    house, _, named = cooling(tmp_path)
    monkeypatch.setattr("policy_engine.cli.actor.actor", lambda: "alice")
    assert run(["ledger", "list", "--ledger", house.address]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{named[0][:12]}-1  approved  100.00 EUR  C-1 formal_notice registered_letter; not before 2026-06-02T09:00Z",
        "1 action",
    ]
    assert run(["ledger", "show", named[0], "--ledger", house.address]) == 0
    assert capsys.readouterr().out.startswith(f"{named[0]}, attempt 1: approved; not before 2026-06-02T09:00Z\n")
