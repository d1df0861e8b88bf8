"""Workers are killed with SIGKILL at every named point, and at random: nothing is delivered twice, nothing is lost."""

import random
import subprocess
import sys
import time
from collections import Counter

import pytest

from policy_engine.execution.people import resolve
from tests.execution.crash_child import CUSTOMERS, adapters_of
from tests.execution.support import ROOT, TEAM, House

POINTS = (
    "before_intake_commit", "after_intake_commit", "after_recovery", "before_claim_commit", "after_claim_commit",
    "before_effect", "after_effect", "before_commit", "after_commit",
)  # fmt: skip


def child(folder, *arguments):
    command = [sys.executable, "-m", "tests.execution.crash_child", str(folder), *arguments]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)


def finish(house, *, loud):
    """What people and a second worker do after a crash: run again, and resolve what is in doubt."""
    house.take_in()
    tally = house.run(adapters=adapters_of(house, loud=loud))
    sent = Counter()
    if loud and (house.folder / "effects.txt").exists():
        sent = Counter((house.folder / "effects.txt").read_text().split())
    for one in tally.in_doubt:
        left = any(key.startswith(one.action) for key in sent)
        resolve(house.ledger(), TEAM, [one.action], "delivered" if left else "failed")
    return tally, sent


def hold(house, sent, *, loud):
    """Every action is delivered, or was in doubt and failed without an effect; none twice; the chain is whole."""
    states = house.states()
    assert set(states) <= {"delivered", "failed"}
    assert sum(states.values()) == CUSTOMERS
    if loud:
        assert set(sent.values()) <= {1}
        assert states.get("delivered", 0) == len(sent)
    else:
        assert states == {"delivered": CUSTOMERS}
        assert len(house.files()) == CUSTOMERS
        assert (house.out / "2026-06-01" / "index.csv").read_text(encoding="utf-8").count("\n") == CUSTOMERS + 1
        assert list(house.out.rglob(".unlisted-*")) == []
    assert house.broken() == []


@pytest.mark.parametrize("loud", [False, True], ids=["repeats", "cannot_repeat"])
@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_named_point(tmp_path, point, loud):
    nth = "2" if loud and point in ("before_effect", "after_effect", "before_commit", "after_commit") else "1"
    process = child(tmp_path, point, nth, *(["loud"] if loud else []))
    _, errors = process.communicate(timeout=50)
    assert process.returncode == -9, errors.decode()
    house = House(tmp_path, customers=CUSTOMERS)
    if point != "before_intake_commit":
        assert house.broken() == []
    tally, sent = finish(house, loud=loud)
    hold(house, sent, loud=loud)
    if loud and point in ("before_effect", "after_effect", "before_commit", "after_claim_commit"):
        assert len(tally.in_doubt) == 1
    else:
        assert tally.in_doubt == []


def test_killed_at_random(tmp_path):
    seed = 20261122
    dice = random.Random(seed)  # noqa: S311 - when to kill
    for number in range(4):
        folder = tmp_path / str(number)
        folder.mkdir()
        loud = bool(number % 2)
        workers = [child(folder, "never", "1", *(["loud"] if loud else [])) for _ in range(2)]
        time.sleep(0.9 + dice.random() * 0.8)
        workers[0].kill()
        for worker in workers:
            worker.communicate(timeout=50)
        house = House(folder, customers=CUSTOMERS)
        _, sent = finish(house, loud=loud)
        hold(house, sent, loud=loud)


def test_two_workers_share_the_work_and_deliver_once(tmp_path):
    workers = [child(tmp_path, "never", "1", "loud") for _ in range(2)]
    for worker in workers:
        _, errors = worker.communicate(timeout=50)
        assert worker.returncode == 0, errors.decode()
    house = House(tmp_path, customers=CUSTOMERS)
    sent = Counter((tmp_path / "effects.txt").read_text().split())
    assert (len(sent), set(sent.values())) == (CUSTOMERS, {1})
    assert house.states() == {"delivered": CUSTOMERS}
    assert house.broken() == []


def test_the_points_are_those_of_the_code():
    source = "\n".join((ROOT / "policy_engine/execution" / name).read_text() for name in ("intake.py", "run.py"))
    for point in POINTS:
        assert f'reached("{point}")' in source
    assert source.count('reached("') == len(POINTS)
