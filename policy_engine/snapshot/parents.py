"""Who belongs to whom: the parents that customers name, as far as they can be followed to a top."""

from collections.abc import Mapping

from policy_engine.snapshot.model import Customer


def known_parents(customers: Mapping[str, Customer]) -> dict[str, str]:
    """Customer id to parent's id, where both are known. Naming oneself is the same as naming nobody."""
    return {
        key: customer.parent
        for key, customer in customers.items()
        if customer.parent is not None and customer.parent != key and customer.parent in customers
    }


def parent_circles(parents: Mapping[str, str]) -> list[tuple[str, ...]]:
    """Customers that are each other's parents: each circle from its smallest id on, upwards; circles by that id."""
    done: set[str] = set()
    circles: list[tuple[str, ...]] = []
    for start in parents:
        path: dict[str, int] = {}
        key: str | None = start
        while key is not None and key not in done and key not in path:
            path[key] = len(path)
            key = parents.get(key)
        if key is not None and key in path:
            circle = list(path)[path[key] :]
            first = circle.index(min(circle))
            circles.append((*circle[first:], *circle[:first]))
        done.update(path)
    return sorted(circles)
