"""Adapters that need a message's own words get none without: such a plan is refused before anything leaves."""

import pytest

from policy_engine.cli.main import run
from policy_engine.execution.job import MESSAGES
from policy_engine.plan.canonical import write_plan
from tests.execution.carrying import Scripted, serving
from tests.execution.support import House

pytestmark = pytest.mark.usefixtures("database")


class Wordy(Scripted):
    """An adapter that delivers nothing without a text."""

    wants = frozenset({MESSAGES})


@pytest.fixture
def house(tmp_path, monkeypatch):
    house = House(tmp_path, customers=3, grave=1)
    with (tmp_path / "plan.json").open("w", encoding="utf-8", newline="\n") as stream:
        write_plan(house.plan, stream)
    monkeypatch.chdir(tmp_path)
    house.log_in(monkeypatch, "alice")
    return house


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_a_plan_without_texts_is_refused_in_one_line(house, monkeypatch, capsys, more):
    mail, post = Wordy("mail", ("email",)), Wordy("post", ("registered_letter",))
    monkeypatch.setattr("policy_engine.execution.adapters.Adapters", lambda *_: serving(house, mail, post))
    command = ["execute", "plan.json", "--ledger", house.address, "-s", "snapshot.yaml", "--on", "2026-06-01", *more]
    assert run(command) == 2
    assert capsys.readouterr().err == (
        "Error: messages without a text can't leave: 2 by email (mail), 1 by registered_letter (post);"
        " give the plan's policy with -p and a `sender` in the operator's file\n"
    )
    assert (mail.jobs, house.states()) == ([], {})


def test_what_was_taken_in_without_its_text_is_passed_over(house):
    house.take_in()
    mail, desk = Wordy("mail", ("email",)), Scripted("desk", ("call",))
    tally = house.run(adapters=serving(house, mail, desk))
    assert (tally.unwritten, tally.tried, mail.jobs) == ({"email": 2}, 0, [])
    assert house.states() == {"awaiting_approval": 1, "planned": 2}


def test_an_adapter_that_needs_no_text_delivers_without(house):
    house.take_in()
    assert house.run(adapters=serving(house, Scripted("desk", ("email",)))).delivered == {"email": 2}
