"""A run claims the next actions of an adapter that begins with them early: never more than it may, never another's."""

import pytest

from policy_engine.execution import claiming
from policy_engine.execution.choice import Choice
from policy_engine.execution.job import Broken
from policy_engine.execution.people import approve
from tests.execution.carrying import Scripted, serving
from tests.execution.support import TEAM, House

pytestmark = pytest.mark.usefixtures("database")


class Eager(Scripted):
    """Keeps what it is prepared for; idempotent."""

    looks_ahead = True

    def __init__(self, *outcomes):
        super().__init__("eager", ("email",), *outcomes, idempotent=True)
        self.steps = []

    def prepare(self, jobs):
        self.steps.append(f"prepare {' '.join(job.customer for job in jobs)}")

    def deliver(self, job):
        self.steps.append(job.customer)
        return super().deliver(job)

    def settle(self):
        self.steps.append("settle")


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(claiming, "BATCH", 2)


def test_the_next_ones_are_begun_before_these_are_delivered_and_each_once(tmp_path):
    house = House(tmp_path, customers=5)
    house.take_in()
    adapter = Eager()
    assert house.run(adapters=serving(house, adapter)).delivered == {"email": 5}
    assert adapter.steps == [
        "prepare C-1 C-2", "prepare C-3 C-4", "C-1", "C-2", "settle",
        "prepare C-5", "C-3", "C-4", "settle",
        "C-5", "settle",
    ]  # fmt: skip
    assert house.states() == {"delivered": 5}
    assert house.broken() == []


@pytest.mark.parametrize("most", [1, 2, 3, 4])
def test_no_more_are_claimed_than_may_be_tried(tmp_path, most):
    house = House(tmp_path, customers=5)
    house.take_in()
    adapter = Eager()
    tally = house.run(adapters=serving(house, adapter), choice=Choice((), most))
    assert tally.delivered == {"email": most}
    assert house.states() == {"delivered": most, "planned": 5 - most}


def test_what_was_claimed_early_is_free_again_when_a_run_is_interrupted(tmp_path):
    house = House(tmp_path, customers=5)
    house.take_in()
    adapter = Eager(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        house.run(adapters=serving(house, adapter))
    assert adapter.steps[:2] == ["prepare C-1 C-2", "prepare C-3 C-4"]
    states = house.states()
    assert states == {"sending": 2, "planned": 3}  # those at hand are repeated by their keys
    assert house.broken() == []


def test_a_broken_adapter_frees_what_was_claimed_early(tmp_path):
    house = House(tmp_path, customers=5)
    house.take_in()
    adapter = Eager(Broken("login refused"))
    assert house.run(adapters=serving(house, adapter)).delivered == {}
    assert adapter.seen == [("C-1", "email", ())]
    assert house.states() == {"planned": 5}
    assert house.broken() == []


def test_nothing_of_another_adapter_is_claimed_early(tmp_path):
    house = House(tmp_path, customers=3, grave=1)
    house.take_in()
    for person in ("alice", "bob"):
        approve(house.ledger(person), TEAM, [house.plan.actions[0].id])
    states = []

    class Watching(Eager):
        def deliver(self, job):
            states.append(house.states())
            return super().deliver(job)

    adapter = Watching()
    adapter.channels = frozenset({"registered_letter"})
    post = Scripted("post", ("email",))
    assert house.run(adapters=serving(house, adapter, post), operator=TEAM).all_delivered == 3
    assert states == [{"sending": 1, "planned": 2}]
    assert [customer for customer, _, _ in post.seen] == ["C-2", "C-3"]
