"""3.10 Scope: who climbs. With `scope: invoice`, the only one so far, each invoice does, alone."""

from collections.abc import Iterable

from policy_engine.engine.reference.item import Item


def climbers(items: Iterable[Item]) -> list[Item]:
    """The items that climb the ladder: open invoices on which something is outstanding."""
    return [item for item in items if item.open and item.outstanding > 0]
