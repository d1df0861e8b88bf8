"""What people and another worker do after a crash, and what must hold then: none twice, none lost, the chain whole."""

import json
from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import func, select

from policy_engine.execution.carriers import carried, under_way
from policy_engine.execution.people import resolve
from policy_engine.execution.returns import hear
from policy_engine.execution.states import FOLLOWS
from policy_engine.execution.tables import ACTIONS, TRANSITIONS
from tests.execution.crash_kinds import (
    adapters_of,
    arrive_late,
    carriers_of,
    comes_back,
    effects_of,
    house_of,
    repeated,
    whole,
)
from tests.execution.support import TEAM, close_ledgers


@dataclass
class Found:
    """What one round came to.

    Attributes:
        doubted: actions that were in doubt at some time.
        repeated: times that a carrier was asked for a key again.
    """

    doubted: int
    repeated: int


def settle_and_hold(task, *, chain=True):
    """What people and another worker do after a crash, then everything that must hold.

    Args:
        task: of a worker of the round, under another name.
        chain: whether the chain is looked at before anything goes on, too.
    """
    house = house_of(task)
    ledger = house.ledger()
    house.ledger = lambda: ledger
    if chain:
        assert house.broken() == []
    head = house.head()
    house.take_in()
    resolved = Counter()
    arrive_late(house, task.kind)
    for _ in range(4):  # what the dead left, what people resolve, the copies after that, nothing
        adapters = adapters_of(house, task.kind)
        heard = hear(ledger, adapters)
        assert (heard.unasked, heard.strange) == ({}, [])  # some of it later: of what the dead have in hand
        tried = house.run(adapters=adapters).tried
        decided = _resolve(house, task.kind)
        resolved += decided.left_not
        if not (tried or decided.any or heard.later):
            break
    assert tried == 0
    assert hear(ledger, adapters_of(house, task.kind)).is_silent
    assert house.broken(head.hash) == []
    doubted = _histories(ledger)
    _delivered(task, house, resolved)
    whole(house, task.kind, task.customers)
    close_ledgers()
    return Found(doubted, repeated(task.folder))


class _Decided(NamedTuple):
    """Whether people had to decide, and how many hadn't left, by carrier."""

    any: bool
    left_not: Counter


def _resolve(house, kind):
    """People find out what became of each carrier in doubt, and say so."""
    ledger, carriers, failed = house.ledger(), carriers_of(kind), Counter()
    with ledger.reading() as connection:
        doubtful = connection.execute(select(ACTIONS).where(ACTIONS.c.state == "in_doubt")).mappings().all()
    for row in doubtful:
        (channel,) = under_way(row)
        left = f"{row['action']}-1" in effects_of(house, carriers[channel])
        (decided,) = resolve(ledger, TEAM, [row["action"]], "delivered" if left else "failed")
        assert decided.state in ({"delivered", "sending"} if left or channel != row["channel"] else {"failed"})
        failed[carriers[channel]] += not left
    return _Decided(bool(doubtful), failed)


def _histories(ledger):
    """Every action went from state to state as the states allow, was delivered and came back at most once.

    How many were in doubt at some time.
    """
    doubted = 0
    with ledger.reading() as connection:
        for number in connection.execute(select(ACTIONS.c.n)).scalars().all():
            story = ledger.story(connection, number)
            for row in story:
                assert row["after"] in FOLLOWS[row["before"]]
            states = [row["after"] for row in story]
            assert [row["before"] for row in story] == [None, *states[:-1]]
            assert max(states.count("delivered"), states.count("returned")) <= 1
            doubted += "in_doubt" in states
        assert connection.execute(select(func.count(TRANSITIONS.c.seq))).scalar_one() == ledger.head(connection).seq
    return doubted


def _delivered(task, house, resolved):
    """The ledger says of each carrier of each action what that carrier did: none twice, none lost.

    Args:
        task: of the round.
        house: its house.
        resolved: how many hadn't left of those of which people had to find out, by carrier.
    """
    keys = {f"{action.id}-1" for action in house.plan.actions}
    assert len(keys) == task.customers
    carriers, ledger = carriers_of(task.kind), house.ledger()
    effects = {name: effects_of(house, name) for name in carriers.values()}
    failed = Counter()
    for book in effects.values():
        assert set(book) <= keys
        assert set(book.values()) <= {1}
    with ledger.reading() as connection:
        rows = connection.execute(select(ACTIONS)).mappings().all()
    assert {f"{row['action']}-{row['attempt']}" for row in rows} == keys
    for row in rows:
        key, said = f"{row['action']}-1", {channel: fate.what for channel, fate in carried(row).items()}
        came_back = task.kind == "bouncing" and comes_back(key)
        main = said[row["channel"]]
        assert row["state"] == main
        assert main in ("failed", "returned" if came_back else "delivered")
        for channel, what in said.items():
            assert (what != "failed") == (key in effects[carriers[channel]])
            failed[carriers[channel]] += what == "failed"
        if main == "failed":
            assert list(said) == [row["channel"]]
        else:
            assert set(said) == {row["channel"], *json.loads(row["also"])}
    assert failed == resolved
