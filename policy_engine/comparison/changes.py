"""What changed between two policies, by meaning: names and values, not lines of text.

Both policies are compared in their canonical form: every key of the language, those of later versions too. Named items
(segments, steps, holds ...) are matched by name: an item that only moved says so.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from policy_engine.policy.canonical import canonical
from policy_engine.policy.resolved import Policy
from policy_engine.values.money import minor_text

Kind = Literal["added", "removed", "changed", "moved"]

_AMOUNTS = frozenset({"credit_limit", "item", "customer", "amount"})
"""Keys that hold minor units of the policy's currency, or maps and lists of them."""
_RATES = frozenset({"annual", "plus", "max_share"})
"""Keys that hold parts per million."""
_DERIVED = frozenset({"index", "rank", "rates", "closed", "first_year", "last_year"})
"""What follows from other keys or from the calendar's data: shown as one line, never key by key."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change.

    Attributes:
        path: from the section down to the key, e.g. `("ladders", "standard", "steps", "call", "days")`.
        old, new: as text; None where there was nothing. Of `moved`: the item's place in its list, from 1.
    """

    kind: Kind
    path: tuple[str, ...]
    old: str | None
    new: str | None

    @property
    def place(self) -> str:
        """The path with dots."""
        return ".".join(self.path)


def changes(old: Policy, new: Policy) -> tuple[Change, ...]:
    """Every change of meaning, in the order of the policy's sections; empty when the digests are equal."""
    if old.digest == new.digest:
        return ()
    before, after = canonical(old), canonical(new)
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    return tuple(_inherited_once(list(_compared(before, after, (), (old.currency, new.currency)))))


def _inherited_once(found: list[Change]) -> Iterator[Change]:
    """A ladder that extends another changes with it: the same change on several ladders is told once."""
    ladders: dict[tuple[Kind, tuple[str, ...], str | None, str | None], list[str]] = {}
    for change in found:
        if change.path[0] == "ladders" and len(change.path) > 2:
            ladders.setdefault((change.kind, change.path[2:], change.old, change.new), []).append(change.path[1])
    for change in found:
        if change.path[0] != "ladders" or len(change.path) <= 2:
            yield change
            continue
        names = ladders.pop((change.kind, change.path[2:], change.old, change.new), None)
        if names is not None:
            yield Change(change.kind, ("ladders", ", ".join(names), *change.path[2:]), change.old, change.new)


def _compared(old: Any, new: Any, path: tuple[str, ...], currencies: tuple[str, str]) -> Iterator[Change]:
    if old == new:
        return
    if path and path[-1] in _DERIVED:
        if path[-1] not in ("index", "rank"):
            yield Change("changed", path, *_summed(path[-1], old, new))
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from _compared(old.get(key), new.get(key), (*path, str(key)), currencies)
        return
    if _named(old) and _named(new) and (old or new):
        yield from _items(old, new, path, currencies)
        return
    told = _text(old, path, currencies[0]), _text(new, path, currencies[1])
    if told[0] != told[1]:
        kind: Kind = "added" if old is None else "removed" if new is None else "changed"
        yield Change(kind, path, *told)


def _named(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and all(_name(item) is not None for item in value)


def _name(item: Any) -> str | None:
    """What an item of a list is called: its `name`; of a pair (safeguards by step) its first part."""
    if isinstance(item, Mapping):
        name = item.get("name")
        return name if isinstance(name, str) else None
    if isinstance(item, Sequence) and not isinstance(item, str) and len(item) == 2 and isinstance(item[1], Mapping):
        return str(item[0])
    return None


def _items(
    old: Sequence[Any], new: Sequence[Any], path: tuple[str, ...], currencies: tuple[str, str]
) -> Iterator[Change]:
    before = {str(_name(item)): item for item in old}
    after = {str(_name(item)): item for item in new}
    kept = [name for name in before if name in after]
    for name, item in before.items():
        if name not in after:
            yield Change("removed", (*path, name), _text(item, path, currencies[0]), None)
    moved = _moved(kept, [name for name in after if name in before])
    order = list(after)
    for name, item in after.items():
        if name not in before:
            yield Change("added", (*path, name), None, _text(item, path, currencies[1]))
            continue
        if name in moved:
            places = str(list(before).index(name) + 1), str(order.index(name) + 1)
            yield Change("moved", (*path, name), *places)
        pair = not isinstance(item, Mapping)
        yield from _compared(
            before[name][1] if pair else before[name], item[1] if pair else item, (*path, name), currencies
        )


def _moved(old: Sequence[str], new: Sequence[str]) -> frozenset[str]:
    """The fewest names that must have moved: those outside a longest run that kept its order."""
    place = {name: index for index, name in enumerate(new)}
    best: list[tuple[int, int]] = []  # per name: length of the longest kept run that ends here, and where it came from
    for index, name in enumerate(old):
        length, origin = 1, -1
        for other in range(index):
            if place[old[other]] < place[name] and best[other][0] + 1 > length:
                length, origin = best[other][0] + 1, other
        best.append((length, origin))
    if not best:
        return frozenset()
    at = max(range(len(best)), key=lambda index: (best[index][0], -index))
    kept = set()
    while at >= 0:
        kept.add(old[at])
        at = best[at][1]
    return frozenset(old) - kept


def _summed(key: str, old: Any, new: Any) -> tuple[str, str]:
    """Rate tables and closed days: how much there is, not every row."""
    if key in ("first_year", "last_year"):
        return str(old), str(new)
    return _counted(key, old), _counted(key, new)


def _counted(key: str, value: Any) -> str:
    if key == "rates" and isinstance(value, Sequence):
        return ", ".join(
            f"{table['name']} to {table['checked_through']} ({len(table['rows'])} rows)" for table in value
        )
    return f"{len(value)} days" if isinstance(value, Sequence) else str(value)


def percent_text(ppm: int) -> str:
    """Parts per million as percent: 124000 is `12.4`."""
    text = f"{Decimal(ppm) / 10_000:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _text(value: Any, path: tuple[str, ...], currency: str) -> str | None:
    """A value as an author would write it; an item as `key: value` pairs, without what is empty."""
    key = path[-1] if path else ""
    if value is None:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        if key in _AMOUNTS and "capacity" not in path:
            return minor_text(value, currency)
        return percent_text(value) + " %" if key in _RATES else str(value)
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        pairs = [
            (inner, _text(part, (*path, str(inner)), currency))
            for inner, part in value.items()
            if inner not in _DERIVED and inner != "name" and part not in (None, [], False)
        ]
        return ", ".join(f"{inner}: {text}" for inner, text in pairs if text)
    parts = [_text(part, path, currency) or "none" for part in value]
    return "; ".join(parts) or "none"
