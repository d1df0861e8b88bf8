"""Workers are killed with SIGKILL at every named point, and at random: nothing is delivered twice, nothing is lost.

`make crash` kills many more, on both databases (`crash.py`).
"""

import random
from collections import Counter

import pytest

from policy_engine.execution.claiming import LEASE
from policy_engine.execution.errors import LedgerError
from tests.execution.crash import (
    CUSTOMERS,
    KILLED,
    Figures,
    Sites,
    Spread,
    kill_server,
    kill_workers,
    start,
    table,
    undisturbed,
    warm_up,
)
from tests.execution.crash_child import POINTS, WHOLE, Task, far
from tests.execution.crash_kinds import KINDS, effects_of, house_of, lay_out
from tests.execution.crash_verdict import settle_and_hold
from tests.execution.support import ROOT

SEED = 20261122
pytestmark = pytest.mark.timeout(300)  # many processes; on a busy machine they wait for each other


@pytest.fixture(scope="module", autouse=True)
def _warm():
    warm_up()


@pytest.fixture(params=["sqlite", "postgresql"])
def sites(request, tmp_path):
    server = request.getfixturevalue("server") if request.param == "postgresql" else None
    return Sites(tmp_path, server)


# the folder is the same beside another ledger, and `keyed` repeats as it does
@pytest.mark.parametrize(
    ("sites", "kind"), [*(("sqlite", kind) for kind in KINDS[:3]), *(("postgresql", kind) for kind in KINDS[1:3])],
    indirect=["sites"],
)  # fmt: skip
@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_named_point(sites, point, kind):
    late = kind == "loud" and point in ("before_effect", "after_effect", "before_commit", "after_commit")
    with sites.round(made=not point.startswith("before_intake")) as (folder, address):
        task = Task(folder, "one", address, kind, 6, point=point, nth=2 if late else 1)
        (worker,) = start(task)
        assert worker.end() == KILLED
        assert far(task) == point
        found = settle_and_hold(Task(folder, "end", address, kind, 6))
    unknown = point in ("before_effect", "after_effect", "before_commit", "after_claim_commit")
    assert found.doubted == (1 if kind == "loud" and unknown else 0)
    # one batch was under way: its first was asked for, or all of them
    asked = {"after_effect": 1, "before_commit": 6}.get(point, 0)
    assert found.repeated == (asked if kind == "keyed" else 0)


@pytest.mark.parametrize(("point", "nth"), [
    ("after_claim_commit", 1), ("before_effect", 5), ("after_effect", 5), ("before_note", 1), ("before_note", 5),
    ("after_note", 1), ("after_note", 6), ("before_commit", 1), ("after_commit", 1),
])  # fmt: skip
def test_killed_while_orders_are_held_and_released(sites, point, nth):
    with sites.round() as (folder, address):
        task = Task(folder, "one", address, "orders", 6, point=point, nth=nth)
        lay_out(task)
        (worker,) = start(task)
        assert worker.end() == KILLED
        assert far(task) == point
        found = settle_and_hold(Task(folder, "end", address, "orders", 6))
    asked = {"before_effect": nth - 1, "after_effect": nth, "before_commit": 6, "before_note": 6, "after_note": 6}
    assert (found.doubted, found.repeated) == (0, asked.get(point, 0))


def test_killed_at_random(tmp_path):
    sites, dice = Sites(tmp_path), random.Random(SEED)  # noqa: S311 - when to kill
    spread, figures = Spread(dice), Figures("workers, SQLite")
    undisturbed(sites, spread, times=1)
    kill_workers(sites, dice, spread, 30, figures)
    assert figures.kills == figures.before + figures.during + figures.after == 30
    assert figures.during >= 5
    assert f"| workers, SQLite | 30 | {figures.before} | {figures.during} |" in table([figures])


@pytest.mark.usefixtures("on_postgresql")
def test_killed_at_random_on_postgresql(tmp_path, server):
    sites, dice = Sites(tmp_path, server), random.Random(SEED)  # noqa: S311 - as above
    spread, workers, cut = Spread(dice, KINDS[-3:]), Figures("workers"), Figures("server")
    undisturbed(sites, spread, times=1)
    kill_workers(sites, dice, spread, 4, workers)
    kill_server(sites, dice, spread, 3, cut)
    assert (workers.kills, cut.kills) == (4, 3)


def test_two_workers_share_the_work_and_deliver_once(sites):
    with sites.round() as (folder, address):
        workers = start(*(Task(folder, name, address, "loud", CUSTOMERS, small=True) for name in ("one", "two")))
        assert [worker.end() for worker in workers] == [WHOLE, WHOLE], [worker.lost for worker in workers]
        house = house_of(Task(folder, "end", address, "loud", CUSTOMERS))
        sent = effects_of(house, "loud")
        assert (len(sent), set(sent.values())) == (CUSTOMERS, {1})
        assert house.states() == {"delivered": CUSTOMERS}
        assert house.broken() == []


@pytest.mark.parametrize(("kind", "meddle"), [
    ("keyed", lambda house: _twice(house.folder / "keyed.effects")),
    ("keyed", lambda house: (house.folder / "keyed.effects").write_text("")),
    ("keyed", lambda house: _change(house, "UPDATE transitions SET at = 'x' WHERE seq = 2")),
    ("keyed", lambda house: _change(house, "UPDATE actions SET state = 'planned' WHERE n = 1")),
    ("keyed+loud", lambda house: _twice(house.folder / "loud.effects")),
    ("loud+folder", lambda house: next(house.out.rglob("*.json")).unlink()),
    ("bouncing", lambda house: next((house.folder / "bounces").rglob("*.eml")).rename(house.folder / "bounces/a.eml")),
    ("orders", lambda house: next((house.folder / "erp").glob("release_*.csv")).unlink()),
    ("orders", lambda house: next((house.folder / "erp" / ".instructions").rglob("00*.json")).unlink()),
])  # fmt: skip
def test_the_harness_sees_what_must_not_be(tmp_path, kind, meddle):
    """What holds could hold because nobody looks: a second delivery, a loss, a changed entry are each seen."""
    with Sites(tmp_path).round() as (folder, address):
        task = Task(folder, "one", address, kind, 6)
        lay_out(task)
        (worker,) = start(task)
        assert worker.end() == WHOLE
        meddle(house_of(task))
        with pytest.raises(AssertionError):
            settle_and_hold(Task(folder, "end", address, kind, 6))


def _twice(book):
    book.write_text(book.read_text() * 2)


def _change(house, statement):
    with house.ledger().writing() as connection:
        assert connection.exec_driver_sql(statement).rowcount == 1


def test_a_worker_that_loses_its_ledger_says_so(sites):
    with sites.round() as (folder, _):
        gone = sites.server.url(database="gone") if sites.server else f"sqlite:///{folder}/gone/ledger.db"
        (worker,) = start(Task(folder, "one", gone, "keyed", 1))
        worker.end()
        assert "gone" in worker.lost
        with pytest.raises(LedgerError):
            house_of(Task(folder, "end", gone, "keyed", 1)).ledger()


def test_the_points_are_those_of_the_code():
    names = ("intake.py", "claiming.py", "run.py")
    source = "\n".join((ROOT / "policy_engine/execution" / name).read_text() for name in names)
    for point in POINTS:
        assert f'reached("{point}")' in source
    assert source.count('reached("') == len(POINTS)
    assert LEASE == 300
    assert Counter(POINTS).most_common(1)[0][1] == 1
