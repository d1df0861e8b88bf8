"""Lists of named items: what they are called, how an item is found in them, and what may not stand in them."""

from policy_engine.language.findings import Findings
from policy_engine.language.nodes import Items, Map, Node, Text, map_like

NAMED_LISTS = frozenset({"segments", "holds", "interventions", "capacity", "steps", "decisions", "alerts"})
"""Keys whose lists hold items with a `name`."""
_PLACING = ("before", "after", "remove")


def check_lists(policy: Map, findings: Findings) -> None:
    """Names once in their list; no `before`, `after`, `remove` left where nothing is inherited."""
    for key in NAMED_LISTS:
        _check_list(policy.get(key), findings)
    credit = policy.get("credit")
    if isinstance(credit, Map):
        for key in ("decisions", "alerts"):
            _check_list(credit.get(key), findings)
    ladders = policy.get("ladders")
    if isinstance(ladders, Map):
        for ladder in ladders.values():
            if isinstance(ladder, Map):
                _check_list(ladder.get("steps"), findings)


def index_of(items: Items, name: str) -> int | None:
    """Where the item of this name stands."""
    for index, item in enumerate(items):
        if isinstance(item, Map) and item.get("name") == name:
            return index
    return None


def text_of(node: Node, key: str) -> Text | None:
    """The scalar of a key, when there is one."""
    value = node.get(key) if isinstance(node, Map) else None
    return value if isinstance(value, Text) else None


def is_removal(item: Map) -> bool:
    """Whether the item says `remove: true`."""
    return text_of(item, "remove") in {"true", "True", "TRUE"}


def without_placing(item: Map) -> Map:
    """The item without the words that say where it goes."""
    clean = map_like(item)
    for key, value in item.items():
        if key not in _PLACING:
            clean[key] = value
    return clean


def said_twice(name: Text, findings: Findings) -> None:
    """Of two items with one name it can't be told which counts (DUN111)."""
    findings.add(
        "DUN111", f"the name `{name[:60]}` is used twice in this list", name.position, hint="rename one of them"
    )


def _check_list(items: Node | None, findings: Findings) -> None:
    if not isinstance(items, Items):
        return
    seen: set[str] = set()
    for index, item in enumerate(items):
        if not isinstance(item, Map):
            continue
        for word in _PLACING:
            key = item.key(word)
            if key is not None:
                findings.add(
                    "DUN304",
                    f"`{word}` has no meaning here: this list is not inherited",
                    key.position,
                    hint="delete it; the order of the list is the order that counts",
                )
        if any(word in item for word in _PLACING):
            items[index] = without_placing(item)
        name = text_of(item, "name")
        if name is not None:
            if name in seen:
                said_twice(name, findings)
            seen.add(name)
