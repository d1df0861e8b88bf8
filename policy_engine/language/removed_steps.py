"""A step that a policy removes from an inherited ladder takes with it what was written below about that step.

A pack's ladders extend one another: whoever removes a step of the first needn't know which of the others change it.
"""

from policy_engine.language.named_lists import index_of, is_removal, text_of
from policy_engine.language.nodes import Items, Map, Text, items_like, map_like


def forget_patches(base: Map, over: Map) -> Map:
    """`base` without the changes that its ladders make to steps that `over` removes from a ladder they extend."""
    ladders, above = base.get("ladders"), over.get("ladders")
    if not isinstance(ladders, Map) or not isinstance(above, Map):
        return base
    removed = {str(name): _removed(ladder.get("steps")) for name, ladder in above.items() if isinstance(ladder, Map)}
    if not any(removed.values()):
        return base
    kept = map_like(ladders)
    for name, ladder in ladders.items():
        gone = frozenset[str]().union(*(removed.get(one, frozenset()) for one in _extended(name, ladders, above)))
        kept[name] = _without(ladder, gone) if gone and isinstance(ladder, Map) else ladder
    copy = map_like(base)
    copy.update(base)
    copy[base.key("ladders") or "ladders"] = kept
    return copy


def forget_limits(policy: Map) -> None:
    """Drop inherited safeguards of steps that no ladder has any more because they were removed, in place."""
    ladders, safeguards = policy.get("ladders"), policy.get("safeguards")
    limits = safeguards.get("steps") if isinstance(safeguards, Map) else None
    if not isinstance(ladders, Map) or not isinstance(safeguards, Map) or not isinstance(limits, Map):
        return
    removed: set[str] = set()
    there: set[str] = set()
    for ladder in ladders.values():
        steps = ladder.get("steps") if isinstance(ladder, Map) else None
        if isinstance(steps, Items):
            removed |= steps.removed.keys()
            there.update(name for name in (text_of(step, "name") for step in steps) if name is not None)
    gone = removed - there
    if not any(_inherited(name, gone, policy) for name in limits):
        return
    left, copy = map_like(limits), map_like(safeguards)
    left.update((name, limit) for name, limit in limits.items() if not _inherited(name, gone, policy))
    copy.update(safeguards)
    copy[safeguards.key("steps") or "steps"] = left
    policy[policy.key("safeguards") or "safeguards"] = copy


def where_it_stood(items: Items, name: str) -> int | None:
    """The place in a list at which a removed item stood; None for what wasn't removed.

    What stood before it may have been removed too, but later: so the search ends.
    """
    if name not in items.removed:
        return None
    before: str | None = name
    while before is not None and before in items.removed:
        before = items.removed[before]
    index = None if before is None else index_of(items, before)
    return 0 if index is None else index + 1


def _removed(steps: object) -> frozenset[str]:
    if not isinstance(steps, Items):
        return frozenset()
    names = (text_of(item, "name") for item in steps if isinstance(item, Map) and is_removal(item))
    return frozenset(str(name) for name in names if name is not None)


def _extended(name: str, ladders: Map, above: Map) -> list[str]:
    """The ladders that `name` extends, the nearest first, as the policy above says, else the one below."""
    found: list[str] = []
    while True:
        following = text_of(above.get(name, Text()), "extends") or text_of(ladders.get(name, Text()), "extends")
        if following is None or following in found:
            return found
        name = str(following)
        found.append(name)


def _without(ladder: Map, gone: frozenset[str]) -> Map:
    steps = ladder.get("steps")
    if not isinstance(steps, Items):
        return ladder
    left = items_like(steps)
    left.removed = steps.removed
    left.extend(step for step in steps if not _changes(step, gone))
    copy = map_like(ladder)
    copy.update(ladder)
    copy[ladder.key("steps") or "steps"] = left
    return copy


def _changes(step: object, gone: frozenset[str]) -> bool:
    """Whether the item only changes one of these steps; one that says its place is a step of its own."""
    if not isinstance(step, Map) or "before" in step or "after" in step:
        return False
    return text_of(step, "name") in gone


def _inherited(name: str, gone: set[str], policy: Map) -> bool:
    return name in gone and isinstance(name, Text) and name.file != policy.file
