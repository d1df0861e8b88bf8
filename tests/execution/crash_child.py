"""A worker that is killed: it takes a plan in and carries it out, and says how far it has come before each step.

What it says, and what its adapters deliver, stands in files at once, so that it survives the worker.
"""

import copy
import os
import signal
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from policy_engine.execution import intake, run
from policy_engine.execution.adapters import Adapters
from policy_engine.execution.errors import LedgerError
from policy_engine.execution.job import Receipt
from policy_engine.execution.operator_file import Operator
from tests.execution.places import Given
from tests.execution.support import House

POINTS = (
    "before_intake_commit", "after_intake_commit", "after_recovery", "before_claim_commit", "after_claim_commit",
    "before_effect", "after_effect", "before_commit", "after_commit",
)  # fmt: skip
CUSTOMERS = 12
"""Actions of a round."""
KINDS = ("folder", "keyed", "loud")
"""The folder; a carrier that knows keys; one that can't repeat."""
_WAY = 0.001
"""Seconds to a carrier and back from it, each."""
WHOLE, LOST, WRONG = 0, 2, 1
"""How a worker ends that nobody kills: all is done; the ledger failed it, and it said so; anything else."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker does.

    Attributes:
        folder: where everything of the round lies.
        name: the worker's.
        address: the ledger's.
        kind: of `KINDS`.
        customers: how many actions the plan has.
        point, nth: where it kills itself, if anywhere.
        small: in small batches, so that there are several.
    """

    folder: Path
    name: str
    address: str
    kind: str
    customers: int
    point: str = ""
    nth: int = 1
    small: bool = False


class Keyed:
    """A carrier that delivers a key once, however often it is asked."""

    name = "keyed"
    channels = frozenset({"email"})
    idempotent = True
    real = False

    def __init__(self, folder):
        self.effects, self.asked = folder / "effects.txt", folder / "asked.txt"

    def deliver(self, job):
        self._ask(job)
        done = self.effects.read_text().split() if self.effects.exists() else []
        if job.key not in done:
            _line(self.effects, job.key)
        return self._answer(job)

    def _ask(self, job):
        _line(self.asked, job.key)
        time.sleep(_WAY)

    def _answer(self, job):
        time.sleep(_WAY)
        return Receipt({"line": job.key[:8]})

    def settle(self):
        pass

    def close(self):
        pass


class Loud(Keyed):
    """Delivers as often as it is asked: whoever asks twice has two lines."""

    name = "loud"
    idempotent = False

    def deliver(self, job):
        self._ask(job)
        _line(self.effects, job.key)
        return self._answer(job)


_READY = {}
"""Houses by their number of customers: a forked process finds them ready."""


def house_of(task):
    """The house of a worker: the inputs that all have, the ledger and the outbox of its round."""
    if task.customers not in _READY:
        with tempfile.TemporaryDirectory() as name:
            _READY[task.customers] = House(Path(name), customers=task.customers)
    house = copy.copy(_READY[task.customers])
    house.folder = task.folder
    house.place = Given(task.address)
    house.out = task.folder / "outbox"
    return house


def adapters_of(house, kind):
    adapters = Adapters(Operator(), house.out)
    if kind != "folder":
        adapters.default = {"keyed": Keyed, "loud": Loud}[kind](house.out.parent)
    return adapters


def lines_of(folder, name):
    """What carriers were asked for, or what they did, and how often."""
    path = folder / f"{name}.txt"
    return Counter(path.read_text().split() if path.exists() else [])


def far(task):
    """How far a worker came: the last point that it reached, `` before the first, `done`."""
    path = task.folder / f"{task.name}.far"
    return path.read_text().strip() if path.exists() else ""


def work(task, starts):
    """Wait for the word to start, work, end: the body of a forked process."""
    try:
        seen = Counter()
        handle = os.open(task.folder / f"{task.name}.far", os.O_WRONLY | os.O_CREAT, 0o644)

        def reached(name):
            os.pwrite(handle, name.ljust(24).encode(), 0)
            seen[name] += 1
            if name == task.point and seen[name] == task.nth:
                os.kill(os.getpid(), signal.SIGKILL)

        if task.small:
            run.BATCH, intake.CHUNK = 4, 5
        house = house_of(task)
        starts.send(None)
        starts.recv()
        begun = time.monotonic()
        try:
            house.take_in(reached=reached)
            house.run(adapters=adapters_of(house, task.kind), reached=reached)
        except LedgerError as error:
            (task.folder / f"{task.name}.lost").write_text(str(error), encoding="utf-8")
            os._exit(LOST)
        os.pwrite(handle, b"done".ljust(24), 0)
        (task.folder / f"{task.name}.took").write_text(repr(time.monotonic() - begun), encoding="ascii")
        os._exit(WHOLE)
    except BaseException:  # noqa: BLE001 - whoever waits for this process reads it there
        (task.folder / f"{task.name}.wrong").write_text(traceback.format_exc(), encoding="utf-8")
        os._exit(WRONG)


def _line(path, text):
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.write(handle, f"{text}\n".encode())
    os.close(handle)
