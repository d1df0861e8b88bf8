"""Everybody whose exposure counts against one credit limit, as a value that each member's decision is given (3.19)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Share(NamedTuple):
    """What one customer adds to an exposure, minor units of the policy's currency; what isn't listed is 0."""

    outstanding: int
    orders: int

    @property
    def total(self) -> int:
        """Both together."""
        return self.outstanding + self.orders


NOTHING = Share(0, 0)


@dataclass(frozen=True, slots=True)
class Family:
    """The customers under one limit; with `roll_up: none` a customer alone whose rows can't all be used.

    Attributes:
        holder: the customer who holds the limit: the nearest with a limit of its own, else the topmost parent.
        limit: that limit, the segment's when the topmost parent has none of its own; None for no limit.
        total: the exposure of all of them, `below` included.
        shares: by customer id, of those who have no limit of their own, and of the holder.
        below: (customer, exposure) of those under it who hold a limit of their own, with everybody under them.
        doubtful: how many of them have rows that can't be used, so that `total` can't be told for certain.
        doubtful_one: the smallest id among these.
        above: the holder of the next limit up, when there is one.
    """

    holder: str
    limit: int | None
    total: int
    shares: Mapping[str, Share]
    below: tuple[tuple[str, int], ...]
    doubtful: int
    doubtful_one: str | None
    above: str | None

    def others(self, customer: str) -> int:
        """What everybody but that customer adds."""
        return self.total - self.shares.get(customer, NOTHING).total
