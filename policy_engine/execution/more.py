"""What adapters want to know beside the message (`job.Wanting`), told when a plan is taken in, a chunk at a time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sqlalchemy import Connection

from policy_engine.plan.model import Action
from policy_engine.snapshot.model import CustomerAccount

Pairs: TypeAlias = Sequence[tuple[Action, CustomerAccount]]
"""Actions with their customers' accounts."""
Tell: TypeAlias = Callable[[Connection | None, Pairs], Mapping[str, Any]]
"""What is told of some actions, by action id, as JSON data; the transaction is the ledger's, None without one."""


def _nothing(action: Action) -> frozenset[str]:
    del action
    return frozenset()


@dataclass(frozen=True, slots=True)
class More:
    """Who wants to know what, and who tells it.

    Attributes:
        wants: the names of what the adapters of an action want (`Adapters.wants`).
        tells: who tells it, by name: `dossier`, `notices`, `thread`. What nobody tells is left out.
    """

    wants: Callable[[Action], frozenset[str]] = _nothing
    tells: Mapping[str, Tell] = field(default_factory=dict)

    def of(self, connection: Connection | None, pairs: Pairs) -> dict[str, dict[str, Any]]:
        """What is added to the facts, by action id and name; actions whose adapters want nothing aren't in it."""
        found: dict[str, dict[str, Any]] = {}
        wanted = [(pair, self.wants(pair[0])) for pair in pairs]
        for name, tell in self.tells.items():
            asked = [pair for pair, names in wanted if name in names]
            if not asked:
                continue
            for action, told in tell(connection, asked).items():
                found.setdefault(action, {})[name] = told
        return found


NOTHING_MORE = More()
"""Nobody wants more than the message."""
