"""Which actions a run delivers: those named, a share of them, at most so many."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Choice:
    """All actions, or fewer.

    Attributes:
        only: ids of actions (or their first eight characters or more), customers, steps, channels; () is all.
        limit: how many are tried at most, None for no limit.
        shard: `(i, n)`: the i-th of n shares, by action id; the shares of several workers never overlap.
    """

    only: tuple[str, ...] = ()
    limit: int | None = None
    shard: tuple[int, int] = (1, 1)

    def takes(self, row: Mapping[str, Any]) -> bool:
        """Whether an action is among the chosen."""
        part, parts = self.shard
        if parts > 1 and int(row["action"][:8], 16) % parts != part - 1:
            return False
        if not self.only:
            return True
        return any(
            word in (row["customer"], row["step"], row["channel"])
            or (len(word) >= 8 and row["action"].startswith(word))
            for word in self.only
        )

    def room(self, tried: int) -> int:
        """How many more may be tried."""
        return 1_000_000_000 if self.limit is None else self.limit - tried
