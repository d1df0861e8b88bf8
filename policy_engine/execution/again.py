"""How long a run waits for a ledger that can't be reached, so that what it knows is recorded and not in doubt."""

import time
from collections.abc import Callable

from policy_engine.execution.errors import LedgerLostError
from policy_engine.execution.limits import Pace

PATIENCE = 120.0
"""Seconds for which something is recorded again. That is longer than a database takes to restart."""
_FIRST, _LONGEST = 0.25, 10.0
"""Seconds before the second try, doubled each time; at most."""


def patience(pace: Pace) -> Callable[[LedgerLostError], bool]:
    """For `Ledger.insist`: waits a while after each failure; False when it has been long, or the run never waits."""
    end, wait = 0.0, _FIRST

    def waited(error: LedgerLostError) -> bool:
        del error  # said when this gives up
        nonlocal end, wait
        if pace.sleep is None:
            return False
        now = time.monotonic()
        end = end or now + PATIENCE
        if now >= end:
            return False
        pace.say(f"the ledger can't be reached; trying again for {end - now:.0f} s")
        pace.sleep(wait)
        wait = min(wait * 2, _LONGEST)
        return True

    return waited
