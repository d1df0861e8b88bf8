"""A worker that is killed: it takes a plan in, carries it out, hears of what came back.

It says how far it has come before each step, in a file, so that this survives it.
"""

import os
import signal
import time
import traceback
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from policy_engine.execution import claiming, intake
from policy_engine.execution.choice import Choice
from policy_engine.execution.errors import LedgerError
from policy_engine.execution.limits import Pace
from policy_engine.execution.returns import hear
from tests.execution.crash_kinds import adapters_of, house_of
from tests.execution.support import EVERY

POINTS = (
    "before_intake_commit", "after_intake_commit", "after_recovery", "before_claim_commit", "after_claim_commit",
    "before_effect", "after_effect", "before_commit", "after_commit",
)  # fmt: skip
RETURNS = ("before_return_commit", "after_return_commit")
"""Further points, of those who hear of what came back."""
NOTES = ("before_note", "after_note")
"""Further points, of those who tell the ERP."""
CUSTOMERS = 12
"""Actions of a round."""
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
            claiming.BATCH, intake.CHUNK = 4, 5
        house = house_of(task)
        starts.send(None)
        starts.recv()
        begun = time.monotonic()
        try:
            ledger = house.ledger()
            house.ledger = lambda: ledger
            house.take_in(reached=reached)
            # what comes back is heard of at the end, or between many small runs where something does
            choice = Choice(limit=3) if task.kind == "bouncing" else EVERY
            tried = 1
            while tried:
                adapters = adapters_of(house, task.kind, reached)
                tried = house.run(adapters=adapters, reached=reached, choice=choice, pace=Pace(sleep=time.sleep)).tried
                heard = hear(ledger, adapters, reached)
                assert heard.unasked == {}, heard
        except LedgerError as error:
            (task.folder / f"{task.name}.lost").write_text(str(error), encoding="utf-8")
            os._exit(LOST)
        os.pwrite(handle, b"done".ljust(24), 0)
        part = task.folder / f"{task.name}.took.part"  # it may be killed while it writes this, too
        part.write_text(repr(time.monotonic() - begun), encoding="ascii")
        part.replace(part.with_suffix(""))
        os._exit(WHOLE)
    except BaseException:  # noqa: BLE001 - whoever waits for this process reads it there
        (task.folder / f"{task.name}.wrong").write_text(traceback.format_exc(), encoding="utf-8")
        os._exit(WRONG)
