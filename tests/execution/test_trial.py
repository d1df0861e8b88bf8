"""A trial's deliveries never count as real ones, nor the other way round; what lay in folders is told once."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from policy_engine.cli.main import run
from policy_engine.execution.choice import Choice
from policy_engine.execution.trial import MixedLedgerError, known_manner
from policy_engine.plan.canonical import write_plan
from tests.execution.carrying import Scripted, serving
from tests.execution.support import NOBODY, TEAM, House

pytestmark = pytest.mark.usefixtures("database")
TRIAL = replace(TEAM, redirect_to="trial@acme.example")
LIVE = replace(TEAM, live=True)
BOTH = replace(TRIAL, live=True)


@pytest.fixture
def house(tmp_path, monkeypatch):
    house = House(tmp_path, customers=2)
    with (tmp_path / "plan.json").open("w", encoding="utf-8", newline="\n") as stream:
        write_plan(house.plan, stream)
    (tmp_path / "ops").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("policy_engine.cli.ledger_inputs.today", lambda: house.day)
    house.log_in(monkeypatch, "alice")
    return house


def manner(house):
    with house.ledger().reading() as connection:
        return known_manner(connection)


def words(house):
    """What the chain says about no action."""
    with house.ledger().reading() as connection:
        rows = connection.exec_driver_sql("SELECT action, after FROM transitions WHERE action_n IS NULL")
        return [tuple(row) for row in rows]


@pytest.mark.parametrize("first", [TRIAL, BOTH])
def test_a_trial_is_told_in_the_chain_once(house, first):
    house.take_in()
    assert manner(house) is None
    house.run(operator=first, choice=at_most(1))
    assert manner(house) == ("trial", "2026-06-01")
    house.run(operator=first)
    assert house.states() == {"delivered": 2}
    assert words(house) == [("deliveries", "trial")]
    assert house.broken() == []


def at_most(count):
    return Choice((), count)


@pytest.mark.parametrize(("first", "second", "said"), [
    (TRIAL, LIVE, "holds deliveries of a trial"), (BOTH, LIVE, "holds deliveries of a trial"),
    (LIVE, TRIAL, "holds real deliveries"), (LIVE, BOTH, "holds real deliveries"),
])  # fmt: skip
def test_a_worker_claims_nothing_beside_the_other(house, first, second, said):
    """Also when the ledger changed after the command had looked: the claim's own transaction looks again."""
    house.take_in()
    house.run(operator=first, choice=at_most(1))
    mail = Scripted("mail", {"email"})
    with pytest.raises(MixedLedgerError, match=said):
        house.run(operator=second, adapters=serving(house, mail, operator=second))
    assert mail.jobs == []
    assert house.states() == {"delivered": 1, "planned": 1}


@pytest.mark.parametrize("between", [TRIAL, LIVE])
def test_folders_alone_say_nothing_and_may_be_followed_by_either(house, between):
    house.take_in()
    house.run(operator=NOBODY, choice=at_most(1))
    assert words(house) == []
    house.run(operator=between)
    house.run(operator=NOBODY)
    assert house.states() == {"delivered": 2}


def test_a_run_that_delivers_nothing_is_no_trial(house):
    house.run(operator=TRIAL)
    assert words(house) == []


def file(text):
    Path("ops/operator.yaml").write_text("operator: 1\n" + text, encoding="utf-8")


def execute(house, *more):
    return run([
        "execute", "plan.json", "--ledger", house.address, "-s", "snapshot.yaml", "--operator", "ops/operator.yaml",
        *more,
    ])  # fmt: skip


def test_live_after_a_trial_is_refused_and_the_plan_is_told(house, capsys):
    file("redirect_to: trial@acme.example\n")
    assert execute(house) == 0
    capsys.readouterr()
    file("live: true\n")
    for more in ((), ("--dry-run",)):
        assert execute(house, *more) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line == (
            f"Error: this ledger holds deliveries of a trial (`redirect_to`, since {manner(house)[1]}), which customers"
            " never got and which would count as sent: begin another ledger (--ledger with another address)"
        )
    command = ["plan", "-p", "policies/small.yaml", "-s", "snapshot.yaml", "-o", "again.json"]
    assert run([*command, "--history", house.address]) == 0
    assert "deliveries of a trial (`redirect_to`, since " in capsys.readouterr().err


def test_a_trial_after_live_is_refused(house, capsys):
    file("live: true\n")
    assert execute(house, "--limit", "1") == 0
    assert "warning" not in capsys.readouterr().err
    file("live: true\nredirect_to: trial@acme.example\n")
    assert execute(house) == 2
    assert f"this ledger holds real deliveries (since {manner(house)[1]})" in capsys.readouterr().err
    assert run(["plan", "-p", "policies/small.yaml", "-s", "snapshot.yaml", "--history", house.address]) == 0
    assert "trial" not in capsys.readouterr().err


def test_the_first_live_run_says_what_lay_in_folders_only(house, capsys):
    file("live: false\n")
    assert execute(house, "--only", "C-1") == 0
    file("live: true\n")
    capsys.readouterr()
    assert execute(house, "--format", "json") == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["delivered"] == {"email": 1}
    assert shown.err == (
        "warning: 1 action of this ledger was delivered into a folder only (`live: false`), and counts as sent; if"
        " nobody posted it by hand, `dunning void` it, or begin another ledger (--ledger with another address) for"
        " what really leaves\n"
    )
    assert execute(house) == 0
    assert "warning" not in capsys.readouterr().err


def test_the_day_is_that_of_the_first(house):
    house.take_in()
    house.run(operator=TRIAL)
    house.day = date(2026, 6, 2)
    assert manner(house) == ("trial", "2026-06-01")
