"""Which actions a run delivers: those named, a share of them, at most so many."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from sqlalchemy import or_, select

from policy_engine.execution.ledger import Ledger
from policy_engine.execution.people import SHORTEST
from policy_engine.execution.tables import ACTIONS
from policy_engine.plan.model import Action
from policy_engine.plan.source import PlanSource
from policy_engine.policy.resolved import Channel


@dataclass(frozen=True, slots=True)
class Choice:
    """All actions, or fewer.

    Attributes:
        only: ids of actions (or their first six characters or more), customers, steps, channels; () is all.
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
        return any(_names(word, row["action"], row["customer"], row["step"], row["channel"]) for word in self.only)

    def unmatched(self, plan: PlanSource, ledger: Ledger | None) -> list[str]:
        """Words of `only` that name nothing in plan or ledger, and no channel: perhaps somebody misspelt them."""
        left = [word for word in dict.fromkeys(self.only) if word not in get_args(Channel)]
        if left and ledger is not None:
            with ledger.reading() as connection:
                left = [word for word in left if connection.execute(_known(word)).first() is None]
        if left:
            for chunk in plan.chunks():
                left = [word for word in left if not any(_named_by(word, action) for action in chunk)]
        return left

    def room(self, tried: int) -> int:
        """How many more may be tried."""
        return 1_000_000_000 if self.limit is None else self.limit - tried


def _names(word: str, action: str, customer: str, step: str, channel: str) -> bool:
    return word in (customer, step, channel) or (len(word) >= SHORTEST and action.startswith(word))


def _named_by(word: str, action: Action) -> bool:
    return _names(word, action.id, action.customer, action.step, action.channel)


def _known(word: str) -> Any:
    """Rows of the ledger that a word names, one at most."""
    same = or_(ACTIONS.c.customer == word, ACTIONS.c.step == word)
    if len(word) >= SHORTEST:
        same = or_(same, ACTIONS.c.action.startswith(word, autoescape=True))
    return select(ACTIONS.c.n).where(same).limit(1)
