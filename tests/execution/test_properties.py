"""Whatever is done with a ledger, in whatever order: nothing is sent twice or against changed facts, nothing is lost.

Plans are taken in and carried out, carriers fail in every way, workers die, money comes in, people decide, days pass.
The carrier keeps its own book of what it really did, by which the ledger is judged.
"""

import contextlib
import itertools
import os
import tempfile
from collections import Counter, defaultdict
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

import policy_engine as pe
from policy_engine.execution.adapters import Adapters
from policy_engine.execution.history import read_history, with_history
from policy_engine.execution.job import Broken, Receipt, Refused, Retry, Unanswered
from policy_engine.execution.people import approve, reject, resolve, void
from policy_engine.execution.purge import purge
from policy_engine.execution.states import CLOSED, FOLLOWS, LIVE
from policy_engine.execution.tables import ACTIONS, ITEMS, TRANSITIONS
from tests.execution.crash_child import POINTS
from tests.execution.support import DAY, TEAM, House, snapshot_text

pytestmark = [pytest.mark.property, pytest.mark.timeout(600)]
CUSTOMERS = 3
OUTCOMES = ("delivers", "busy", "refuses", "unanswered", "unanswered but done", "breaks", "breaks but done", "broken")
customers = st.integers(1, CUSTOMERS)


class Dead(BaseException):
    """The worker's process is gone: none of its code runs any more."""


class Carrier:
    """Does what it is told, and keeps a book of what really left."""

    channels = frozenset({"email", "registered_letter"})
    real = False

    def __init__(self, *, idempotent):
        self.idempotent = idempotent
        self.name = "keyed" if idempotent else "loud"
        self.left = Counter()
        self.outcomes = []
        self.look = lambda job: None

    def deliver(self, job):
        self.look(job)
        outcome = self.outcomes.pop(0) if self.outcomes else "delivers"
        if outcome == "busy":
            raise Retry("busy")
        if outcome == "refuses":
            raise Refused("no such mailbox")
        if outcome == "broken":
            raise Broken("wrong password")
        if outcome in ("delivers", "unanswered but done", "breaks but done"):
            if self.idempotent:
                self.left[job.key] = 1
            else:
                self.left[job.key] += 1
        if outcome.startswith("unanswered"):
            raise Unanswered("no answer")
        if outcome.startswith("breaks"):
            raise ValueError("a bug")
        return Receipt({"reference": job.key[:8]})

    def settle(self):
        pass

    def close(self):
        pass


class Office(RuleBasedStateMachine):
    """A ledger, and everybody who has to do with it."""

    def __init__(self):
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self.house = House(Path(self._folder.name), customers=CUSTOMERS, grave=1)
        ledgers = {name: self.house.ledger(name) for name in ("alice", "bob")}
        self.house.ledger = lambda actor="alice", **_: ledgers[actor]
        self.ledger = ledgers["alice"]
        self.paid, self.moved = set(), set()
        self.numbers = itertools.count(1)
        self.plans = {}
        self.known = {}
        self.chain = []
        self.taken = set()
        self._plan(self.house.snapshot, self.house.plan)

    @initialize(idempotent=st.booleans())
    def a_carrier(self, idempotent):
        self.carrier = Carrier(idempotent=idempotent)
        self.carrier.look = self._look
        self.adapters = Adapters(TEAM, self.house.out)
        self.adapters.default = self.carrier

    def teardown(self):
        self._folder.cleanup()

    # What happens outside.

    @rule(customer=customers)
    def money_comes_in(self, customer):
        self.paid.add(customer)
        self._snapshot()

    @rule(customer=customers)
    def a_customer_moves(self, customer):
        self.moved ^= {customer}
        self._snapshot()

    @rule(minutes=st.sampled_from([1, 6, 600]))
    def time_passes(self, minutes):
        self.house.now += timedelta(minutes=minutes)

    @rule()
    def a_day_passes(self):
        self.house.day += timedelta(days=1)
        self.house.now += timedelta(days=1)
        self._snapshot()

    # What the program is asked for.

    @rule(history=st.booleans())
    def plan(self, history):
        snapshot = self.house.snapshot
        seen = with_history(snapshot, read_history(self.ledger, {})) if history else snapshot
        self._plan(snapshot, pe.evaluate(self.house.policy, seen))

    @rule(back=st.integers(0, 2))
    def take_in(self, back):
        snapshot, plan, _ = list(self.plans.values())[-1 - min(back, len(self.plans) - 1)]
        if plan.valid_until >= self.house.day:
            taken = self.house.take_in(plan=plan, snapshot=snapshot)
            refused = {one.action for one in taken.conflicts}
            assert taken.new + taken.known + len(refused) == len(plan.actions)
            self.taken |= {action.id for action in plan.actions if action.id not in refused}

    @rule(outcomes=st.lists(st.sampled_from(OUTCOMES), max_size=3))
    def run_(self, outcomes):
        self._run(outcomes, lambda point: None)

    @rule(outcomes=st.lists(st.sampled_from(OUTCOMES), max_size=2), point=st.sampled_from(POINTS[2:]))
    def a_worker_dies(self, outcomes, point):
        dead = False

        def reached(name):
            nonlocal dead
            dead = dead or name == point
            if dead:
                raise Dead

        with contextlib.suppress(Dead):
            self._run(outcomes, reached)

    @rule(name=st.sampled_from(["alice", "bob"]), number=st.integers(0, 5))
    def somebody_approves(self, name, number):
        self._decide(number, lambda ids: approve(self.house.ledger(name), TEAM, ids))

    @rule(number=st.integers(0, 5), days=st.none() | st.integers(0, 3))
    def somebody_rejects(self, number, days):
        until = None if days is None else self.house.day + timedelta(days=days)
        self._decide(number, lambda ids: reject(self.ledger, TEAM, ids, until))

    @rule(number=st.integers(0, 5))
    def somebody_voids(self, number):
        self._decide(number, lambda ids: void(self.ledger, TEAM, ids, "wrong"))

    @precondition(lambda self: any(row["state"] == "in_doubt" for row in self.known.values()))
    @rule()
    def somebody_finds_out_what_became_of_doubts(self):
        for row in list(self.known.values()):
            if row["state"] == "in_doubt":
                left = self.carrier.left[_key(row)]
                (decided,) = resolve(self.ledger, TEAM, [row["action"]], "delivered" if left else "failed")
                assert decided.state == ("delivered" if left else "failed")

    @rule()
    def what_is_old_is_purged(self):
        purge(self.ledger, self.house.day)

    @rule()
    def everything_is_carried_out_and_planned_again(self):
        """A plan that was delivered to its end, planned again with the ledger's history, asks for nothing."""
        self.plan(history=True)
        snapshot, plan, _ = list(self.plans.values())[-1]
        self.house.take_in(plan=plan, snapshot=snapshot)
        self.taken |= {action.id for action in plan.actions}
        for action in plan.actions:
            for name in ("alice", "bob"):
                approve(self.house.ledger(name), TEAM, [action.id])
        self.house.now += timedelta(hours=7)
        self._run([], lambda point: None)
        with self.ledger.reading() as connection:
            standings = self.ledger.standings(connection, plan.identity)
        if set(standings) <= {"delivered"} and standings.get("delivered", 0) == len(plan.actions):
            seen = with_history(snapshot, read_history(self.ledger, {}))
            assert pe.evaluate(self.house.policy, seen).actions == ()

    # What must hold, whatever happened.

    @invariant()
    def all_is_well(self):
        self._chain_is_whole_and_only_grows()
        self._nothing_left_twice_and_nothing_is_lost()

    def _chain_is_whole_and_only_grows(self):
        head = self.chain[-1][1] if self.chain else None
        assert self.house.broken(head) == []
        with self.ledger.reading() as connection:
            rows = connection.execute(select(TRANSITIONS).order_by(TRANSITIONS.c.seq)).mappings().all()
            self.known = {row["n"]: dict(row) for row in connection.execute(select(ACTIONS)).mappings()}
            again = connection.execute(
                select(ITEMS.c.item).where(ITEMS.c.live == 1).group_by(ITEMS.c.item).having(func.count() > 1)
            )
            assert again.all() == []
            owners = select(ACTIONS.c.state).join(ITEMS, ITEMS.c.action_n == ACTIONS.c.n).where(ITEMS.c.live == 1)
            assert set(connection.execute(owners).scalars()) <= LIVE
        chain = [(row["seq"], row["hash"]) for row in rows]
        assert chain[: len(self.chain)] == self.chain
        self.chain = chain
        paths = defaultdict(list)
        for row in rows:
            assert row["before"] == (paths[row["action_n"]][-1] if paths[row["action_n"]] else None)
            assert row["after"] in FOLLOWS[row["before"]]
            paths[row["action_n"]].append(row["after"])
        assert {number: path[-1] for number, path in paths.items()} == {
            number: row["state"] for number, row in self.known.items()
        }

    def _nothing_left_twice_and_nothing_is_lost(self):
        rows = self.known.values()
        assert self.taken <= {row["action"] for row in rows}
        left = self.carrier.left if hasattr(self, "carrier") else Counter()
        assert set(left.values()) <= {0, 1}
        voided, sent = Counter(), Counter()
        for row in rows:
            voided[row["action"]] += row["state"] == "voided"
            sent[row["action"]] += left[_key(row)]
            if row["state"] in ("delivered", "voided"):
                assert left[_key(row)] == 1
            if row["state"] in CLOSED - {"delivered", "voided", "returned"} or row["state"] == "awaiting_approval":
                assert left[_key(row)] == 0
        assert sum(sent.values()) == sum(left.values())
        assert all(count <= 1 + voided[action] for action, count in sent.items())

    # How.

    def _snapshot(self):
        text = snapshot_text(CUSTOMERS, grave=1)
        text = text.replace("as_of: 2026-06-01", f"as_of: {self.house.day}")
        for customer in self.moved:
            text = text.replace(f"c{customer}@x.example", f"moved{customer}@x.example")
        if self.paid:
            text += "payments:\n" + "".join(
                f"  - {{id: P-{customer}, customer: C-{customer}, date: {DAY}, currency: EUR, amount: 100.00,"
                f" invoice: F-{customer}}}\n"
                for customer in sorted(self.paid)
            )
        self.house.snapshot = self.house.read(text, f"snapshot-{next(self.numbers)}.yaml")

    def _facts(self):
        return {f"C-{number}": (number in self.paid, number in self.moved) for number in range(1, CUSTOMERS + 1)}

    def _plan(self, snapshot, plan):
        self.plans.pop(plan.identity, None)
        self.plans[plan.identity] = (snapshot, plan, self._facts())

    def _look(self, job):
        """Whether an action may leave: nothing has changed since its plan, it is still valid, and it isn't over."""
        _, plan, facts = self.plans[job.facts["plan"]]
        assert facts[job.customer] == self._facts()[job.customer]
        assert plan.valid_until >= self.house.day
        (row,) = [row for row in self.known.values() if _key(row) == job.key]
        assert row["state"] in ("planned", "approved", "sending") or row["people"] > 0
        if not self.carrier.idempotent:
            assert self.carrier.left[job.key] == 0

    def _run(self, outcomes, reached):
        self._chain_is_whole_and_only_grows()
        self.carrier.outcomes = list(outcomes)
        self.house.run(adapters=self.adapters, reached=reached, worker=f"elsewhere/x/{next(self.numbers)}/1")

    def _decide(self, number, decide):
        ids = sorted({row["action"] for row in self.known.values()})
        if ids:
            decide([ids[number % len(ids)]])


def _key(row):
    return f"{row['action']}-{row['attempt']}"


def test_whatever_happens(database):
    long = os.environ.get("HYPOTHESIS_PROFILE") == "fuzz"
    examples = {"sqlite": 500 if long else 15, "postgresql": 100 if long else 4}[database.name]
    run_state_machine_as_test(
        Office, settings=settings(max_examples=examples, stateful_step_count=60 if long else 25, print_blob=False)
    )


def test_the_first_day_is_a_monday():
    assert date(2026, 6, 1) == DAY
