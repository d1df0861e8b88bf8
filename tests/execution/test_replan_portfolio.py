"""What only the whole portfolio can tell of a plan that is made again: capacities, safeguards; and what that holds."""

import gc
import tracemalloc
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import policy_engine as pe
from benchmarks import overdue
from policy_engine.execution.check import UnfitPlanError, wrong_with
from policy_engine.execution.replan import check_made
from policy_engine.plan.canonical import with_identity, write_plan
from policy_engine.plan.source import open_plan
from tests.execution.support import DAY, POLICY

COPIED = POLICY.replace("channel: email\n", "channel: email\n        also: [letter]\n").replace(
    "channel: registered_letter\n", "channel: registered_letter\n        also: [email]\n"
)
"""Reminders by e-mail and letter, formal notices by registered letter and e-mail: one action competes several times."""


def snapshot_of(amounts):
    """A customer for each amount, 10 days late; every third was reminded and is 40 days late; C-0 was written to."""
    lines = ["manifest: {as_of: 2026-06-01, payments_complete_through: 2026-05-31}", "customers:"]
    every = list(enumerate(amounts))
    lines += [f"  - {{id: C-{number}, name: Customer {number}, kind: business}}" for number, _ in every]
    lines.append("contact_persons:")
    lines += [
        f"  - {{id: K-{number}, customer: C-{number}, email: c@x.example, address: 1 Street}}" for number, _ in every
    ]
    lines.append("invoices:")
    for number, amount in every:
        due = DAY - timedelta(days=40 if number % 3 == 1 else 10)
        lines.append(
            f"  - {{id: F-{number}, number: N-{number}, customer: C-{number}, kind: invoice, status: open,"
            f" currency: EUR, amount: {amount}.00, issue_date: {due - timedelta(days=30)}, due_date: {due}}}"
        )
    lines.append("history:")
    for number, _ in every:
        if number % 3 == 1 or number == 0:
            day = DAY if number == 0 else "2026-05-01"
            lines.append(
                f"  - {{id: H-{number}, customer: C-{number}, invoice: F-{number}, step: reminder, stage: reminder,"
                f" channel: email, status: delivered, date: {day}}}"
            )
    return "\n".join(lines) + "\n"


def made(capacities, amounts, *, room=None, more=""):
    """Policy, snapshot and plan; `room` instead of each capacity's own."""
    rows = "".join(
        f"  - {{name: c{number}, channel: {channel}, per_day: {per_day if room is None else room}"
        f"{'' if fact is None else f', priority: customer.{fact}'}}}\n"
        for number, (channel, per_day, fact) in enumerate(capacities)
    )
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "policy.yaml").write_text(f"{COPIED}capacity:\n{rows}{more}", encoding="utf-8")
        policy = pe.load_policy(folder / "policy.yaml", as_of=DAY)
        (folder / "snapshot.yaml").write_text(snapshot_of(amounts), encoding="utf-8")
        snapshot = pe.read_snapshot(folder / "snapshot.yaml", policy=policy)
    return policy, snapshot, pe.evaluate(policy, snapshot)


AMOUNTS = st.lists(st.integers(1, 4).map(lambda number: 100 * number), min_size=2, max_size=7)
FACTS = st.sampled_from((None, "overdue", "oldest_days_late", "credit_limit"))
CAPACITIES = st.lists(
    st.tuples(st.sampled_from(("email", "letter", "registered_letter")), st.integers(1, 4), FACTS),
    min_size=1,
    max_size=3,
    unique_by=lambda row: row[0],
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CAPACITIES, AMOUNTS, st.randoms(use_true_random=False))
def test_the_winners_are_those_of_the_engine_and_nobody_else(capacities, amounts, chance):
    """Whoever else is let win, or lose, is found, with the very action that it would be if it won."""
    policy, snapshot, plan = made(capacities, amounts)
    assert check_made(plan, policy, snapshot, None) is None
    _, _, every = made(capacities, amounts, room=100)
    won = {action.id for action in plan.actions}
    subsets = [kept for size in range(len(every.actions) + 1) for kept in combinations(every.actions, size)]
    for kept in chance.sample(subsets, min(5, len(subsets))):
        forged = with_identity(replace(plan, actions=kept))
        if {action.id for action in kept} == won:
            assert check_made(forged, policy, snapshot, None) is None
        else:
            with pytest.raises(UnfitPlanError, match="the plan was edited"):
                check_made(forged, policy, snapshot, None)


def test_a_loser_that_was_let_in_and_a_winner_that_was_left_out_are_named():
    """Two e-mails a day, one was sent today: one reminder is left, that of C-3 for 300 euros (C-1 is grave)."""
    capacities = [("email", 2, "overdue")]
    policy, snapshot, plan = made(capacities, [100, 100, 200, 300])
    (winner,) = plan.actions
    assert (winner.customer, winner.priority) == ("C-3", "30000")
    _, _, every = made(capacities, [100, 100, 200, 300], room=9)
    loser = next(action for action in every.actions if action.customer == "C-2")
    with pytest.raises(UnfitPlanError, match=f"{loser.id[:12]} isn't among those that people can do that day"):
        check_made(with_identity(replace(plan, actions=(loser, winner))), policy, snapshot, None)
    with pytest.raises(UnfitPlanError, match=f"{winner.id[:12]} is missing"):
        check_made(with_identity(replace(plan, actions=())), policy, snapshot, None)
    other = with_identity(replace(plan, actions=(winner._replace(priority=None),)))
    with pytest.raises(UnfitPlanError, match="`priority` of the action"):
        check_made(other, policy, snapshot, None)


def test_more_compete_than_are_ever_held(monkeypatch):
    """The worst are let go on the way, and the best still win."""
    monkeypatch.setattr("policy_engine.engine.reference.s15_capacity._SPARE", 0)
    amounts = [100 + 37 * number % 800 for number in range(30)]
    policy, snapshot, plan = made([("email", 4, "overdue"), ("letter", 2, None)], amounts)
    assert plan.actions
    assert check_made(plan, policy, snapshot, None) is None


def test_safeguards_count_what_wins():
    """Of four customers with an overdue invoice one is reached, 25 %; without the capacity it would be three, 75 %."""
    guards = "safeguards:\n  all: {max_share: 0.30}\n"
    policy, snapshot, plan = made([("email", 2, "overdue")], [100, 100, 200, 300], more=guards)
    assert plan.stopped == ()
    assert check_made(plan, policy, snapshot, None) is None
    guards = "safeguards:\n  steps: {reminder: {max_share: 0.24}}\n"
    policy, snapshot, plan = made([("email", 2, "overdue")], [100, 100, 200, 300], more=guards)
    assert [stop[:3] for stop in plan.stopped] == [("reminder.max_share", "1 of 4 customers", "24 %")]
    assert check_made(plan, policy, snapshot, None) is None
    with pytest.raises(UnfitPlanError, match="safeguards"):
        check_made(with_identity(replace(plan, stopped=())), policy, snapshot, None)


def test_nothing_is_held_that_grows_with_the_plan(tmp_path):
    """One portfolio, 600 of its customers dunned or all 1,500: an action takes 1,200 bytes, 900 of them 1 MB.

    The collector is held back, as it is while a command runs: what refers to itself would stay.
    """
    _, some, all_ = (_peak(tmp_path / str(dunned), dunned) for dunned in (50, 600, 1_500))  # the first one warms up
    assert all_ - some < 200_000


def _peak(place, dunned):
    place.mkdir()
    overdue.write_overdue(place / "snapshot", 1_500, dunned=dunned, most=1)
    policy = pe.load_policy(place / "policy.yaml", as_of=overdue.DAY)
    snapshot = pe.read_snapshot(place / "snapshot", policy=policy)
    with (place / "plan.json").open("w", encoding="utf-8", newline="\n") as stream:
        write_plan(pe.evaluate(policy, snapshot), stream)
    plan = open_plan(lambda: (place / "plan.json").open("rb"), wrong_with)
    assert plan.size == dunned
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        check_made(plan, policy, snapshot, None)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        gc.enable()
