"""Killing workers and servers, at named points and at random moments.

`python -m tests.execution.crash` (`make crash`) kills many times and prints its figures.
"""

import argparse
import contextlib
import multiprocessing
import os
import random
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing import forkserver
from pathlib import Path

from policy_engine.execution.database import open_database
from policy_engine.execution.tables import METADATA
from tests.execution.crash_child import CUSTOMERS, LOST, NOTES, POINTS, RETURNS, WHOLE, Task, far, work
from tests.execution.crash_kinds import KINDS, lay_out
from tests.execution.crash_verdict import settle_and_hold
from tests.execution.support import ROOT, close_ledgers
from tests.postgres import Server, binaries

KILLED = -signal.SIGKILL
_CONTEXT = multiprocessing.get_context("forkserver")
_LONGEST = 50
"""Seconds after which a worker hangs."""


def warm_up():
    """Start the process that workers are forked from. It loads this package from where it starts."""
    with contextlib.chdir(ROOT):
        _CONTEXT.set_forkserver_preload(["tests.execution.crash_warm"])
        forkserver.ensure_running()


class Worker:
    """A forked worker, ready to start."""

    def __init__(self, task):
        self.task = task
        self._pipe, theirs = _CONTEXT.Pipe()
        self.process = _CONTEXT.Process(target=work, args=(task, theirs), daemon=True)
        self.process.start()
        theirs.close()

    def ready(self):
        """Wait until it has read its inputs."""
        assert self._pipe.poll(_LONGEST), "a worker didn't get ready"
        self._pipe.recv()

    def go(self):
        self._pipe.send(None)

    def end(self):
        """Wait for its end; how it ended. Whatever isn't expected of it is told in full."""
        self.process.join(_LONGEST)
        code = self.process.exitcode
        wrong = self.task.folder / f"{self.task.name}.wrong"
        assert not wrong.exists(), wrong.read_text(encoding="utf-8")
        assert code in (WHOLE, LOST, KILLED), f"a worker ended with {code}"
        lost = self.task.folder / f"{self.task.name}.lost"
        self.lost = lost.read_text(encoding="utf-8") if code == LOST else ""
        self._pipe.close()
        return code

    def kill(self):
        self.process.kill()


def start(*tasks):
    """Workers that start at the same moment."""
    workers = [Worker(task) for task in tasks]
    for worker in workers:
        worker.ready()
    for worker in workers:
        worker.go()
    return workers


@dataclass
class Figures:
    """What many rounds came to."""

    name: str
    kills: int = 0
    before: int = 0
    during: int = 0
    after: int = 0
    points: Counter = field(default_factory=Counter)
    doubted: int = 0
    repeated: int = 0
    actions: int = 0
    lost: int = 0
    seconds: float = 0.0

    def add(self, task, found):
        self.doubted += found.doubted
        self.repeated += found.repeated
        self.actions += task.customers

    def killed(self, task, code):
        """A worker was killed, unless it had come to its end before."""
        self.kills += 1
        point = far(task)
        if code != KILLED:
            self.after += 1
        elif not point:
            self.before += 1
        else:
            self.during += 1
            self.points[point] += 1


class Sites:
    """Where the rounds of a database are: a folder each, and a schema where it is a server."""

    def __init__(self, root, server=None):
        self._root, self.server = Path(root), server
        self._made = ""

    @contextlib.contextmanager
    def round(self, *, made=True):
        """A folder, and the address of an empty ledger; not `made`: of one that isn't there yet."""
        folder = Path(tempfile.mkdtemp(dir=self._root))
        try:
            with self._schema(made=made) if self.server else contextlib.nullcontext() as schema:
                if not self.server and made:
                    shutil.copyfile(self._empty(), folder / "ledger.db")
                yield folder, self.server.url(schema=schema) if self.server else f"sqlite:///{folder / 'ledger.db'}"
                close_ledgers()
        finally:
            close_ledgers()
            shutil.rmtree(folder, ignore_errors=True)

    def _empty(self):
        empty = self._root / "empty.db"
        if not empty.exists():
            open_database(f"sqlite:///{empty}", create=True).dispose()
        return empty

    @contextlib.contextmanager
    def _schema(self, *, made):
        """A schema with tables, emptied for each round, or one of the round's own."""
        schema = self._made
        if not made or not schema:
            schema = self.server.schema()
        if made and not self._made:
            self._made = schema
            open_database(self.server.url(schema=schema), create=True).dispose()
        try:
            yield schema
        finally:
            self.server.answers()
            if made:
                tables = ", ".join(f"{schema}.{table.name}" for table in METADATA.sorted_tables)
                self.server.ask(f"TRUNCATE {tables} RESTART IDENTITY")
            else:
                self.server.drop(schema)


class Spread:
    """Moments spread evenly over a run, as long as the last that came to their end took in the middle.

    Args:
        dice: for the moments.
        kinds: of the rounds, one after the other.
    """

    def __init__(self, dice, kinds=KINDS):
        self.kinds = kinds
        self._dice, self._lasted = dice, {kind: [] for kind in kinds}

    def of(self, kind):
        return self._dice.random() * statistics.median(self._lasted[kind][-9:])

    def learn(self, workers):
        """How long those took that came to their end: a machine is busier at one time than at another."""
        for worker in workers:
            took = worker.task.folder / f"{worker.task.name}.took"
            if took.exists():
                self._lasted[worker.task.kind].append(float(took.read_text(encoding="ascii")))


def _two(folder, address, kind):
    lay_out(Task(folder, "before", address, kind, CUSTOMERS))
    return start(*(Task(folder, name, address, kind, CUSTOMERS, small=True) for name in ("one", "two")))


def undisturbed(sites, spread, times=3):
    """Two workers that nobody kills, for each kind: how long they take, and that they deliver once between them."""
    for kind in spread.kinds * times:
        with sites.round() as (folder, address):
            workers = _two(folder, address, kind)
            assert [worker.end() for worker in workers] == [WHOLE, WHOLE], [worker.lost for worker in workers]
            spread.learn(workers)
            found = settle_and_hold(Task(folder, "end", address, kind, CUSTOMERS))
            assert (found.doubted, found.repeated) == (0, 0)


def kill_workers(sites, dice, spread, kills, figures, told=lambda: None):
    """Rounds of two workers, of which one is killed, or each of them at its own moment, until `kills` were."""
    begun = time.monotonic()
    while figures.kills < kills:
        kind = spread.kinds[figures.kills % len(spread.kinds)]
        with sites.round(made=dice.random() < 0.8) as (folder, address):  # else they may die while they make tables
            workers = _two(folder, address, kind)
            started = time.monotonic()
            doomed = workers if dice.random() < 0.25 and kills - figures.kills > 1 else [workers[0]]
            moments = sorted(((spread.of(kind), worker) for worker in doomed), key=lambda one: one[0])
            for moment, worker in moments:
                time.sleep(max(0.0, started + moment - time.monotonic()))
                worker.kill()
            codes = {worker.task.name: worker.end() for worker in workers}
            spread.learn(workers)
            if len(doomed) == 1:
                assert codes["two"] == WHOLE
            for worker in doomed:
                figures.killed(worker.task, codes[worker.task.name])
            figures.add(workers[0].task, settle_and_hold(Task(folder, "end", address, kind, CUSTOMERS)))
        told()
    figures.seconds += time.monotonic() - begun


def kill_server(sites, dice, spread, times, figures, told=lambda: None):
    """Rounds in the middle of which the server is stopped as by a crash, or a process of it killed or ended."""
    begun, server = time.monotonic(), sites.server
    for number in range(times):
        kind = spread.kinds[number % len(spread.kinds)]
        with sites.round() as (folder, address):
            workers = _two(folder, address, kind)
            time.sleep(spread.of(kind))
            (server.crash, server.kill_backend, server.end_backends)[number // len(spread.kinds) % 3]()
            codes = [worker.end() for worker in workers]
            spread.learn(workers)
            assert set(codes) <= {WHOLE, LOST}
            assert not any("\n" in worker.lost for worker in workers)
            server.answers()
            figures.kills += 1
            figures.lost += codes.count(LOST)
            figures.add(workers[0].task, settle_and_hold(Task(folder, "end", address, kind, CUSTOMERS)))
        told()
    figures.seconds += time.monotonic() - begun


def table(every):
    """The figures, as a table in Markdown."""
    columns = (
        "killed",
        "times",
        "before",
        "during",
        "after the end",
        "in doubt",
        "repeated by key",
        "runs cut",
        "actions",
        "time",
    )
    rows = [
        (
            one.name, one.kills, one.before, one.during, one.after, one.doubted, one.repeated, one.lost,
            f"{one.actions:,}", f"{one.seconds:.0f} s",
        )
        for one in every
    ]  # fmt: skip
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    lines += ["", "killed in a worker after its last point:", ""]
    named = [one for one in every if one.points]
    lines += ["| point | " + " | ".join(one.name for one in named) + " |", "|---|" + "---|" * len(named)]
    lines += [
        f"| {point} | " + " | ".join(str(one.points[point]) for one in named) + " |"
        for point in (*POINTS, *RETURNS, *NOTES)
    ]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=500, help="workers killed on each database")
    parser.add_argument("--server-kills", type=int, default=30, help="crashes of the PostgreSQL server")
    parser.add_argument("--on", choices=["sqlite", "postgresql"], help="only on this database")
    parser.add_argument("--seed", type=int, default=None, help="of the dice; printed, so that it can be given again")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**9)
    print(f"seed {seed}", flush=True)
    warm_up()
    every = []
    with tempfile.TemporaryDirectory(prefix="dunning-crash-") as name, contextlib.ExitStack() as ends:
        places = [] if options.on == "postgresql" else [("SQLite", None)]
        programs = binaries()
        if programs is not None and options.on != "sqlite":
            server = Server(programs)
            ends.callback(server.close)
            places.append(("PostgreSQL", server))
        for place, server in places:
            dice = random.Random(seed)  # noqa: S311 - when to kill; nothing else is by chance
            sites, spread, figures = Sites(name, server), Spread(dice), Figures(f"workers, {place}")
            undisturbed(sites, spread)
            every.append(figures)
            kill_workers(sites, dice, spread, options.kills, figures, _progress(figures, options.kills))
            if server is not None:
                cut = Figures("the server, PostgreSQL")
                every.append(cut)
                kill_server(sites, dice, spread, options.server_kills, cut, _progress(cut, options.server_kills))
    print(f"\nseed {seed}: nothing delivered twice, nothing lost, every chain whole\n\n{table(every)}")
    if programs is None and options.on != "sqlite":
        sys.exit("no PostgreSQL was found: only SQLite was tried")


def _progress(figures, of):
    def told():
        if figures.kills % 50 == 0 or sys.stderr.isatty():
            print(f"{figures.name}: {figures.kills} of {of}", file=sys.stderr, flush=True)

    return told


if __name__ == "__main__":
    os.environ.setdefault("PYTHONHASHSEED", "0")
    main()
