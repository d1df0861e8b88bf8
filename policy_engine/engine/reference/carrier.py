"""The carrier of an account (3.10, `scope: customer`): the overdue item whose age is the account's."""

from collections.abc import Iterable

from policy_engine.engine.reference.item import Item
from policy_engine.engine.reference.s13_minimum import below_item
from policy_engine.policy.resolved import Ladder


def choose_carrier(items: Iterable[Item], ladder: Ladder) -> Item | None:
    """The oldest item, or the one with the most outstanding; of equals the larger outstanding, then by id.

    Chosen among overdue, unheld items not below `minimum.item`; None when there is none.
    """
    able = [item for item in items if item.overdue and not item.held and not below_item(item, ladder.minimum)]
    if ladder.carrier == "highest":
        return min(able, key=lambda item: (-item.outstanding, item.id), default=None)
    return min(able, key=lambda item: (item.due_date, -item.outstanding, item.id), default=None)
