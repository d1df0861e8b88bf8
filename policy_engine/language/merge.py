"""Inheritance: a policy laid over another, a ladder over another (language.md section 1, "Inheritance").

Works on nodes before the schema does, so that an overlay may be partial. Maps merge by key. In lists of named items
an existing name overrides in place, a new item says `before:` or `after:` a name, `remove: true` removes; lists
without names are replaced. Every value keeps the place where it was written: its origin.
"""

from policy_engine.language.findings import Findings
from policy_engine.language.named_lists import NAMED_LISTS, index_of, is_removal, said_twice, text_of, without_placing
from policy_engine.language.nodes import Items, Map, Node, Text, items_at, items_like, map_like
from policy_engine.language.removed_steps import forget_limits, forget_patches, where_it_stood
from policy_engine.values.diagnostics import did_you_mean

_OF_ACCOUNTS = frozenset({"carrier", "on_carrier_paid"})
"""What a ladder doesn't inherit when it says another scope than `customer`."""
_OWN = frozenset({"policy", "version", "effective", "extends", "description"})
"""Keys of the whole policy that are never inherited."""
_INSTEAD = (
    ({"days"}, {"months"}),
    ({"every"}, {"months"}),
    ({"annual"}, {"contract", "floor", "otherwise"}),
)
"""Keys that stand for each other: an overlay that gives one drops the inherited other."""


def merge_policies(base: Map, over: Map, findings: Findings) -> Map:
    """`over` laid over `base`, both whole policies."""
    base = forget_patches(base, over)
    inherited = map_like(base)
    inherited.empty = ()
    for key, value in base.items():
        if key not in _OWN:
            inherited[key] = value
    merged = _merge_maps(inherited, over, findings)
    merged.line, merged.column, merged.file = over.line, over.column, over.file
    return merged


def expand_ladders(policy: Map, findings: Findings) -> None:
    """Put each ladder that `extends` another over it, in place. Cycles and unknown names are findings."""
    ladders = policy.get("ladders")
    if not isinstance(ladders, Map):
        return
    done: dict[str, Node] = {}
    alone: set[str] = set()
    for name in list(ladders):
        _expand(name, ladders, done, alone, (), findings)
    for name, ladder in done.items():
        ladders[name] = ladder
        steps = ladder.get("steps") if isinstance(ladder, Map) else None
        if isinstance(steps, Items) and not steps and name not in alone:
            key = ladders.key(name)
            findings.add(
                "DUN102",
                f"the ladder `{name[:60]}` has no steps",
                steps.position if key is None else key.position,
                hint="add a step, or use `ladder: none` in the segment",
            )
    forget_limits(policy)


def _merge_maps(base: Map, over: Map, findings: Findings) -> Map:
    if text_of(base, "kind") is not None and text_of(over, "kind") not in {None, text_of(base, "kind")}:
        return over  # another kind of penalty shares no keys
    merged = map_like(over)
    dropped: set[str] = set()
    for one, other in _INSTEAD:
        for mine, theirs in ((one, other), (other, one)):
            if any(key in over for key in mine) and not any(key in over for key in theirs):
                dropped |= theirs
    if text_of(over, "scope") not in {None, "customer"}:
        dropped |= _OF_ACCOUNTS
    for key, value in base.items():
        if key in over:
            merged[over.key(key) or key] = value  # keeps its place among the keys; the value follows below
        elif key not in dropped:
            merged[key] = value
    deferred = "extends" in base or "extends" in over
    for key, value in over.items():
        old = base.get(key)
        if isinstance(old, Map) and isinstance(value, Map):
            merged[key] = _merge_maps(old, value, findings)
        elif isinstance(old, Items) and isinstance(value, Items) and key in NAMED_LISTS:
            merged[key] = _merge_named(old, value, findings, deferred=deferred and key == "steps")
        else:
            merged[key] = value
    return merged


def _merge_named(base: Items, over: Items, findings: Findings, *, deferred: bool) -> Items:
    """A list of named items over another. `deferred`: both are overlays of a ladder still to be applied."""
    merged = items_like(over)
    merged.extend(base)
    merged.removed = dict(base.removed)
    after: dict[str, str] = {}
    seen: set[str] = set()
    for item in over:
        name = text_of(item, "name") if isinstance(item, Map) else None
        if not isinstance(item, Map) or name is None:
            merged.append(item)
            continue
        if name in seen:
            said_twice(name, findings)
            continue
        seen.add(name)
        index = index_of(merged, name)
        if deferred:
            _stack(merged, index, item, findings)
        elif index is not None:
            _override(merged, index, item, name, findings)
        else:
            _insert(merged, item, name, after, findings)
    return merged


def _stack(merged: Items, index: int | None, item: Map, findings: Findings) -> None:
    if index is None:
        merged.append(item)
        return
    old = merged[index]
    if isinstance(old, Map) and "remove" not in item and "remove" not in old:
        merged[index] = _merge_maps(old, item, findings)
    else:
        merged[index] = item


def _override(merged: Items, index: int, item: Map, name: Text, findings: Findings) -> None:
    if is_removal(item):
        merged.removed[name] = text_of(merged[index - 1], "name") if index else None
        del merged[index]
        return
    for word in ("before", "after"):
        key = item.key(word)
        if key is not None:
            findings.add(
                "DUN303",
                f"`{name}` is inherited and keeps its place: `{word}` is for new items",
                key.position,
                hint=f"delete `{word}`, or give the item a new name and remove `{name}`",
            )
    old = merged[index]
    clean = without_placing(item)
    merged[index] = _merge_maps(old, clean, findings) if isinstance(old, Map) else clean


def _insert(merged: Items, item: Map, name: Text, after: dict[str, str], findings: Findings) -> None:
    if name in merged.removed and not any(word in item for word in ("before", "after")):
        _patch_of_removed(merged, item, name, findings)
        return
    known = [str(other) for other in (text_of(i, "name") for i in merged if isinstance(i, Map)) if other is not None]
    if "remove" in item:
        findings.add(
            "DUN303",
            f"there is no inherited `{name}` to remove",
            name.position,
            hint=did_you_mean(name, known) or "delete the item",
        )
        return
    before, behind = text_of(item, "before"), text_of(item, "after")
    target = before if before is not None else behind
    clean = without_placing(item)
    if before is not None and behind is not None:
        findings.add("DUN303", f"`{name}` says both `before` and `after`", behind.position, hint="keep one of them")
    if target is None:
        if known:
            near = did_you_mean(name, known)
            findings.add(
                "DUN303",
                f"`{name}` is new here and doesn't say where it goes",
                name.position,
                hint=f"add `before:` or `after:` with the name of an item{', or ' + near if near else ''}",
            )
        merged.insert(0, clean)  # anywhere: it has its finding
        return
    merged.removed.pop(name, None)
    index = index_of(merged, after.get(target, target) if behind is not None and before is None else target)
    gap = where_it_stood(merged, target) if index is None else None
    if gap is not None:
        merged.insert(gap, clean)
        after[target] = str(name)
        return
    if index is None:
        findings.add(
            "DUN303",
            f"`{target}` is not in this list",
            target.position,
            hint=did_you_mean(target, known) or f"in the list: {', '.join(known)}",
        )
        merged.insert(0, clean)
        return
    if before is not None:
        merged.insert(index, clean)
    else:
        merged.insert(index + 1, clean)
        after[target] = str(name)


def _patch_of_removed(merged: Items, item: Map, name: Text, findings: Findings) -> None:
    """Removing once more is no mistake; changing what the same author removed is."""
    if is_removal(item):
        return
    removal = next((key for key in merged.removed if key == name and isinstance(key, Text)), name)
    where = f"line {removal.line}" if removal.file == name.file else f"{removal.file}, line {removal.line}"
    findings.add(
        "DUN303",
        f"`{name}` was removed from what this list inherits, so there is nothing to change",
        name.position,
        hint=f"delete the item, or its removal ({where}); a new item says `before:` or `after:`",
    )


def _expand(
    name: str, ladders: Map, done: dict[str, Node], alone: set[str], above: tuple[str, ...], findings: Findings
) -> Node | None:
    if name in done:
        return done[name]
    ladder = ladders[name]
    base_name = text_of(ladder, "extends") if isinstance(ladder, Map) else None
    if not isinstance(ladder, Map) or base_name is None:
        done[name] = ladder
        return ladder
    own = map_like(ladder)
    for key, value in ladder.items():
        if key != "extends":
            own[key] = value
    if base_name in (*above, name):
        circle = " -> ".join((*above, name, base_name))
        findings.add("DUN302", f"ladders extend each other: {circle}", base_name.position, hint="let one stand alone")
        done[name] = _complete(own, name, alone)
        return own
    if base_name not in ladders:
        findings.add(
            "DUN301",
            f"there is no ladder `{base_name}`",
            base_name.position,
            hint=did_you_mean(base_name, ladders) or f"ladders: {', '.join(ladders)}",
        )
        done[name] = _complete(own, name, alone)
        return own
    base = _expand(base_name, ladders, done, alone, (*above, name), findings)
    if name in done:
        return done[name]
    done[name] = _merge_maps(base, own, findings) if isinstance(base, Map) else own
    return done[name]


def _complete(ladder: Map, name: str, alone: set[str]) -> Map:
    """What is left of a ladder whose base isn't there: its whole steps. One finding is enough for the rest."""
    alone.add(name)
    steps = ladder.get("steps")
    whole = items_at(ladder.file, ladder.line, ladder.column)
    if isinstance(steps, Items):
        maps = (item for item in steps if isinstance(item, Map))
        whole.extend(without_placing(item) for item in maps if {"stage", "channel"} <= item.keys())
    ladder[ladder.key("steps") or "steps"] = whole
    return ladder
