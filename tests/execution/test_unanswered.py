"""A carrier that was reached and didn't say: repeated under the same key where that is safe, never taken for unsent."""

from datetime import timedelta

import pytest

from policy_engine.execution.adapters import Adapters
from policy_engine.execution.job import Receipt, Refused, Retry, Unanswered
from policy_engine.execution.outcomes import MAX_TRIES
from tests.execution.support import NOBODY, House, snapshot_text

pytestmark = pytest.mark.usefixtures("database")


class Carrier:
    """Says what it is told to, one answer a delivery; keeps the keys that it saw."""

    name = "carrier"
    channels = frozenset({"email"})
    real = False

    def __init__(self, *answers, idempotent=True):
        self.answers = list(answers)
        self.idempotent = idempotent
        self.keys = []

    def deliver(self, job):
        self.keys.append(job.key)
        answer = self.answers.pop(0) if self.answers else Receipt({"id": "x"})
        if isinstance(answer, Exception):
            raise answer
        return answer

    def settle(self):
        pass

    def close(self):
        pass


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path, customers=1)
    house.take_in()
    return house


def run(house, carrier, minutes=0, **more):
    house.now += timedelta(minutes=minutes)
    adapters = Adapters(NOBODY, house.out)
    adapters.default = carrier
    return house.run(adapters=adapters, worker=more.pop("worker", "another machine"), **more)


def test_it_is_repeated_under_the_same_key_after_its_time(house):
    carrier = Carrier(Unanswered("no answer", 600))
    tally = run(house, carrier)
    (one,) = tally.retried
    assert (one.state, one.why) == ("sending", "no answer; again after 2026-06-01T08:10:00Z")
    run(house, carrier, 9)
    assert len(carrier.keys) == 1  # nobody takes it before
    run(house, carrier, 1)
    assert (len(carrier.keys), len(set(carrier.keys)), house.states()) == (2, 1, {"delivered": 1})
    assert house.broken() == []


def test_an_adapter_that_cannot_repeat_leaves_it_in_doubt(house):
    tally = run(house, Carrier(Unanswered("no answer"), idempotent=False))
    assert [(one.state, one.why) for one in tally.in_doubt] == [("in_doubt", "nobody answered: no answer")]


def test_without_an_answer_in_the_end_it_is_in_doubt(house):
    carrier = Carrier(*[Unanswered("no answer") for _ in range(MAX_TRIES)])
    for _ in range(MAX_TRIES):
        assert house.states() == {"planned": 1} if not carrier.keys else house.states() == {"sending": 1}
        run(house, carrier, 6 * 60)
    assert (len(carrier.keys), house.states()) == (MAX_TRIES, {"in_doubt": 1})


@pytest.mark.parametrize(
    ("then", "states"),
    [(Retry("busy"), {"sending": 1}), (Refused("gone"), {"in_doubt": 1}), (None, {"delivered": 1})],
    ids=["retry", "refused", "delivered"],
)
def test_what_is_said_later_does_not_make_it_unsent(house, then, states):
    carrier = Carrier(Unanswered("no answer"), *([] if then is None else [then]))
    run(house, carrier)
    tally = run(house, carrier, 5)
    assert house.states() == states
    if then is not None and "in_doubt" in states:
        assert tally.in_doubt[0].why == "an earlier try wasn't answered; now: gone"


def test_what_changes_meanwhile_leaves_it_in_doubt(house):
    carrier = Carrier(Unanswered("no answer"))
    run(house, carrier)
    paid = house.read(snapshot_text(1, amount="60.00"), "newer.yaml")
    tally = run(house, carrier, 5, snapshot=paid)
    assert (house.states(), len(carrier.keys)) == ({"in_doubt": 1}, 1)
    assert tally.in_doubt[0].why == "nobody knows whether it left; changed since the plan: balance"


def test_a_pause_that_the_carrier_asked_for_counts_for_no_try(house):
    carrier = Carrier(*[Retry("pause", 60, tried=False) for _ in range(3 * MAX_TRIES)])
    for _ in range(3 * MAX_TRIES):
        run(house, carrier, 2)
    assert house.states() == {"planned": 1}
    run(house, carrier, 2)
    assert (house.states(), len(set(carrier.keys))) == ({"delivered": 1}, 1)
