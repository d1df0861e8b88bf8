"""A worker that dies at a named point, killed by itself with SIGKILL: `crash_child FOLDER POINT NTH [loud]`.

With `loud` it delivers through an adapter that can't repeat: every delivery is a line in a file, on the disk at once.
"""

import os
import signal
import sys
from pathlib import Path

from policy_engine.execution.adapters import Adapters
from policy_engine.execution.job import Receipt
from policy_engine.execution.operator_file import Operator
from tests.execution.support import House

CUSTOMERS = 6


class Loud:
    """Delivers by a line in a file: whoever delivers twice has two lines."""

    name = "loud"
    channels = frozenset({"email"})
    idempotent = False
    real = False

    def __init__(self, path):
        self.path = path

    def deliver(self, job):
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.write(handle, f"{job.key}\n".encode())
        os.close(handle)
        return Receipt({"line": job.key[:8]})

    def settle(self):
        pass

    def close(self):
        pass


def adapters_of(house, *, loud):
    adapters = Adapters(Operator(), house.out)
    if loud:
        adapters.default = Loud(house.folder / "effects.txt")
    return adapters


def main(folder, point, nth, *more):
    seen = 0

    def reached(name):
        nonlocal seen
        if name == point:
            seen += 1
            if seen == int(nth):
                os.kill(os.getpid(), signal.SIGKILL)

    house = House(Path(folder), customers=CUSTOMERS)
    house.take_in(reached=reached)
    house.run(adapters=adapters_of(house, loud="loud" in more), reached=reached)


if __name__ == "__main__":
    main(*sys.argv[1:])
