"""Messages written by several processes are those that one writes, whatever becomes of the others."""

import contextlib
import os
import signal
import time
from dataclasses import replace

import pytest

from policy_engine.execution import intake, writers
from policy_engine.execution.intake import take_in
from policy_engine.execution.messages import STATEMENT, UnwrittenError, Writer
from policy_engine.execution.run import nothing
from policy_engine.execution.writers import FEWEST, SLICE, Writers, helpers, writing
from policy_engine.templates.context import Sender
from tests.execution.support import DAY, House

COUNT = 3 * SLICE + 1


@pytest.fixture
def house(tmp_path):
    return House(tmp_path, customers=COUNT)


def writer_of(house, **more):
    return replace(Writer(house.policy, Sender("Acme SAS", ("1 Port",)), None, DAY, ()), **more)


def given(house):
    accounts = {account.customer.id: account for account in house.snapshot.accounts}
    return [(action, accounts[action.customer]) for action in house.plan.actions]


def alone(house, **more):
    return [writer_of(house, **more).write(action, account) for action, account in given(house)]


def wait_for_others(several):
    """Until the helping process has written what it has at hand."""
    for future, _ in list(several._begun.values()):
        future.result(timeout=40)


def test_the_same_is_written_and_others_have_written_some(house):
    wants = {"wants": lambda action: frozenset({STATEMENT}) if action.customer == "C-7" else frozenset()}
    with Writers(writer_of(house, **wants), 1) as several:
        several.begin(given(house))
        wait_for_others(several)
        assert len(several._begun) == 2 * SLICE
        assert [several.write(action, account) for action, account in given(house)] == alone(house, **wants)


def test_a_helper_that_dies_leaves_its_share_to_this_process(house):
    with Writers(writer_of(house), 1) as several:
        several.begin(given(house))
        wait_for_others(several)
        (process,) = several._pool._processes
        os.kill(process, signal.SIGKILL)
        assert [several.write(action, account) for action, account in given(house)] == alone(house)


def test_a_message_that_cannot_be_made_says_so_from_another_process(house):
    last = house.plan.actions[-1]._replace(template="nowhere_to_be_found")
    actions = [*given(house)[:3], (last, given(house)[-1][1])]
    with Writers(writer_of(house), 1) as several:
        several.begin(actions)
        with contextlib.suppress(UnwrittenError):
            wait_for_others(several)
        with pytest.raises(UnwrittenError, match=f"the message of the action {last.id[:12]}"):
            several.write(*actions[-1])


def test_nobody_is_left_behind(house):
    with Writers(writer_of(house), 1) as several:
        several.begin(given(house))
        wait_for_others(several)
        (process,) = several._pool._processes
    for _ in range(200):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("the helping process is still there")


def test_what_nobody_has_begun_with_is_written_here(house):
    with Writers(writer_of(house), 1) as several:
        several.begin(given(house))
        assert len(several._left) == 2  # two slices are at hand, one whole and one of a single action are left
        assert [several.write(action, account) for action, account in given(house)] == alone(house)
        assert not several._left


def test_nobody_waits_idle(house):
    with Writers(writer_of(house), 1) as several:
        several.begin(given(house))
        several._warm = True  # as if a helping process had answered: this one works while it waits
        first, *rest = given(house)
        made = [several.write(*first)]
        assert several._made  # the last ones, written while the first was waited for
        made += [several.write(action, account) for action, account in rest]
        assert made == alone(house)
        assert (several._made, list(several._mine), list(several._left)) == ({}, [], [])


def test_few_actions_are_written_here():
    assert helpers(FEWEST - 1) == 0
    assert 0 <= helpers(FEWEST) <= writers.MOST


def test_a_plan_is_taken_in_with_what_several_wrote(house, monkeypatch):
    monkeypatch.setattr(writers, "helpers", lambda actions: 1)
    monkeypatch.setattr(intake, "CHUNK", 20)
    with writing(writer_of(house), house.plan.size) as (write, ahead):
        taken = take_in(house.ledger(), house.plan, house.snapshot, None, {}, nothing, write, ahead=ahead)
    assert taken.new == COUNT
    ledger = house.ledger()
    with ledger.reading() as connection:
        facts = ledger.facts(connection, list(range(1, COUNT + 1)))
    assert [facts[n]["messages"] for n in sorted(facts)] == [made["messages"] for made in alone(house)]
    assert house.broken() == []
