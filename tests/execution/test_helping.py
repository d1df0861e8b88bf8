"""Messages and files made by several processes are those that one makes, whatever becomes of the others."""

import os
import signal
import time
from dataclasses import replace

import pytest

from policy_engine.adapters.folder import FolderAdapter
from policy_engine.execution import helping, intake
from policy_engine.execution.adapters import Adapters
from policy_engine.execution.choice import Choice
from policy_engine.execution.due import Found
from policy_engine.execution.facts import Here, keeping
from policy_engine.execution.helping import FEWEST, MOST, SLICE, Helping, Sharing, processes
from policy_engine.execution.intake import take_in
from policy_engine.execution.job import Refused, Retry
from policy_engine.execution.messages import STATEMENT, UnwrittenError, Writer
from policy_engine.execution.operator_file import Operator
from policy_engine.execution.run import Run, nothing
from policy_engine.execution.workers import worker_id
from policy_engine.templates.context import Sender
from tests.execution.support import DAY, House

COUNT = 3 * SLICE + 1


@pytest.fixture
def house(tmp_path):
    return House(tmp_path, customers=COUNT)


def doubled(number):
    """What the helping processes of these tests do."""
    if number < 0:
        raise Refused(f"{number} is too small")
    return number * 2, os.getpid()


def vanish(number):
    """Dies in a helping process, and works in this one."""
    if helping.parent_process() is not None:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def alone_with(held):
    """Works here; can't be pickled back from a helping process."""
    return held if helping.parent_process() is None else lambda: held


def shared(helping_, worker=doubled):
    return Sharing(helping_, worker, str)


def wait_for_others(sharing):
    """Until the helping process has done everything, or can't go on."""
    for _ in range(400):
        with sharing._lock:
            if not sharing._flying:
                return
        time.sleep(0.1)
    pytest.fail("the helping process doesn't end")


def test_the_same_is_made_in_order_and_others_have_made_some():
    with Helping(1) as others:
        sharing = shared(others)
        sharing.begin(range(COUNT))
        wait_for_others(sharing)
        made = [sharing.of(number) for number in range(COUNT)]
    assert [twice for twice, _ in made] == [2 * number for number in range(COUNT)]
    assert os.getpid() not in {process for _, process in made}


def test_what_is_raised_elsewhere_is_raised_for_who_asks_and_for_nobody_else():
    with Helping(1) as others:
        sharing = shared(others)
        sharing.begin([1, -1, 2])
        wait_for_others(sharing)
        assert sharing.of(1)[0] == 2
        with pytest.raises(Refused, match="-1 is too small"):
            sharing.of(-1)
        assert sharing.of(2)[0] == 4


def test_what_a_pause_says_comes_back_from_another_process():
    with Helping(1) as others:
        sharing = Sharing(others, pause, str)
        sharing.begin([7])
        wait_for_others(sharing)
        with pytest.raises(Retry, match="later") as raised:
            sharing.of(7)
    assert (raised.value.seconds, raised.value.tried) == (7, False)


def pause(seconds):
    """A carrier that asks for a pause."""
    raise Retry("later", seconds, tried=False)


@pytest.mark.parametrize("worker", [vanish, alone_with])
def test_a_helper_that_fails_leaves_its_share_to_this_process(worker):
    with Helping(1) as others:
        sharing = shared(others, worker)
        sharing.begin(range(COUNT))
        wait_for_others(sharing)
        assert [sharing.of(number) for number in range(COUNT)] == [*range(COUNT)]


def test_nobody_is_left_behind():
    with Helping(1) as others:
        others.start("policy_engine.values.text")
        sharing = shared(others)
        sharing.begin(range(COUNT))
        wait_for_others(sharing)
        (process,) = others._pool._processes
    for _ in range(200):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("the helping process is still there")


def test_nobody_waits_for_a_process_that_only_begins():
    with Helping(1) as others:
        sharing = shared(others)
        sharing.begin(range(COUNT))
        made = [sharing.of(number) for number in range(SLICE)]
        assert {process for _, process in made} == {os.getpid()}
        assert [twice for twice, _ in made] == [2 * number for number in range(SLICE)]


def test_nobody_waits_idle():
    with Helping(1) as others:
        sharing = shared(others)
        sharing.begin(range(COUNT))
        others.warm = True  # as if a helping process had answered: this one works while it waits
        made = [sharing.of(0)]
        assert sharing._made  # the last ones, done while the first was waited for
        assert COUNT - 1 in map(int, sharing._made)
        made += [sharing.of(number) for number in range(1, COUNT)]
        assert [twice for twice, _ in made] == [2 * number for number in range(COUNT)]
        assert (sharing._made, sharing._begun, list(sharing._mine)) == ({}, {}, [])


def test_what_is_never_asked_for_is_forgotten():
    with Helping(1) as others:
        sharing = shared(others)
        for start in range(0, 10 * SLICE, SLICE):
            sharing.begin(range(start, start + SLICE))
            assert len(sharing._begun) <= 2 * SLICE
            assert sum(len(part.keys) for part in sharing._left) <= 2 * SLICE


def test_without_helpers_everything_is_done_here():
    sharing = shared(Helping())
    sharing.begin(range(COUNT))
    assert sharing.of(3) == (6, os.getpid())


def test_few_actions_are_done_here():
    assert processes(FEWEST - 1) == 0
    assert 0 <= processes(FEWEST) <= MOST


def writer_of(house, **more):
    return replace(Writer(house.policy, Sender("Acme SAS", ("1 Port",)), None, DAY, ()), **more)


def given(house):
    accounts = {account.customer.id: account for account in house.snapshot.accounts}
    return [(action, accounts[action.customer]) for action in house.plan.actions]


def alone(house, **more):
    return [writer_of(house, **more).write(action, account) for action, account in given(house)]


def kept_by(house, others, **more):
    return keeping(house.plan, DAY, None, writer_of(house, **more), others)


def test_the_same_messages_are_written(house):
    wants = {"wants": lambda action: frozenset({STATEMENT}) if action.customer == "C-7" else frozenset()}
    with Helping(1) as others:
        keep = kept_by(house, others, **wants)
        keep.begin(given(house))
        wait_for_others(keep)
        made = [keep.of(one) for one in given(house)]
    facts = [one.facts.decoded() for one in made]
    assert [
        {name: one[name] for name in plain} for one, plain in zip(facts, alone(house, **wants), strict=True)
    ] == alone(house, **wants)
    assert [STATEMENT in one for one in facts] == [action.customer == "C-7" for action in house.plan.actions]
    here = [Here(house.plan, DAY, None, writer_of(house, **wants).write).of(one) for one in given(house)]
    assert made == here


def test_facts_alone_are_made_elsewhere_too(house):
    with Helping(1) as others:
        keep = keeping(house.plan, DAY, None, None, others)
        keep.begin(given(house))
        wait_for_others(keep)
        assert [keep.of(one) for one in given(house)] == [
            Here(house.plan, DAY, None, None).of(one) for one in given(house)
        ]


def test_a_message_that_cannot_be_made_says_so_from_another_process(house):
    last = house.plan.actions[-1]._replace(template="nowhere_to_be_found")
    actions = [*given(house)[:3], (last, given(house)[-1][1])]
    with Helping(1) as others:
        keep = kept_by(house, others)
        keep.begin(actions)
        wait_for_others(keep)
        with pytest.raises(UnwrittenError, match=f"the message of the action {last.id[:12]}"):
            keep.of(actions[-1])


def test_a_plan_is_taken_in_with_what_several_wrote(house, monkeypatch):
    monkeypatch.setattr(intake, "CHUNK", 20)
    with Helping(1) as others:
        keep = kept_by(house, others)
        taken = take_in(house.ledger(), house.plan, house.snapshot, None, {}, nothing, keep=keep)
    assert taken.new == COUNT
    ledger = house.ledger()
    with ledger.reading() as connection:
        facts = ledger.facts(connection, list(range(1, COUNT + 1)))
    assert [facts[n]["messages"] for n in sorted(facts)] == [made["messages"] for made in alone(house)]
    assert house.broken() == []


def carried_out(house, out, others):
    """Everything that lies in a folder after a run, but its worker's mark."""
    ledger = house.ledger()
    take_in(ledger, house.plan, house.snapshot, None, {}, nothing, writer_of(house).write)
    adapters = Adapters(Operator(), out, helping=others)
    run = Run(ledger, adapters, Found.of(house.snapshot, None), Choice(), worker_id())
    if others.processes:
        others.warm = True
    tally = run.go()
    assert tally.all_delivered == COUNT
    return {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_a_folder_holds_the_same_files_when_several_wrote_them(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    plain = carried_out(House(tmp_path / "one", customers=COUNT), tmp_path / "one" / "out", Helping())
    with Helping(1) as others:
        assert carried_out(House(tmp_path / "two", customers=COUNT), tmp_path / "two" / "out", others) == plain
    assert len(plain) > 3 * COUNT
    assert not [path for path in (tmp_path / "two").rglob(".*-*") if path.is_dir()]


def test_an_interrupted_run_leaves_nothing_half_written(tmp_path, monkeypatch):
    house = House(tmp_path, customers=COUNT)
    with Helping(1) as others:
        others.start()
        prepare = FolderAdapter.prepare

        def interrupted(self, jobs):
            prepare(self, jobs)
            wait_for_others(self._shared)
            self.deliver = stop

        def stop(job):
            raise KeyboardInterrupt

        monkeypatch.setattr(FolderAdapter, "prepare", interrupted)
        with pytest.raises(KeyboardInterrupt):
            carried_out(house, tmp_path / "out", others)
        (day,) = (tmp_path / "out").iterdir()
        assert [path.name for path in day.iterdir() if path.is_dir()] == ["email"]
        assert list(day.rglob("*.part")) == []


def test_what_helpers_have_begun_with_is_waited_for_at_the_end():
    with Helping(1) as others:
        sharing = shared(others, slowly)
        sharing.begin(range(COUNT))
        begun = [future for future, _ in sharing._begun.values()]
        sharing.end()
        assert begun
        assert all(future.done() for future in begun)
        assert sharing.of(1) == 1


def slowly(number):
    time.sleep(0.02)
    return number


def test_files_of_a_helper_that_died_are_written_here(tmp_path, monkeypatch):
    house = House(tmp_path, customers=COUNT)
    with Helping(1) as others:
        others.start()
        plain = FolderAdapter.prepare

        def die(self, jobs):
            plain(self, jobs)
            for process in others._pool._processes:
                os.kill(process, signal.SIGKILL)

        monkeypatch.setattr(FolderAdapter, "prepare", die)
        assert len(carried_out(house, tmp_path / "out", others)) > 3 * COUNT
    assert house.broken() == []
